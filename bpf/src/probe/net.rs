//! A network namespace of the probe's own, and the ways to attach inside it.
//!
//! A value of [`Netns`] exists only in a process that has left the machine's
//! network, so that none of this can reach a real interface. What is not
//! undone here goes with the namespace, when the process ends.

pub(crate) mod netlink;

use std::{
    ffi::c_int,
    fs::File,
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
};

use libbpf_sys::{
    BPF_MAP_TYPE_SOCKMAP, BPF_TC_EGRESS, BPF_TC_INGRESS, bpf_link_create_opts, bpf_map_create,
    bpf_prog_attach, bpf_prog_detach2, bpf_tc_attach, bpf_tc_hook, bpf_tc_hook_create, bpf_tc_hook_destroy,
    bpf_tc_opts,
};
use nix::{
    libc,
    net::if_::if_nametoindex,
    sched::{CloneFlags, unshare},
    sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socket, sockopt},
};

use super::{
    answer::{Answer, check, owned},
    attach::link,
};

/// Loopback, the first interface of every network namespace.
const LOOPBACK: c_int = 1;

/// The network namespace that this process made and is in.
pub(super) struct Netns(File);

impl Netns {
    /// Leaves the network that this process was in, for good.
    pub(super) fn enter() -> Option<Self> {
        unshare(CloneFlags::CLONE_NEWNET).ok()?;
        let netns = Self(File::open("/proc/self/ns/net").ok()?);
        // Only a route needs it up; it will say so.
        let _ = netlink::bring_up(LOOPBACK);
        Some(netns)
    }

    /// As a link to loopback.
    pub(super) fn interface(&self, program: BorrowedFd, as_type: u32, flags: u32) -> Answer {
        let opts = bpf_link_create_opts { flags, ..Default::default() };
        link(program, LOOPBACK, as_type, opts)
    }

    /// As a link to one of a pair made for it.
    pub(super) fn netkit(&self, program: BorrowedFd, as_type: u32) -> Answer {
        netlink::add_netkit(c"probe0", c"probe1")?;
        let index = if_nametoindex("probe0")?;
        link(program, index as c_int, as_type, bpf_link_create_opts::default())
    }

    /// As a link to the namespace.
    pub(super) fn itself(&self, program: BorrowedFd, as_type: u32) -> Answer {
        link(program, self.0.as_raw_fd(), as_type, bpf_link_create_opts::default())
    }

    /// As a link to the namespace's packet filter: IPv4, on the way in, before
    /// connection tracking.
    pub(super) fn netfilter(&self, program: BorrowedFd, as_type: u32) -> Answer {
        let mut opts = bpf_link_create_opts::default();
        opts.__bindgen_anon_1.netfilter.pf = libc::NFPROTO_IPV4 as u32;
        opts.__bindgen_anon_1.netfilter.hooknum = libc::NF_INET_LOCAL_IN as u32;
        opts.__bindgen_anon_1.netfilter.priority = -300;
        link(program, 0, as_type, opts)
    }

    /// As a filter of loopback's `clsact`. Where that is a module, the kernel
    /// loads it for this, and it stays: all that a probe may leave behind.
    pub(super) fn qdisc(&self, program: BorrowedFd) -> Answer {
        let mut hook = bpf_tc_hook { ifindex: LOOPBACK, attach_point: BPF_TC_INGRESS, ..Default::default() };
        hook.sz = size_of_val(&hook) as _;
        let mut opts = bpf_tc_opts { prog_fd: program.as_raw_fd(), ..Default::default() };
        opts.sz = size_of_val(&opts) as _;
        // SAFETY: both live through the calls; the program is open.
        unsafe {
            check(bpf_tc_hook_create(&raw mut hook))?;
            let attached = check(bpf_tc_attach(&raw const hook, &raw mut opts));
            // Both sides of it together are the whole of it.
            hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
            let destroyed = check(bpf_tc_hook_destroy(&raw mut hook));
            attached.and(destroyed).map(drop)
        }
    }

    /// As the encapsulation of a route to nowhere.
    pub(super) fn route(&self, program: BorrowedFd) -> Answer {
        netlink::add_route(LOOPBACK, netlink::LWT_BPF_OUT, program)?;
        netlink::remove_route(LOOPBACK, netlink::LWT_BPF_OUT, program)
    }

    /// As the filter of a socket that nothing reaches.
    pub(super) fn socket(&self, program: BorrowedFd) -> Answer {
        set_option(&udp()?, libc::SO_ATTACH_BPF, program)
    }

    /// As the choice among sockets that share a port, of which there is one.
    pub(super) fn reuse_port(&self, program: BorrowedFd) -> Answer {
        let socket = udp()?;
        setsockopt(&socket, sockopt::ReusePort, &true)?;
        set_option(&socket, libc::SO_ATTACH_REUSEPORT_EBPF, program)
    }

    /// To a map of sockets with none in it.
    pub(super) fn sockmap(&self, program: BorrowedFd, as_type: u32) -> Answer {
        let (key, value, entries) = (4, 4, 1);
        // SAFETY: neither a name nor options are given, and neither is needed.
        let map = owned(unsafe {
            let (name, opts) = (std::ptr::null(), std::ptr::null());
            bpf_map_create(BPF_MAP_TYPE_SOCKMAP, name, key, value, entries, opts)
        })?;
        let (program, map) = (program.as_raw_fd(), map.as_fd().as_raw_fd());
        // SAFETY: numbers only.
        check(unsafe { bpf_prog_attach(program, map, as_type, 0) })?;
        // SAFETY: numbers only.
        check(unsafe { bpf_prog_detach2(program, map, as_type) }).map(drop)
    }
}

fn udp() -> Answer<OwnedFd> {
    Ok(socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?)
}

fn set_option(socket: &OwnedFd, option: c_int, program: BorrowedFd) -> Answer {
    let value: c_int = program.as_raw_fd();
    let size = size_of_val(&value) as libc::socklen_t;
    // SAFETY: the kernel reads `size` bytes of `value`, which lives through the call.
    let set = unsafe {
        let value = (&raw const value).cast();
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, value, size)
    };
    if set < 0 { Err(io::Error::last_os_error().into()) } else { Ok(()) }
}
