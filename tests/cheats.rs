//! What passes no lesson: an empty program, the starter with a print added, and
//! an answer that another run would have wanted.
//!
//! Each is made from the lesson itself, and checked as a learner's file.

mod support;

use std::{collections::BTreeMap, fmt::Write as _};

use bpflab::lesson::{Amount, Course, Expectation, Facts, Lesson, Limit, Whose};
use support::{
    cases,
    guests::{DEFAULT, can_use_guests},
    lab::Lab,
    lessons,
    story::Story,
};

/// The run that the hard-coded answer was made for, and the one that it meets.
const THEN: u64 = 1;
const NOW: u64 = 2;

/// As a stimulus's process is often numbered in a fresh guest.
const PID: &str = "111";

/// A hard-coded line is printed so many times at most.
const MOST: u64 = 50;

/// Programs at once: each has a guest of two processors, and another test may run beside.
const AT_ONCE: usize = 3;

/// Lessons whose hard-coded answer is tried in its own run too, where it has to
/// pass what it does not pass in another: else it would be found out for nothing.
const CONTROLS: [&str; 6] =
    ["introduction", "program-types", "kprobe-unlink", "opensnoop", "further-reading", "tc"];

struct Cheat<'l> {
    lesson: &'l Lesson,
    name: &'static str,
    source: String,
    control: bool,
}

fn cheats(lesson: &Lesson) -> [Cheat<'_>; 3] {
    let cheat = |name, source, control| Cheat { lesson, name, source, control };
    let control = CONTROLS.contains(&lesson.slug.as_str());
    [
        cheat("an empty program", program(lesson, &Answer::default()), false),
        cheat("the starter with a print", printing(&lesson.starter), false),
        cheat("a hard-coded answer", program(lesson, &Answer::of(lesson)), control),
    ]
}

/// What the checks wanted then.
#[derive(Default)]
struct Answer {
    /// Lines of the stimulus's own process, and of the first one beside it.
    own: String,
    others: String,
    globals: BTreeMap<String, u64>,
    /// The only value of each map, by its key and field.
    maps: BTreeMap<String, (u64, Option<String>, u64)>,
}

impl Answer {
    fn of(lesson: &Lesson) -> Self {
        let mut facts = Facts::draw(&lesson.draws, THEN);
        facts.add("pid", PID.to_owned());
        let number = |template: &str| facts.fill(template).parse::<u64>().ok();
        let mut answer = Self::default();
        for check in &lesson.checks {
            match &check.expects {
                Expectation::Trace {
                    text,
                    whose,
                    amount: Amount::AtLeast(count) | Amount::Exactly(count),
                } => {
                    let body = match whose {
                        None | Some(Whose::Stimulus) => &mut answer.own,
                        Some(Whose::Others) => &mut answer.others,
                    };
                    let line = like(&facts.fill(text));
                    for _ in 0..number(count).unwrap_or(1).min(MOST) {
                        let _ = writeln!(body, "\t\tbpf_printk(\"%s\", {line:?});");
                    }
                }
                Expectation::Global { name, limit: Limit::Equals(value) | Limit::AtLeast(value) } => {
                    answer.globals.extend(number(value).map(|value| (name.clone(), value)));
                }
                Expectation::Map {
                    name,
                    key: Some(key),
                    field,
                    limit: Limit::Equals(value) | Limit::AtLeast(value),
                    ..
                } if field.len() < 2 => {
                    if let (Some(key), Some(value)) = (number(key), number(value)) {
                        let entry = (key, field.first().cloned(), value);
                        answer.maps.entry(name.clone()).or_insert(entry);
                    }
                }
                Expectation::Trace { .. }
                | Expectation::Global { .. }
                | Expectation::Map { .. }
                | Expectation::Record { .. }
                | Expectation::Output { .. }
                | Expectation::Attached { .. } => {}
            }
        }
        answer
    }
}

/// A line that a check's pattern matches, of the few forms that lessons use:
/// the first of several, the least of many.
fn like(pattern: &str) -> String {
    let (mut line, mut last) = (String::new(), String::new());
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        let times = |line: &mut String, last: &str, times: usize| {
            line.truncate(line.len() - last.len());
            (0..times).for_each(|_| line.push_str(last));
        };
        match c {
            '^' | '$' => continue,
            '*' | '?' => times(&mut line, &last, 0),
            '+' => continue,
            '{' => {
                let least: String = rest.by_ref().take_while(|c| *c != '}').collect();
                let least = least.split(',').next().and_then(|least| least.parse().ok());
                times(&mut line, &last, least.unwrap_or(1));
            }
            '[' => {
                let class: String = rest.by_ref().take_while(|c| *c != ']').collect();
                last = class.chars().take(1).collect();
                line.push_str(&last);
            }
            '(' => {
                let group: String = rest.by_ref().take_while(|c| *c != ')').collect();
                last = like(group.split('|').next().unwrap_or_default());
                line.push_str(&last);
            }
            // What follows is another line that would do.
            '|' => break,
            c => {
                last = if c == '\\' { rest.next() } else { Some(c) }.into_iter().collect();
                line.push_str(&last);
            }
        }
    }
    line
}

/// A program of its own with the lesson's globals, which gives an answer once:
/// in the first process of the stimulus's user, which is the stimulus, and in
/// the next that is not.
fn program(lesson: &Lesson, answer: &Answer) -> String {
    let mut head = String::new();
    let facts = Facts::draw(&lesson.draws, THEN);
    for (name, template) in &lesson.run.globals {
        let value = facts.fill(template);
        let is_number = value.starts_with('@') || value.parse::<i64>().is_ok();
        let declared = if is_number { format!("__u64 {name}") } else { format!("char {name}[16]") };
        let _ = writeln!(head, "volatile {declared} = {};", if is_number { "0" } else { "\"\"" });
    }
    for (name, value) in &answer.globals {
        let _ = writeln!(head, "volatile __u64 {name} = {value};");
    }
    let mut own = String::new();
    for (name, (key, field, value)) in &answer.maps {
        let field = field.as_deref().unwrap_or("value");
        let of = match answer.maps[name].1 {
            Some(_) => format!("struct {name}_value {{ __u64 {field}; }};\n"),
            None => format!("typedef __u64 {name}_value;\n"),
        };
        let kind =
            if of.starts_with("struct") { format!("struct {name}_value") } else { format!("{name}_value") };
        let _ = write!(
            head,
            "{of}struct {{\n\t__uint(type, BPF_MAP_TYPE_HASH);\n\t__uint(max_entries, 8);\n\t__type(key, __u64);\n\t\
             __type(value, {kind});\n}} {name} SEC(\".maps\");\n"
        );
        let _ = writeln!(
            own,
            "\t\t{{ __u64 key = {key}; {kind} value = {{ {value} }}; bpf_map_update_elem(&{name}, &key, &value, 0); }}"
        );
    }
    own.push_str(&answer.own);
    let others = &answer.others;
    format!(
        "#include \"vmlinux.h\"\n#include <bpf/bpf_helpers.h>\n\n{head}static int first, done, beside;\n\n\
         SEC(\"raw_tp/sys_enter\")\nint cheat(void *ctx)\n{{\n\tint pid = bpf_get_current_pid_tgid() >> 32;\n\n\
         \tif (!(__u32)bpf_get_current_uid_gid())\n\t\treturn 0;\n\
         \tif (!__sync_fetch_and_add(&done, 1)) {{\n\t\tfirst = pid;\n{own}\t\treturn 0;\n\t}}\n\
         \tif (pid != first && !__sync_fetch_and_add(&beside, 1)) {{\n{others}\t}}\n\
         \treturn 0;\n}}\n\nchar LICENSE[] SEC(\"license\") = \"GPL\";\n"
    )
}

/// Prints first in each of its functions that a hook calls.
fn printing(starter: &str) -> String {
    let mut text = String::new();
    let mut is_program = false;
    for line in starter.lines() {
        is_program |= line.starts_with("SEC(\"") && !line.starts_with("SEC(\".maps");
        text.push_str(line);
        text.push('\n');
        if is_program && line == "{" {
            text.push_str("\tbpf_printk(\"a print\");\n");
            is_program = false;
        }
    }
    text
}

/// The checks that passed, by their names.
fn passed(story: &Story) -> Vec<&str> {
    let checks = story.of("check").filter(|check| check["passed"] == true);
    checks.map(|check| check["id"].as_str().expect("a name")).collect()
}

/// What is wrong with how a cheat was found out, if it was.
fn passes(cheat: &Cheat<'_>, lab: &Lab) -> Vec<String> {
    let Cheat { lesson, name, .. } = cheat;
    let checked = |seed| lab.check(lesson, &cheat.source, seed, DEFAULT);
    let now = checked(NOW);
    // One that did not run proves nothing; a starter may be what the verifier refuses.
    let all = lesson.checks.len();
    let failed = match now.outcome() {
        "completed" | "timed_out" => now.of("check").count() == all && passed(&now).len() < all,
        "rejected" => *name == "the starter with a print",
        _ => false,
    };
    if !failed {
        return vec![format!("{}: {name}: {now:?}", lesson.slug)];
    }
    if !cheat.control {
        return Vec::new();
    }
    let (before, then) = (passed(&now), checked(THEN));
    match passed(&then).iter().any(|id| !before.contains(id)) {
        true => Vec::new(),
        false => vec![format!("{}: {name} passes nothing in its own run either: {then:?}", lesson.slug)],
    }
}

/// `LESSON=hello` tries that one alone.
#[test]
fn no_lesson_is_passed_by_a_cheat() {
    let course = Course::read(&lessons()).expect("the course");
    let only = std::env::var("LESSON").ok();
    let cheats: Vec<Cheat<'_>> = (course.lessons())
        .filter(|lesson| only.as_ref().is_none_or(|only| lesson.slug == *only))
        .flat_map(cheats)
        .collect();
    assert!(!cheats.is_empty(), "there is something to try");
    if !can_use_guests() {
        return;
    }
    let lab = Lab::new();
    // One that is late does not pass either.
    cases::try_each(&cheats, AT_ONCE, |cheat| passes(cheat, &lab));
}

#[test]
fn a_line_is_like_its_pattern() {
    for pattern in
        [r"^kill\(1, [1-9][0-9]*\) = -?[0-9]+$", "^kind (12, 3|0, -?[0-9]+) bytes$", "x=3[0-9]{3},", "^a|b$"]
    {
        let line = like(pattern);
        assert!(regex::Regex::new(pattern).expect("a pattern").is_match(&line), "{pattern}: {line}");
    }
}
