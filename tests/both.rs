//! One worker, two places: the same program on this machine's kernel and in a
//! guest, and what should be equal is. (The lessons: `lessons.rs`.)
//!
//! Equal are the kinds of events and their order, programs and maps. Times,
//! process numbers and what the kernels' own instructions cost are not.

mod support;

use serde_json::Value;
use support::{
    can_use_kernel, command,
    guests::{self, DEFAULT, can_use_guests},
    program::{self, fresh_name},
};

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
