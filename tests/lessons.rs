//! Every lesson on every guest's kernel and on this machine's own: the starter
//! compiles and does not pass, the solution passes, and what should be equal on
//! the host and in a guest is.
//!
//! Equal are how a run ends, which checks there are and, of solutions, what
//! came of each. What the verifier did with each solution is in `verified.tsv`.
//! Says each result as it comes, since it lasts for minutes.

mod support;

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use serde_json::Value;
use support::{
    can_use_kernel,
    command::bpflab,
    guests::{DEFAULT, can_use_guests},
    verified,
};

/// Drawn from on every kernel, so that all see the same names and numbers.
const SEED: &str = "20260521";

const HOST: &str = "host";

/// What a guest's kernel may leave out: a mark's arguments in the JVM need 5.15.
const LEFT_OUT: [(&str, &str); 1] = [("jvmgc", "5.10")];

#[test]
fn every_lesson_is_right_on_every_kernel_and_alike_on_the_host_and_in_a_guest() {
    if !can_use_guests() {
        return;
    }
    // Without this machine's own kernel the guests' are left.
    let kernels = if can_use_kernel() { format!("all,{HOST}") } else { "all".to_owned() };
    let (is_right, results) = checked(&kernels);
    assert!(is_right, "the lines above say which are not");
    let mut left_out: Vec<(&str, &str)> = (results.iter())
        .filter(|result| !result["skipped"].is_null() && result["kernel"] != HOST)
        .map(|result| (word(result, "lesson"), word(result, "kernel")))
        .collect();
    left_out.dedup();
    assert_eq!(left_out, LEFT_OUT, "a lesson is tried on every guest's kernel, but for these");
    let mut by_run: BTreeMap<(&str, &str), BTreeMap<&str, &Value>> = BTreeMap::new();
    for result in results.iter().filter(|result| result["skipped"].is_null()) {
        let run = (word(result, "lesson"), word(result, "of"));
        by_run.entry(run).or_default().insert(word(result, "kernel"), result);
    }
    let mut compared = 0;
    for (run, of) in &by_run {
        // A lesson that the host cannot run is only in guests.
        let (Some(host), Some(guest)) = (of.get(HOST), of.get(DEFAULT)) else { continue };
        assert_eq!(host["outcome"], guest["outcome"], "{run:?}");
        let ids = |result| checks(result).into_keys().collect::<Vec<_>>();
        assert_eq!(ids(host), ids(guest), "{run:?}");
        // What a starter gets right by luck (some lose counts on purpose) may differ.
        if run.1 == "solution" {
            assert_eq!(checks(host), checks(guest), "{run:?}");
        }
        compared += 1;
    }
    assert!(!kernels.contains(HOST) || compared >= 8, "starters and solutions of four lessons: {compared}");
    let in_guests = results.iter().filter(|result| result["skipped"].is_null() && result["kernel"] != HOST);
    verified::compare(in_guests.filter(|result| result["of"] == "solution"));
}

/// Every lesson on these kernels: whether all is right, and the results.
fn checked(kernels: &str) -> (bool, Vec<Value>) {
    let words = ["check", "--kernel", kernels, "--seed", SEED, "--jobs", "5", "--report", "json"];
    let mut check = bpflab(&words).stdout(Stdio::piped()).spawn().expect("the binary starts");
    let lines = BufReader::new(check.stdout.take().expect("its output"));
    let mut results = Vec::new();
    for line in lines.lines() {
        let line = line.expect("a line");
        let object: Value = serde_json::from_str(&line).expect("JSON");
        if object["type"] == "result" {
            let words = ["lesson", "of", "kernel"].map(|name| word(&object, name));
            let mark = if object["ok"] == true { "ok" } else { "WRONG" };
            println!("{mark:5} {:18} {:8} on {:5} {:>6} ms", words[0], words[1], words[2], object["ms"]);
        }
        if object["ok"] == false || object["type"] == "fault" || object["severity"] == "error" {
            println!("{line}");
        }
        results.extend((object["type"] == "result").then_some(object));
    }
    (check.wait().expect("its end").success(), results)
}

fn word<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().expect("a word")
}

/// What came of each check, by its id.
fn checks(result: &Value) -> BTreeMap<&str, bool> {
    let all = result["checks"].as_array().expect("checks");
    all.iter().map(|check| (word(check, "id"), check["passed"] == true)).collect()
}
