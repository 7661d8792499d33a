//! What a kernel can do, asked by name.
//!
//! The answers were found by trying, in the worker. Does not know who needs what.

use bpflab_worker::{Features, Probe, Tried};

/// Kinds of hooks that are looked up by name, each with a list of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookKind {
    /// `tracepoint:CATEGORY/EVENT`.
    Tracepoint,
    /// `raw_tp`, `tp_btf`.
    RawTracepoint,
    /// `kprobe`, `kretprobe`: any function that the tracer lists.
    Kprobe,
    /// `fentry`, `fexit`, `fmod_ret`: those with types.
    Fentry,
    /// `lsm`.
    Lsm,
    /// `iter`.
    Iterator,
    /// `struct_ops`.
    Operations,
}

impl HookKind {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Tracepoint,
        Self::RawTracepoint,
        Self::Kprobe,
        Self::Fentry,
        Self::Lsm,
        Self::Iterator,
        Self::Operations,
    ];

    /// By a section's first word.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "tracepoint" | "tp" => Self::Tracepoint,
            "raw_tp" | "raw_tracepoint" | "tp_btf" => Self::RawTracepoint,
            "kprobe" | "kretprobe" => Self::Kprobe,
            "fentry" | "fexit" | "fmod_ret" | "fsession" => Self::Fentry,
            "lsm" | "lsm_cgroup" => Self::Lsm,
            "iter" => Self::Iterator,
            "struct_ops" => Self::Operations,
            _ => return None,
        })
    }

    /// The word for all of its kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tracepoint => "tracepoint",
            Self::RawTracepoint => "raw_tp",
            Self::Kprobe => "kprobe",
            Self::Fentry => "fentry",
            Self::Lsm => "lsm",
            Self::Iterator => "iter",
            Self::Operations => "struct_ops",
        }
    }

    /// The names of all such hooks; empty where the kernel does not tell.
    pub fn names(self, of: &Features) -> impl Iterator<Item = &str> {
        let hooks = &of.hooks;
        let (first, second): (&[String], &[String]) = match self {
            Self::Tracepoint => (&hooks.tracepoints, &[]),
            Self::RawTracepoint => (&hooks.raw_tracepoints, &[]),
            Self::Kprobe => (&hooks.functions, &hooks.untyped),
            Self::Fentry => (&hooks.functions, &[]),
            Self::Lsm => (&hooks.decisions, &[]),
            Self::Iterator => (&hooks.iterators, &[]),
            Self::Operations => (&hooks.operations, &[]),
        };
        first.iter().chain(second).map(String::as_str)
    }
}

/// A type of programs, by the name that features have.
struct Kind(&'static str, Does);

/// What programs of a type do.
#[derive(PartialEq, Eq)]
enum Does {
    /// Look on: this machine's own kernel takes them.
    Observes,
    /// Change or refuse what others do: they run in guests only (`bpf/src/guard.rs`).
    Decides,
}

/// All that the worker tries (`bpf/src/probe/kinds.rs`).
const KINDS: [Kind; 42] = {
    use Does::{Decides, Observes};
    [
        Kind("tracepoint", Observes),
        Kind("raw_tp", Observes),
        Kind("tp_btf", Observes),
        Kind("kprobe", Observes),
        Kind("kretprobe", Observes),
        Kind("kprobe.multi", Observes),
        Kind("kprobe.session", Observes),
        Kind("fentry", Observes),
        Kind("fexit", Observes),
        Kind("fsession", Decides),
        Kind("fmod_ret", Decides),
        Kind("uprobe", Observes),
        Kind("uretprobe", Observes),
        Kind("uprobe.multi", Observes),
        Kind("perf_event", Observes),
        Kind("iter", Observes),
        Kind("lsm", Decides),
        Kind("lsm_cgroup", Decides),
        Kind("struct_ops", Decides),
        Kind("sched_ext", Decides),
        Kind("socket", Decides),
        Kind("tc", Decides),
        Kind("tcx", Decides),
        Kind("netkit", Decides),
        Kind("xdp", Decides),
        Kind("cgroup_skb", Decides),
        Kind("cgroup/sock", Decides),
        Kind("cgroup/sock_addr", Decides),
        Kind("cgroup/connect_unix", Decides),
        Kind("cgroup/sockopt", Decides),
        Kind("cgroup/sysctl", Decides),
        Kind("cgroup/device", Decides),
        Kind("sockops", Decides),
        Kind("sk_msg", Decides),
        Kind("sk_skb", Decides),
        Kind("sk_lookup", Decides),
        Kind("sk_reuseport", Decides),
        Kind("flow_dissector", Decides),
        Kind("netfilter", Decides),
        Kind("lwt", Decides),
        Kind("syscall", Decides),
        Kind("freplace", Decides),
    ]
};

/// Whether there is such a program type on any kernel that the lab knows.
pub(super) fn is_program_type(name: &str) -> bool {
    KINDS.iter().any(|kind| kind.0 == name)
}

/// Whether this machine's own kernel never takes such programs, whatever it can do.
pub(super) fn is_for_guests(name: &str) -> bool {
    KINDS.iter().any(|kind| kind.0 == name && kind.1 == Does::Decides)
}

/// Program types that load and attach, in the order in which they were tried.
pub fn program_types(of: &Features) -> Vec<&str> {
    let usable = of.programs.iter().filter(|probe| is_usable(of, probe));
    usable.map(|probe| probe.kind.as_str()).collect()
}

/// Whether programs of a type can be used: they load, and attaching worked or
/// was not tried because it decides for everyone. `lsm` programs attach also
/// where nobody asks them.
fn is_usable(of: &Features, probe: &Probe) -> bool {
    let asked = !probe.kind.starts_with("lsm") || of.security.iter().any(|name| name == "bpf");
    let attaches = match probe.attach {
        Tried::Worked | Tried::NotTried => true,
        Tried::Errno(_) => false,
    };
    probe.load == Tried::Worked && attaches && asked
}

/// Whether a kernel has a feature: a program type (`kprobe.multi`, `lsm`), or
/// `map:ringbuf`, `helper:bpf_loop`, `kfunc:bpf_iter_num_new`, `security:bpf`.
pub(super) fn has(of: &Features, feature: &str) -> bool {
    match feature.split_once(':') {
        None => of.programs.iter().any(|probe| probe.kind == feature && is_usable(of, probe)),
        Some(("map", name)) => of.maps.iter().any(|own| own == name),
        Some(("helper", name)) => of.helpers.iter().any(|own| own.name == name),
        Some(("kfunc", name)) => of.kfuncs.iter().any(|own| own == name),
        Some(("security", name)) => of.security.iter().any(|own| own == name),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_types_are_those_that_the_worker_tries() {
        let tried = include_str!("../../bpf/src/probe/kinds.rs");
        let pattern = regex::Regex::new(r#"(?:Kind::new|tracing|cgroup)\("([^"]+)""#).unwrap();
        let tried: Vec<&str> =
            pattern.captures_iter(tried).filter_map(|found| Some(found.get(1)?.as_str())).collect();
        assert_eq!(tried, KINDS.map(|kind| kind.0));
    }
}
