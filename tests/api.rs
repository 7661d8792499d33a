//! `docs/asyncapi.json` and `docs/openapi.json` are what the code says: every kind of message
//! and every address is in them and nothing else, and what real runs and servers tell fits.

mod support;

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};
use support::{
    guests::{self, DEFAULT, can_use_guests},
    http::{Answer, ask},
    program::{self, fresh_name},
    root,
    server::Server,
    socket::Socket,
};

fn read(name: &str) -> Value {
    let text = fs::read_to_string(root().join("docs").join(name)).expect("the document");
    serde_json::from_str(&text).expect("JSON")
}

fn document() -> Value {
    read("asyncapi.json")
}

/// The kinds of the messages that an operation names.
fn kinds(document: &Value, operation: &str) -> BTreeSet<String> {
    let messages = document["operations"][operation]["messages"].as_array().expect("messages");
    messages
        .iter()
        .map(|message| {
            let place = message["$ref"].as_str().expect("a reference").trim_start_matches('#');
            let named = document.pointer(place).unwrap_or_else(|| panic!("{place} is not there"));
            let kind = &named["payload"]["properties"]["type"]["const"];
            kind.as_str().unwrap_or_else(|| panic!("{place} has no type")).to_owned()
        })
        .collect()
}

/// All that stands between quotes where a file's lines match.
fn quoted(file: &str, pattern: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(file)).expect("a source");
    let pattern = regex::Regex::new(pattern).expect("a pattern");
    pattern.captures_iter(&text).map(|found| found[1].to_owned()).collect()
}

#[test]
fn every_kind_of_message_is_described_and_nothing_else() {
    let document = document();
    let mut told =
        quoted("server/wire/writer.rs", r#"\(\s*"([a-z_]+)",\s*(?:self\.check|code::body|Body::)"#);
    // These two are written by hand, since there are many of them.
    told.extend(["trace", "record", "relocated"].map(str::to_owned));
    told.extend(["accepted", "edited", "error"].map(str::to_owned));
    assert_eq!(kinds(&document, "hear"), told);
    let asked = quoted("server/web/messages.rs", r#""([a-z]+)" => Self::"#);
    assert_eq!(kinds(&document, "say"), asked);
}

/// Says what in a message does not fit the document.
struct Judge {
    validators: Vec<(String, jsonschema::Validator)>,
}

impl Judge {
    fn new(document: &Value) -> Self {
        let schemas = document["components"]["schemas"].clone();
        let messages = document["operations"]["hear"]["messages"].as_array().expect("messages");
        let validators = messages.iter().map(|message| {
            let place = message["$ref"].as_str().expect("a reference").trim_start_matches('#');
            let mut schema = document.pointer(place).expect("a message")["payload"].clone();
            schema["components"] = json!({"schemas": schemas});
            let kind = schema["properties"]["type"]["const"].as_str().expect("a type").to_owned();
            (kind, jsonschema::validator_for(&schema).expect("a schema"))
        });
        Self { validators: validators.collect() }
    }

    fn judge(&self, object: &Value) {
        let mut kinds = self.validators.iter().filter(|(kind, _)| object["type"] == kind.as_str());
        let (_, validator) = kinds.next().unwrap_or_else(|| panic!("not described: {object}"));
        if let Err(error) = validator.validate(object) {
            panic!("{error} in {object}");
        }
    }
}

/// Shows something of every kind without a stimulus: processors change what they do.
const RICH: &str = r#"
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct event {
	__u32 pid;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} last SEC(".maps");

__u64 seen;

SEC("tp/sched/sched_switch")
int look(void *ctx)
{
	struct event event = { .pid = bpf_get_current_pid_tgid() >> 32 };

	bpf_get_current_comm(event.comm, sizeof(event.comm));
	bpf_ringbuf_output(&events, &event, sizeof(event), 0);
	seen++;
	bpf_map_update_elem(&last, &event.pid, &seen, BPF_ANY);
	bpf_printk("%d", event.pid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
"#;

#[tokio::test]
async fn what_real_runs_tell_fits_the_document() {
    if !can_use_guests() {
        return;
    }
    let judge = Judge::new(&document());
    let server = guests::server();
    let mut socket = Socket::open(&server).await;
    let mut seen = BTreeSet::new();
    let tested = fs::read_to_string(root().join("tests/programs/test_xdp.bpf.c")).expect("a program");
    let test = json!([{"program": "swap", "input": "00".repeat(20)}]);
    let name = fresh_name();
    for (source, more) in [
        (program::counting(&name, 3), json!({"globals": {"target": "1"}})),
        (RICH.to_owned(), json!({"show": ["look"]})),
        (tested, json!({"tests": test})),
        ("int x = ;".to_owned(), json!({})),
        (program::program(&name, "tp/syscalls/sys_enter_write", "", "return *(int *)16;"), json!({})),
        (program::program(&name, "kprobe/do_nothing_at_all", "", ""), json!({})),
    ] {
        let mut wish = json!({"kernels": [DEFAULT]});
        wish.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let run = socket.run_with(&source, wish).await;
        let mut ended = false;
        let mut stopped = false;
        let mut program = Value::Null;
        while !ended {
            let Some(object) = socket.next().await else { panic!("the server is gone") };
            judge.judge(&object);
            let kind = object["type"].as_str().expect("a type").to_owned();
            ended = kind == "ended";
            if kind == "loaded" {
                program = object["programs"][0]["name"].clone();
            }
            if kind == "observing" {
                let show =
                    json!({"type": "show", "token": 1, "run": run, "kernel": DEFAULT, "program": program});
                socket.say(&show).await;
            }
            if kind == "stats" && object["runs"] != 0 && !stopped {
                stopped = true;
                socket.stop(&run).await;
            }
            seen.insert(kind);
        }
    }
    let wanted = [
        "started",
        "compiled",
        "placed",
        "loaded",
        "attached",
        "observing",
        "trace",
        "record",
        "map",
        "global",
        "stats",
        "tested",
        "code",
        "diagnostic",
        "log",
        "ended",
    ];
    for kind in wanted {
        assert!(seen.contains(kind), "{kind} was not told: {seen:?}");
    }
}

#[tokio::test]
async fn answers_fit_the_document() {
    let judge = Judge::new(&document());
    let server = Server::start();
    let mut socket = Socket::open(&server).await;
    for wrong in [json!({"type": "nothing"}), json!({"type": "stop", "run": "0"}), json!({})] {
        socket.say(&wrong).await;
        judge.judge(&socket.next().await.expect("an answer"));
    }
}

/// That an answer over HTTP is one that the document has for its address.
fn fits(document: &Value, method: &str, path: &str, answer: &Answer) {
    let status = answer.status.to_string();
    let described = &document["paths"][path][method]["responses"][&status];
    assert!(described.is_object(), "{method} {path} is not said to answer {status}: {answer:?}");
    for name in described["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
        assert!(!answer.header(&name.to_lowercase()).is_empty(), "{method} {path} has no {name}: {answer:?}");
    }
    let content = &described["content"][answer.header("content-type")];
    assert!(content.is_object(), "{method} {path} is not said to be {}", answer.header("content-type"));
    if content["schema"].is_object() {
        let mut schema = content["schema"].clone();
        schema["components"] = document["components"].clone();
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        validator.validate(&body).unwrap_or_else(|error| panic!("{error} in {body}"));
    }
}

#[test]
fn answers_over_http_fit_their_document_which_has_every_address() {
    let document = read("openapi.json");
    let paths: BTreeSet<String> = document["paths"].as_object().expect("paths").keys().cloned().collect();
    assert_eq!(paths, quoted("server/web.rs", r#"route\("(/api/[^"]+)""#));

    let server = Server::start();
    let bearer = server.bearer();
    let key: &[(&str, &str)] = &[("Authorization", &bearer)];
    fits(&document, "get", "/api/kernels", &server.get("/api/kernels?lang=zh"));
    let post = |headers, body: &Value| {
        ask(server.address, "POST", "/api/runs", headers, body.to_string().as_bytes())
    };
    let broken = |source: &str| json!({"files": {"test.bpf.c": source}, "kernels": ["host"]});
    let started = post(key, &broken("int x = ;"));
    let too_long = "/* */".repeat(16 << 10);
    for (answer, status) in [
        (&started, 201),
        (&post(key, &json!({"files": 1})), 400),
        (&post(&[], &broken("")), 403),
        (&post(key, &broken(&too_long)), 413),
    ] {
        assert_eq!(answer.status, status, "{answer:?}");
        fits(&document, "post", "/api/runs", answer);
    }
    let run = started.header("location").to_owned();
    let wrong = format!("{run}?after=x");
    for (path, headers, status) in
        [(run.as_str(), key, 200), (&wrong, key, 400), (&run, &[], 403), ("/api/runs/0", key, 404)]
    {
        let answer = ask(server.address, "GET", path, headers, b"");
        assert_eq!(answer.status, status, "{answer:?}");
        fits(&document, "get", "/api/runs/{id}", &answer);
    }
}
