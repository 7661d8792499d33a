//! Attaches every program from its SEC name, or says why it cannot be.
//!
//! Knows libbpf's sections and the kernel's lists of hooks. What a section does
//! not say is `target`'s to know.

use std::collections::{HashMap, HashSet};

use bpflab_worker::{AttachFailure, Event, Target, nearest};
use libbpf_rs::{
    AsRawLibbpf, MapCore as _, MapFlags, MapType, Object, OpenObject, Program, ProgramType,
    btf::{Btf, BtfKind},
    libbpf_sys,
};
use nix::libc::{EBUSY, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, ESRCH};

use crate::{
    binary,
    link::Link,
    logs,
    names::{self, Names},
    outlet::Outlet,
    probe::hooks,
    target::{self, read_iterator},
    untraceable,
};

/// Names offered for one that does not exist.
const MAX_NEAREST: usize = 5;

/// Slots of an array of programs that are looked at.
const MAX_CALLED: u32 = 256;

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
/// load such a program of its own accord. What is to be attached to nothing is
/// not loaded either: its kernel may refuse it.
pub(crate) fn leave_out(opened: &mut OpenObject, targets: &[(String, Target)]) -> Optional {
    let mut optional = Optional::default();
    let mut btf = None;
    for mut program in opened.progs_mut() {
        let wanted = targets.iter().find(|(name, _)| program.name() == name.as_str()).map(|(_, to)| to);
        if wanted == Some(&Target::Nothing) {
            program.set_autoload(false);
            continue;
        }
        // SAFETY: the program belongs to `opened`.
        if unsafe { libbpf_sys::bpf_program__autoload(program.as_libbpf_object().as_ptr()) } {
            continue;
        }
        let section = program.section().to_string_lossy().into_owned();
        let name = program.name().to_string_lossy().into_owned();
        let there = match typed_hook(&section, wanted) {
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

/// The BTF type that a hook must have, for those that need one to load.
fn typed_hook(section: &str, wanted: Option<&Target>) -> Option<(BtfKind, String)> {
    let (kind, said) = section.split_once('/').unwrap_or((section, ""));
    let hook = match wanted {
        Some(Target::Call { function, .. }) => function,
        Some(Target::RawTracepoint { name }) => name,
        _ => said,
    };
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

/// Everything that is attached; detaches on drop.
pub(crate) struct Attachments {
    links: Vec<Link>,
    /// Which of the links are iterators', and what each said last.
    iterators: Vec<(usize, String)>,
}

impl Attachments {
    /// What iterators write now, where it is not what they wrote last.
    pub(crate) fn read(&mut self) -> Vec<String> {
        let mut news = Vec::new();
        for (link, said) in &mut self.iterators {
            if let Some(text) = read_iterator(&self.links[*link]).filter(|text| text != said) {
                said.clone_from(&text);
                news.push(text);
            }
        }
        news
    }
}

/// Attaches all; `None` when one failed, which the events have said.
///
/// An optional program whose hook is not there is left out, unless all were.
pub(crate) fn all(
    object: &Object,
    optional: &Optional,
    targets: &HashMap<&str, &Target>,
    outlet: &mut Outlet,
) -> crate::Result<Option<Attachments>> {
    let mut attached = Attachments { links: Vec::new(), iterators: Vec::new() };
    let mut last_failure = None;
    let called = called(object);
    for program in object.progs() {
        let name = program.name().to_string_lossy().into_owned();
        let section = program.section().to_string_lossy().into_owned();
        let wanted = targets.get(name.as_str()).copied();
        let is_called = called.contains(&name) && wanted.is_none();
        if !needs_attaching(&program) || is_called || wanted == Some(&Target::Nothing) {
            continue;
        }
        let tried = match optional.left_out.contains(&name) {
            true => Err(ENOENT),
            false => target::attach(object, &program, wanted),
        };
        match tried {
            Ok((link, to)) => {
                if is_iterator(&program) {
                    attached.iterators.push((attached.links.len(), String::new()));
                }
                attached.links.push(link);
                outlet.send(&Event::Attached { program: name, to })?;
            }
            Err(errno) => {
                logs::send(outlet)?;
                let reason = why(errno, &program, wanted);
                if optional.names.contains(&name) && matches!(errno, ENOENT | EINVAL | ESRCH) {
                    let hook = wanted.and_then(target::words).unwrap_or_else(|| section.clone());
                    outlet.send(&Event::LeftOut { program: name.clone(), section: hook })?;
                    last_failure = Some(Event::AttachFailed { program: name, section, reason });
                    continue;
                }
                outlet.send(&Event::AttachFailed { program: name, section, reason })?;
                return Ok(None);
            }
        }
    }
    for (name, tried) in target::struct_ops(object, targets) {
        match tried {
            Ok((link, to)) => {
                attached.links.push(link);
                outlet.send(&Event::Attached { program: name, to })?;
            }
            Err(errno) => {
                logs::send(outlet)?;
                let (section, reason) = ("struct_ops".to_owned(), AttachFailure::Errno(errno));
                outlet.send(&Event::AttachFailed { program: name, section, reason })?;
                return Ok(None);
            }
        }
    }
    match last_failure {
        Some(failure) if attached.links.is_empty() => {
            outlet.send(&failure)?;
            Ok(None)
        }
        _ => Ok(Some(attached)),
    }
}

/// Programs that are reached by their struct_ops map are not attached one by one, nor are those
/// that a map of devices or of processors sends packets through.
fn needs_attaching(program: &Program<'_>) -> bool {
    match program.prog_type() {
        ProgramType::StructOps => false,
        ProgramType::Xdp => {
            !matches!(target::attach_type(program), libbpf_sys::BPF_XDP_DEVMAP | libbpf_sys::BPF_XDP_CPUMAP)
        }
        _ => true,
    }
}

fn is_iterator(program: &Program<'_>) -> bool {
    program.prog_type() == ProgramType::Tracing && program.section().to_string_lossy().starts_with("iter")
}

/// The programs that others call from an array of programs: they run when they
/// are called, and attached besides they would run twice.
fn called(object: &Object) -> HashSet<String> {
    let arrays = object.maps().filter(|map| map.map_type() == MapType::ProgArray);
    let ids: HashSet<u32> = arrays
        .flat_map(|map| {
            let slot = |index: u32| map.lookup(&index.to_ne_bytes(), MapFlags::ANY).ok().flatten();
            let ids: Vec<u32> = (0..map.max_entries().min(MAX_CALLED))
                .filter_map(slot)
                .filter_map(|id| Some(u32::from_ne_bytes(id.try_into().ok()?)))
                .collect();
            ids
        })
        .collect();
    if ids.is_empty() {
        return HashSet::new();
    }
    let of_called = |program: &Program<'_>| {
        use std::os::fd::AsFd as _;
        Program::id_from_fd(program.as_fd()).is_ok_and(|id| ids.contains(&id))
    };
    object.progs().filter(of_called).map(|program| program.name().to_string_lossy().into_owned()).collect()
}

fn why(errno: i32, program: &Program<'_>, wanted: Option<&Target>) -> AttachFailure {
    let section = &*program.section().to_string_lossy();
    if let Some(absent) = binary::absent(section, wanted) {
        return absent;
    }
    match errno {
        ENODEV if let Some(Target::Interface { name, .. }) = wanted => {
            let known = target::interfaces(target::reaches_both(program));
            AttachFailure::NoInterface { name: name.clone(), known }
        }
        ENOENT | EOPNOTSUPP | ENODEV if let Some(Target::Counter { event, .. }) = wanted => {
            AttachFailure::NoCounter { event: *event }
        }
        EOPNOTSUPP if is_mark(section, wanted) => AttachFailure::NoCookie,
        EOPNOTSUPP => AttachFailure::NeedsTarget { forms: target::forms_of(program) },
        ENOENT | EINVAL | ESRCH | EBUSY => {
            let asked = wanted.and_then(target::words);
            let hook = asked.as_deref().unwrap_or(section);
            let names = names::of_kernel();
            untraceable::function(hook)
                .and_then(|function| untraceable::why(function, &names))
                .or_else(|| {
                    let nearest = hooks_like(hook, &names)?;
                    Some(AttachFailure::NoSuchHook { asked: asked.clone(), nearest })
                })
                .unwrap_or(AttachFailure::Errno(errno))
        }
        _ => AttachFailure::Errno(errno),
    }
}

/// Whether it is to be attached to a mark that is named.
fn is_mark(section: &str, wanted: Option<&Target>) -> bool {
    match wanted {
        Some(target) => matches!(target, Target::Usdt { .. }),
        None => section.starts_with("usdt/"),
    }
}

/// Hooks close to the one that `section` names; `None` when that one exists
/// or its kind is not looked up by name.
fn hooks_like(section: &str, names: &Names) -> Option<Vec<String>> {
    let (kind, hook) = section.split_once('/')?;
    let tracepoints;
    let (known, wanted): (Vec<&str>, &str) = match kind {
        "tp" | "tracepoint" => {
            tracepoints = hooks::tracepoints();
            (tracepoints.iter().map(String::as_str).collect(), hook)
        }
        "raw_tp" | "raw_tracepoint" => {
            tracepoints = hooks::tracepoints();
            (tracepoints.iter().map(|name| event(name)).collect(), hook)
        }
        // An offset may follow.
        "kprobe" | "kretprobe" => {
            (names.traceable()?.iter().map(String::as_str).collect(), hook.split('+').next().unwrap_or(hook))
        }
        // A pattern of names.
        "kprobe.multi" | "kretprobe.multi" | "kprobe.session" => {
            let known: Vec<&str> = names.traceable()?.iter().map(String::as_str).collect();
            let is_there = known.iter().any(|name| binary::is_like(name.as_bytes(), hook.as_bytes()));
            return (!is_there).then(|| nearest(hook.trim_matches(['*', '?']), known, MAX_NEAREST));
        }
        _ => return None,
    };
    (!known.contains(&wanted)).then(|| nearest(wanted, known, MAX_NEAREST))
}

/// Of `category/event`.
fn event(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
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
    let mut found = Vec::new();
    for id in 1..btf.len() {
        let id = u32::try_from(id).unwrap_or(u32::MAX);
        let Some(ty) = btf.type_by_id::<libbpf_rs::btf::BtfType<'_>>(id.into()) else { continue };
        let name = ty.name().and_then(|name| name.to_str());
        if let Some(name) = name.and_then(|name| name.strip_prefix(prefix)).filter(|_| ty.kind() == right) {
            found.push(name.to_owned());
        }
    }
    if prefix.is_empty() {
        // What is in BTF and cannot be attached to is no help.
        let names = names::of_kernel();
        let traceable = names.traceable().map(|names| names.iter().collect::<HashSet<_>>());
        found.retain(|name| traceable.as_ref().is_none_or(|traceable| traceable.contains(name)));
    }
    nearest(wanted, found.iter().map(String::as_str), MAX_NEAREST)
}
