//! `lab-do`'s part on sockets: packets that are sent, connections that are tried.
//!
//! Whoever is to answer listens in the same process, so that nothing else has
//! to run. What the kernel said is printed, one line each.

use std::{
    fs::File,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::net::UnixDatagram,
    },
};

use nix::{
    errno::Errno,
    libc,
    sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, UnixAddr, sendto, socket},
};

/// Which system call sends.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// `sendto`, with the address in each call.
    Sendto,
    /// `connect` once, then `write`.
    Write,
}

/// Sends datagrams of so many bytes to a socket of our own.
pub(super) fn udp(to: &str, bytes: &str, times: &str, way: Way) -> bool {
    let (Ok(to), Ok(bytes), Ok(times)) = (to.parse::<SocketAddr>(), bytes.parse(), times.parse::<u32>())
    else {
        return false;
    };
    let send = || -> io::Result<bool> {
        let _receiver = UdpSocket::bind(to)?;
        let own = UdpSocket::bind((unspecified(to), 0))?;
        let content = vec![b'x'; bytes];
        Ok(match way {
            Way::Sendto => (0..times).all(|_| told(&format!("sendto {to}"), own.send_to(&content, to))),
            Way::Write => {
                own.connect(to)?;
                let mut file = File::from(OwnedFd::from(own));
                (0..times).all(|_| told(&format!("write to {to}"), file.write(&content)))
            }
        })
    };
    send().unwrap_or_else(|error| told(&format!("udp {to}"), Err::<(), _>(error)))
}

/// Sends datagrams to a Unix socket of our own.
pub(super) fn unix_sendto(bytes: &str, times: &str) -> bool {
    let (Ok(bytes), Ok(times)) = (bytes.parse(), times.parse::<u32>()) else { return false };
    let send = || -> io::Result<bool> {
        let name = format!("unix-{}", std::process::id());
        let _receiver = UnixDatagram::bind(&name)?;
        let (own, content) = (UnixDatagram::unbound()?, vec![b'x'; bytes]);
        Ok((0..times).all(|_| told("sendto a Unix socket", own.send_to(&content, &name))))
    };
    send().unwrap_or_else(|error| told("a Unix socket", Err::<(), _>(error)))
}

/// Tries one connection.
pub(super) fn connect(how: &str, to: &str) -> bool {
    match (how, to.parse::<SocketAddr>(), to.parse::<u16>()) {
        ("tcp", Ok(to), _) => {
            let _listener = TcpListener::bind((plain(to.ip()), to.port()));
            told(&format!("tcp {to}"), TcpStream::connect(to))
        }
        ("udp", Ok(to), _) => {
            let own = UdpSocket::bind((unspecified(to), 0));
            told(&format!("udp {to}"), own.and_then(|own| own.connect(to)))
        }
        ("fastopen", Ok(SocketAddr::V4(to)), _) => {
            let _listener = TcpListener::bind(to);
            told(&format!("fastopen {to}"), fastopen(&SockaddrIn::from(to)))
        }
        ("unix", _, Ok(port)) => told(&format!("unix {port}"), unix(port)),
        _ => false,
    }
}

/// A connection that `sendto` opens, with its first bytes.
fn fastopen(to: &SockaddrIn) -> io::Result<()> {
    let own = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    let flags = MsgFlags::from_bits_retain(libc::MSG_FASTOPEN);
    sendto(own.as_raw_fd(), b"x", to, flags)?;
    Ok(())
}

/// A Unix socket whose name begins with the bytes of a port as they stand in
/// an IPv4 address, at the same place. Nobody listens there.
fn unix(port: u16) -> io::Result<()> {
    let own = socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    let mut name = port.to_be_bytes().to_vec();
    name.extend(Ipv4Addr::LOCALHOST.octets().map(|byte| byte.max(1)));
    let name = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&name);
    nix::sys::socket::connect(own.as_raw_fd(), &UnixAddr::new(name)?)?;
    Ok(())
}

fn unspecified(like: SocketAddr) -> IpAddr {
    match like {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// Where a listener for this address has to be.
fn plain(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

fn told<T>(what: &str, done: io::Result<T>) -> bool {
    match &done {
        Ok(_) => println!("{what}: done"),
        Err(error) => println!("{what}: {:?}", Errno::from_raw(error.raw_os_error().unwrap_or_default())),
    }
    done.is_ok()
}
