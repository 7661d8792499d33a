//! What `bpflab run` prints for a person, from runs in a guest. Does not know
//! the objects that scripts read.

mod support;

use support::{
    command::{bpflab, to_end},
    guests::{DEFAULT, can_use_guests},
    root,
};

#[test]
fn a_target_for_a_program_that_is_not_there_is_said_with_those_that_are() {
    if !can_use_guests() {
        return;
    }
    let told = text("xdp_drop.bpf.c", &["--attach", "dorp=if:lab0", "--for", "100ms"]);
    let says = "error: The object has no program named \"dorp\"; it has: ";
    assert!(told.contains(says), "{told}");
}

#[test]
fn maps_that_libbpf_keeps_for_itself_are_in_the_objects_and_not_in_the_text() {
    if !can_use_guests() {
        return;
    }
    let imports = ["--stimulus", "python3 -SE -c 'import colorsys'"];
    let told = text("usdt.bpf.c", &imports);
    assert!(told.contains("usdt fired") && !told.contains("__bpf_usdt_"), "{told}");
    let path = root().join("tests/programs/usdt.bpf.c").display().to_string();
    let objects =
        to_end(bpflab(&["run", &path, "--kernel", DEFAULT, "--format", "json"]).args(imports)).stdout;
    assert!(objects.contains("\"name\":\"__bpf_usdt_specs\""), "{objects}");
}

#[test]
fn a_histogram_is_drawn_when_the_run_is_over_instead_of_each_change() {
    if !can_use_guests() {
        return;
    }
    let told = text("map_histogram.bpf.c", &["--stimulus", "touch /tmp/a; rm /tmp/a"]);
    let drawn = "\
map       linear_dist: how many of each
         0 : 0        |                                        |
         1 : 0        |                                        |
         2 : 3        |****************************************|
map       size_hist: how many in each range, powers of two
         0 -> 1          : 0        |                                        |
         2 -> 3          : 2        |********************                    |
         4 -> 7          : 4        |****************************************|
map       waits[1]: how many in each range, powers of two
          {count: 5}
         0 -> 1          : 0        |                                        |
         2 -> 3          : 5        |****************************************|
ended     completed
";
    assert!(told.ends_with(drawn), "{told}");
    assert!(!told.contains("] = "), "changes are not told beside it: {told}");
}

#[test]
fn a_struct_or_a_buffer_that_is_not_there_is_said_with_those_that_are() {
    if !can_use_guests() {
        return;
    }
    let path = root().join("tests/programs/ringbuf_named.bpf.c").display().to_string();
    for (record, says) in [
        ("events=par", "no struct named \"par\" for its records; it defines: single, pair."),
        ("event=pair", "no ring buffer or perf buffer named \"event\"; it has: events, others."),
    ] {
        let ran = to_end(&mut bpflab(&["run", &path, "--kernel", DEFAULT, "--record", record]));
        assert_eq!(ran.status, 1, "{ran:?}");
        assert!(ran.stdout.contains(says) && ran.stdout.ends_with("ended     unmet\n"), "{ran:?}");
    }
}

/// A run's text, and that the run was completed.
fn text(program: &str, words: &[&str]) -> String {
    let path = root().join("tests/programs").join(program).display().to_string();
    let ran = to_end(bpflab(&["run", &path, "--kernel", DEFAULT]).args(words));
    assert!(ran.stdout.ends_with("ended     completed\n"), "{ran:?}");
    ran.stdout
}
