//! Interfaces, the namespace, the packet filter, cgroups: what network programs
//! attach to that is no socket.

use std::{
    fs::{self, File},
    net::Ipv4Addr,
    os::fd::{AsFd, AsRawFd},
    path::Path,
    process::{Command, Stdio},
};

use libbpf_rs::{AsRawLibbpf, ProgramImpl, ProgramType, libbpf_sys};
use nix::libc::{self, ENODEV};

use super::{
    Attached,
    namespace::{Namespace, interface},
    own_fd, section,
};
use crate::{link::Link, probe::netlink, stimulus::CGROUP};

/// The interface that is always there.
pub(super) const LOOPBACK: &str = "lo";

/// The end of the netkit pair that is here; its peer is in the namespace `lab`, as `lab1` is.
pub(super) const NETKIT: &str = "nk0";

/// Without IPv6, as there.
const NETKIT_PAIR: &str = "
    ip link add nk0 type netkit peer name nk1 netns lab
    echo 1 >/proc/sys/net/ipv6/conf/nk0/disable_ipv6
    ip netns exec lab sh -c 'echo 1 >/proc/sys/net/ipv6/conf/nk1/disable_ipv6'
    ip address add 10.14.0.1/24 dev nk0
    ip -n lab address add 10.14.0.2/24 dev nk1
    ip link set nk0 up
    ip -n lab link set nk1 up
";

/// Before connection tracking, as those programs have it that change packets.
const PRIORITY: i32 = -300;

/// In the interface's driver where it can, else behind it.
pub(super) fn xdp(program: &ProgramImpl<'_>, name: &str) -> Result<Attached, i32> {
    let (namespace, index) = Namespace::of(name)?;
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: the program is loaded and lives as long as its object.
    let attach = || Link::libbpf(unsafe { libbpf_sys::bpf_program__attach_xdp(raw, index) });
    Ok((namespace.inside(attach)?, name.to_owned()))
}

/// As a link where the section asks for one and the kernel knows it (tcx),
/// else in the interface's `clsact`.
pub(super) fn classifier(program: &ProgramImpl<'_>, name: &str, egress: bool) -> Result<Attached, i32> {
    let (namespace, index) = Namespace::of(name)?;
    let side = if egress { "egress" } else { "ingress" };
    let to = format!("{name} {side}");
    if section(program).contains('/') {
        let raw = program.as_libbpf_object().as_ptr();
        // SAFETY: as above; no options are given, and none is needed.
        let attach =
            || Link::libbpf(unsafe { libbpf_sys::bpf_program__attach_tcx(raw, index, std::ptr::null()) });
        if let Ok(link) = namespace.inside(attach) {
            return Ok((link, to));
        }
    }
    let attach_point = if egress { libbpf_sys::BPF_TC_EGRESS } else { libbpf_sys::BPF_TC_INGRESS };
    let mut hook = libbpf_sys::bpf_tc_hook { ifindex: index, attach_point, ..Default::default() };
    hook.sz = size_of_val(&hook) as _;
    let mut opts = libbpf_sys::bpf_tc_opts { prog_fd: program.as_fd().as_raw_fd(), ..Default::default() };
    opts.sz = size_of_val(&opts) as _;
    // SAFETY: both live through the calls; the program is open. The discipline
    // may be there already, for another program.
    let mut attach = || unsafe {
        libbpf_sys::bpf_tc_hook_create(&raw mut hook);
        libbpf_sys::bpf_tc_attach(&raw const hook, &raw mut opts)
    };
    let done = namespace.inside(|| Ok(attach()))?;
    if done < 0 { Err(-done) } else { Ok((Link::Qdisc { hook, namespace }, to)) }
}

/// To a netkit pair, whose one end takes the programs of both. The lab's own is made by the
/// first program for it: kernels before 6.7 have none.
pub(super) fn netkit(program: &ProgramImpl<'_>, name: &str) -> Result<Attached, i32> {
    if name == NETKIT && interface(NETKIT).is_err() {
        let made = Command::new("/bin/sh").args(["-ec", NETKIT_PAIR]).stderr(Stdio::null()).status();
        if !made.is_ok_and(|made| made.success()) {
            return Err(ENODEV);
        }
    }
    let index = interface(name)?;
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: as above; no options are given, and none is needed.
    let link = unsafe { libbpf_sys::bpf_program__attach_netkit(raw, index, std::ptr::null()) };
    let whose = if section(program).ends_with("peer") { "what its peer sends" } else { "what it sends" };
    Ok((Link::libbpf(link)?, format!("{name}: {whose}")))
}

/// Where it is said which processors a packet of loopback may be handed to, as bits.
const SPREADS: &str = "/sys/class/net/lo/queues/rx-0/rps_cpus";

/// To this network namespace.
pub(super) fn namespace(program: &ProgramImpl<'_>) -> Result<Attached, i32> {
    let own = File::open("/proc/self/ns/net").map_err(|_| ENODEV)?;
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: as above; the namespace is open.
    let link = unsafe { libbpf_sys::bpf_program__attach_netns(raw, own.as_raw_fd()) };
    Ok((Link::libbpf(link)?, "this network namespace".to_owned()))
}

/// To this network namespace. A packet is dissected where the kernel needs its hash, so it is
/// made to: packets of loopback are spread over processors by it (where they have none yet:
/// one that a connected socket sends has its socket's).
pub(super) fn dissector(program: &ProgramImpl<'_>) -> Result<Attached, i32> {
    let attached = namespace(program)?;
    let _ = fs::write(SPREADS, "3"); // without it, what hashes for another reason is left
    Ok(attached)
}

/// IPv4 packets for this machine.
pub(super) fn netfilter(program: &ProgramImpl<'_>) -> Result<Attached, i32> {
    let mut opts = libbpf_sys::bpf_netfilter_opts {
        pf: libc::NFPROTO_IPV4 as u32,
        hooknum: libc::NF_INET_LOCAL_IN as u32,
        priority: PRIORITY,
        ..Default::default()
    };
    opts.sz = size_of_val(&opts) as _;
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: as above; the options live through the call.
    let link = unsafe { libbpf_sys::bpf_program__attach_netfilter(raw, &raw const opts) };
    Ok((Link::libbpf(link)?, "IPv4 local in".to_owned()))
}

/// To a route that leads nowhere, through loopback.
pub(super) fn route(program: &ProgramImpl<'_>) -> Result<Attached, i32> {
    let interface = interface(LOOPBACK)?;
    let side = match program.prog_type() {
        ProgramType::LwtIn => netlink::LWT_BPF_IN,
        ProgramType::LwtXmit => netlink::LWT_BPF_XMIT,
        _ => netlink::LWT_BPF_OUT,
    };
    netlink::add_route(interface, side, program.as_fd()).map_err(|error| error.errno())?;
    let to = format!("a route to {} through lo", Ipv4Addr::from(netlink::NOWHERE));
    Ok((Link::Route { interface, side, program: own_fd(program)? }, to))
}

/// The cgroup that the stimulus and the terminal are in, made if need be.
pub(crate) fn own_cgroup() -> std::io::Result<File> {
    if !Path::new(CGROUP).exists() {
        fs::create_dir(CGROUP)?;
    }
    File::open(CGROUP)
}

/// To that cgroup.
pub(super) fn cgroup(program: &ProgramImpl<'_>) -> Result<Attached, i32> {
    let folder = own_cgroup().map_err(|error| error.raw_os_error().unwrap_or(ENODEV))?;
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: as above; the cgroup is open.
    let link = unsafe { libbpf_sys::bpf_program__attach_cgroup(raw, folder.as_raw_fd()) };
    Ok((Link::libbpf(link)?, format!("cgroup {CGROUP}")))
}
