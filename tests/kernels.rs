//! What each kernel can do, found by trying; what a lesson needs of a kernel;
//! and what is said where a kernel lacks it.
//!
//! Real guests. The table of what Debian's kernels have was measured by hand
//! before: what is found by trying must agree with it.

mod support;

use std::{collections::BTreeMap, fs, sync::OnceLock};

use serde_json::{Value, json};
use support::{
    command::{bpflab, to_end},
    course::{Course, change},
    guests::{self, Data, KERNELS, can_use_guests},
    program::{fresh_name, program},
    root,
    socket::Socket,
    story::Story,
};

const HELLO: &str = "020-hello";

/// What each kernel can do, as `bpflab kernels` says it; asked once for all tests.
fn kernels() -> &'static [Value] {
    static SAID: OnceLock<Vec<Value>> = OnceLock::new();
    SAID.get_or_init(|| {
        let ran = to_end(&mut bpflab(&["kernels", "--format", "json"]));
        assert_eq!(ran.status, 0, "{ran:?}");
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    })
}

fn kernel(name: &str) -> &'static Value {
    kernels().iter().find(|line| line["name"] == name).unwrap_or_else(|| panic!("no kernel {name}"))
}

fn has(list: &Value, name: &str) -> bool {
    list.as_array().expect("a list").iter().any(|own| own == name || own["name"] == name)
}

/// A copy of a lesson that needs something else.
fn lesson(needs: &str) -> Course {
    let course = Course::new();
    let toml = course.copy(HELLO, HELLO).join("lesson.toml");
    change(&toml, "kernel = \"5.10\"\n", needs);
    course
}

#[test]
fn every_kernel_says_what_it_is_and_what_it_can_do() {
    if !can_use_guests() {
        return;
    }
    for name in KERNELS {
        let line = kernel(name);
        assert_eq!(
            (&line["type"], &line["state"], &line["why"]),
            (&json!("kernel"), &json!("ready"), &json!(null))
        );
        assert!(
            line["release"].as_str().expect("a release").starts_with(name.trim_end_matches('x')),
            "{name}"
        );
        assert!(["tcg", "kvm"].contains(&line["accelerator"].as_str().expect("a word")), "{name}");
        for hook in ["syscalls/sys_enter_openat", "sched/sched_process_exit", "sock/inet_sock_set_state"] {
            assert!(has(&line["hooks"]["tracepoint"], hook), "{name} has no {hook}");
        }
        for function in ["tcp_v4_connect", "tcp_rcv_established", "security_inode_unlink", "vfs_unlink"] {
            for kind in ["kprobe", "fentry"] {
                assert!(has(&line["hooks"][kind], function), "{name} has no {kind}:{function}");
            }
        }
        for decision in ["socket_connect", "path_unlink", "inode_unlink"] {
            assert!(has(&line["hooks"]["lsm"], decision), "{name} has no lsm:{decision}");
        }
        assert!(
            has(&line["hooks"]["raw_tp"], "sched_switch") && has(&line["hooks"]["iter"], "task"),
            "{name}"
        );
        let loop_callers = line["helpers"].as_array().expect("helpers");
        let printing =
            loop_callers.iter().find(|own| own["name"] == "bpf_trace_printk").expect("bpf_trace_printk");
        assert!(has(&printing["programs"], "kprobe") && has(&printing["programs"], "xdp"), "{printing}");
    }
}

/// Features and hooks, and the first of [`KERNELS`] that has them.
const SINCE: &[(&str, &[&str])] = &[
    (
        "5.10",
        &[
            "features tracepoint",
            "features raw_tp",
            "features tp_btf",
            "features kprobe",
            "features kretprobe",
            "features fentry",
            "features fexit",
            "features fmod_ret",
            "features uprobe",
            "features iter",
            "features lsm",
            "features struct_ops",
            "features xdp",
            "features tc",
            "features sk_lookup",
            "features sk_reuseport",
            "features flow_dissector",
            "features lwt",
            "features sk_msg",
            "maps hash",
            "maps ringbuf",
            "maps inode_storage",
            "hooks.struct_ops tcp_congestion_ops",
        ],
    ),
    (
        "6.1",
        &[
            "features lsm_cgroup",
            "features syscall",
            "maps task_storage",
            "maps user_ringbuf",
            "helpers bpf_loop",
            "hooks.iter bpf_link",
            "hooks.iter ksym",
            "hooks.iter task_vma",
        ],
    ),
    (
        "6.12",
        &[
            "features kprobe.multi",
            "features kprobe.session",
            "features uprobe.multi",
            "features tcx",
            "features netfilter",
            "features cgroup/connect_unix",
        ],
    ),
    ("7.x", &["features sched_ext", "features fsession", "hooks.struct_ops sched_ext_ops"]),
];

#[test]
fn what_is_found_by_trying_is_what_was_measured_by_hand() {
    if !can_use_guests() {
        return;
    }
    let at = |name: &str| KERNELS.iter().position(|own| *own == name).expect("a kernel");
    for (since, names) in SINCE {
        for (number, kernel_name) in KERNELS.into_iter().enumerate() {
            for (list, name) in names.iter().map(|entry| entry.split_once(' ').expect("a list and a name")) {
                let list = list.split('.').fold(kernel(kernel_name), |value, field| &value[field]);
                assert_eq!(has(list, name), number >= at(since), "{name} on {kernel_name}");
            }
        }
    }
    for name in KERNELS {
        assert!(!has(&kernel(name)["helpers"], "bpf_override_return"), "{name} was not built with it");
        let renamed = (has(&kernel(name)["hooks"]["kprobe"], "do_unlinkat"), name != "7.x");
        assert_eq!(renamed.0, renamed.1, "do_unlinkat on {name}");
    }
}

#[test]
fn map_types_are_named_and_helpers_and_hooks_found_by_a_pattern() {
    if !can_use_guests() {
        return;
    }
    let hooks = "^kprobe:(do|filename)_unlinkat$";
    let ran = to_end(&mut bpflab(&["kernels", "--hooks", hooks, "--helpers", "^bpf_loop$"]));
    assert_eq!(ran.status, 0, "{ran:?}");
    let found = ran.stdout.matches("kprobe:do_unlinkat").count();
    assert_eq!((found, ran.stdout.matches("kprobe:filename_unlinkat").count()), (3, 1), "{}", ran.stdout);
    let lists = |kernel: &str| {
        let own = ran.stdout.lines().skip_while(|line| !line.starts_with(&format!("{kernel} ")));
        let own = own.skip(1).take_while(|line| line.starts_with(' ')).map(str::trim);
        let lines: Vec<&str> = own.collect();
        let maps = lines.iter().find_map(|line| line.strip_prefix("maps: ")).expect("map types");
        let caller = lines.iter().find_map(|line| line.strip_prefix("bpf_loop: "));
        (maps.split(", ").any(|map| map == "task_storage"), caller.is_some_and(|own| own.contains("kprobe")))
    };
    // Since 6.1, both; the machine's own kernel may have neither.
    assert_eq!(KERNELS.map(lists), [(false, false), (true, true), (true, true), (true, true)]);
    assert_eq!(to_end(&mut bpflab(&["kernels", "--hooks", "("])).status, 2);
}

#[test]
fn a_function_that_was_renamed_is_named_by_its_new_name() {
    if !can_use_guests() {
        return;
    }
    for section in ["kprobe/do_unlinkat", "kretprobe/do_unlinkat", "fentry/do_unlinkat"] {
        let (status, story) =
            guests::run("7.x", &program(&fresh_name(), section, "", ""), &["--for", "100ms"]);
        assert_eq!((status, story.outcome()), (1, "attach_failed"), "{section}: {story:?}");
        let says = story.says("no-such-hook");
        assert!(says.contains("Close to it: filename_unlinkat"), "{section}: {says}");
        assert_eq!(story.finding("no-such-hook")["line"], 4, "{section}");
    }
}

#[test]
fn what_came_with_a_later_kernel_is_said_with_those_that_have_it() {
    if !can_use_guests() {
        return;
    }
    for what in ["helper", "atomic"] {
        let file = root().join(format!("tests/mistakes/newer_{what}.bpf.c"));
        let source = fs::read_to_string(file).expect("a program");
        let (status, story) = guests::run("5.10", &source, &["--for", "100ms"]);
        assert_eq!((status, story.outcome()), (1, "rejected"), "{story:?}");
        let found = story.finding(&format!("verifier-newer-{what}"));
        assert_eq!(found["offers"], json!(["6.1", "6.12", "7.x"]), "{found}");
        assert!(found["notes"].to_string().contains("Kernels here that have it: 6.1, 6.12, 7.x"), "{found}");
        assert!(story.of("diagnostic").all(|other| other["id"] != "second-opinion"), "{story:?}");
    }
}

/// What libbpf patched on one kernel: by place and wish, what it found there.
fn patched(story: &Story) -> BTreeMap<String, Value> {
    let place = |one: &Value| {
        ["program", "instruction", "kind", "spec"].map(|field| one[field].to_string()).join(" ")
    };
    story.of("relocated").map(|one| (place(one), one["target"].clone())).collect()
}

#[test]
fn one_object_of_one_kernel_s_headers_is_loaded_on_all_four_and_patched_for_each() {
    if !can_use_guests() {
        return;
    }
    let solution = support::lessons().join("090-co-re/solution.bpf.c").display().to_string();
    let words = ["run", &solution, "--headers", "6.1", "--kernel", &KERNELS.join(",")];
    let ran = to_end(bpflab(&words).args(["--for", "300ms", "--format", "json"]));
    assert_eq!(ran.status, 0, "{ran:?}");
    let story = Story::parse(&ran.stdout);
    let on = KERNELS.map(|name| story.on(name));
    let sizes = on.each_ref().map(|own| own.one("compiled")["bytes"].clone());
    assert!(sizes.iter().all(|size| *size == sizes[0] && size.is_u64()), "one object: {sizes:?}");
    for own in &on {
        assert_eq!((own.of("loaded").count(), own.outcome()), (1, "completed"), "{own:?}");
    }
    let all = on.each_ref().map(patched);
    for own in &all {
        assert!(own.keys().eq(all[0].keys()), "asked alike everywhere: {:?} {:?}", own.keys(), all[0].keys());
    }
    let differs = |place: &&String| all.iter().any(|own| own[*place] != all[0][*place]);
    let differing: Vec<&String> = all[0].keys().filter(differs).collect();
    assert!(differing.iter().any(|place| place.contains("task_struct")), "{differing:?} of {:?}", all[0]);
}

#[tokio::test]
async fn needs_are_looked_at_before_anything_is_loaded() {
    if !can_use_guests() {
        return;
    }
    kernels(); // so that all are known
    let cases = [
        ("kernel = \"6.12\"\n", "5.10", "unmet-kernel", "5.10.0", &["6.12", "7.x"][..]),
        ("kernel = \"5.10\"\n", "5.10", "unmet-feature", "kprobe.multi", &["6.12", "7.x"]),
        ("kernel = \"5.10\"\n", "7.x", "unmet-hook", "filename_unlinkat", &["5.10", "6.1", "6.12"]),
    ];
    for (needs, kernel, id, says, offers) in cases {
        let course = lesson(needs);
        let toml = course.path().join(HELLO).join("lesson.toml");
        match id {
            "unmet-feature" => change(&toml, "[\"tracepoint\"]", "[\"tracepoint\", \"kprobe.multi\"]"),
            "unmet-hook" => change(&toml, "hooks = [", "hooks = [\"kprobe:do_unlinkat\", "),
            _ => {}
        }
        let server = guests::with_lessons(course.path());
        let mut socket = Socket::open(&server).await;
        let source = program(&fresh_name(), "kprobe/do_unlinkat", "", "");
        let more = json!({"kernels": [kernel], "lesson": "hello"});
        socket.run_with(&source, more).await;
        let story = socket.rest().await;
        assert_eq!(story.outcome(), "unmet", "{story:?}");
        assert!(story.has_no("loaded") && story.has_no("compiled"), "{story:?}");
        assert!(story.says(id).contains(says), "{story:?}");
        assert_eq!(story.finding(id)["offers"], json!(offers), "{story:?}");
        if id == "unmet-hook" {
            assert_eq!(story.finding(id)["line"], 4, "on the line that names it");
        }
    }
}

#[test]
fn a_kernel_that_lacks_what_a_lesson_needs_is_skipped_and_not_failed() {
    if !can_use_guests() {
        return;
    }
    let course = lesson("kernel = \"6.12\"\n");
    let lessons = course.path().display().to_string();
    let check = |report: &str| {
        to_end(&mut bpflab(&["check", "--kernel", "5.10,6.12", "--report", report, "--lessons", &lessons]))
    };
    let ran = check("json");
    assert_eq!(ran.status, 0, "{ran:?}");
    let lines: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for result in lines.iter().filter(|line| line["type"] == "result") {
        assert_eq!(result["ok"], true, "{result}");
        match result["kernel"].as_str().expect("a kernel") {
            "5.10" => assert!(result["skipped"].as_str().expect("a reason").contains("6.12"), "{result}"),
            _ => assert!(result["skipped"].is_null(), "{result}"),
        }
    }
    let summary = lines.last().expect("a summary");
    assert_eq!(
        (&summary["right"], &summary["wrong"], &summary["skipped"]),
        (&json!(2), &json!(0), &json!(2))
    );
    let text = check("text").stdout;
    assert!(text.lines().any(|line| line.starts_with("skip") && line.contains("needs Linux 6.12")), "{text}");
}

#[test]
fn needs_of_all_lessons_are_shown_with_the_kernels_that_have_them() {
    if !can_use_guests() {
        return;
    }
    let course = lesson("kernel = \"6.2\"\n");
    let lessons = course.path().display().to_string();
    let ran = to_end(&mut bpflab(&["needs", "--format", "json", "--lessons", &lessons]));
    assert_eq!(ran.status, 0, "{ran:?}");
    let line: Value = serde_json::from_str(ran.stdout.trim()).expect("one lesson, one line");
    assert_eq!((&line["type"], &line["lesson"]), (&json!("needs"), &json!("hello")));
    assert_eq!(line["needs"][0], "6.2");
    // Of the solution, whoever wrote it down or not.
    assert!(has(&line["needs"], "tracepoint"), "{line}");
    let fits = |name: &str| has(&line["kernels"], name);
    assert_eq!(KERNELS.map(fits), [false, false, true, true], "{line}");
    let lacking = line["lacking"].as_array().expect("a list");
    assert!(lacking.iter().any(|own| own["kernel"] == "6.1" && has_word(&own["why"][0], "6.2")), "{line}");
    let text = to_end(&mut bpflab(&["needs", "--lessons", &lessons])).stdout;
    assert!(text.contains("hello") && text.contains("6.12 7.x"), "{text}");
}

fn has_word(text: &Value, word: &str) -> bool {
    text.as_str().is_some_and(|text| text.contains(word))
}

#[test]
fn a_lesson_whose_needs_make_no_sense_names_its_file() {
    let course = lesson("kernel = \"new\"\n");
    let lessons = course.path().display().to_string();
    let ran = to_end(&mut bpflab(&["check", "--kernel", "6.1", "--report", "json", "--lessons", &lessons]));
    assert_eq!(ran.status, 1, "{ran:?}");
    let fault: Value = serde_json::from_str(ran.stdout.lines().next().expect("a line")).expect("JSON");
    let toml = std::fs::read_to_string(course.path().join("020-hello/lesson.toml")).expect("lesson.toml");
    let line = toml.lines().position(|line| line == "kernel = \"new\"").expect("the line") + 1;
    let why = format!("lesson.toml:{line}: needs: a kernel is written 5.10, not \"new\"");
    assert_eq!(fault["why"], why);
}

#[test]
fn features_that_were_tampered_with_are_asked_anew() {
    if !can_use_guests() {
        return;
    }
    let data = Data::new(); // what others keep stays whole
    let course = lesson("kernel = \"5.10\"\n");
    let lessons = course.path().display().to_string();
    let asked = || {
        let words = ["check", "--kernel", "6.1", "--report", "json", "--lessons", &lessons];
        let ran = to_end(&mut guests::command(&data, &words));
        assert_eq!(ran.status, 0, "{ran:?}");
        let kept = data.snapshot("6.1").expect("a snapshot").join("features.json");
        (fs::read_to_string(&kept).expect("features are kept"), kept)
    };
    let (whole, kept) = asked();
    for damaged in [whole[..whole.len() / 2].to_owned(), whole.replacen("tracepoint", "\\u001b[2J", 1)] {
        fs::write(&kept, damaged).expect("damage");
        assert!(asked().0 == whole, "the same kernel, the same answer"); // too long to be shown
    }
}

#[test]
fn the_doctor_says_what_guests_need_and_what_each_kernel_can_do() {
    if !can_use_guests() {
        return;
    }
    let ran = to_end(&mut bpflab(&["doctor", "--format", "json"]));
    let findings: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let finding =
        |id: &str| findings.iter().find(|own| own["id"] == id).unwrap_or_else(|| panic!("no {id}: {ran:?}"));
    for id in ["qemu", "accelerator", "memory", "disk", "cgroup"].into_iter().chain(KERNELS) {
        assert_eq!(finding(id)["ok"], true, "{}", finding(id));
    }
    let says = finding("accelerator")["says"].as_str().expect("a sentence");
    let run = kernel("6.1")["accelerator"].as_str().expect("a word");
    assert!(says.to_lowercase().contains(run), "{says}");
    assert_eq!(ran.status, 0, "{ran:?}");
}
