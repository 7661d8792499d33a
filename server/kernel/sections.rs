//! What a program's sections ask of a kernel, from its source.
//!
//! What a learner's program asks for are only kinds that some kernel of ours
//! lacks; anything else the loader tells. Of a lesson's solution all types are
//! told. A section with `?` is optional and asks for nothing.

use std::{borrow::Cow, sync::LazyLock};

use regex::Regex;

use super::features::is_program_type;

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
    ("netfilter", "netfilter"),
    ("syscall", "syscall"),
];

/// Sections of a scheduler's operations: those of struct_ops do not say whose they are.
const SCHEDULER: &str = "struct sched_ext_ops";

static SECTION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"SEC\(\s*"([a-z_.]+)"#).expect("a pattern"));

/// A source without its comments. A path in a section's name has `//` too.
fn code(source: &str) -> Cow<'_, str> {
    static COMMENTS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(?s)("[^"\n]*")|//[^\n]*|/\*.*?\*/"#).expect("a pattern"));
    COMMENTS.replace_all(source, "$1 ")
}

/// The program types and map types that a source has, each once, in its order.
pub fn types_of(source: &str) -> Vec<String> {
    static MAP: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bBPF_MAP_TYPE_([A-Z_]+)\b").expect("a pattern"));
    let code = code(source);
    let sections = SECTION.captures_iter(&code).filter_map(|found| found.get(1));
    let programs = sections.map(|word| feature_of(word.as_str().trim_end_matches(".s")).to_owned());
    let maps = MAP.captures_iter(&code).filter_map(|found| found.get(1));
    let maps = maps.map(|name| format!("map:{}", name.as_str().to_lowercase()));
    let mut found = Vec::new();
    for feature in programs.filter(|name| is_program_type(name)).chain(maps) {
        if !found.contains(&feature) {
            found.push(feature);
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

/// The features that a source needs, each once, in the order of their sections.
pub fn asked_for(source: &str) -> Vec<String> {
    let code = code(source);
    let mut found: Vec<String> = Vec::new();
    let kinds = SECTION.captures_iter(&code).filter_map(|section| {
        let kind = section.get(1)?.as_str().trim_end_matches(".s");
        KINDS.iter().find(|(start, _)| *start == kind).map(|(_, feature)| *feature)
    });
    let scheduler = code.contains(SCHEDULER).then_some("sched_ext");
    for feature in kinds.chain(scheduler) {
        if !found.iter().any(|known| known == feature) {
            found.push(feature.to_owned());
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
            SEC("?lsm_cgroup/socket_bind") int c; SEC("tc") int d; SEC("tcx/ingress") int e;
            struct sched_ext_ops ops;
        "#;
        assert_eq!(asked_for(source), ["kprobe.multi", "tcx", "sched_ext"]);
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
    }
}
