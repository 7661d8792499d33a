//! Each mistake that the verifier finds is explained on the learner's own line,
//! in the same words on every kernel, whatever that kernel's own words are.
//!
//! The programs are in `mistakes/`; the line that ends in `HERE` is the one. What
//! `@report` names is in the report that 7.3 and later write, and those that name
//! nothing have none.

mod support;

use std::{fs, path::Path};

use serde_json::Value;
use support::{
    cases,
    command::{bpflab, to_end},
    guests::can_use_guests,
    story::Story,
};

/// The kernel that writes reports.
const REPORTS: &str = "7.x";

/// Whether a finding brings this report along, with where it led; none, if there should be none.
fn reports(found: &Value, report: Option<&str>) -> bool {
    let notes = found["notes"].as_array().expect("notes");
    let says = |words: &str| {
        notes.iter().any(|note| note["message"].as_str().is_some_and(|text| text.contains(words)))
    };
    match report {
        Some(words) => says("Why, in the kernel's own words") && says(words) && says("suggests"),
        None => !says("kernel's own words"),
    }
}

fn wrong(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("a program");
    let said = |word: &str| -> String {
        let start = format!("// @{word} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("{} says no {word}", path.display())).to_owned()
    };
    let (kernels, finds) = (said("kernels"), said("finds"));
    let report = text.lines().find_map(|line| line.strip_prefix("// @report "));
    let here =
        (1..).zip(text.lines()).find_map(|(number, line)| line.contains("/* HERE */").then_some(number));
    let kernels: Vec<&str> = kernels.split(' ').collect();
    let file = path.display().to_string();
    let ran = to_end(&mut bpflab(&["run", &file, "--kernel", &kernels.join(","), "--format", "json"]));
    let story = Story::parse(&ran.stdout);
    let name = path.file_name().expect("a name").to_string_lossy();
    let explain = |kernel: &&str| {
        let of = story.on(kernel);
        let found = of.of("diagnostic").find(|found| found["id"] == finds.as_str());
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
            Some(found) if *kernel == REPORTS && !reports(found, report) => {
                Some(format!("{name} on {kernel} should have the report {report:?}: {found}"))
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
    cases::try_each(&cases::programs("mistakes"), 2, |path| wrong(path));
}
