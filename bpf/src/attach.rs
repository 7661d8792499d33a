//! Attaches every program from its SEC name, or says why it cannot be.
//!
//! Knows libbpf's sections and the kernel's lists of hooks. Does not know
//! targets yet: a program that needs one fails for that reason.

use std::{
    collections::HashSet,
    os::fd::{AsFd, AsRawFd, OwnedFd},
    ptr::NonNull,
    time::Duration,
};

use bpflab_worker::{AttachFailure, Event, nearest};
use libbpf_rs::{
    AsRawLibbpf, Object, OpenObject, ProgramImpl, ProgramType,
    btf::{Btf, BtfKind},
    libbpf_sys,
};
use nix::{
    libc::{self, EINVAL, ENOENT, EOPNOTSUPP, ESRCH},
    net::if_::if_nametoindex,
    sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket},
};

use crate::{logs, object::last_errno, outlet::Outlet, probe::hooks};

/// Names offered for one that does not exist.
const MAX_NEAREST: usize = 5;

/// How long the kernel may take to list its functions for such an offer: it
/// looks each of them up, and a learner waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// An attached program; detaches on drop.
pub(crate) enum Link {
    /// libbpf's.
    Libbpf(NonNull<libbpf_sys::bpf_link>),
    /// A socket of ours that has the program as its filter.
    Socket(#[expect(dead_code, reason = "closed on drop")] OwnedFd),
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Self::Libbpf(link) = self {
            // SAFETY: we own the link and do not use it again.
            unsafe { libbpf_sys::bpf_link__destroy(link.as_ptr()) };
        }
    }
}

/// The optional programs (`SEC("?…")`) of an object, by function name.
#[derive(Debug, Default)]
pub(crate) struct Optional {
    names: Vec<String>,
    /// Those of them that are not loaded.
    left_out: Vec<String>,
}

/// Decides which optional programs (`SEC("?…")`) are loaded: those whose hook
/// the kernel's types have. Kprobes are looked up when they are attached.
///
/// libbpf drops the `?` when it opens the object, and only remembers not to
/// load such a program of its own accord.
pub(crate) fn leave_out(opened: &mut OpenObject) -> Optional {
    let mut optional = Optional::default();
    let mut btf = None;
    for mut program in opened.progs_mut() {
        // SAFETY: the program belongs to `opened`.
        if unsafe { libbpf_sys::bpf_program__autoload(program.as_libbpf_object().as_ptr()) } {
            continue;
        }
        let section = program.section().to_string_lossy().into_owned();
        let name = program.name().to_string_lossy().into_owned();
        let there = match typed_hook(&section) {
            None => true,
            Some((kind, name)) => btf
                .get_or_insert_with(|| Btf::from_vmlinux().ok())
                .as_ref()
                .is_some_and(|btf| has_type(btf, kind, &name)),
        };
        program.set_autoload(there);
        if !there {
            optional.left_out.push(name.clone());
        }
        optional.names.push(name);
    }
    optional
}

/// The BTF type that a section's hook must have, for those that need one to load.
fn typed_hook(section: &str) -> Option<(BtfKind, String)> {
    let (kind, hook) = section.split_once('/')?;
    match kind {
        "fentry" | "fexit" | "fmod_ret" | "fentry.s" | "fexit.s" | "fmod_ret.s" => {
            Some((BtfKind::Func, hook.to_owned()))
        }
        "tp_btf" => Some((BtfKind::Typedef, format!("btf_trace_{hook}"))),
        "lsm" | "lsm.s" | "lsm_cgroup" => Some((BtfKind::Func, format!("bpf_lsm_{hook}"))),
        _ => None,
    }
}

fn has_type(btf: &Btf<'_>, kind: BtfKind, name: &str) -> bool {
    (1..btf.len()).any(|id| {
        let id = u32::try_from(id).unwrap_or(u32::MAX);
        btf.type_by_id::<libbpf_rs::btf::BtfType<'_>>(id.into())
            .is_some_and(|ty| ty.kind() == kind && ty.name().is_some_and(|own| own == name))
    })
}

/// Attaches all; `None` when one failed, which the events have said.
///
/// An optional program whose hook is not there is left out, unless all were.
pub(crate) fn all(
    object: &Object,
    optional: &Optional,
    outlet: &mut Outlet,
) -> crate::Result<Option<Vec<Link>>> {
    let mut links = Vec::new();
    let mut last_failure = None;
    for program in object.progs() {
        let name = program.name().to_string_lossy().into_owned();
        let section = program.section().to_string_lossy().into_owned();
        let tried = if optional.left_out.contains(&name) { Err(ENOENT) } else { one(&program) };
        match tried {
            Ok(link) => {
                let to = match &link {
                    Link::Libbpf(_) => section,
                    Link::Socket(_) => "a raw socket on lo".to_owned(),
                };
                links.push(link);
                outlet.send(&Event::Attached { program: name, to })?;
            }
            Err(errno) => {
                logs::send(outlet)?;
                let reason = why(errno, &section);
                if optional.names.contains(&name) && matches!(errno, ENOENT | EINVAL | ESRCH) {
                    outlet.send(&Event::LeftOut { program: name.clone(), section: section.clone() })?;
                    last_failure = Some(Event::AttachFailed { program: name, section, reason });
                    continue;
                }
                outlet.send(&Event::AttachFailed { program: name, section, reason })?;
                return Ok(None);
            }
        }
    }
    match last_failure {
        Some(failure) if links.is_empty() => {
            outlet.send(&failure)?;
            Ok(None)
        }
        _ => Ok(Some(links)),
    }
}

fn one(program: &ProgramImpl<'_>) -> Result<Link, i32> {
    if program.prog_type() == ProgramType::SocketFilter {
        return filter(program).map_err(|error| error as i32);
    }
    // SAFETY: the program is loaded and lives as long as its object.
    let link = unsafe { libbpf_sys::bpf_program__attach(program.as_libbpf_object().as_ptr()) };
    NonNull::new(link).map(Link::Libbpf).ok_or_else(last_errno)
}

/// A socket filter needs a socket: a raw one on loopback, which gets a copy of
/// every packet there. What the filter drops is dropped for this socket only.
fn filter(program: &ProgramImpl<'_>) -> nix::Result<Link> {
    let every = SockProtocol::EthAll;
    let own = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, every)?;
    let lo = if_nametoindex("lo")?;
    // SAFETY: all zeros is a valid sockaddr_ll.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = lo as i32;
    let fd = program.as_fd().as_raw_fd();
    // SAFETY: the kernel reads a whole sockaddr_ll and one int, which outlive the calls.
    let done = unsafe {
        let size = size_of_val(&address) as libc::socklen_t;
        let bound = libc::bind(own.as_raw_fd(), (&raw const address).cast(), size);
        let (level, option) = (libc::SOL_SOCKET, libc::SO_ATTACH_BPF);
        let size = size_of_val(&fd) as libc::socklen_t;
        bound | libc::setsockopt(own.as_raw_fd(), level, option, (&raw const fd).cast(), size)
    };
    nix::Error::result(done)?;
    Ok(Link::Socket(own))
}

fn why(errno: i32, section: &str) -> AttachFailure {
    match errno {
        EOPNOTSUPP => AttachFailure::NeedsTarget,
        ENOENT | EINVAL | ESRCH => match hooks_like(section) {
            Some(nearest) => AttachFailure::NoSuchHook { nearest },
            None => AttachFailure::Errno(errno),
        },
        _ => AttachFailure::Errno(errno),
    }
}

/// Hooks close to the one that `section` names; `None` when that one exists
/// or its kind is not looked up by name.
fn hooks_like(section: &str) -> Option<Vec<String>> {
    let (kind, hook) = section.split_once('/')?;
    let (known, wanted): (Vec<String>, &str) = match kind {
        "tp" | "tracepoint" => (hooks::tracepoints(), hook),
        "raw_tp" | "raw_tracepoint" => (hooks::tracepoints().iter().map(|name| event(name)).collect(), hook),
        // An offset may follow.
        "kprobe" | "kretprobe" => (hooks::functions(Some(PATIENCE))?, hook.split('+').next().unwrap_or(hook)),
        _ => return None,
    };
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    (!known.contains(&wanted)).then(|| nearest(wanted, known, MAX_NEAREST))
}

/// Of `category/event`.
fn event(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

/// Names of the kernel's BTF close to `wanted`, as a section writes them: what
/// is generated for a hook (a typedef for a tracepoint), else functions.
pub(crate) fn nearest_in_btf(wanted: &str, section: &str) -> Vec<String> {
    let Ok(btf) = Btf::from_vmlinux() else { return Vec::new() };
    let (prefix, right) = match section.split(['/', '.']).next() {
        Some("tp_btf") => ("btf_trace_", BtfKind::Typedef),
        Some("lsm" | "lsm_cgroup") => ("bpf_lsm_", BtfKind::Func),
        Some("iter") => ("bpf_iter_", BtfKind::Func),
        _ => ("", BtfKind::Func),
    };
    let wanted = wanted.strip_prefix(prefix).unwrap_or(wanted);
    let mut names = Vec::new();
    for id in 1..btf.len() {
        let id = u32::try_from(id).unwrap_or(u32::MAX);
        let Some(ty) = btf.type_by_id::<libbpf_rs::btf::BtfType<'_>>(id.into()) else { continue };
        let name = ty.name().and_then(|name| name.to_str());
        if let Some(name) = name.and_then(|name| name.strip_prefix(prefix)).filter(|_| ty.kind() == right) {
            names.push(name.to_owned());
        }
    }
    if prefix.is_empty() {
        // What is in BTF and cannot be attached to is no help.
        let attachable = hooks::functions(Some(PATIENCE));
        let attachable = attachable.map(|names| names.into_iter().collect::<HashSet<_>>());
        names.retain(|name| attachable.as_ref().is_none_or(|attachable| attachable.contains(name)));
    }
    nearest(wanted, names.iter().map(String::as_str), MAX_NEAREST)
}
