//! Streams at full speed: bounded memory, declared losses, and a client that
//! never reads. One at a time: the numbers are about one program.

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use support::{
    PATIENCE, can_use_kernel, command,
    course::Course,
    machine,
    program::{self, fresh_name},
    server::Server,
    socket::Socket,
    story::Story,
};
use tokio::time::timeout;

/// What a server may need for a run that prints without end, its watchers
/// included: the run's buffer of 8 MiB, batches on their way, and some air.
const MORE_MEMORY: u64 = 64 << 20;

/// Writes as fast as the kernel takes them, each of which prints fifty lines.
const FLOOD: &str = "exec dd if=/dev/zero of=/dev/null bs=1 count=40000 status=none";

/// Delivered and declared lost make what the program produced, in its order.
fn check_sum(story: &Story) {
    let produced: u64 = story.global("printed").as_str().expect("64 bits").parse().expect("a number");
    let delivered: Vec<u64> = story
        .traced()
        .iter()
        .map(|text| text.strip_prefix("line ").expect("our line").parse().expect("a number"))
        .collect();
    assert!(delivered.is_sorted_by(|a, b| a < b), "order is kept, and no line comes twice");
    let (delivered, lost) = (delivered.len() as u64, story.lost());
    assert_eq!(delivered + lost, produced, "{delivered} delivered, {lost} declared lost");
    assert!(delivered > 0 && lost > 0, "not fast enough to lose: {delivered} of {produced}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_costs_nobody_anything() {
    if !can_use_kernel() {
        return;
    }
    let course = Course::new().stimulus("flood", FLOOD);
    let server = Server::with_lessons(course.path());
    let mut other = Socket::open(&server).await;
    other.works().await;
    let before = server.memory();

    let mut silent = Socket::open(&server).await;
    let source = program::counting(&fresh_name(), 50);
    let run = silent.run_with(&source, json!({"lesson": "flood"})).await;
    // From here on nothing is read from it.
    let over = Arc::new(AtomicBool::new(false));
    let sampling = tokio::task::spawn_blocking({
        let (over, pid) = (over.clone(), server.pid());
        move || {
            let mut most = 0;
            while !over.load(Ordering::Relaxed) {
                most = most.max(machine::memory(pid));
                std::thread::sleep(Duration::from_millis(20)); // the time between two samples
            }
            most
        }
    });
    other.watch(&run, 0).await;
    let story = timeout(PATIENCE, other.rest()).await;
    over.store(true, Ordering::Relaxed);
    let story = story.expect("the run ends");
    let most = sampling.await.expect("the samples");
    assert_eq!(story.outcome(), "completed", "the run ends though one client never reads");
    check_sum(&story);
    let more = most.saturating_sub(before) >> 20;
    assert!(most < before + MORE_MEMORY, "the server took {more} MiB more");
    other.works().await;
    // When it reads at last, it gets the story too, with what it missed.
    let late = silent.rest().await;
    assert_eq!(late.outcome(), "completed");
    check_sum(&late);
    silent.works().await;
}

#[test]
fn on_the_command_line_delivered_and_lost_make_what_was_produced() {
    if !can_use_kernel() {
        return;
    }
    let source = program::counting(&fresh_name(), 50);
    let (status, story) = command::run(&source, &["--stimulus", FLOOD, "--global", "target=@stimulus"]);
    assert_eq!((status, story.outcome()), (0, "completed"));
    check_sum(&story);
}

#[test]
fn a_program_that_prints_without_end_is_ended_in_time() {
    if !can_use_kernel() {
        return;
    }
    // Every call of every process prints, the lab's own included.
    let source = program::program(
        &fresh_name(),
        program::ANY_CALL,
        "",
        r#"for (int i = 0; i < 50; i++) bpf_printk("again and again");"#,
    );
    let stimulus = "exec dd if=/dev/zero of=/dev/null bs=1 status=none";
    let (status, story) = command::run(&source, &["--for", "3s", "--stimulus", stimulus]);
    assert_eq!((status, story.outcome()), (0, "completed"));
    let observed = story.one("ended")["stages"]["observe"].as_f64().expect("milliseconds");
    assert!(observed < 7_000.0, "three seconds took {observed} ms");
    assert!(story.traced().iter().all(|text| *text == "again and again"));
    let (status, story) = command::run(&program::once(&fresh_name()), &["--for", "200ms"]);
    assert_eq!((status, story.outcome()), (0, "completed"), "the next run works");
}

#[test]
fn output_of_the_stimulus_is_bounded_and_what_is_cut_is_counted() {
    if !can_use_kernel() {
        return;
    }
    let stimulus = "head -c 1000000 /dev/zero | tr '\\0' a; echo 'to the other' >&2";
    let (status, story) = command::run(&program::quiet(&fresh_name()), &["--stimulus", stimulus]);
    assert_eq!((status, story.outcome()), (0, "completed"));
    let text = |stream: &str| -> usize {
        let of = story.of("output").filter(|object| object["stream"] == stream);
        of.map(|object| object["text"].as_str().expect("text").len()).sum()
    };
    let lost = story.of("lost").filter(|object| object["stream"] == "output");
    let lost: u64 = lost.map(|object| object["count"].as_u64().expect("a count")).sum();
    let delivered = text("stdout") + text("stderr");
    assert_eq!(delivered as u64 + lost, 1_000_000 + 13);
    assert!(delivered <= 256 << 10, "{delivered} bytes came");
}
