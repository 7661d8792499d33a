//! The requests of rtnetlink that libbpf has no function for: an interface up,
//! a pair of netkit's, and a route with a BPF program, there and gone.
//!
//! Acts in the network namespace of the process that calls.

use std::{
    ffi::{CStr, c_int},
    os::fd::{AsRawFd, BorrowedFd},
};

use nix::{
    libc,
    sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket},
};

use crate::probe::answer::{Answer, No};

/// 192.0.2.1, from a block that documents nothing real.
pub(crate) const NOWHERE: [u8; 4] = [192, 0, 2, 1];

// From <linux/lwtunnel.h>: a route's encapsulation by a program, on its way in, out, or to be sent.
const LWTUNNEL_ENCAP_BPF: u16 = 6;
pub(crate) const LWT_BPF_IN: u16 = 1;
pub(crate) const LWT_BPF_OUT: u16 = 2;
pub(crate) const LWT_BPF_XMIT: u16 = 3;
const LWT_BPF_PROG_FD: u16 = 1;
const LWT_BPF_PROG_NAME: u16 = 2;

// From <linux/if_link.h>.
const IFLA_NETKIT_PEER_INFO: u16 = 1;

/// Length of a message's header, and of its error's number.
const HEADER: usize = 16;

/// Brings an interface up.
pub(crate) fn bring_up(interface: c_int) -> Answer {
    let up = (libc::IFF_UP as u32).to_ne_bytes();
    // struct ifinfomsg: family, padding, type; index; flags; which of them to change.
    let body = [[0; 4], interface.to_ne_bytes(), up, up].concat();
    request(libc::RTM_NEWLINK, 0, &body)
}

/// Makes two interfaces that are one cable: `name`, to which programs are attached, and its peer.
pub(crate) fn add_netkit(name: &CStr, peer: &CStr) -> Answer {
    // struct ifinfomsg: nothing is said of either but its name.
    let named = |name: &CStr| [vec![0; 16], attribute(libc::IFLA_IFNAME, name.to_bytes_with_nul())].concat();
    let pair = [
        attribute(libc::IFLA_INFO_KIND, b"netkit"),
        attribute(libc::IFLA_INFO_DATA, &attribute(IFLA_NETKIT_PEER_INFO, &named(peer))),
    ];
    let body = [named(name), attribute(libc::IFLA_LINKINFO, &pair.concat())].concat();
    request(libc::RTM_NEWLINK, libc::NLM_F_CREATE | libc::NLM_F_EXCL, &body)
}

/// Adds a route whose packets this program sees.
pub(crate) fn add_route(interface: c_int, side: u16, program: BorrowedFd) -> Answer {
    let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
    request(libc::RTM_NEWROUTE, flags, &route(interface, side, program))
}

/// Removes it.
pub(crate) fn remove_route(interface: c_int, side: u16, program: BorrowedFd) -> Answer {
    request(libc::RTM_DELROUTE, 0, &route(interface, side, program))
}

fn route(interface: c_int, side: u16, program: BorrowedFd) -> Vec<u8> {
    // struct rtmsg: family, bits of destination and source, TOS, table, who, scope, type; flags.
    let header = [
        libc::AF_INET as u8,
        32,
        0,
        0,
        libc::RT_TABLE_MAIN,
        libc::RTPROT_STATIC,
        libc::RT_SCOPE_LINK,
        libc::RTN_UNICAST,
        0,
        0,
        0,
        0,
    ];
    let program = [
        attribute(LWT_BPF_PROG_FD, &program.as_raw_fd().to_ne_bytes()),
        attribute(LWT_BPF_PROG_NAME, b"bpflab\0"),
    ]
    .concat();
    [
        header.to_vec(),
        attribute(libc::RTA_DST, &NOWHERE),
        attribute(libc::RTA_OIF, &interface.to_ne_bytes()),
        attribute(libc::RTA_ENCAP_TYPE, &LWTUNNEL_ENCAP_BPF.to_ne_bytes()),
        attribute(libc::RTA_ENCAP, &attribute(side, &program)),
    ]
    .concat()
}

/// Length, type and payload, filled up to four bytes.
fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut made = ((payload.len() + 4) as u16).to_ne_bytes().to_vec();
    made.extend(kind.to_ne_bytes());
    made.extend(payload);
    made.resize(made.len().next_multiple_of(4), 0);
    made
}

/// Sends one message and waits for the kernel's answer to it.
fn request(kind: u16, flags: c_int, body: &[u8]) -> Answer {
    let netlink =
        socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkRoute)?;
    let flags = (flags | libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
    // struct nlmsghdr: length; type; flags; sequence; port.
    let mut message = ((HEADER + body.len()) as u32).to_ne_bytes().to_vec();
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(body);
    send(netlink.as_raw_fd(), &message, MsgFlags::empty())?;
    let mut answer = [0; 1024];
    let length = recv(netlink.as_raw_fd(), &mut answer, MsgFlags::empty())?;
    // struct nlmsgerr follows the header and begins with a negative errno, or 0.
    let error = answer[..length].get(HEADER..HEADER + 4).and_then(|bytes| bytes.try_into().ok());
    match error.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(error) => Err(No::Kernel(-error)),
        None => Err(No::Untried),
    }
}
