//! What a program's sections ask of a kernel, from its source.
//!
//! Knows only kinds that some kernel of ours lacks; anything else the loader
//! tells. A section with `?` is optional and asks for nothing.

use std::sync::LazyLock;

use regex::Regex;

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

/// The features that a source needs, each once, in the order of their sections.
pub fn asked_for(source: &str) -> Vec<String> {
    static COMMENTS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?s)//[^\n]*|/\*.*?\*/").expect("a pattern"));
    static SECTION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"SEC\(\s*"([a-z_.]+)"#).expect("a pattern"));
    let code = COMMENTS.replace_all(source, " ");
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
}
