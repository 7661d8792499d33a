//! What holds a program to what it is attached to; lets go on drop.
//!
//! Knows every way of detaching that there is, and nothing of attaching.

use std::{
    net::TcpListener,
    os::fd::{AsFd, AsRawFd, OwnedFd},
    ptr::NonNull,
};

use libbpf_rs::libbpf_sys::{
    BPF_TC_EGRESS, BPF_TC_INGRESS, bpf_link, bpf_link__destroy, bpf_link__fd, bpf_prog_detach2, bpf_tc_hook,
    bpf_tc_hook_destroy,
};

use crate::{object::last_errno, probe::netlink, target::Namespace};

/// An attached program; detaches on drop.
pub(crate) enum Link {
    /// libbpf's.
    Libbpf(NonNull<bpf_link>),
    /// A socket of ours that has the program as its filter.
    Socket(#[expect(dead_code, reason = "closed on drop")] OwnedFd),
    /// Sockets that share a port, among which the program chooses.
    Listeners(#[expect(dead_code, reason = "closed on drop")] Vec<TcpListener>),
    /// The queueing discipline of an interface that holds classifiers.
    Qdisc {
        /// The interface, by its number.
        hook: bpf_tc_hook,
        /// Where it has that number.
        namespace: Namespace,
    },
    /// A map of sockets.
    Sockmap {
        /// Ours, so that it is open when we detach.
        program: OwnedFd,
        /// The same of the map.
        map: OwnedFd,
        /// As what.
        kind: u32,
    },
    /// A route to nowhere, through this interface.
    Route {
        /// The interface's number.
        interface: i32,
        /// On its way in, out, or to be sent: netlink's number.
        side: u16,
        /// The program that it names.
        program: OwnedFd,
    },
    /// One for each CPU.
    Several(#[expect(dead_code, reason = "dropped one by one")] Vec<Link>),
    /// It has run, and that was all.
    Ran,
}

impl Link {
    /// Of what libbpf answers: null, with errno set, is a failure.
    pub(crate) fn libbpf(link: *mut bpf_link) -> Result<Self, i32> {
        NonNull::new(link).map(Self::Libbpf).ok_or_else(last_errno)
    }

    /// The kernel's descriptor, where libbpf holds one.
    pub(crate) fn fd(&self) -> Option<i32> {
        let Self::Libbpf(link) = self else { return None };
        // SAFETY: we own the link.
        let fd = unsafe { bpf_link__fd(link.as_ptr()) };
        (fd >= 0).then_some(fd)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        match self {
            // SAFETY: we own the link and do not use it again.
            Self::Libbpf(link) => unsafe {
                bpf_link__destroy(link.as_ptr());
            },
            Self::Qdisc { hook, namespace } => {
                // Both sides of it together are the whole of it.
                hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
                // Another program's drop may have removed it already.
                // SAFETY: the hook lives through the call.
                let _ = namespace.inside(|| Ok(unsafe { bpf_tc_hook_destroy(hook) }));
            }
            Self::Sockmap { program, map, kind } => {
                // SAFETY: numbers only, of descriptors that are open.
                unsafe { bpf_prog_detach2(program.as_raw_fd(), map.as_raw_fd(), *kind) };
            }
            Self::Route { interface, side, program } => {
                let _ = netlink::remove_route(*interface, *side, program.as_fd()); // it may be gone
            }
            Self::Socket(_) | Self::Listeners(_) | Self::Several(_) | Self::Ran => {}
        }
    }
}
