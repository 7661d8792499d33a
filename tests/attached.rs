//! What is said where what a program attaches to is not there.
//!
//! Real guests.

mod support;

use support::{
    guests::{self, can_use_guests},
    program::{fresh_name, program},
};

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
