//! What a program's sections ask of a kernel, from its source.
//!
//! What a learner's program asks for are only kinds that some kernel of ours
//! lacks; anything else the loader tells. Of a lesson's solution all types are
//! told. A section with `?` is optional and asks for nothing.

use std::{borrow::Cow, sync::LazyLock};

use regex::Regex;

use super::{
    features::{HookKind, is_program_type},
    needs::Hook,
};

/// What a section begins with, and the feature that it needs.
const KINDS: &[(&str, &str)] = &[
    ("kprobe.multi", "kprobe.multi"),
    ("kretprobe.multi", "kprobe.multi"),
    ("kprobe.session", "kprobe.session"),
    ("uprobe.multi", "uprobe.multi"),
    ("uretprobe.multi", "uprobe.multi"),
    ("fsession", "fsession"),
    ("lsm_cgroup", "lsm_cgroup"),
    ("tcx", "tcx"),
    ("netkit", "netkit"),
    ("netfilter", "netfilter"),
    ("syscall", "syscall"),
];

/// Map types that some kernel of ours lacks.
const MAPS: &[&str] =
    &["task_storage", "bloom_filter", "user_ringbuf", "cgrp_storage", "arena", "insn_array"];

/// Sections of a scheduler's operations: those of struct_ops do not say whose they are.
const SCHEDULER: &str = "struct sched_ext_ops";

static MAP: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bBPF_MAP_TYPE_([A-Z_]+)\b").expect("a pattern"));

static SECTION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"SEC\(\s*"([a-z_.]+)"#).expect("a pattern"));

/// A source without its comments. A path in a section's name has `//` too.
fn code(source: &str) -> Cow<'_, str> {
    static COMMENTS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(?s)("[^"\n]*")|//[^\n]*|/\*.*?\*/"#).expect("a pattern"));
    COMMENTS.replace_all(source, "$1 ")
}

/// What libbpf's headers define under a helper's kind of name, and what it stands for.
const MACROS: [(&str, Option<&str>); 6] = [
    ("bpf_printk", Some("bpf_trace_printk")),
    ("bpf_tail_call_static", Some("bpf_tail_call")),
    ("bpf_for", None),
    ("bpf_for_each", None),
    ("bpf_repeat", None),
    ("bpf_ksym_exists", None),
];

/// How others of those begin.
const MACRO_STARTS: [&str; 6] = ["bpf_core_", "bpf_hton", "bpf_ntoh", "bpf_cpu_to_", "bpf_be", "bpf_usdt_"];

/// The helpers that are called; what the source declares or defines itself is none.
fn helpers_of(code: &str) -> Vec<String> {
    static CALL: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#""[^"\n]*"|\b(bpf_[a-z0-9_]+)\("#).expect("a pattern"));
    static OWN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(bpf_[a-z0-9_]+)\([^;{}()]*\)\s*(?:__weak\s+)?(?:__ksym\b|\{)").expect("a pattern")
    });
    let own: Vec<&str> = OWN.captures_iter(code).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    let names = CALL.captures_iter(code).filter_map(|found| Some(found.get(1)?.as_str()));
    let helper = |name: &str| match MACROS.iter().find(|(own, _)| *own == name) {
        Some((_, helper)) => helper.map(str::to_owned),
        None => (!MACRO_STARTS.iter().any(|start| name.starts_with(start))).then(|| name.to_owned()),
    };
    names.filter(|name| !own.contains(name)).filter_map(helper).collect()
}

/// The program types, map types and helpers that a source has, each once, in its order.
pub fn types_of(source: &str) -> Vec<String> {
    let code = code(source);
    let sections = SECTION.captures_iter(&code).filter_map(|found| found.get(1));
    let programs = sections.map(|word| feature_of(word.as_str().trim_end_matches(".s")).to_owned());
    let maps = maps_of(&code).into_iter().map(|name| format!("map:{name}"));
    let helpers = helpers_of(&code).into_iter().map(|name| format!("helper:{name}"));
    let mut found = Vec::new();
    for feature in programs.filter(|name| is_program_type(name)).chain(maps).chain(helpers) {
        if !found.contains(&feature) {
            found.push(feature);
        }
    }
    found
}

/// The map types that are named, as libbpf names them.
fn maps_of(code: &str) -> Vec<String> {
    let names = MAP.captures_iter(code).filter_map(|found| found.get(1));
    names.map(|name| name.as_str().to_lowercase()).collect()
}

/// The structures of operations that a source fills in, as hooks. A scheduler's is a feature.
pub fn operations_of(source: &str) -> Vec<Hook> {
    static TABLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"SEC\(\s*"\.struct_ops(?:\.link)?"\s*\)\s*struct (\w+)"#).expect("a pattern")
    });
    let code = code(source);
    let mut found: Vec<Hook> = Vec::new();
    for table in TABLE.captures_iter(&code) {
        // What stands behind `___` tells apart descriptions of the same.
        let name = table[1].split("___").next().unwrap_or_default().to_owned();
        let hook = Hook { word: "struct_ops".to_owned(), kind: HookKind::Operations, names: vec![name] };
        if !SCHEDULER.ends_with(&hook.names[0]) && !found.contains(&hook) {
            found.push(hook);
        }
    }
    found
}

/// The program type of a section's first word.
fn feature_of(word: &str) -> &str {
    match word {
        "tp" => "tracepoint",
        "raw_tracepoint" => "raw_tp",
        "ksyscall" => "kprobe",
        "kretsyscall" => "kretprobe",
        "usdt" => "uprobe",
        "classifier" => "tc",
        word => KINDS.iter().find(|(start, _)| *start == word).map_or(word, |(_, feature)| feature),
    }
}

/// Whether a source has a scheduler.
pub fn schedules(source: &str) -> bool {
    source.contains(SCHEDULER)
}

/// The features that a source needs, each once, in the order of their sections.
pub fn asked_for(source: &str) -> Vec<String> {
    let code = code(source);
    let mut found: Vec<String> = Vec::new();
    let kinds = SECTION.captures_iter(&code).filter_map(|section| {
        let kind = section.get(1)?.as_str().trim_end_matches(".s");
        KINDS.iter().find(|(start, _)| *start == kind).map(|(_, feature)| *feature)
    });
    let scheduler = schedules(&code).then_some("sched_ext");
    let maps = maps_of(&code).into_iter().filter(|name| MAPS.contains(&name.as_str()));
    let maps = maps.map(|name| format!("map:{name}"));
    for feature in kinds.chain(scheduler).map(str::to_owned).chain(maps) {
        if !found.contains(&feature) {
            found.push(feature);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_ask_for_what_some_kernel_lacks() {
        let source = r#"
            // SEC("netfilter") is not meant
            /* nor SEC("syscall") */
            SEC("kretprobe.multi.s/x*") int a; SEC("kprobe.multi/y") int b;
            SEC("?lsm_cgroup/socket_bind") int c; SEC("tc") int d; SEC("tcx/ingress") int e; SEC("netkit/peer") int i;
            struct sched_ext_ops ops;
            struct { __uint(type, BPF_MAP_TYPE_ARENA); } a SEC(".maps");
            struct { __uint(type, BPF_MAP_TYPE_HASH); } b SEC(".maps"); // BPF_MAP_TYPE_BLOOM_FILTER
        "#;
        assert_eq!(asked_for(source), ["kprobe.multi", "tcx", "netkit", "sched_ext", "map:arena"]);
    }

    #[test]
    fn tables_of_operations_are_hooks_and_a_schedulers_is_none() {
        let source = r#"
            SEC(".struct_ops") struct Qdisc_ops___new fifo = {};
            SEC(".struct_ops.link")
            struct sched_ext_ops sched = {};
            SEC("?.struct_ops") struct hid_bpf_ops maybe = {};
        "#;
        let names: Vec<String> = operations_of(source).iter().map(Hook::to_string).collect();
        assert_eq!(names, ["struct_ops:Qdisc_ops"]);
    }

    #[test]
    fn a_solutions_types_are_read_from_it() {
        let source = r#"
            /* SEC("xdp"), BPF_MAP_TYPE_ARRAY */
            struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); } a SEC(".maps");
            struct { __uint(type, BPF_MAP_TYPE_HASH); } b SEC(".maps");
            SEC("tp/syscalls/sys_enter_write") int c; SEC("tracepoint/x/y") int d;
            SEC("usdt//bin/x:a:b") int e; SEC("?kprobe/gone") int f; SEC("lsm.s/bpf") int g;
            char LICENSE[] SEC("license") = "GPL";
        "#;
        assert_eq!(types_of(source), ["tracepoint", "uprobe", "lsm", "map:percpu_array", "map:hash"]);
        let calls = r#"bpf_printk("bpf_no_call(x)"); if (bpf_core_field_exists(x)) bpf_htons(bpf_loop(1));"#;
        assert_eq!(types_of(calls), ["helper:bpf_trace_printk", "helper:bpf_loop"]);
        let own = "void bpf_task_release(void *p) __ksym; static int bpf_own(int a)\n{ return bpf_loop(a); }\n\
                   int f(void) { if (bpf_own(bpf_loop(1))) { bpf_task_release(0); } return 0; }";
        assert_eq!(types_of(own), ["helper:bpf_loop"]);
    }
}
