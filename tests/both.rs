//! One worker, two places: the same lessons and the same programs on this
//! machine's kernel and in a guest, and what should be equal is.
//!
//! Equal are the kinds of events and their order, programs, maps and checks.
//! Times, process numbers and what the kernels' own instructions cost are not.

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{
    can_use_kernel,
    command::{self, bpflab, to_end},
    guests::{self, DEFAULT, can_use_guests},
    program::{self, fresh_name},
};

/// Drawn from for both, so that both see the same names and numbers.
const SEED: &str = "20260521";

#[test]
fn every_lesson_ends_alike_on_the_host_and_in_a_guest() {
    if !can_use_kernel() || !can_use_guests() {
        return;
    }
    let kernels = format!("host,{DEFAULT}");
    let ran = to_end(&mut bpflab(&["check", "--kernel", &kernels, "--seed", SEED, "--report", "json"]));
    assert_eq!(ran.status, 0, "{ran:?}");
    let mut by_run: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for line in ran.stdout.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        if line["type"] == "result" && line["skipped"].is_null() {
            let word = |name: &str| line[name].as_str().expect("a word").to_owned();
            by_run.entry((word("lesson"), word("of"))).or_default().push(line);
        }
    }
    let mut compared = 0;
    for (run, results) in &by_run {
        // A lesson that the host cannot run is only in the guest.
        let [one, other] = results.as_slice() else { continue };
        assert_eq!(one["outcome"], other["outcome"], "{run:?}");
        let checks = |result: &Value| -> BTreeMap<String, bool> {
            let all = result["checks"].as_array().expect("checks");
            let one = |check: &Value| (check["id"].to_string(), check["passed"] == true);
            all.iter().map(one).collect()
        };
        let ids = |result| checks(result).into_keys().collect::<Vec<_>>();
        assert_eq!(ids(one), ids(other), "{run:?}");
        // What a starter gets right by luck (some lose counts on purpose) may differ.
        if run.1 == "solution" {
            assert_eq!(checks(one), checks(other), "{run:?}");
        }
        compared += 1;
    }
    assert!(compared >= 8, "starters and solutions of four lessons: {compared}");
}

#[test]
fn one_program_tells_the_same_story_in_both_places() {
    if !can_use_kernel() || !can_use_guests() {
        return;
    }
    let source = program::counting(&fresh_name(), 3);
    let words = ["--stimulus", "exec lab-do write 5", "--global", "target=@stimulus"];
    let (on_host, host) = command::run(&source, &words);
    let (in_guest, guest) = guests::run(DEFAULT, &source, &words);
    assert_eq!((on_host, in_guest), (0, 0));
    let order =
        ["started", "compiled", "placed", "loaded", "attached", "observing", "stimulus_ended", "ended"];
    assert_eq!(host.kinds(&order), guest.kinds(&order));
    // How long the verifier took is the one thing that differs.
    let timeless = |value: &Value| {
        let mut value = value.clone();
        for program in value.as_array_mut().into_iter().flatten() {
            program["verified"]["us"].take();
        }
        value
    };
    for kind in ["loaded", "attached"] {
        for field in ["programs", "maps", "program", "to"] {
            let (host, guest) = (timeless(&host.one(kind)[field]), timeless(&guest.one(kind)[field]));
            assert_eq!(host, guest, "{kind}.{field}");
        }
    }
    assert_eq!(host.traced(), guest.traced());
    assert_eq!(host.outcome(), guest.outcome());
}
