//! Sockets, and maps of them: some are made here, so that a program has what
//! it chooses among.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    net::{SocketAddr, TcpListener},
    os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
};

use libbpf_rs::{MapCore as _, MapFlags, MapType, Object, ProgramImpl, libbpf_sys};
use nix::{
    libc::{self, EOPNOTSUPP},
    net::if_::if_nametoindex,
    sys::socket::{
        AddressFamily, Backlog, SockFlag, SockProtocol, SockType, SockaddrIn, bind, listen, setsockopt,
        socket, sockopt,
    },
};

use super::{Attached, attach_type, net};
use crate::link::Link;

/// Where the sockets listen that share a port, and the one that is looked up.
const SHARED: &str = "127.0.0.1:7070";
const LOOKED_UP: &str = "127.0.0.1:7777";

/// Sockets that share a port.
const SHARING: usize = 2;

/// A socket filter needs a socket: a raw one on an interface, which gets a copy
/// of every packet there. What the filter drops is dropped for this socket only.
pub(super) fn filter(program: &ProgramImpl<'_>, interface: &str) -> Result<Attached, i32> {
    let link = raw_socket(program, interface).map_err(|error| error as i32)?;
    Ok((link, format!("a raw socket on {interface}")))
}

fn raw_socket(program: &ProgramImpl<'_>, interface: &str) -> nix::Result<Link> {
    let every = SockProtocol::EthAll;
    let own = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, every)?;
    let index = if_nametoindex(interface)?;
    // SAFETY: all zeros is a valid sockaddr_ll.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = index as i32;
    let size = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the kernel reads a whole sockaddr_ll, which outlives the call.
    nix::Error::result(unsafe { libc::bind(own.as_raw_fd(), (&raw const address).cast(), size) })?;
    give(&own, libc::SO_ATTACH_BPF, program)?;
    Ok(Link::Socket(own))
}

/// Hands a socket a program.
fn give(to: &impl AsFd, option: i32, program: &ProgramImpl<'_>) -> nix::Result<()> {
    let fd = program.as_fd().as_raw_fd();
    let size = size_of_val(&fd) as libc::socklen_t;
    let socket = to.as_fd().as_raw_fd();
    // SAFETY: the kernel reads one int, which outlives the call.
    let done = unsafe { libc::setsockopt(socket, libc::SOL_SOCKET, option, (&raw const fd).cast(), size) };
    nix::Error::result(done).map(drop)
}

/// To the object's first map of sockets; its programs put sockets into it.
pub(super) fn sockmap(object: &Object, program: &ProgramImpl<'_>) -> Result<Attached, i32> {
    let mut maps = object.maps();
    let is_of_sockets = |kind| matches!(kind, MapType::Sockmap | MapType::Sockhash);
    let map = maps.find(|map| is_of_sockets(map.map_type())).ok_or(EOPNOTSUPP)?;
    let kind = match attach_type(program) {
        0 => libbpf_sys::BPF_SK_SKB_STREAM_VERDICT, // SEC("sk_skb") leaves it open
        kind => kind,
    };
    let (own, of) = (super::own_fd(program)?, super::own_fd(&map)?);
    // SAFETY: numbers only, of descriptors that are open.
    let done = unsafe { libbpf_sys::bpf_prog_attach(own.as_raw_fd(), of.as_raw_fd(), kind, 0) };
    if done < 0 {
        return Err(-done);
    }
    let to = format!("map {}", map.name().to_string_lossy());
    Ok((Link::Sockmap { program: own, map: of, kind }, to))
}

/// To this namespace; a socket that listens is put into the object's map, once for all its
/// programs.
pub(super) fn lookup(object: &Object, program: &ProgramImpl<'_>) -> Result<Attached, i32> {
    let (link, to) = net::namespace(program)?;
    let Some(map) = object.maps().find(|map| matches!(map.map_type(), MapType::Sockmap | MapType::Sockhash))
    else {
        return Ok((link, to));
    };
    let listener = match TcpListener::bind(LOOKED_UP) {
        Ok(listener) => listener,
        Err(error) if error.kind() == ErrorKind::AddrInUse => return Ok((link, to)),
        Err(error) => return Err(error.raw_os_error().unwrap_or(EOPNOTSUPP)),
    };
    put(&map, 0, &listener)?;
    answer(&listener, "looked up");
    let to = format!("{to}; {}[0] is a socket on {LOOKED_UP}", map.name().to_string_lossy());
    Ok((Link::Several(vec![link, Link::Listeners(vec![listener])]), to))
}

/// To sockets that share a port; they are in the object's array of sockets too.
pub(super) fn reuseport(object: &Object, program: &ProgramImpl<'_>) -> Result<Attached, i32> {
    let mut listeners = Vec::new();
    for number in 0..SHARING {
        let listener = sharing().map_err(|error| error as i32)?;
        if let Some(map) = object.maps().find(|map| map.map_type() == MapType::ReuseportSockarray) {
            put(&map, number as u32, &listener)?;
        }
        answer(&listener, &format!("socket {number}"));
        listeners.push(listener);
    }
    give(&listeners[0], libc::SO_ATTACH_REUSEPORT_EBPF, program).map_err(|error| error as i32)?;
    Ok((Link::Listeners(listeners), format!("{SHARING} sockets on {SHARED}")))
}

fn sharing() -> nix::Result<TcpListener> {
    let own = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&own, sockopt::ReusePort, &true)?;
    let address: SocketAddr = SHARED.parse().map_err(|_| nix::Error::EINVAL)?;
    let SocketAddr::V4(address) = address else { return Err(nix::Error::EINVAL) };
    bind(own.as_raw_fd(), &SockaddrIn::from(address))?;
    listen(&own, Backlog::new(16)?)?;
    Ok(TcpListener::from(own))
}

fn put(map: &libbpf_rs::Map<'_>, key: u32, listener: &TcpListener) -> Result<(), i32> {
    let fd = listener.as_raw_fd();
    let value: Vec<u8> = match map.value_size() {
        4 => fd.to_ne_bytes().to_vec(),
        _ => i64::from(fd).to_ne_bytes().to_vec(),
    };
    map.update(&key.to_ne_bytes(), &value, MapFlags::ANY).map_err(|_| crate::object::last_errno())
}

/// Says who it is to everyone who connects, until the listener is closed.
fn answer(listener: &TcpListener, words: &str) {
    let (Ok(listener), words) = (listener.try_clone(), format!("{words}\n")) else { return };
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.write_all(words.as_bytes()); // whoever asked may have left
        }
    });
}

/// Lets those without rights choose among all ways to control congestion.
pub(super) fn allow_every_congestion_control() {
    let folder = "/proc/sys/net/ipv4";
    if let Ok(all) = fs::read_to_string(format!("{folder}/tcp_available_congestion_control")) {
        let _ = fs::write(format!("{folder}/tcp_allowed_congestion_control"), all.trim());
    }
}

/// A descriptor that the kernel has just made for us.
pub(super) fn owned(fd: i32) -> Result<OwnedFd, i32> {
    if fd < 0 {
        return Err(crate::object::last_errno());
    }
    // SAFETY: it is new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
