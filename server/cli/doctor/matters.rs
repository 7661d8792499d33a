//! Why a learner should care that a kernel lacks a program type.

use crate::say::Matters;

/// By the name that the probe gives it.
pub(super) fn words(kind: &str) -> Matters {
    match kind {
        "kprobe" | "kretprobe" | "kprobe.multi" | "kprobe.session" | "fentry" | "fexit" | "fsession" => {
            Matters::KernelFunctions
        }
        "uprobe" | "uretprobe" | "uprobe.multi" => Matters::UserFunctions,
        "perf_event" => Matters::Sampling,
        "iter" | "syscall" => Matters::Listing,
        "lsm" | "lsm_cgroup" | "fmod_ret" => Matters::Policy,
        "xdp" | "tc" | "tcx" | "netkit" | "socket" | "netfilter" | "lwt" | "flow_dissector" => {
            Matters::Packets
        }
        "sockops" | "sk_msg" | "sk_skb" | "sk_lookup" | "sk_reuseport" => Matters::Sockets,
        "struct_ops" | "sched_ext" | "freplace" => Matters::Replacing,
        other if other.starts_with("cgroup") => Matters::Cgroups,
        _ => Matters::Tracepoints,
    }
}
