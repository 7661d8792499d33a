//! What this machine's own kernel is asked to do, and what it is never asked:
//! refusals before load, and a sentence for each thing that goes wrong.

mod support;

use support::{
    can_use_kernel, command, machine,
    program::{self, ANY_CALL, WRITE, fresh_name, program},
    story::Story,
};

/// The next run works.
fn next_run_works() {
    let (status, story) = command::run(&program::once(&fresh_name()), &["--for", "300ms"]);
    assert_eq!((status, story.outcome()), (0, "completed"));
    assert_eq!(story.traced(), ["hello"]);
}

/// Refused before load, with a sentence that names the guest.
fn refused(id: &str, source: &str, words: &str) {
    let (status, story) = command::run(source, &["--for", "300ms"]);
    assert_eq!((status, story.outcome()), (1, "unmet"), "{story:?}");
    let says = story.says(id);
    assert!(says.contains("guest") && says.contains(words), "{says}");
    assert!(story.has_no("loaded") && story.has_no("attached") && story.has_no("trace"));
    let created = story
        .of("log")
        .any(|log| log["text"].as_str().is_some_and(|text| text.contains("created successfully")));
    assert!(!created, "a map was made before the refusal");
}

#[test]
fn program_types_that_do_more_than_observe_are_refused_before_load() {
    if !can_use_kernel() {
        return;
    }
    for section in [
        "xdp",
        "xdp.frags",
        "tc",
        "tcx/ingress",
        "socket",
        "sk_lookup",
        "sockops",
        "sk_msg",
        "cgroup_skb/egress",
        "cgroup/connect4",
        "cgroup/sysctl",
        "lsm/file_open",
        "lsm.s/bprm_check_security",
        "lsm_cgroup/socket_bind",
        "fmod_ret/__x64_sys_getpid",
        "freplace/anything",
        "syscall",
        "flow_dissector",
        "netfilter",
        "lwt_xmit",
        "?xdp",
    ] {
        // libbpf keeps the mark of an optional program to itself.
        refused(
            "host-program-type",
            &program(&fresh_name(), section, "", ""),
            section.trim_start_matches('?'),
        );
    }
    // Beside one that only observes.
    let mixed = program("good", ANY_CALL, "", "")
        .replace("char LICENSE", "SEC(\"xdp\") int bad(void *ctx) { return 2; }\nchar LICENSE");
    refused("host-program-type", &mixed, "(bad)");
    next_run_works();
}

#[test]
fn a_struct_ops_program_is_refused_before_load() {
    if !can_use_kernel() {
        return;
    }
    let source = r#"#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
SEC("struct_ops/undo") __u32 BPF_PROG(undo, struct sock *sk) { return 2; }
SEC(".struct_ops") struct tcp_congestion_ops ops = { .undo_cwnd = (void *)undo, .name = "bpflab_test" };
char LICENSE[] SEC("license") = "GPL";
"#;
    refused("host-program-type", source, "struct_ops");
}

#[test]
fn helpers_that_change_what_others_do_are_refused_wherever_they_hide() {
    if !can_use_kernel() {
        return;
    }
    let write = "long x = 1; bpf_probe_write_user((void *)16, &x, sizeof(x));";
    refused("host-helper", &program(&fresh_name(), ANY_CALL, "", write), "bpf_probe_write_user");
    for (body, helper) in [
        ("bpf_send_signal(9);", "bpf_send_signal"),
        ("bpf_send_signal_thread(9);", "bpf_send_signal_thread"),
        ("((long (*)(void *, const void *, __u32))36)((void *)16, ctx, 4);", "bpf_probe_write_user"),
        ("bpf_override_return(ctx, 0);", "bpf_override_return"),
    ] {
        let section = if helper.contains("override") { "kprobe/__x64_sys_getpid" } else { ANY_CALL };
        refused("host-helper", &program(&fresh_name(), section, "", body), helper);
    }
    // In functions of their own, where a look at the programs alone does not see them.
    for kind in ["static __attribute__((noinline))", "__attribute__((noinline))"] {
        let hidden = format!(
            "{kind} long hidden(long at)\n{{\n\tlong x = 1;\n\treturn bpf_probe_write_user((void *)at, &x, 8);\n}}"
        );
        refused(
            "host-helper",
            &program(&fresh_name(), ANY_CALL, &hidden, "hidden(16);"),
            "bpf_probe_write_user",
        );
    }
    let callback = "static long each(__u32 i, void *at)\n{\n\treturn bpf_send_signal(9);\n}";
    refused(
        "host-helper",
        &program(&fresh_name(), ANY_CALL, callback, "bpf_loop(3, each, 0, 0);"),
        "bpf_send_signal",
    );
    let kfunc = "extern int bpf_send_signal_task(struct task_struct *, int, int, __u64) __ksym;";
    let call = "bpf_send_signal_task((struct task_struct *)bpf_get_current_task_btf(), 9, 0, 0);";
    refused("host-helper", &program(&fresh_name(), "tp_btf/sys_enter", kfunc, call), "bpf_send_signal_task");
    next_run_works();
}

#[test]
fn a_pinned_map_is_refused_before_load() {
    if !can_use_kernel() {
        return;
    }
    let map = "struct {\n\t__uint(type, BPF_MAP_TYPE_ARRAY);\n\t__uint(max_entries, 1);\n\t__type(key, int);\n\t__type(value, int);\n\t__uint(pinning, LIBBPF_PIN_BY_NAME);\n} stays SEC(\".maps\");";
    refused("host-pinned", &program(&fresh_name(), ANY_CALL, map, ""), "stays");
    next_run_works();
}

#[test]
fn source_that_does_not_compile_is_marked_on_its_line() {
    if !can_use_kernel() {
        return;
    }
    let source = program(&fresh_name(), ANY_CALL, "", "int x = 1\n\tx++;");
    let (status, story) = command::run(&source, &[]);
    assert_eq!((status, story.outcome()), (1, "compile_failed"));
    let found = story.of("diagnostic").find(|found| found["severity"] == "error").expect("an error");
    assert_eq!((&found["origin"], &found["file"]), (&"compiler".into(), &"test.bpf.c".into()));
    let line = source.lines().position(|line| line.contains("int x = 1")).expect("the line") + 1;
    assert_eq!(found["line"], line);
    assert!(found["message"].as_str().expect("text").contains("';'"), "{found}");
    assert_eq!(found["fix"]["text"], ";");
    assert!(story.has_no("loaded"));
    next_run_works();
}

#[test]
fn source_without_a_program_gets_a_sentence() {
    if !can_use_kernel() {
        return;
    }
    for source in ["int x;\n", "#include \"vmlinux.h\"\n", "int f(void) { return 0; }\n"] {
        let (status, story) = command::run(source, &[]);
        assert_eq!((status, story.outcome()), (1, "compile_failed"), "{source}");
        assert!(story.says("no-program").contains("give a function a section"));
    }
    next_run_works();
}

#[test]
fn a_program_that_the_verifier_refuses_is_marked_on_its_line() {
    if !can_use_kernel() {
        return;
    }
    let name = fresh_name();
    let source =
        program(&name, WRITE, "", "char *nowhere = (char *)16;\n\tbpf_printk(\"%d\", *nowhere); // here");
    let (status, story) = command::run(&source, &[]);
    assert_eq!((status, story.outcome()), (1, "rejected"));
    let id = "verifier-not-a-pointer";
    let found = story.finding(id);
    assert_eq!(found["origin"], "verifier");
    assert!(story.says(id).contains(&name), "{found}");
    let line = source.lines().position(|line| line.contains("// here")).expect("the line") + 1;
    assert_eq!(found["line"], line, "{found}");
    assert!(story.of("log").any(|log| log["source"] == "verifier"), "the verifier's log is shown");
    assert!(story.has_no("loaded") && story.has_no("attached"));
    next_run_works();
}

#[test]
fn a_verifiers_endless_search_ends_in_time() {
    if !can_use_kernel() {
        return;
    }
    let body = "for (int i = 0; i < 8000000; i++) sum += bpf_get_prandom_u32();";
    let (status, story) = command::run(&program(&fresh_name(), ANY_CALL, "__u64 sum;", body), &[]);
    assert_eq!((status, story.outcome()), (1, "rejected"), "{story:?}");
    assert!(story.says("too-large").contains("a million instructions"), "{}", story.says("too-large"));
    next_run_works();
}

#[test]
fn a_hook_that_does_not_exist_is_named_and_close_ones_are_offered() {
    if !can_use_kernel() {
        return;
    }
    for (section, near) in [
        ("tp/syscalls/sys_enter_opneat", "syscalls/sys_enter_openat"),
        ("raw_tp/sched_swich", "sched_switch"),
        ("tp_btf/sched_swich", "sched_switch"),
    ] {
        let source = program(&fresh_name(), section, "", "");
        let (status, story) = command::run(&source, &[]);
        assert_eq!((status, story.outcome()), (1, "attach_failed"), "{story:?}");
        let found = story.finding("no-such-hook");
        let line = source.lines().position(|line| line.contains(section)).expect("the line") + 1;
        assert_eq!(found["line"], line, "{found}");
        let says = story.says("no-such-hook");
        assert!(says.contains(section) && says.contains(near), "{says}");
    }
    next_run_works();
}

#[test]
fn a_program_without_a_target_fails_for_that_reason() {
    if !can_use_kernel() {
        return;
    }
    for section in ["uprobe", "usdt", "tp"] {
        let name = fresh_name();
        let (status, story) = command::run(&program(&name, section, "", ""), &[]);
        assert_eq!((status, story.outcome()), (1, "attach_failed"), "{section}: {story:?}");
        assert!(story.says("needs-target").contains("does not say to what"));
        assert_eq!(machine::programs_named(&name), 0);
    }
    // Of two programs one fails: the run ends, and the other does not stay.
    let name = fresh_name();
    let source = program(&name, ANY_CALL, "", "")
        .replace("char LICENSE", "SEC(\"uprobe\") int aimless(void *ctx) { return 0; }\nchar LICENSE");
    let (status, story) = command::run(&source, &[]);
    assert_eq!((status, story.outcome()), (1, "attach_failed"));
    assert!(story.has_no("observing"));
    assert_eq!(machine::programs_named(&name), 0);
    next_run_works();
}

#[test]
fn the_stimulus_is_the_pid_that_a_global_was_given_and_stays_so_over_exec() {
    if !can_use_kernel() {
        return;
    }
    let source = program::counting(&fresh_name(), 1);
    let stimulus = "echo x >/dev/null; exec lab-do write 2";
    let words = ["--global", "target=@stimulus", "--stimulus", stimulus];
    let (status, story) = command::run(&source, &words);
    assert_eq!((status, story.outcome()), (0, "completed"));
    let pid = &story.one("observing")["stimulus"];
    assert_eq!(story.global("target"), pid);
    assert_eq!(story.traced(), ["line 0", "line 1", "line 2"]);
    assert!(story.of("trace").all(|line| line["pid"] == *pid && line["lab"] == false));
    assert_eq!(story.global("printed"), "3");
}

#[test]
fn a_global_that_cannot_be_set_gets_a_sentence() {
    if !can_use_kernel() {
        return;
    }
    let globals = "int wide = 1;\nconst volatile __u8 narrow = 2;\nstatic volatile int hidden;";
    let source = program(&fresh_name(), ANY_CALL, globals, "wide += narrow + hidden;");
    for (word, says) in [
        ("missing=1", "it has: "),
        ("=1", "it has: "),
        ("wide=many", "of type int"),
        ("wide=99999999999", "of type int"),
        ("narrow=256", "narrow"),
        ("narrow=-1", "narrow"),
        ("wide=", "of type int"),
        ("wide=@stimulus", "has no stimulus"),
        ("LICENSE=x", "LICENSE"),
    ] {
        let (status, story) = command::run(&source, &["--global", word]);
        assert_eq!((status, story.outcome()), (1, "unmet"), "{word}: {story:?}");
        assert!(story.says("bad-global").contains(says), "{word}: {}", story.says("bad-global"));
        assert!(story.has_no("loaded"));
    }
    let words = ["--for", "200ms", "--global", "wide=-5", "--global", "narrow=0x10"];
    let (status, story) = command::run(&source, &words);
    assert_eq!((status, story.outcome()), (0, "completed"), "{story:?}");
    assert_eq!(story.global("narrow"), 16);
}

#[test]
fn a_stimulus_that_never_ends_has_timed_out() {
    if !can_use_kernel() {
        return;
    }
    let marker = fresh_name();
    let stimulus = format!("trap '' TERM INT HUP; : {marker}; while :; do sleep 1; done");
    let (status, story) = command::run(&program::quiet(&fresh_name()), &["--stimulus", &stimulus]);
    assert_eq!((status, story.outcome()), (1, "timed_out"));
    assert!(story.says("stimulus-timed-out").contains("still going after 10 s"));
    let left: Vec<_> = machine::processes().into_iter().filter(|process| process.mentions(&marker)).collect();
    assert!(left.is_empty(), "{left:?}");
    next_run_works();
}

#[test]
fn a_stimulus_has_no_rights_and_leaves_nothing() {
    if !can_use_kernel() {
        return;
    }
    let name = fresh_name();
    let stimulus = format!(
        "id -u; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status; echo x >/tmp/{name}; ls /tmp; \
         setsid sleep 1000 >/dev/null 2>&1 & (sleep 1000 & : {name}) & cat /etc/shadow; : >/etc/{name}; \
         kill -9 1; mount -t tmpfs x /mnt"
    );
    let (status, story) = command::run(&program::quiet(&fresh_name()), &["--stimulus", &stimulus]);
    assert_eq!((status, story.outcome()), (0, "completed"), "{story:?}");
    let of = |stream: &str| -> String {
        let output = story.of("output").filter(|output| output["stream"] == stream);
        output.map(|output| output["text"].as_str().expect("text")).collect()
    };
    let stdout = of("stdout");
    assert!(!stdout.starts_with("0\n"), "the stimulus runs as root: {stdout}");
    assert!(stdout.contains("CapEff:\t0000000000000000") && stdout.contains("NoNewPrivs:\t1"), "{stdout}");
    assert!(stdout.contains(&name) && !stdout.contains("root:"), "{stdout}");
    assert!(of("stderr").contains("ermission denied"), "{}", of("stderr"));
    for folder in ["/tmp", "/etc"] {
        assert!(!std::path::Path::new(folder).join(&name).exists(), "it wrote into the machine's {folder}");
    }
    let stimulus = story.one("observing")["stimulus"].as_u64().expect("a pid") as u32;
    let left: Vec<_> = machine::processes()
        .into_iter()
        .filter(|process| process.mentions(&name) || process.pid == stimulus)
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn silence_is_explained() {
    if !can_use_kernel() {
        return;
    }
    let said = |source: &str, id: &str| {
        let (status, story): (i32, Story) = command::run(source, &["--for", "300ms"]);
        assert_eq!((status, story.outcome()), (0, "completed"));
        assert_eq!(story.finding(id)["severity"], "note");
    };
    said(&program(&fresh_name(), "tp/syscalls/sys_enter_reboot", "", "bpf_printk(\"no\");"), "never-fired");
    said(&program::quiet(&fresh_name()), "fired-silent");
}
