//! What an author meets: a new lesson that works, what the lint finds, and
//! reports for people and for CI.

mod support;

use std::{fs, path::Path};

use serde_json::Value;
use support::{
    command::{Ran, bpflab, to_end},
    course::{Course, change},
    guests::{DEFAULT, can_use_guests},
    lessons,
};

const HELLO: &str = "020-hello";

fn author(lessons: &Path, words: &[&str]) -> Ran {
    let lessons = lessons.display().to_string();
    to_end(&mut bpflab(&[words, &["--lessons", &lessons]].concat()))
}

/// What the lint finds, as `FILE:LINE severity what`.
fn lint(lessons: &Path) -> Vec<String> {
    let ran = author(lessons, &["check", "--lint", "--report", "json"]);
    let lines = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines
        .filter(|line| line["type"] == "finding")
        .map(|line| {
            let word = |name: &str| line[name].as_str().expect("a word").to_owned();
            format!("{}:{} {} {}", word("file"), line["line"], word("severity"), word("what"))
        })
        .collect()
}

#[test]
fn our_own_lessons_leave_nothing_to_mend() {
    let ran = author(&lessons(), &["check", "--lint"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(!ran.stdout.contains("things to mend"), "{}", ran.stdout);
}

#[test]
fn a_new_lesson_works_from_the_first_minute() {
    let folder = support::folder();
    let ours = folder.path().join("ours");
    let ran = author(&ours, &["new", "first-of-ours"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let ran = author(&ours, &["new", "second"]);
    assert!(ran.stdout.contains("020-second"), "{ran:?}");
    for (words, why) in [
        (["new", "Second", "--number", "30"], "small letters"),
        (["new", "second", "--number", "30"], "already"),
        (["new", "third", "--number", "20"], "taken by second"),
        (["new", "third", "--part", "none"], "it has: first"),
        (["new", "../third", "--number", "30"], "small letters"),
    ] {
        let ran = author(&ours, &words);
        assert!(ran.status == 2 && ran.stderr.contains(why), "{words:?}: {ran:?}");
    }
    let found = lint(&ours);
    assert!(found.iter().all(|one| one.contains("warning") && one.contains("words of text")), "{found:?}");
    if !can_use_guests() {
        return;
    }
    let ran = author(&ours, &["check", "second", "--kernel", DEFAULT]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stdout.contains("2 runs as they should be, 0 not"), "{ran:?}");
    let release = ran.stdout.split(&format!("passed on {DEFAULT} = ")).nth(1).expect("a release");
    let release = release.split(':').next().expect("a release");
    assert!(release.starts_with(DEFAULT) && ran.stdout.contains("of all runs together: queued "), "{ran:?}");
    let ran = author(&ours, &["check", "second", "--kernel", DEFAULT, "--report", "junit"]);
    let property = format!("<property name=\"release\" value=\"{release}\"/>");
    assert_eq!(ran.stdout.matches(&property).count(), 2, "{ran:?}");
    assert_eq!(ran.stdout.matches("<property name=\"observe-ms\"").count(), 2, "{ran:?}");
}

#[test]
fn the_lint_names_file_line_and_mend() {
    let course = Course::new();
    let folder = course.copy(HELLO, HELLO);
    assert!(lint(course.path()).is_empty());
    fs::write(folder.join("notes.txt"), "left over").expect("a stray file");
    fs::write(folder.join("more.svg"), "<svg><script/></svg>").expect("a stray picture");
    fs::rename(folder.join("way-in.zh.svg"), folder.join("lost.zh.svg")).expect("a twin of nothing");
    change(&folder.join("lesson.toml"), "[draw]", "[draw]\nunused = \"word\"");
    change(
        &folder.join("lesson.md"),
        "## Run it first\n",
        "## Run it first\n\n[x](/lessons/none) [y](#nowhere)\n\n| | a |\n|---|---|\n| b | c |\n\n**so：**是\n",
    );
    change(&folder.join("lesson.toml"), "sys_enter_execve$\"", "sys_enter_exceve$\"");
    change(&folder.join("solution.bpf.c"), "\tbpf_printk(\"", "  bpf_printk(\"%08x \" \"");
    let found = lint(course.path());
    for words in [
        "020-hello/notes.txt:null error does not belong",
        "020-hello/more.svg:null error is not shown in lesson.md",
        "020-hello/more.svg:null error holds <script",
        "020-hello/lost.zh.svg:null error is the Chinese twin of lost.svg, which is not there",
        "020-hello/way-in.svg:null warning has the words \"user space\" in English only: draw way-in.zh.svg",
        "warning unused is drawn and not used",
        "020-hello/lesson.toml:37 error check \"attached\" can never pass: the solution has no section",
        "020-hello/lesson.md:5 error the link /lessons/none leads nowhere",
        "020-hello/lesson.md:5 error the link #nowhere leads nowhere",
        "020-hello/lesson.md:7 error a column of this table has no name",
        "020-hello/lesson.md:11 error \"**so：**是\" is shown with its asterisks",
        "warning \"Run it first\" has changed in English since",
        "error bpf_printk(\"%08x \"): 5.10 does not know %08x",
        "error is not in the kernel's style",
    ] {
        assert!(found.iter().any(|one| one.contains(words)), "{words} was not found: {found:#?}");
    }
    let ran = author(course.path(), &["check", "--lint", "--report", "github"]);
    let place = "/020-hello/lesson.md,line=5,title=hello::the link #nowhere";
    assert!(ran.status == 1 && ran.stdout.contains(place), "{ran:?}");
    let ran = author(course.path(), &["check", "--lint", "--report", "junit"]);
    assert!(
        ran.stdout.contains("<testsuite name=\"hello\" tests=\"1\"") && ran.stdout.contains("<failure"),
        "{ran:?}"
    );

    let ran = author(course.path(), &["check", "hello", "--translated"]);
    assert!(ran.stdout.contains("marked"), "{ran:?}");
    assert!(!lint(course.path()).iter().any(|one| one.contains("has changed")));
}

#[test]
fn what_makes_a_lesson_unreadable_is_named_too() {
    let course = Course::new();
    let copy = |name: &str| course.copy(HELLO, name);
    change(&copy("010-never").join("lesson.toml"), "at_least = \"{{count}}\"", "at_least = 0");
    let linked = copy("011-linked");
    fs::remove_file(linked.join("starter.bpf.c")).expect("gone");
    std::os::unix::fs::symlink("/etc/passwd", linked.join("starter.bpf.c")).expect("a link");
    fs::write(copy("012-long").join("lesson.md"), "x ".repeat(5 << 20)).expect("a long text");
    std::os::unix::fs::symlink("/etc", course.path().join("013-folder")).expect("a link");
    change(&copy("014-twice").join("lesson.toml"), "id = \"attached\"", "id = \"says-its-number\"");
    let global = "global = { name = \"x\", at_least = 0 }";
    for (name, to) in [
        ("015-global", global),
        ("016-anything", "attached = { section = \"\" }"),
        ("017-undrawn", "trace = { text = \"{{undrawn}}\", exactly = 1 }"),
        ("018-draw", "attached = { section = \"x\" }\n[draw.hidden]\nfrom = 4\nto = 3"),
    ] {
        let attached = "attached = { section = \"^(tp|tracepoint)/syscalls/sys_enter_execve$\" }";
        change(&copy(name).join("lesson.toml"), attached, to);
    }
    let ran = author(course.path(), &["check", "--lint"]);
    for words in [
        "never: lesson.toml:42: check \"says-its-number\" can never fail: at least 0 are always there: ask for 1",
        "global: lesson.toml:36: check \"attached\" can never fail: at least 0 is what a variable is before",
        "anything: lesson.toml:36: check \"attached\" can never fail: every section matches that",
        "undrawn: lesson.toml:39: {{undrawn}} is used and not drawn: give it a line in [draw]",
        "draw: lesson.toml:40: hidden: a draw from 4 to 3 is empty: the smaller number comes first",
        "starter.bpf.c: is a link",
        "long: lesson.md:1: larger than 1048576 bytes, which are over on this line, and it has 10485760: shorten it",
        "folder: the folder is a link",
        "two checks are named",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("root:"), "nothing of a link's end is shown");
    assert_eq!(ran.status, 1);
}

/// The commands of docs/check-lessons.yml that check, with what each sets.
fn workflow() -> Vec<(Vec<(String, String)>, String)> {
    let text = fs::read_to_string(support::root().join("docs/check-lessons.yml")).expect("the workflow");
    let steps = text.split("      - name: ").skip(1);
    steps
        .filter_map(|step| {
            let command = step.lines().find_map(|line| line.trim().strip_prefix("run: "))?;
            let set = step.lines().filter_map(|line| line.strip_prefix("          ")?.split_once(": "));
            let set = set.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            command.contains(" check ").then(|| (set, command.to_owned()))
        })
        .collect()
}

#[test]
fn the_example_workflow_checks_a_repository_of_lessons() {
    if !can_use_guests() {
        return;
    }
    let repository = support::folder();
    let ran = author(&repository.path().join("lessons"), &["new", "ours"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    std::os::unix::fs::symlink(support::root(), repository.path().join(".bpflab")).expect("a link");
    let commands = workflow();
    assert_eq!(commands.len(), 2, "{commands:?}");
    let run = |(set, command): &(Vec<(String, String)>, String)| {
        // The workflow builds for release; this is the same program.
        let command = command.replace(".bpflab/target/release/bpflab", env!("CARGO_BIN_EXE_bpflab"));
        let mut shell = std::process::Command::new("sh");
        shell.args(["-ec", &command]).current_dir(repository.path()).env("LESSONS", "lessons");
        to_end(shell.envs(set.iter().map(|(name, value)| (name, value))))
    };
    for command in &commands {
        let ran = run(command);
        assert!(ran.status == 0 && !ran.stdout.contains("::error"), "{command:?}: {ran:?}");
    }
    let solution = repository.path().join("lessons/010-ours/solution.bpf.c");
    fs::copy(repository.path().join("lessons/010-ours/starter.bpf.c"), solution).expect("no solution");
    let ran = run(&commands[1]);
    let place = "::error file=lessons/010-ours/solution.bpf.c,title=ours solution on 5.10::";
    assert!(ran.status == 1 && ran.stdout.contains(place), "{ran:?}");
}
