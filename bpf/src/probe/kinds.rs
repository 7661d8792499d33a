//! The table: every kind that is tried, how it is loaded, and how it is attached.
//!
//! Holds no code that touches the kernel. What could change what the machine
//! does is loaded only ([`Attach::Never`]), or attached in a guest alone
//! ([`Attach::Guest`]); network kinds name a place that only the probe's own
//! namespace has; hooks of the whole kernel are ones that almost never fire. A
//! USDT probe is a uprobe for the kernel and has no row.

use std::ffi::CStr;

use libbpf_sys as sys;

use super::{attach::Attach, btf::BtfKind};

/// How one kind is tried.
pub(super) struct Kind {
    /// As a section names it.
    pub(super) name: &'static str,
    /// `BPF_PROG_TYPE_…`
    pub(super) program: sys::bpf_prog_type,
    /// Expected at load, and named again by most ways to attach.
    pub(super) attach_type: sys::bpf_attach_type,
    /// `BPF_F_…` for load.
    pub(super) flags: u32,
    /// What the program returns: the answer of this kind that changes nothing.
    pub(super) answer: i32,
    /// What it is loaded for.
    pub(super) target: Target,
    /// How it is attached.
    pub(super) attach: Attach,
}

/// What a program names at load.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// Nothing.
    None,
    /// A type in the kernel's BTF.
    Kernel(BtfKind, &'static CStr),
    /// A member of a structure of operations; its index takes the attach type's place.
    Member {
        /// The structure's kind of type.
        of: BtfKind,
        /// The structure.
        structure: &'static CStr,
        /// The operation.
        member: &'static CStr,
    },
    /// Another program of the probe's own, that it replaces.
    Program,
}

/// A function that every kernel has, with a symbol and BTF, and that runs when
/// the machine halts.
pub(super) const FUNCTION: &CStr = c"kernel_halt";

/// A tracepoint that every kernel has and that fires when memory has run out:
/// its group, its name, and its type in BTF.
pub(super) const TRACEPOINT: (&str, &CStr, &CStr) = ("oom", c"mark_victim", c"btf_trace_mark_victim");

/// A hook that is there with and without BPF's own security module.
const DECISION: &CStr = c"security_inode_unlink";

/// SK_PASS and NF_ACCEPT, and what lets things be in a cgroup.
const PASS: i32 = 1;

/// In the order of the answers.
pub(super) const KINDS: &[Kind] = &[
    Kind::new("tracepoint", sys::BPF_PROG_TYPE_TRACEPOINT, Attach::Tracepoint),
    Kind::new("raw_tp", sys::BPF_PROG_TYPE_RAW_TRACEPOINT, Attach::RawTracepoint),
    tracing("tp_btf", sys::BPF_TRACE_RAW_TP, Attach::AsLoaded)
        .target(Target::Kernel(sys::BTF_KIND_TYPEDEF, TRACEPOINT.2)),
    Kind::new("kprobe", sys::BPF_PROG_TYPE_KPROBE, Attach::Kprobe { at_return: false }),
    Kind::new("kretprobe", sys::BPF_PROG_TYPE_KPROBE, Attach::Kprobe { at_return: true }),
    Kind::new("kprobe.multi", sys::BPF_PROG_TYPE_KPROBE, Attach::KprobeMulti)
        .attach_type(sys::BPF_TRACE_KPROBE_MULTI),
    Kind::new("kprobe.session", sys::BPF_PROG_TYPE_KPROBE, Attach::KprobeMulti)
        .attach_type(sys::BPF_TRACE_KPROBE_SESSION),
    tracing("fentry", sys::BPF_TRACE_FENTRY, Attach::AsLoaded),
    tracing("fexit", sys::BPF_TRACE_FEXIT, Attach::AsLoaded),
    tracing("fsession", sys::BPF_TRACE_FSESSION, Attach::AsLoaded),
    tracing("fmod_ret", sys::BPF_MODIFY_RETURN, Attach::Guest)
        .target(Target::Kernel(sys::BTF_KIND_FUNC, DECISION)),
    Kind::new("uprobe", sys::BPF_PROG_TYPE_KPROBE, Attach::Uprobe { at_return: false }),
    Kind::new("uretprobe", sys::BPF_PROG_TYPE_KPROBE, Attach::Uprobe { at_return: true }),
    Kind::new("uprobe.multi", sys::BPF_PROG_TYPE_KPROBE, Attach::UprobeMulti)
        .attach_type(sys::BPF_TRACE_UPROBE_MULTI),
    Kind::new("perf_event", sys::BPF_PROG_TYPE_PERF_EVENT, Attach::Clock),
    tracing("iter", sys::BPF_TRACE_ITER, Attach::Iterator)
        .target(Target::Kernel(sys::BTF_KIND_FUNC, c"bpf_iter_task")),
    Kind::new("lsm", sys::BPF_PROG_TYPE_LSM, Attach::Guest)
        .attach_type(sys::BPF_LSM_MAC)
        .target(Target::Kernel(sys::BTF_KIND_FUNC, c"bpf_lsm_inode_unlink")),
    cgroup("lsm_cgroup", sys::BPF_PROG_TYPE_LSM, sys::BPF_LSM_CGROUP)
        .target(Target::Kernel(sys::BTF_KIND_FUNC, c"bpf_lsm_socket_bind")),
    Kind::new("struct_ops", sys::BPF_PROG_TYPE_STRUCT_OPS, Attach::Never).target(Target::Member {
        of: sys::BTF_KIND_STRUCT,
        structure: c"tcp_congestion_ops",
        member: c"ssthresh",
    }),
    Kind::new("sched_ext", sys::BPF_PROG_TYPE_STRUCT_OPS, Attach::Never).target(Target::Member {
        of: sys::BTF_KIND_STRUCT,
        structure: c"sched_ext_ops",
        member: c"exit",
    }),
    // -1: keep the whole packet.
    Kind::new("socket", sys::BPF_PROG_TYPE_SOCKET_FILTER, Attach::Socket).answering(-1),
    Kind::new("tc", sys::BPF_PROG_TYPE_SCHED_CLS, Attach::Qdisc),
    Kind::new("tcx", sys::BPF_PROG_TYPE_SCHED_CLS, Attach::Interface { flags: 0 })
        .attach_type(sys::BPF_TCX_INGRESS),
    Kind::new("netkit", sys::BPF_PROG_TYPE_SCHED_CLS, Attach::Netkit).attach_type(sys::BPF_NETKIT_PRIMARY),
    // Loopback has no native XDP.
    Kind::new("xdp", sys::BPF_PROG_TYPE_XDP, Attach::Interface { flags: sys::XDP_FLAGS_SKB_MODE })
        .attach_type(sys::BPF_XDP)
        .answering(sys::XDP_PASS as i32),
    cgroup("cgroup_skb", sys::BPF_PROG_TYPE_CGROUP_SKB, sys::BPF_CGROUP_INET_INGRESS),
    cgroup("cgroup/sock", sys::BPF_PROG_TYPE_CGROUP_SOCK, sys::BPF_CGROUP_INET_SOCK_CREATE),
    cgroup("cgroup/sock_addr", sys::BPF_PROG_TYPE_CGROUP_SOCK_ADDR, sys::BPF_CGROUP_INET4_CONNECT),
    cgroup("cgroup/connect_unix", sys::BPF_PROG_TYPE_CGROUP_SOCK_ADDR, sys::BPF_CGROUP_UNIX_CONNECT),
    cgroup("cgroup/sockopt", sys::BPF_PROG_TYPE_CGROUP_SOCKOPT, sys::BPF_CGROUP_GETSOCKOPT),
    cgroup("cgroup/sysctl", sys::BPF_PROG_TYPE_CGROUP_SYSCTL, sys::BPF_CGROUP_SYSCTL),
    cgroup("cgroup/device", sys::BPF_PROG_TYPE_CGROUP_DEVICE, sys::BPF_CGROUP_DEVICE),
    cgroup("sockops", sys::BPF_PROG_TYPE_SOCK_OPS, sys::BPF_CGROUP_SOCK_OPS),
    Kind::new("sk_msg", sys::BPF_PROG_TYPE_SK_MSG, Attach::Sockmap)
        .attach_type(sys::BPF_SK_MSG_VERDICT)
        .answering(PASS),
    Kind::new("sk_skb", sys::BPF_PROG_TYPE_SK_SKB, Attach::Sockmap)
        .attach_type(sys::BPF_SK_SKB_STREAM_VERDICT)
        .answering(PASS),
    Kind::new("sk_lookup", sys::BPF_PROG_TYPE_SK_LOOKUP, Attach::Netns)
        .attach_type(sys::BPF_SK_LOOKUP)
        .answering(PASS),
    Kind::new("sk_reuseport", sys::BPF_PROG_TYPE_SK_REUSEPORT, Attach::ReusePort)
        .attach_type(sys::BPF_SK_REUSEPORT_SELECT)
        .answering(PASS),
    Kind::new("flow_dissector", sys::BPF_PROG_TYPE_FLOW_DISSECTOR, Attach::Netns)
        .attach_type(sys::BPF_FLOW_DISSECTOR),
    Kind::new("netfilter", sys::BPF_PROG_TYPE_NETFILTER, Attach::Netfilter)
        .attach_type(sys::BPF_NETFILTER)
        .answering(PASS),
    Kind::new("lwt", sys::BPF_PROG_TYPE_LWT_OUT, Attach::Route),
    Kind::new("syscall", sys::BPF_PROG_TYPE_SYSCALL, Attach::Run).flags(sys::BPF_F_SLEEPABLE),
    Kind::new("freplace", sys::BPF_PROG_TYPE_EXT, Attach::AsLoaded).target(Target::Program),
];

/// One of the kinds that BTF types, on [`FUNCTION`] unless it says otherwise.
const fn tracing(name: &'static str, as_type: sys::bpf_attach_type, attach: Attach) -> Kind {
    Kind::new(name, sys::BPF_PROG_TYPE_TRACING, attach)
        .attach_type(as_type)
        .target(Target::Kernel(sys::BTF_KIND_FUNC, FUNCTION))
}

/// One that decides for a cgroup.
const fn cgroup(name: &'static str, program: sys::bpf_prog_type, as_type: sys::bpf_attach_type) -> Kind {
    Kind::new(name, program, Attach::Cgroup).attach_type(as_type).answering(PASS)
}

impl Kind {
    const fn new(name: &'static str, program: sys::bpf_prog_type, attach: Attach) -> Self {
        Self { name, program, attach_type: 0, flags: 0, answer: 0, target: Target::None, attach }
    }

    const fn attach_type(self, attach_type: sys::bpf_attach_type) -> Self {
        Self { attach_type, ..self }
    }

    const fn flags(self, flags: u32) -> Self {
        Self { flags, ..self }
    }

    const fn answering(self, answer: i32) -> Self {
        Self { answer, ..self }
    }

    const fn target(self, target: Target) -> Self {
        Self { target, ..self }
    }
}
