//! The contract of the command line: exit statuses, and the fields of every
//! object that it prints as JSON.

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use support::{
    can_use_kernel,
    command::{Source, bpflab, run, to_end},
    machine,
    program::{self, fresh_name, program},
    story::Story,
};

#[test]
fn wrong_usage_is_2() {
    let good = Source::new("int x;");
    let file = good.path.display().to_string();
    let twin = Source::new("int y;");
    let twin = twin.path.display().to_string(); // of the same name, in another folder
    for words in [
        vec!["run"],
        vec!["run", &file, "--for", "soon"],
        vec!["run", &file, "--for", "0s"],
        vec!["run", &file, "--format", "xml"],
        vec!["run", &file, "--global", "x"],
        vec!["run", &file, "--nonsense"],
        vec!["run", &file, "--kernel", "1.0"],
        vec!["run", &file, "--kernel", ""],
        vec!["run", &file, "--kernel", ","],
        vec!["run", &file, &twin, "--kernel", "host"],
        vec!["check", "no-such-lesson", "--kernel", "host"],
        vec!["check", "--submission", &file, "--kernel", "host"],
        vec!["check", "hello", "opensnoop", "--submission", &file, "--kernel", "host"],
        vec!["serve", "--listen", "nowhere"],
        vec!["frobnicate"],
        vec![],
    ] {
        let ran = to_end(&mut bpflab(&words));
        assert_eq!(ran.status, 2, "{words:?}: {ran:?}");
        assert!(ran.stdout.is_empty(), "results alone go to standard output: {ran:?}");
        assert!(ran.stderr.len() > 10, "a sentence was expected for {words:?}");
    }
}

#[test]
fn a_worker_that_is_missing_is_69_and_says_what_mends_it() {
    let source = Source::new(&program::quiet("quiet"));
    let ran = to_end(source.command(&["--for", "100ms"]).env("BPFLAB_WORKER", "/nowhere/worker"));
    assert_eq!(ran.status, 69, "{ran:?}");
    let story = Story::parse(&ran.stdout);
    let says = story.one("unavailable")["message"].as_str().expect("a sentence").to_owned();
    assert!(says.contains("make worker") && says.contains("/nowhere/worker"), "{says}");
    assert!(story.has_no("ended"));
    let doctor = to_end(bpflab(&["doctor"]).env("BPFLAB_WORKER", "/nowhere/worker"));
    assert_eq!(doctor.status, 69, "nothing can run: {doctor:?}");
    assert!(doctor.stdout.contains("make worker"), "{doctor:?}");
}

#[test]
fn the_status_says_how_it_ended() {
    if !can_use_kernel() {
        return;
    }
    let quiet = |section: &str| program(&fresh_name(), section, "", "");
    for (source, status, outcome) in [
        (program::quiet(&fresh_name()), 0, "completed"),
        ("int x = ;".to_owned(), 1, "compile_failed"),
        (program(&fresh_name(), program::WRITE, "", "return *(int *)16;"), 1, "rejected"),
        (quiet("tp/syscalls/sys_enter_nothing"), 1, "attach_failed"),
        (quiet("xdp"), 1, "unmet"),
    ] {
        let (got, story) = run(&source, &["--for", "100ms"]);
        assert_eq!((got, story.outcome()), (status, outcome), "{story:?}");
    }
}

#[test]
fn ctrl_c_cancels_and_is_130() {
    if !can_use_kernel() {
        return;
    }
    let name = fresh_name();
    let source = Source::new(&program::quiet(&name));
    let mut child = source.command(&["--for", "5m"]).stdout(Stdio::piped()).spawn().expect("the binary");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
    let mut heard = lines.by_ref().map(|line| line.expect("a line"));
    assert!(heard.any(|line| line.contains("\"type\":\"observing\"")));
    kill_process(Pid::from_child(&child), Signal::INT).expect("the child is ours");
    assert!(lines.any(|line| line.expect("a line").contains("\"outcome\":\"cancelled\"")));
    assert_eq!(child.wait().expect("a child").code(), Some(130));
    assert_eq!(machine::programs_named(&name), 0);
}

#[test]
fn the_text_of_a_run_is_for_a_person() {
    if !can_use_kernel() {
        return;
    }
    let source = Source::new(&program::once(&fresh_name()));
    let path = source.path.display().to_string();
    let words = ["run", &path, "--kernel", "host", "--for", "200ms"];
    let ran = to_end(&mut bpflab(&words));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stdout.lines().last().is_some_and(|line| line == "ended     completed"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('{'), "{}", ran.stdout);
    let broken = Source::new("int x;");
    let path = broken.path.display().to_string();
    let mut command = std::process::Command::new(support::BPFLAB);
    let chinese = to_end(command.args(["--lang", "zh", "run", &path, "--kernel", "host"]));
    assert!(!chinese.stdout.is_ascii(), "a sentence in Chinese: {chinese:?}");
}

/// The contract's fields of each object, and what this version adds to them.
const FIELDS: &[(&str, &str)] = &[
    ("started", "kernels lesson seed"),
    ("queued", "position"),
    ("preparing", "step ms"),
    ("diagnostic", "origin severity id file line column message notes fix"),
    ("compiled", "bytes cached ms"),
    ("placed", "release accelerator ms"),
    ("relocated", "program instruction kind spec local target"),
    ("loaded", "programs maps"),
    ("log", "source text"),
    ("attached", "program to"),
    ("observing", "stimulus"),
    ("terminal", "open seconds"),
    ("trace", "time task pid cpu flags text lab"),
    ("map", "name full entries removed total shown"),
    ("global", "name ctype value"),
    ("output", "stream text"),
    ("stimulus_ended", "status"),
    ("stats", "program runs missed ns emulated"),
    ("lost", "stream count"),
    ("unavailable", "message"),
    ("ended", "outcome stages"),
];

fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn words(list: &str) -> BTreeSet<&str> {
    list.split(' ').collect()
}

#[test]
fn every_object_of_a_story_has_the_contracts_fields() {
    if !can_use_kernel() {
        return;
    }
    let globals = "enum mood { CALM, CROSS = 7 };\nstruct pair { __u64 big; int small; char name[8]; char raw[2]; };\n\
        struct {\n\t__uint(type, BPF_MAP_TYPE_HASH);\n\t__uint(max_entries, 8);\n\t__type(key, int);\n\t__type(value, struct pair);\n} pairs SEC(\".maps\");\n\
        struct {\n\t__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);\n\t__uint(max_entries, 1);\n\t__type(key, int);\n\t__type(value, __u64);\n} cpus SEC(\".maps\");\n\
        const volatile int target;\nenum mood mood = CROSS;\nvoid *nothing;\n__u64 big = 18446744073709551615ULL;\nlong low = -3;\nchar word[16] = \"word\";\n";
    let body = r#"if (bpf_get_current_pid_tgid() >> 32 != target) return 0;
	int key = 3;
	struct pair pair = { .big = 1ULL << 60, .small = -2, .name = "eight", .raw = { 1, 0xff } };
	bpf_map_update_elem(&pairs, &key, &pair, 0);
	big += 0 * low + 0 * mood + 0 * (long)nothing + 0 * word[0];
	bpf_printk("a line");"#;
    let source = program(&fresh_name(), program::WRITE, globals, body) + "\n#warning a note for the reader\n";
    let words_ =
        ["--global", "target=@stimulus", "--stimulus", "echo out; head -c 400000 /dev/zero; echo x >&2"];
    let (status, story) = run(&source, &words_);
    assert_eq!((status, story.outcome()), (0, "completed"), "{story:?}");
    let fields: BTreeMap<&str, &str> = FIELDS.iter().copied().collect();
    let mut seen = BTreeSet::new();
    for object in &story.0 {
        let kind = object["type"].as_str().expect("a type");
        let mut wanted =
            words(fields.get(kind).unwrap_or_else(|| panic!("{kind} is no type of the contract")));
        wanted.extend(["type", "run", "seq", "at"]);
        if object["seq"] != 1 {
            wanted.insert("kernel");
        }
        assert_eq!(keys(object), wanted, "the fields of {kind}");
        seen.insert(kind);
    }
    // Only of guests, or of a busy machine; the guests' own tests see them.
    let rare = ["queued", "unavailable", "preparing", "relocated", "terminal"];
    let missing: Vec<_> =
        fields.keys().filter(|kind| !seen.contains(**kind) && !rare.contains(*kind)).collect();
    assert!(missing.is_empty(), "not seen: {missing:?}");

    assert_eq!(story.0[0]["type"], "started");
    let loaded = story.one("loaded");
    assert_eq!(keys(&loaded["programs"][0]), words("name type section instructions verified"));
    assert_eq!(keys(&loaded["maps"][0]), words("name type key value max_entries"));
    assert_eq!(loaded["maps"][0]["value"], "struct pair");
    let stages = keys(&story.one("ended")["stages"]);
    assert!(words("queued prepare compile place load attach observe").is_superset(&stages));

    // Values as the contract writes them.
    assert_eq!(*story.global("big"), "18446744073709551615");
    assert_eq!(*story.global("low"), "-3");
    assert_eq!(*story.global("mood"), serde_json::json!({"name": "CROSS", "value": 7}));
    assert_eq!(*story.global("nothing"), "0x0");
    assert_eq!(*story.global("word"), "word");
    let pairs = story.of("map").filter(|map| map["name"] == "pairs").last().expect("a view");
    assert_eq!(pairs["total"], 1);
    let pair = &pairs["entries"][0];
    assert_eq!(keys(pair), words("key value"));
    let wanted = serde_json::json!({"big": "1152921504606846976", "small": -2, "name": "eight", "raw": {"hex": "01ff"}});
    assert_eq!((&pair["key"], &pair["value"]), (&3.into(), &wanted));
    let cpus = story.of("map").find(|map| map["name"] == "cpus").expect("a view");
    assert!(cpus["entries"][0]["value"].as_array().is_some_and(|values| values.iter().all(|v| v == "0")));
}

#[test]
fn a_part_of_a_global_is_set_by_its_path_and_a_wrong_one_names_those_there_are() {
    if !can_use_kernel() {
        return;
    }
    let source = program::program(
        &fresh_name(),
        program::ANY_CALL,
        "struct limits { int least; union { int most; long all; }; short ports[3]; int bit : 1; };\n\
         const volatile struct limits limits[2]; const volatile int list[4]; const volatile int rows[2][2];",
        "static volatile int own; static int printed; if (__sync_bool_compare_and_swap(&printed, 0, 1)) \
         bpf_printk(\"%d %d %d\", limits[1].least, limits[1].most, limits[0].ports[2]), \
         bpf_printk(\"%d %d %d\", list[0], list[1], own);",
    );
    let name = source.split("int t").nth(1).and_then(|rest| rest.split('(').next()).expect("its name");
    let own = format!("t{name}.own=9");
    let good = ["limits[1].least=5", "limits[1].most=6", "limits[0].ports[2]=7", "list=8, 3", &own];
    let words: Vec<&str> =
        ["--for", "500ms"].into_iter().chain(good.iter().flat_map(|set| ["--global", set])).collect();
    let (status, story) = run(&source, &words);
    assert_eq!(status, 0, "{story:?}");
    assert_eq!(story.traced(), ["5 6 7", "8 3 9"]);
    for (wrong, says) in [
        ("limits[2].least=1", "limits[0]"),
        ("limits[0].lest=1", "limits[0].least"),
        ("limits[0].bit=1", "limits[0].ports"),
        ("limits[0].ports=1,2,3,4", "short"),
        ("rows=1,2", "int[2][2]"),
    ] {
        let (status, story) = run(&source, &["--for", "300ms", "--global", wrong]);
        assert_ne!(status, 0, "{wrong}: {story:?}");
        let said: String = story.of("diagnostic").map(|found| found["message"].to_string()).collect();
        assert!(said.contains(says), "{wrong}: {said}");
    }
}

#[test]
fn kernels_and_doctor_print_the_contracts_objects() {
    if !can_use_kernel() {
        return;
    }
    let ran = to_end(&mut bpflab(&["kernels", "--format", "json"]));
    assert_eq!(ran.status, 0);
    let mut lines = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let host = lines.next_back().expect("the host comes after the guests");
    assert_eq!(keys(&host), words("type name release state why accelerator features maps helpers hooks"));
    assert_eq!((&host["type"], &host["name"]), (&"kernel".into(), &"host".into()));
    assert_eq!((&host["state"], &host["accelerator"]), (&"ready".into(), &"none".into()));
    assert!(host["features"].as_array().is_some_and(|list| list.iter().any(|word| word == "tracepoint")));

    let ran = to_end(&mut bpflab(&["doctor", "--format", "json"]));
    assert_eq!(ran.status, 0, "{ran:?}");
    for line in ran.stdout.lines() {
        let finding: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(keys(&finding), words("type id ok says mend"));
        assert_eq!(finding["type"], "finding");
        assert!(finding["says"].as_str().is_some_and(|says| says.len() > 10), "{finding}");
    }
    assert!(ran.stdout.lines().count() > 10, "what the kernel can do is found by trying: {}", ran.stdout);
}
