//! What a program's own loader would do, asked of the lab: maps get their
//! sizes, programs their functions, here and where no lab is.

mod support;

use std::{collections::BTreeMap, fs, process::Command};

use serde_json::{Value, json};
use support::{
    course::{Course, change},
    folder,
    guests::{self, DEFAULT, can_use_guests},
    home::{self, can_build, download, make},
    program::{self, fresh_name},
    screen::Screen,
    socket::Socket,
    story::Story,
};

/// Neither its maps' sizes nor its programs' functions are in the source.
const BARE: &str = r#"#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
} stacks SEC(".maps");

SEC("kprobe")
int probed(struct pt_regs *ctx)
{
	__u64 one = 1;
	__u32 stack = bpf_get_stackid(ctx, &stacks, 0);

	bpf_map_update_elem(&counts, &stack, &one, 0);
	return 0;
}

SEC("fentry")
int entered(void *ctx)
{
	__u64 word = 7;

	bpf_ringbuf_output(&events, &word, sizeof(word), 0);
	bpf_printk("entered");
	return 0;
}

SEC("tp")
int executed(void *ctx)
{
	bpf_printk("executed");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
"#;

const TARGETS: [&str; 3] =
    ["probed=kprobe:vfs_unlink", "entered=fentry:vfs_unlink", "executed=tracepoint:sched/sched_process_exec"];

fn run(kernels: &str, words: &[&str]) -> (i32, Story) {
    guests::run(kernels, BARE, &[&["--stimulus", "touch /tmp/a; rm /tmp/a"], words].concat())
}

#[test]
fn maps_have_the_size_that_was_asked_for_or_the_usual_one() {
    if !can_use_guests() {
        return;
    }
    let attach = TARGETS.iter().flat_map(|target| ["--attach", target]);
    let words: Vec<&str> = attach.chain(["--map-size", "counts=77"]).collect();
    let (status, story) = run("5.10,7.x", &words);
    assert_eq!(status, 0, "{story:?}");
    for kernel in ["5.10", "7.x"] {
        let story = story.on(kernel);
        let maps = story.one("loaded")["maps"].as_array().expect("maps");
        let size = |map: &Value| (map["name"].as_str().map(str::to_owned), map["max_entries"].as_u64());
        let sizes: BTreeMap<_, _> = maps.iter().map(size).collect();
        let wanted = [("counts", 77), ("events", 256 << 10), ("stacks", 1024)];
        let wanted = wanted.map(|(name, entries)| (Some(name.to_owned()), Some(entries)));
        assert_eq!(sizes, wanted.into(), "{story:?}");
        let said: Vec<&str> = story
            .of("diagnostic")
            .filter(|found| found["id"] == "usual-size")
            .map(|found| found["message"].as_str().expect("words"))
            .collect();
        assert_eq!(said.len(), 2, "{said:?}");
        for words in ["\"events\" does not say how large", "262144 bytes", "\"stacks\"", "1024 stacks"] {
            assert!(said.iter().any(|said| said.contains(words)), "{words}: {said:?}");
        }
        assert!(story.traced().contains(&"entered") && story.traced().contains(&"executed"), "{story:?}");
        assert!(!story.has_no("record"), "{story:?}");
        assert!(story.of("map").any(|map| map["name"] == "counts" && map["total"] != 0), "{story:?}");
    }
}

#[test]
fn what_cannot_be_done_before_load_is_one_sentence() {
    if !can_use_guests() {
        return;
    }
    for (words, outcome, id, says) in [
        (["--map-size", "count=77"], "unmet", "bad-map-size", "no map named \"count\"; it has:"),
        (["--attach", "entered=fentry:vfs_unlnk"], "attach_failed", "no-such-hook", "no fentry/vfs_unlnk"),
        (["--attach", "entered=if:lab0"], "attach_failed", "unsuited-target", "takes: fentry:FUNCTION"),
        (["--map-entry", "count[1]=1"], "unmet", "bad-entry", "no map named \"count\"; it has:"),
        (
            ["--map-entry", "counts[one]=1"],
            "unmet",
            "bad-entry",
            "key does not fit \"counts\", which takes __u32",
        ),
        (["--map-entry", "events[1]=1"], "unmet", "bad-entry", "of type ringbuf, which cannot be changed"),
        (["--at-most", "5s"], "attach_failed", "needs-target", "Say it with \"attach\": fentry:FUNCTION."),
    ] {
        let first = ["--attach", "probed=none", "--attach", "executed=none", "--map-size", "counts=77"];
        // Sizes are looked at once it is known what programs are for.
        let entered: &[&str] = if id.starts_with("bad-") { &["--attach", TARGETS[1]] } else { &[] };
        let (status, story) = run(DEFAULT, &[&first, entered, &words].concat());
        assert_eq!((status, story.outcome()), (1, outcome), "{story:?}");
        assert!(story.says(id).contains(says), "{}", story.says(id));
    }
}

#[tokio::test]
async fn a_browser_may_say_both() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let mut socket = Socket::open(&server).await;
    let wish = |size: Value| {
        let attach: BTreeMap<&str, &str> =
            TARGETS.iter().filter_map(|target| target.split_once('=')).collect();
        json!({"type": "run", "files": {"bare.bpf.c": BARE}, "kernels": [DEFAULT], "attach": attach, "map_sizes": {"counts": size},
               "map_entries": {"counts[4000000000]": "17"}})
    };
    for (size, words) in
        [(json!(0), "\"0\" is no number of entries for \"counts\""), (json!("many"), "cannot be read")]
    {
        socket.say(&wish(size)).await;
        let (_, refused) = socket.refusal().await;
        assert!(refused.contains(words), "{refused}");
    }
    socket.say(&wish(json!(77))).await;
    let story = socket.until("loaded").await;
    let maps = story.one("loaded")["maps"].as_array().expect("maps");
    let counts = maps.iter().find(|map| map["name"] == "counts").expect("the map");
    assert_eq!(counts["max_entries"], 77, "{story:?}");
    let story = socket.until("stats").await;
    let counts = story.of("map").find(|map| map["name"] == "counts").expect("the map");
    let kept = |entry: &Value| entry["key"] == 4_000_000_000_u32 && entry["value"] == "17";
    assert!(counts["entries"].as_array().expect("a list").iter().any(kept), "{counts}");
}

#[tokio::test]
async fn a_loader_that_is_taken_home_says_the_same_to_the_kernel() {
    if !can_build() || !can_use_guests() {
        return;
    }
    let mut attach = String::new();
    for target in TARGETS {
        let (program, to) = target.split_once('=').expect("a target");
        attach += &format!("{program} = \"{to}\"\n");
    }
    let course = Course::new().stimulus("bare", "true");
    let more = format!("[run.map_sizes]\ncounts = 77\n\n[run.attach]\n{attach}\n[run.globals]");
    change(&course.path().join("010-bare/lesson.toml"), "[run.globals]", &more);
    let server = guests::with_lessons(course.path());
    let quiet = program::quiet(&fresh_name());
    let mut screen = Screen::open(&server, DEFAULT, &quiet).await;
    let place = folder();
    let types = place.path().join("vmlinux.h");
    fs::write(&types, home::types(&mut screen).await).expect("the guest's types");
    let archive = download(&server, "bare", BARE);
    let archive = flate2::read::GzDecoder::new(archive.as_slice());
    tar::Archive::new(archive).unpack(place.path()).expect("an archive");
    make(&place.path().join("bare"), &types).expect("it builds");
    let loader = place.path().join("bare/bare");
    assert!(Command::new("strip").arg(&loader).status().expect("strip starts").success());
    screen.put("/tmp/loader", &fs::read(&loader).expect("a loader")).await;
    screen
        .ask("cd /tmp; chmod +x loader; ./loader >said 2>&1 & until grep -q Ctrl-C /tmp/said; do sleep 0.1; done")
        .await;
    screen.ask("touch /tmp/a; rm /tmp/a; sleep 1").await;
    let maps = screen.ask("bpftool map list | grep -A1 -w counts").await;
    assert!(maps.contains("max_entries 77"), "{maps}");
    let said = screen.ask("kill -INT $!; wait; cat /tmp/said").await;
    for word in ["attached: probed (kprobe)", "attached: entered (fentry)", "attached: executed (tp)"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(said.contains("entered") && said.contains("executed"), "{said}");
}
