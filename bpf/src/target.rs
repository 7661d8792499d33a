//! What programs attach to when their section does not say it: the lab brings
//! an interface, a cgroup, a clock, sockets.
//!
//! Knows program types. Only in a guest, or in a namespace of a test: the guard
//! lets none of the types that need a target from outside reach a machine that
//! belongs to someone, but for clocks and iterators, which change nothing.

mod aim;
mod namespace;
mod net;
mod sockets;
mod tracing;

use std::{collections::HashMap, os::fd::AsFd};

use bpflab_worker::Target;
use libbpf_rs::{
    AsRawLibbpf, Object, ProgramAttachType, ProgramImpl, ProgramType, btf::types::Var, libbpf_sys,
};
use nix::libc::{EINVAL, EOPNOTSUPP};

use crate::{ctype, link::Link, replace};

pub(crate) use aim::{forms_of, tell, words};
pub(crate) use namespace::{Namespace, interfaces};
pub(crate) use net::own_cgroup;
pub(crate) use tracing::read_iterator;

/// How often a program on a clock runs on each CPU, unless it is said.
const HZ: u32 = 99;

/// What a program is attached to now: the link, and words for it.
pub(crate) type Attached = (Link, String);

/// Attaches a program to what was asked for, else to what its kind usually
/// wants; `Err` is an errno, `EOPNOTSUPP` when it needs a target.
pub(crate) fn attach(
    object: &Object,
    program: &ProgramImpl<'_>,
    wanted: Option<&Target>,
) -> Result<Attached, i32> {
    match wanted {
        Some(target) => given(program, target),
        None => usual(object, program),
    }
}

fn given(program: &ProgramImpl<'_>, target: &Target) -> Result<Attached, i32> {
    match (program.prog_type(), target) {
        (ProgramType::Xdp, Target::Interface { name, .. }) => net::xdp(program, name),
        (ProgramType::SchedCls, Target::Interface { name, .. }) if is_netkit(attach_type(program)) => {
            net::netkit(program, name)
        }
        (ProgramType::SchedCls, Target::Interface { name, egress }) => {
            net::classifier(program, name, egress.unwrap_or_else(|| is_egress(&section(program))))
        }
        (ProgramType::SocketFilter, Target::Interface { name, .. }) => sockets::filter(program, name),
        (ProgramType::PerfEvent, Target::Clock { hz }) => tracing::clock(program, None, *hz),
        (ProgramType::PerfEvent, Target::Counter { event, hz }) => tracing::clock(program, Some(*event), *hz),
        (ProgramType::Kprobe, Target::Uprobe { path, symbol }) => tracing::uprobe(program, path, symbol),
        (ProgramType::Kprobe, Target::Usdt { path, provider, name }) => {
            tracing::usdt(program, path, provider, name)
        }
        (ProgramType::Kprobe, Target::Kprobe { function, at_return }) => {
            tracing::function(program, function, *at_return)
        }
        (ProgramType::Tracepoint, Target::Tracepoint { category, name }) => {
            tracing::tracepoint(program, category, name)
        }
        (ProgramType::RawTracepoint | ProgramType::RawTracepointWritable, Target::RawTracepoint { name }) => {
            tracing::raw_tracepoint(program, name)
        }
        // It was told before it was loaded.
        (ProgramType::Tracing, Target::Call { .. } | Target::RawTracepoint { .. }) => {
            by_itself(program, aim::words(target).unwrap_or_default())
        }
        (kind, Target::Cgroup) if wants_cgroup(kind, attach_type(program)) => net::cgroup(program),
        // That target is of no use to such a program.
        _ => Err(EINVAL),
    }
}

fn usual(object: &Object, program: &ProgramImpl<'_>) -> Result<Attached, i32> {
    let section = section(program);
    let attach_type = attach_type(program);
    match program.prog_type() {
        // SEC("kprobe.multi/"): its loader says to what.
        _ if section.ends_with('/') => Err(EOPNOTSUPP),
        ProgramType::SocketFilter => sockets::filter(program, net::LOOPBACK),
        ProgramType::Xdp if attach_type == libbpf_sys::BPF_XDP => net::xdp(program, net::LOOPBACK),
        ProgramType::SchedCls if is_netkit(attach_type) => net::netkit(program, net::NETKIT),
        ProgramType::SchedCls => net::classifier(program, net::LOOPBACK, is_egress(&section)),
        ProgramType::PerfEvent => tracing::clock(program, None, HZ),
        ProgramType::SkMsg | ProgramType::SkSkb => sockets::sockmap(object, program),
        ProgramType::SkLookup => sockets::lookup(object, program),
        ProgramType::FlowDissector => net::dissector(program),
        ProgramType::SkReuseport => sockets::reuseport(object, program),
        ProgramType::Netfilter => net::netfilter(program),
        ProgramType::LwtIn | ProgramType::LwtOut | ProgramType::LwtXmit => net::route(program),
        ProgramType::Syscall => tracing::call(program),
        ProgramType::Tracing if attach_type == libbpf_sys::BPF_TRACE_ITER => {
            tracing::iterator(object, program)
        }
        ProgramType::Ext => replace::attach(object, program),
        kind if wants_cgroup(kind, attach_type) => net::cgroup(program),
        ProgramType::Kprobe if let Some(function) = section.strip_prefix("kprobe/sys_") => {
            tracing::old_system_call(program, function, false)
        }
        ProgramType::Kprobe if let Some(function) = section.strip_prefix("kretprobe/sys_") => {
            tracing::old_system_call(program, function, true)
        }
        _ => by_itself(program, section),
    }
}

/// As libbpf does it, which `to` has words for.
fn by_itself(program: &ProgramImpl<'_>, to: String) -> Result<Attached, i32> {
    // SAFETY: the program is loaded and lives as long as its object.
    let link = unsafe { libbpf_sys::bpf_program__attach(program.as_libbpf_object().as_ptr()) };
    Ok((Link::libbpf(link)?, to))
}

/// Attaches the object's struct_ops: a kernel's table of functions that the
/// programs stand in for.
pub(crate) fn struct_ops(
    object: &Object,
    targets: &HashMap<&str, &Target>,
) -> impl Iterator<Item = (String, Result<Attached, i32>)> {
    use libbpf_rs::{MapCore as _, MapType};
    let btf = object.btf().ok().flatten();
    let tables = object.maps().filter(|map| map.map_type() == MapType::StructOps);
    let wanted = tables.filter_map(|map| {
        let name = map.name().to_string_lossy().into_owned();
        (targets.get(name.as_str()) != Some(&&Target::Nothing)).then_some((name, map))
    });
    wanted.map(move |(name, map)| {
        // SAFETY: the map is loaded and lives as long as its object.
        let link = unsafe { libbpf_sys::bpf_map__attach_struct_ops(map.as_libbpf_object().as_ptr()) };
        let link = Link::libbpf(link);
        if link.is_ok() {
            // Who has no rights may choose it then, if it is a way to control congestion.
            sockets::allow_every_congestion_control();
        }
        let table = btf.as_ref().and_then(|btf| {
            let table = btf.type_by_name::<Var<'_>>(&name)?;
            Some(ctype::name(btf, table.type_id()))
        });
        let to = table.map_or_else(|| "struct_ops".to_owned(), |table| format!("struct_ops: {table}"));
        (name, link.map(|link| (link, to)))
    })
}

/// Whether programs of this kind decide for a cgroup.
fn wants_cgroup(kind: ProgramType, attach_type: u32) -> bool {
    match kind {
        ProgramType::CgroupSkb
        | ProgramType::CgroupSock
        | ProgramType::CgroupSockAddr
        | ProgramType::CgroupSockopt
        | ProgramType::CgroupSysctl
        | ProgramType::CgroupDevice
        | ProgramType::SockOps => true,
        ProgramType::Lsm => attach_type == ProgramAttachType::LsmCgroup as u32,
        _ => false,
    }
}

/// Whether a classifier is for a netkit pair: the one end's packets, or the other's.
fn is_netkit(attach_type: u32) -> bool {
    [libbpf_sys::BPF_NETKIT_PRIMARY, libbpf_sys::BPF_NETKIT_PEER].contains(&attach_type)
}

/// Whether the other end of the cable can be named for such a program.
pub(crate) fn reaches_both(program: &ProgramImpl<'_>) -> bool {
    match program.prog_type() {
        ProgramType::Xdp => true,
        ProgramType::SchedCls => !is_netkit(attach_type(program)),
        _ => false,
    }
}

fn is_egress(section: &str) -> bool {
    section.contains("egress")
}

fn section(program: &ProgramImpl<'_>) -> String {
    program.section().to_string_lossy().into_owned()
}

pub(crate) fn attach_type(program: &ProgramImpl<'_>) -> u32 {
    // SAFETY: the program lives as long as its object.
    unsafe { libbpf_sys::bpf_program__expected_attach_type(program.as_libbpf_object().as_ptr()) }
}

/// A second descriptor of a loaded program.
fn own_fd(program: &impl AsFd) -> Result<std::os::fd::OwnedFd, i32> {
    program.as_fd().try_clone_to_owned().map_err(|error| error.raw_os_error().unwrap_or(EOPNOTSUPP))
}

fn text(word: &str) -> Result<std::ffi::CString, i32> {
    std::ffi::CString::new(word).map_err(|_| EINVAL)
}
