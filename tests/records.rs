//! Records at full speed, in guests: what reached a websocket and what was
//! declared lost make exactly what the program counted itself.
//!
//! One guest at a time: the numbers are about one program.

mod support;

use serde_json::{Value, json};
use support::{
    course::Course,
    guests::{self, can_use_guests},
    server::Server,
    socket::Socket,
    story::Story,
};

/// One process that writes for three seconds as fast as it can; each write of
/// it sends [`EACH`] records.
const FLOOD: &str =
    "exec bash -c 'end=$((SECONDS + 3)); while ((SECONDS < end)); do echo -n x; done >/dev/null'";

/// The same without end.
const ENDLESS: &str = "exec bash -c 'while :; do echo -n x; done >/dev/null'";

/// Records for each write: what the process itself takes is little beside them.
const EACH: u32 = 100;

/// A program that sends records by `send`, from a loop in which `event` is filled.
fn sending(buffer: &str, send: &str) -> String {
    format!(
        r#"#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct event {{
	__u64 number;
	__u32 pid;
	char comm[16];
}};

struct {{
	{buffer}
}} events SEC(".maps");

const volatile int target;
/* Of one process, which has one thread: nothing is counted twice. */
__u64 tried;
__u64 refused;
__u64 odd;

SEC("tp/syscalls/sys_enter_write")
int flood(void *ctx)
{{
	if (bpf_get_current_pid_tgid() >> 32 != target)
		return 0;
	for (int i = 0; i < {EACH}; i++) {{
		{send}
		tried++;
	}}
	return 0;
}}

char LICENSE[] SEC("license") = "GPL";
"#
    )
}

fn ring(kib: u32) -> String {
    sending(
        &format!("__uint(type, BPF_MAP_TYPE_RINGBUF);\n\t__uint(max_entries, {kib} * 1024);"),
        "struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
		if (event) {
			event->number = tried;
			event->pid = target;
			bpf_get_current_comm(event->comm, sizeof(event->comm));
			bpf_ringbuf_submit(event, 0);
		} else {
			refused++;
		}",
    )
}

fn perf() -> String {
    sending(
        "__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);\n\t__uint(key_size, 4);\n\t__uint(value_size, 4);",
        "struct event event = { .number = tried, .pid = target };
		bpf_get_current_comm(event.comm, sizeof(event.comm));
		long err = bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
		if (err)
			refused++;
		if (err && err != -28) /* no room */
			odd++;",
    )
}

fn number(value: &Value) -> u64 {
    value.as_str().expect("64 bits").parse().expect("a number")
}

/// What a reader of the story can count.
struct Sum {
    delivered: u64,
    lost: u64,
    tried: u64,
    refused: u64,
}

fn sum(story: &Story) -> Sum {
    let numbers: Vec<u64> = story.of("record").map(|record| number(&record["value"]["number"])).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "order is kept, and no record comes twice");
    let lost = story.of("lost").filter(|lost| lost["stream"] == "record:events");
    let lost = lost.map(|lost| lost["count"].as_u64().expect("a count")).sum();
    assert_eq!(number(story.global("odd")), 0, "nothing but a full buffer refuses a record");
    let of = |name: &str| number(story.global(name));
    let sum = Sum { delivered: numbers.len() as u64, lost, tried: of("tried"), refused: of("refused") };
    let Sum { delivered, lost, tried, refused } = sum;
    println!("{tried} tried, {refused} refused, {delivered} delivered, {lost} declared lost");
    assert!(delivered > 0 && refused > 0, "not fast enough to fill the buffer: {refused} of {tried}");
    sum
}

/// The story of one flood, as two watchers have it: one from the start, and one
/// that comes when all is over.
async fn flood(server: &Server, kernel: &str, source: &str) -> [Story; 2] {
    let mut socket = Socket::open(server).await;
    let run = socket.run_with(source, json!({"kernels": [kernel], "lesson": "flood"})).await;
    let story = socket.rest().await;
    assert_eq!(story.outcome(), "completed", "{story:?}");
    let mut late = Socket::open(server).await;
    late.watch(&run, 0).await;
    [story, late.rest().await]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_ring_buffer_took_is_delivered_or_declared_lost() {
    if !can_use_guests() {
        return;
    }
    let course = Course::new().stimulus("flood", FLOOD);
    let server = guests::with_lessons(course.path());
    for story in flood(&server, "6.1", &ring(256)).await {
        let Sum { delivered, lost, tried, refused } = sum(&story);
        // What a full ring buffer refuses the kernel tells the program alone.
        assert_eq!(delivered + lost, tried - refused);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_in_a_ring_buffer_when_a_run_ends_is_declared_lost() {
    if !can_use_guests() {
        return;
    }
    let course = Course::new().stimulus("flood", ENDLESS);
    let server = guests::with_lessons(course.path());
    let mut socket = Socket::open(&server).await;
    // Of so much a run's last half second carries a part.
    let run = socket.run_with(&ring(32 << 10), json!({"kernels": ["6.1"], "lesson": "flood"})).await;
    let mut story = Story::default();
    loop {
        let object = socket.next().await.expect("the run goes on");
        let is_full = object["name"] == "refused" && object["value"] != "0";
        story.0.push(object);
        if is_full {
            break;
        }
    }
    socket.stop(&run).await;
    story.0.extend(socket.rest().await.0);
    assert_eq!(story.outcome(), "cancelled");
    let Sum { delivered, lost, tried, refused } = sum(&story);
    assert_eq!(delivered + lost, tried - refused);
    assert!(lost > 0, "all of it was read in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_to_a_perf_buffer_is_delivered_or_declared_lost() {
    if !can_use_guests() {
        return;
    }
    let course = Course::new().stimulus("flood", FLOOD);
    let server = guests::with_lessons(course.path());
    for story in flood(&server, "5.10", &perf()).await {
        let Sum { delivered, lost, tried, .. } = sum(&story);
        assert_eq!(delivered + lost, tried);
    }
}
