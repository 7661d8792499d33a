//! At which step libbpf gave up before the kernel saw a program, from its log.
//!
//! Knows libbpf's words (src/libbpf.c). What it does not know it does not guess.

use std::sync::LazyLock;

use bpflab_worker::nearest;
use regex::{Captures, Regex};

use crate::{
    diagnostic::{Diagnostic, Origin},
    say::{Sentence, Step},
};

/// Names under which libbpf knows kinds of programs, without what follows them.
const SECTIONS: [&str; 46] = [
    "tracepoint/",
    "tp/",
    "raw_tracepoint/",
    "raw_tp/",
    "tp_btf/",
    "kprobe/",
    "kretprobe/",
    "kprobe.multi/",
    "kretprobe.multi/",
    "ksyscall/",
    "kretsyscall/",
    "fentry/",
    "fexit/",
    "fmod_ret/",
    "fentry.s/",
    "fexit.s/",
    "uprobe/",
    "uretprobe/",
    "uprobe.multi/",
    "usdt/",
    "perf_event",
    "iter/",
    "lsm/",
    "lsm.s/",
    "syscall",
    "socket",
    "tc",
    "tcx/ingress",
    "tcx/egress",
    "netkit/primary",
    "netkit/peer",
    "classifier",
    "xdp",
    "cgroup_skb/ingress",
    "cgroup_skb/egress",
    "cgroup/connect4",
    "cgroup/sysctl",
    "sockops",
    "sk_msg",
    "sk_skb",
    "sk_lookup",
    "sk_reuseport",
    "flow_dissector",
    "netfilter",
    "struct_ops/",
    "freplace/",
];

/// Fields of a map's declaration.
const FIELDS: [&str; 11] = [
    "type",
    "max_entries",
    "map_flags",
    "numa_node",
    "key_size",
    "key",
    "value_size",
    "value",
    "values",
    "pinning",
    "map_extra",
];

/// Names that are offered.
const MOST: usize = 3;

type Make = fn(&Captures<'_>) -> Option<(&'static str, Step)>;

const WORDS: &[(&str, Make)] = &[
    (r"prog '([^']+)': missing BPF prog type, check ELF section name '([^']+)'", |c| {
        let (program, section) = (c[1].to_owned(), c[2].to_owned());
        let kind = section.split('/').next().unwrap_or_default().to_owned();
        let nearest = nearest(&kind, SECTIONS, MOST);
        Some(("unknown-section", Step::Section { program, section, nearest }))
    }),
    (r"extern \(func ksym\) '([^']+)': not found", |c| {
        Some(("unknown-kfunc", Step::KernelFunction { name: c[1].to_owned() }))
    }),
    (
        r"extern \((?:var )?(?:strong )?ksym\) '([^']+)': not found|extern \(var ksym\) '([^']+)': not found",
        |c| {
            let name = c.get(1).or(c.get(2))?.as_str().to_owned();
            Some(("unknown-ksym", Step::KernelVariable { name }))
        },
    ),
    (r"extern \(kcfg\) '([^']+)': not found", |c| {
        Some(("unknown-config", Step::Configuration { name: Some(c[1].to_owned()) }))
    }),
    ("failed to open system Kconfig", |_| Some(("unknown-config", Step::Configuration { name: None }))),
    (r"failed to find BTF for extern '([^']+)'", |c| {
        Some(("extern-undefined", Step::Extern { name: c[1].to_owned() }))
    }),
    (r"map '([^']+)': unsupported map linkage static", |c| {
        Some(("map-static", Step::StaticMap { name: c[1].to_owned() }))
    }),
    (r"map '([^']+)': map type isn't specified", |c| {
        Some(("map-without-type", Step::MapWithoutType { name: c[1].to_owned() }))
    }),
    (r"map '([^']+)': unknown field '([^']+)'", |c| {
        let (name, field) = (c[1].to_owned(), c[2].to_owned());
        let nearest = nearest(&field, FIELDS, 1).pop();
        Some(("map-field", Step::MapField { name, field, nearest }))
    }),
    (r"unrecognized extern section '\.maps'", |_| Some(("extern-map", Step::ExternMap))),
    (r"map '([^']+)': invalid pinning value", |c| {
        Some(("map-pinning", Step::Pinning { name: c[1].to_owned() }))
    }),
    (r"prog '([^']+)': SEC\(.struct_ops.\) program isn't referenced anywhere", |c| {
        Some(("struct-function-unused", Step::Unused { program: c[1].to_owned() }))
    }),
    (r"prog '([^']+)': BPF program load failed: -EINVAL", |c| {
        Some(("type-not-loaded", Step::Unloaded { program: c[1].to_owned() }))
    }),
    (r"map '([^']+)': failed to create: -(\w+)", |c| {
        let errno = errno(&c[2])?;
        Some(("map-not-made", Step::Map { name: c[1].to_owned(), errno }))
    }),
];

/// The step that failed, if these words are known.
pub fn step(log: &str) -> Option<Diagnostic> {
    static KNOWN: LazyLock<Vec<(Regex, Make)>> = LazyLock::new(|| {
        let compile = |(pattern, make): &(&str, Make)| (Regex::new(pattern).expect("a pattern"), *make);
        WORDS.iter().map(compile).collect()
    });
    let said = |line: &str| KNOWN.iter().find_map(|(pattern, make)| make(&pattern.captures(line)?));
    let (id, step) = log.lines().rev().find_map(said)?;
    Some(Diagnostic::error(Origin::Attach, id, Sentence::Step(step)))
}

/// libbpf writes errors by name, or by number where it knows none.
fn errno(word: &str) -> Option<i32> {
    match word {
        "E2BIG" => Some(7),
        "ENOMEM" => Some(12),
        "EINVAL" => Some(22),
        "EPERM" => Some(1),
        "EBUSY" => Some(16),
        "EOPNOTSUPP" => Some(95),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libbpfs_own_words_tell_the_step() {
        for (line, id) in [
            (
                "libbpf: prog 'q': missing BPF prog type, check ELF section name 'tracepont/syscalls/x'",
                "unknown-section",
            ),
            ("libbpf: extern (func ksym) 'bpf_x': not found in kernel or module BTFs", "unknown-kfunc"),
            ("libbpf: extern (var ksym) 'x': not found in kernel BTF", "unknown-ksym"),
            ("libbpf: map 'big': failed to create: -ENOMEM", "map-not-made"),
            ("libbpf: unrecognized extern section '.maps'", "extern-map"),
            ("libbpf: map 'm': invalid pinning value 2.", "map-pinning"),
            (
                "libbpf: prog 'foo': SEC(\"struct_ops\") program isn't referenced anywhere, did you forget to use it?",
                "struct-function-unused",
            ),
            ("libbpf: prog 'd': BPF program load failed: -EINVAL", "type-not-loaded"),
            ("libbpf: failed to find BTF for extern 'rx_cnt' [63] section: -2", "extern-undefined"),
        ] {
            let log = format!("libbpf: loading\n{line}\nlibbpf: failed to load object 'program'\n");
            assert_eq!(step(&log).map(|found| found.id).as_deref(), Some(id), "{line}");
        }
        assert!(step("libbpf: something else\n").is_none());
    }
}
