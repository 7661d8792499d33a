//! Each mistake that the verifier finds is explained on the learner's own line,
//! in the same words on every kernel, whatever that kernel's own words are.
//!
//! The programs are in `mistakes/`; the line that ends in `HERE` is the one, and those that
//! end in `WAY` are where its value comes along, which kernels without reports leave to us.
//! `@note` is in a note. What `@report` names is in the report that 7.3 and later write, and
//! those that name nothing have none.

mod support;

use std::{fs, path::Path};

use serde_json::Value;
use support::{
    cases,
    command::{bpflab, to_end},
    guests::can_use_guests,
    lab::{Lab, submission},
    root,
    story::Story,
};

/// The kernel that writes reports.
const REPORTS: &str = "7.x";

/// What it says of an object that an older one has refused.
const OPINION: &str = "second-opinion";

/// Whether a finding has a note at a line.
fn leads_over(found: &Value, line: u64) -> bool {
    found["notes"]
        .as_array()
        .is_some_and(|notes| notes.iter().any(|note| note["line"].as_u64() == Some(line)))
}

/// What a finding says besides.
fn notes(found: &Value) -> impl Iterator<Item = &str> {
    found["notes"].as_array().into_iter().flatten().filter_map(|note| note["message"].as_str())
}

/// Whether a finding brings this report along, with where it led; none, if there should be none.
fn reports(found: &Value, report: Option<&str>) -> bool {
    let says = |words: &str| notes(found).any(|note| note.contains(words));
    match report {
        Some(words) => says("Why, in the kernel's own words") && says(words) && says("suggests"),
        None => !says("kernel's own words"),
    }
}

fn wrong(lab: &Lab, path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("a program");
    let said = |word: &str| -> String {
        let start = format!("// @{word} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("{} says no {word}", path.display())).to_owned()
    };
    let (kernels, finds) = (said("kernels"), said("finds"));
    let note = text.lines().find_map(|line| line.strip_prefix("// @note "));
    let report = text.lines().find_map(|line| line.strip_prefix("// @report "));
    let here =
        (1..).zip(text.lines()).find_map(|(number, line)| line.contains("/* HERE */").then_some(number));
    let way: Vec<u64> = (1..)
        .zip(text.lines())
        .filter_map(|(number, line)| line.contains("/* WAY */").then_some(number))
        .collect();
    let kernels: Vec<&str> = kernels.split(' ').collect();
    let story = lab.run(submission(&text, &kernels));
    let name = path.file_name().expect("a name").to_string_lossy();
    let explain = |kernel: &&str| {
        let of = story.on(kernel);
        // clang may have said something else before.
        let is_meant = |found: &&Value| {
            found["id"] == finds.as_str()
                && note.is_none_or(|words| notes(found).any(|note| note.contains(words)))
        };
        let found = of.of("diagnostic").find(is_meant);
        match found {
            None => {
                let log: Vec<&str> = of.of("log").filter_map(|log| log["text"].as_str()).collect();
                let log = log.concat();
                let tail: Vec<&str> = log.lines().rev().take(12).collect();
                Some(format!("{name} on {kernel} is not {finds}:\n{of:?}\n{}", tail.join("\n")))
            }
            Some(found) if here.is_some() && found["line"].as_u64() != here => {
                Some(format!("{name} on {kernel} is not at line {here:?}: {found}"))
            }
            Some(found) if *kernel != REPORTS && !way.iter().all(|line| leads_over(found, *line)) => {
                Some(format!("{name} on {kernel} does not lead over lines {way:?}: {found}"))
            }
            // What did not compile was never shown to a kernel.
            Some(found) if found["origin"] == "compiler" => None,
            Some(found) if *kernel == REPORTS && !reports(found, report) => {
                Some(format!("{name} on {kernel} should have the report {report:?}: {found}"))
            }
            // Where the run goes to the kernel that would be asked, nobody else asks it.
            Some(_)
                if kernels.contains(&REPORTS) && of.of("diagnostic").any(|found| found["id"] == OPINION) =>
            {
                Some(format!("{name} on {kernel} has a second opinion besides the run's own"))
            }
            Some(_) => None,
        }
    };
    kernels.iter().filter_map(explain).collect()
}

#[test]
fn every_mistake_is_explained_on_its_line_on_every_kernel() {
    if !can_use_guests() {
        return;
    }
    let lab = Lab::new();
    cases::try_each(&cases::programs("mistakes"), 1, |path| wrong(&lab, path));
}

/// The story of one of the programs on one kernel.
fn story(program: &str, kernel: &str) -> Story {
    let file = root().join("tests/mistakes").join(program).display().to_string();
    let ran = to_end(&mut bpflab(&["run", &file, "--kernel", kernel, "--format", "json"]));
    let story = Story::parse(&ran.stdout);
    assert_eq!((story.outcome(), ran.status), ("rejected", 1), "{story:?}");
    story
}

#[test]
fn the_newest_kernels_word_is_added_to_what_an_older_one_refuses() {
    if !can_use_guests() {
        return;
    }
    // Its guest is asked only where its snapshot has been made.
    story("null_check.bpf.c", REPORTS);

    let older = story("null_check.bpf.c", "6.1");
    let (refusal, opinion) = (older.finding("verifier-null-check"), older.finding(OPINION));
    assert_eq!((&refusal["severity"], &opinion["severity"]), (&"error".into(), &"note".into()));
    assert!(older.says(OPINION).contains("(7.x)"), "{opinion}");
    assert!(reports(opinion, Some("R0 may be NULL here")), "{opinion}");
    let steps: Vec<&Value> =
        opinion["notes"].as_array().expect("notes").iter().map(|note| &note["line"]).collect();
    let at = refusal["line"].as_u64().expect("a line");
    assert_eq!(steps, [&Value::Null, &(at - 2).into(), &at.into(), &Value::Null], "{opinion}");

    let accepted = story("stack_uninitialised.bpf.c", "6.1");
    assert_eq!(accepted.finding(OPINION)["offers"], Value::from(vec![REPORTS]));
}
