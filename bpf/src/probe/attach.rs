//! Attaches a program in the one way that its kind names, and detaches it.
//!
//! Each way either reaches nothing but what the probe made for itself, or a
//! hook of the kernel that almost never fires with a program that only
//! returns. Does not know program types.

use std::{
    ffi::CStr,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    ptr,
};

use libbpf_sys::{
    bpf_link_create, bpf_link_create_opts, bpf_prog_test_run_opts, bpf_raw_tracepoint_open, bpf_test_run_opts,
};
use nix::libc::c_int;

use super::{
    answer::{Answer, No, check, owned},
    cgroup::Cgroup,
    kinds::{FUNCTION, Kind, TRACEPOINT},
    net::Netns,
    perf::{self, Hook},
};

/// The ways to attach.
#[derive(Clone, Copy)]
pub(super) enum Attach {
    /// Not at all: it could change what this machine does.
    Never,
    /// To what it was loaded for, in a throw-away guest: it decides for everyone.
    Guest,
    /// To a trace event, through perf.
    Tracepoint,
    /// To a tracepoint, by its name.
    RawTracepoint,
    /// To what it was loaded for.
    AsLoaded,
    /// To a kernel function, through perf.
    Kprobe {
        /// At its return.
        at_return: bool,
    },
    /// To a kernel function, as one of many.
    KprobeMulti,
    /// To a function of this very process, through perf.
    Uprobe {
        /// At its return.
        at_return: bool,
    },
    /// To a function of this very process, as one of many.
    UprobeMulti,
    /// To a clock of this very process that does not run.
    Clock,
    /// To nothing: it runs when it is read.
    Iterator,
    /// It has no hook; running it is what it is for.
    Run,
    /// To an empty cgroup of the probe's own.
    Cgroup,
    /// To loopback, as a link.
    Interface {
        /// For the link.
        flags: u32,
    },
    /// To a pair of interfaces made for it.
    Netkit,
    /// To a queueing discipline on loopback.
    Qdisc,
    /// To a route.
    Route,
    /// To a network namespace.
    Netns,
    /// To its packet filter.
    Netfilter,
    /// To a socket.
    Socket,
    /// To a group of sockets that share a port.
    ReusePort,
    /// To an empty map of sockets.
    Sockmap,
}

/// What the probe made for itself; `None` where it could not.
pub(super) struct Places<'a> {
    /// The network namespace that this process is in, if it is its own.
    pub(super) netns: Option<Netns>,
    /// With no process in it.
    pub(super) cgroup: Option<&'a Cgroup>,
    /// The whole kernel is ours: a throw-away guest's.
    pub(super) ours: bool,
}

/// Attaches, and detaches at once.
pub(super) fn attach(kind: &Kind, program: &OwnedFd, places: &Places) -> Answer {
    let program = program.as_fd();
    let as_type = kind.attach_type;
    let plain = bpf_link_create_opts::default();
    let netns = || places.netns.as_ref().ok_or(No::Untried);
    match kind.attach {
        Attach::Never => Err(No::Untried),
        Attach::Guest if places.ours => raw_tracepoint(program, None),
        Attach::Guest => Err(No::Untried),
        Attach::Tracepoint => perf::attach(program, Hook::Tracepoint),
        Attach::RawTracepoint => raw_tracepoint(program, Some(TRACEPOINT.1)),
        Attach::AsLoaded => raw_tracepoint(program, None),
        Attach::Kprobe { at_return } => perf::attach(program, Hook::Kprobe { at_return }),
        Attach::KprobeMulti => kprobe_multi(program, as_type),
        Attach::Uprobe { at_return } => perf::attach(program, Hook::Uprobe { at_return }),
        Attach::UprobeMulti => uprobe_multi(program, as_type),
        Attach::Clock => perf::attach(program, Hook::Clock),
        Attach::Iterator => link(program, 0, as_type, plain),
        Attach::Run => run(program),
        Attach::Cgroup => {
            let cgroup = places.cgroup.ok_or(No::Untried)?;
            link(program, cgroup.as_fd().as_raw_fd(), as_type, plain)
        }
        Attach::Interface { flags } => netns()?.interface(program, as_type, flags),
        Attach::Netkit => netns()?.netkit(program, as_type),
        Attach::Qdisc => netns()?.qdisc(program),
        Attach::Route => netns()?.route(program),
        Attach::Netns => netns()?.itself(program, as_type),
        Attach::Netfilter => netns()?.netfilter(program, as_type),
        Attach::Socket => netns()?.socket(program),
        Attach::ReusePort => netns()?.reuse_port(program),
        Attach::Sockmap => netns()?.sockmap(program, as_type),
    }
}

/// Makes a link and closes it, which detaches.
pub(super) fn link(
    program: BorrowedFd,
    target: c_int,
    as_type: u32,
    mut opts: bpf_link_create_opts,
) -> Answer {
    opts.sz = size_of_val(&opts) as _;
    // SAFETY: all pointers, those in `opts` included, live through the call.
    let link = owned(unsafe { bpf_link_create(program.as_raw_fd(), target, as_type, &raw const opts) })?;
    drop(link);
    Ok(())
}

fn raw_tracepoint(program: BorrowedFd, name: Option<&CStr>) -> Answer {
    let name = name.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: the name is null or lives through the call.
    owned(unsafe { bpf_raw_tracepoint_open(name, program.as_raw_fd()) }).map(drop)
}

fn kprobe_multi(program: BorrowedFd, as_type: u32) -> Answer {
    let mut names = [FUNCTION.as_ptr()];
    let mut opts = bpf_link_create_opts::default();
    opts.__bindgen_anon_1.kprobe_multi.cnt = 1;
    opts.__bindgen_anon_1.kprobe_multi.syms = names.as_mut_ptr();
    link(program, 0, as_type, opts)
}

fn uprobe_multi(program: BorrowedFd, as_type: u32) -> Answer {
    let offsets = [perf::own_function()?];
    let mut opts = bpf_link_create_opts::default();
    opts.__bindgen_anon_1.uprobe_multi.path = perf::OWN_PROGRAM.as_ptr();
    opts.__bindgen_anon_1.uprobe_multi.offsets = offsets.as_ptr();
    opts.__bindgen_anon_1.uprobe_multi.cnt = 1;
    opts.__bindgen_anon_1.uprobe_multi.pid = std::process::id();
    link(program, 0, as_type, opts)
}

fn run(program: BorrowedFd) -> Answer {
    let mut opts = bpf_test_run_opts::default();
    opts.sz = size_of_val(&opts) as _;
    // SAFETY: `opts` lives through the call and names no buffer.
    check(unsafe { bpf_prog_test_run_opts(program.as_raw_fd(), &raw mut opts) }).map(drop)
}
