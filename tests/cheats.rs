//! What passes no lesson: an empty program, the starter with a print added, and
//! an answer that another run would have wanted.
//!
//! Each is made from the lesson itself, and checked as a learner's file.

mod support;

use std::fmt::Write as _;

use bpflab::lesson::{Amount, Course, Expectation, Facts, Lesson};
use serde_json::Value;
use support::{
    cases,
    command::{Source, bpflab, to_end},
    guests::{DEFAULT, can_use_guests},
    lessons,
};

/// The run that the hard-coded answer was made for, and the one that it meets.
const THEN: u64 = 1;
const NOW: &str = "2";

/// As a stimulus's process is often numbered in a fresh guest.
const PID: &str = "111";

/// A hard-coded line is printed so many times at most.
const MOST: u64 = 50;

struct Cheat {
    slug: String,
    name: &'static str,
    source: String,
}

fn cheats(lesson: &Lesson) -> [Cheat; 3] {
    let cheat = |name, source| Cheat { slug: lesson.slug.clone(), name, source };
    [
        cheat("an empty program", program(lesson, "")),
        cheat("the starter with a print", printing(&lesson.starter)),
        cheat("a hard-coded answer", program(lesson, &answer(lesson))),
    ]
}

/// A program of its own that does `body` once, with the lesson's globals.
fn program(lesson: &Lesson, body: &str) -> String {
    let mut globals = String::new();
    for name in lesson.run.globals.keys() {
        let _ = writeln!(globals, "volatile __u64 {name};");
    }
    format!(
        "#include \"vmlinux.h\"\n#include <bpf/bpf_helpers.h>\n\n{globals}static int done;\n\n\
         SEC(\"raw_tp/sys_enter\")\nint cheat(void *ctx)\n{{\n\tif (__sync_fetch_and_add(&done, 1))\n\t\treturn 0;\n\
         {body}\treturn 0;\n}}\n\nchar LICENSE[] SEC(\"license\") = \"GPL\";\n"
    )
}

/// The lines that the checks wanted then, as often as they wanted them.
fn answer(lesson: &Lesson) -> String {
    let mut facts = Facts::draw(&lesson.draws, THEN);
    facts.add("pid", PID.to_owned());
    let mut body = String::new();
    for check in &lesson.checks {
        let Expectation::Trace { text, amount: Amount::AtLeast(count) | Amount::Exactly(count), .. } =
            &check.expects
        else {
            continue;
        };
        let line = facts.fill(text).replace(['^', '$', '\\'], "");
        let count: u64 = facts.fill(count).parse().unwrap_or(1);
        for _ in 0..count.min(MOST) {
            let _ = writeln!(body, "\tbpf_printk(\"%s\", {line:?});");
        }
    }
    body
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

/// Whether a cheat is found out, in words if it is not.
fn passes(cheat: &Cheat) -> Vec<String> {
    let Cheat { slug, name, source } = cheat;
    let source = Source::new(source);
    let file = source.path.display().to_string();
    let words =
        ["check", slug, "--submission", &file, "--kernel", DEFAULT, "--seed", NOW, "--report", "json"];
    let ran = to_end(&mut bpflab(&words));
    let result = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let result = result.into_iter().find(|line| line["type"] == "result");
    match (ran.status, result) {
        // One that does not compile proves nothing.
        (1, Some(result)) if result["ok"] == false && result["outcome"] != "compile_failed" => Vec::new(),
        (status, result) => vec![format!("{slug}: {name} ended with {status}: {result:?} {}", ran.stderr)],
    }
}

/// `LESSON=hello` tries that one alone.
#[test]
fn no_lesson_is_passed_by_a_cheat() {
    let course = Course::read(&lessons()).expect("the course");
    let only = std::env::var("LESSON").ok();
    let cheats: Vec<Cheat> = (course.lessons())
        .filter(|lesson| only.as_ref().is_none_or(|only| lesson.slug == *only))
        .flat_map(cheats)
        .collect();
    assert!(!cheats.is_empty(), "there is something to try");
    if !can_use_guests() {
        return;
    }
    // Six at once: one that is late does not pass either.
    cases::try_each(&cheats, 6, passes);
}
