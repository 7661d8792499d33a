//! Maps changed from outside while their program runs, records sent to it,
//! programs run by themselves and shown in their forms: over a real websocket, in real guests.

mod support;

use serde_json::{Value, json};
use support::{
    guests::{self, KERNELS, can_use_guests},
    socket::Socket,
    story::Story,
};

const SOURCE: &str = r#"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

enum kind { LEFT_SIDE, RIGHT_SIDE };

struct place {
	__u32 addr;
	__u16 port;
	enum kind kind;
	char name[8];
	int sides[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct place);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} each SEC(".maps");

struct prefix {
	__u32 length;
	__u8 net[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u32);
} nets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_RDONLY);
	__type(key, __u32);
	__type(value, __u32);
} sealed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

__u32 looked;

SEC("xdp")
int look(struct xdp_md *ctx)
{
	__u32 key = 7;
	struct place *place = bpf_map_lookup_elem(&places, &key);

	looked++;
	return place ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
"#;

/// A run on one kernel, and the tokens of what was asked of it.
struct Edits {
    socket: Socket,
    run: String,
    kernel: &'static str,
    token: u64,
}

impl Edits {
    async fn start(socket: Socket, source: &str, kernel: &'static str) -> Self {
        let mut socket = socket;
        let run = socket.run_with(source, json!({"kernels": [kernel]})).await;
        socket.until("observing").await;
        // The first look tells all maps as they are; what is told of one after it is a change.
        socket.until("stats").await;
        Self { socket, run, kernel, token: 0 }
    }

    /// The answer, and all that was told until it came.
    async fn ask(&mut self, what: Value) -> (Value, Story) {
        self.token += 1;
        let mut message = json!({"token": self.token, "run": self.run, "kernel": self.kernel});
        message.as_object_mut().expect("an object").extend(what.as_object().expect("an object").clone());
        self.socket.say(&message).await;
        let heard = self.socket.until("edited").await;
        let answer = heard.one("edited").clone();
        assert_eq!(answer["token"], self.token);
        (answer, heard)
    }

    /// What the map shows after it was changed.
    async fn done(&mut self, map: &str, what: Value) -> Value {
        let (answer, mut heard) = self.ask(what.clone()).await;
        assert_eq!(answer["ok"], true, "{what}: {answer}");
        // The story comes by a way of its own, and may come after the answer.
        loop {
            if let Some(view) = heard.of("map").filter(|view| view["name"] == map).last() {
                return view.clone();
            }
            heard = self.socket.until("map").await;
        }
    }

    async fn refused(&mut self, what: Value, words: &str) {
        let (answer, _) = self.ask(what.clone()).await;
        assert_eq!(answer["ok"], false, "{what}");
        let message = answer["message"].as_str().expect("a sentence");
        assert!(message.contains(words), "{what}: {message}");
    }

    async fn end(mut self) -> Socket {
        self.socket.stop(&self.run.clone()).await;
        assert_eq!(self.socket.rest().await.outcome(), "cancelled");
        self.socket
    }
}

fn set(map: &str, key: Value, value: Value) -> Value {
    json!({"type": "edit", "map": map, "op": "set", "key": key, "value": value})
}

#[tokio::test]
async fn maps_are_changed_by_type_while_the_program_runs() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let mut socket = Socket::open(&server).await;
    for kernel in KERNELS {
        let mut edits = Edits::start(socket, SOURCE, kernel).await;
        let place =
            json!({"addr": "10.0.0.1", "port": 80, "kind": "RIGHT_SIDE", "name": "web", "sides": [1, 2, 3]});
        let shown = edits.done("places", set("places", json!("7"), place)).await;
        let value = &shown["entries"][0]["value"];
        assert_eq!((&value["addr"], &value["port"]), (&json!("10.0.0.1"), &json!(80)), "{kernel}: {value}");
        assert_eq!(
            (&value["kind"]["name"], &value["name"]),
            (&json!("RIGHT_SIDE"), &json!("web")),
            "{value}"
        );
        assert_eq!(value["sides"], json!([1, 2, 3]));

        let shown = edits.done("counts", set("counts", json!(1), json!("18446744073709551615"))).await;
        assert_eq!(shown["entries"][0], json!({"key": 1, "value": "18446744073709551615"}));
        let shown = edits.done("each", set("each", json!(5), json!(9))).await;
        assert_eq!(shown["entries"][0], json!({"key": 5, "value": [9, 9]}));
        let shown = edits.done("nets", set("nets", json!("10.1.0.0/16"), json!(1))).await;
        assert_eq!(shown["entries"][0]["key"], "10.1.0.0/16");

        let gone = json!({"type": "edit", "map": "places", "op": "delete", "key": 7});
        assert_eq!(edits.done("places", gone.clone()).await["removed"], json!([7]));
        edits.refused(gone, "has no such key").await;
        let cleared = edits.done("counts", json!({"type": "edit", "map": "counts", "op": "clear"})).await;
        assert_eq!(cleared["entries"][0]["value"], "0");
        let cleared = edits.done("each", json!({"type": "edit", "map": "each", "op": "clear"})).await;
        assert_eq!(cleared["removed"], json!([5]));
        socket = edits.end().await;
    }
}

#[tokio::test]
async fn what_cannot_be_changed_is_said_and_the_run_goes_on() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let socket = Socket::open(&server).await;
    let mut edits = Edits::start(socket, SOURCE, guests::DEFAULT).await;
    let zero = json!({"addr": 0, "port": 0});
    for (what, words) in [
        (set("nothing", json!(1), json!(1)), "it has: "),
        (set("places", json!(1), json!({"prot": 80})), "struct place { addr, port, kind, name, sides }"),
        (set("places", json!(1), json!({"port": 65536})), "field port"),
        (set("places", json!(1), json!({"kind": "THIRD"})), "field kind"),
        (set("places", json!(1), json!({"name": "far too long"})), "field name"),
        (set("places", json!(1), json!({"sides": [1, 2, 3, 4]})), "field sides"),
        (set("places", json!(1), json!({"addr": {"deep": 1}})), "field addr"),
        (set("places", json!("many"), zero.clone()), "key does not fit"),
        (set("places", json!(1), json!(null)), "That is no value"),
        (json!({"type": "edit", "map": "places", "op": "delete"}), "That is no value"),
        (set("counts", json!(3), json!(1)), "past its end"),
        (json!({"type": "edit", "map": "counts", "op": "delete", "key": 1}), "is of type array"),
        (set("events", json!(1), json!(1)), "is of type ringbuf"),
        (set("sealed", json!(0), json!(1)), "read-only"),
        (json!({"type": "submit", "map": "places", "value": 1}), "is of type hash"),
        (json!({"type": "test", "program": "lok", "input": ""}), "it has: look"),
        (json!({"type": "test", "program": "look", "input": "0102"}), "14 to 65536 bytes"),
        (json!({"type": "test", "program": "look", "input": "zz"}), "hexadecimal"),
        (json!({"type": "test", "program": "look", "input": "00".repeat(65537)}), "65536 bytes"),
    ] {
        edits.refused(what, words).await;
    }
    for key in [1, 2] {
        edits.done("places", set("places", json!(key), zero.clone())).await;
    }
    edits.refused(set("places", json!(3), zero), "no room").await;
    let (answer, heard) =
        edits.ask(json!({"type": "test", "program": "look", "input": "00".repeat(60), "repeat": 10})).await;
    assert_eq!(answer["ok"], true);
    let heard = if heard.of("tested").next().is_some() { heard } else { edits.socket.until("tested").await };
    let tested = heard.one("tested");
    assert_eq!((&tested["verdict"], &tested["repeat"]), (&json!("XDP_PASS"), &json!(10)), "{tested}");
    edits.end().await;
}

#[tokio::test]
async fn a_program_is_shown_in_its_forms_on_every_kernel() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let mut socket = Socket::open(&server).await;
    let here = 1 + SOURCE.lines().position(|line| line.contains("bpf_map_lookup_elem")).expect("a line");
    for kernel in KERNELS {
        let mut edits = Edits::start(socket, SOURCE, kernel).await;
        let show = json!({"type": "show", "program": "look"});
        let (answer, heard) = edits.ask(show).await;
        assert_eq!(answer["ok"], true, "{kernel}: {answer}");
        let heard = if heard.of("code").next().is_some() { heard } else { edits.socket.until("code").await };
        let code = heard.one("code");
        let has = |form: &str, text: &str| {
            let all = code[form].as_array().expect("instructions");
            let found = all.iter().find(|one| one["text"].as_str().is_some_and(|it| it.contains(text)));
            let found = found.unwrap_or_else(|| panic!("{kernel}: {form} has no {text:?}: {all:?}"));
            found["of"].as_u64().map(|of| code["lines"][of as usize]["line"].as_u64().expect("a line"))
        };
        // The look-up as compiled; inlined or by its real name afterwards; and a plain return.
        assert_eq!(has("given", "call bpf_map_lookup_elem"), Some(here as u64), "{kernel}");
        assert_eq!(has("given", "map[places]"), Some(here as u64), "{kernel}");
        assert_eq!(has("translated", "map[places]"), Some(here as u64), "{kernel}");
        assert_eq!(has("translated", "call __htab_map_lookup_elem"), Some(here as u64), "{kernel}");
        has("translated", "exit");
        has("machine", "ret");
        let size = |form: &str| code["sizes"][form].as_u64().expect("a size");
        let compiled = code["given"].as_array().expect("instructions");
        let end = compiled.last().and_then(|last| last["at"].as_u64()).expect("an exit");
        assert_eq!(size("given"), 8 * (end + 1), "{kernel}: {compiled:?}");
        assert!(size("translated") > size("given") && size("machine") > 0, "{kernel}: {}", code["sizes"]);
        edits.refused(json!({"type": "show", "program": "lok"}), "it has: look").await;
        socket = edits.end().await;
    }
}

#[tokio::test]
async fn a_record_reaches_the_program_through_a_user_ring_buffer() {
    if !can_use_guests() {
        return;
    }
    // The program takes what was sent each time that something is unlinked.
    let source = r#"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct wish {
	__u32 id;
	char text[12];
};

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} wishes SEC(".maps");

static long take(struct bpf_dynptr *from, void *unused)
{
	struct wish wish;

	if (bpf_dynptr_read(&wish, sizeof(wish), from, 0, 0) == 0)
		bpf_printk("wish %d is %s", wish.id, wish.text);
	return 0;
}

SEC("tp/sched/sched_switch")
int drain(void *ctx)
{
	bpf_user_ringbuf_drain(&wishes, take, NULL, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
"#;
    let server = guests::server();
    let mut socket = Socket::open(&server).await;
    // The first of them has no such buffers.
    for kernel in &KERNELS[1..] {
        let mut edits = Edits::start(socket, source, kernel).await;
        let wish = json!({"type": "submit", "map": "wishes", "value": {"id": 42, "text": "more light"}});
        let (answer, mut heard) = edits.ask(wish).await;
        assert_eq!(answer["ok"], true, "{kernel}: {answer}");
        while heard.of("trace").all(|line| line["text"] != "wish 42 is more light") {
            heard = edits.socket.until("trace").await;
        }
        socket = edits.end().await;
    }
}
