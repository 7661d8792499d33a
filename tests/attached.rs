//! What is said where a program attaches and shows nothing, or where what it attaches to
//! is not there.
//!
//! Real guests.

mod support;

use std::fs;

use support::{
    guests::{self, can_use_guests},
    program::{fresh_name, program},
    root,
};

#[test]
fn a_program_whose_verdict_is_its_effect_is_not_called_silent() {
    if !can_use_guests() {
        return;
    }
    let visit = "bash -c 'echo x >/dev/tcp/127.0.0.1/9'";
    let passes = program(&fresh_name(), "xdp", "", "return XDP_PASS;");
    let (_, story) = guests::run("6.1", &passes, &["--stimulus", visit]);
    assert_eq!(story.outcome(), "completed", "{story:?}");
    assert_eq!(story.finding("fired-verdict")["severity"], "note");
    assert!(story.says("fired-verdict").contains("returned each time is its effect"), "{story:?}");

    let iterator = fs::read_to_string(root().join("tests/programs/iter.bpf.c")).expect("a program");
    let (_, story) = guests::run("6.1", &iterator, &["--for", "2s"]);
    assert!(!story.printed().is_empty(), "{story:?}");
    assert!(story.has_no("diagnostic"), "{story:?}");
}

#[test]
fn a_counter_that_the_processor_does_not_have_is_unmet_and_the_clock_is_named() {
    if !can_use_guests() {
        return;
    }
    let name = fresh_name();
    let ticks = program(&name, "perf_event", "", "");
    let to = format!("{name}=perf:cycles:99");
    let (status, story) = guests::run("6.1", &ticks, &["--attach", &to, "--for", "500ms"]);
    // Under KVM the processor's own may be there.
    if story.outcome() == "completed" {
        return;
    }
    assert_eq!((status, story.outcome()), (1, "unmet"), "{story:?}");
    assert!(story.says("unmet-counter").contains("perf:cpu-clock:99"), "{story:?}");
}
