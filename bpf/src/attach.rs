//! Attaches every program from its SEC name, or says why it cannot be.
//!
//! Knows libbpf's sections and the kernel's lists of hooks. Does not know
//! targets yet: a program that needs one fails for that reason.

use std::{fs, path::Path, ptr::NonNull};

use bpflab_worker::{AttachFailure, Event};
use libbpf_rs::{AsRawLibbpf, Object, ProgramImpl, btf::Btf, libbpf_sys};
use nix::libc::{EINVAL, ENOENT, EOPNOTSUPP, ESRCH};

use crate::{instance::TRACEFS, logs, object::last_errno, outlet::Outlet};

/// Names offered for one that does not exist.
const MAX_NEAREST: usize = 5;

/// An attached program; detaches on drop.
pub(crate) struct Link(NonNull<libbpf_sys::bpf_link>);

impl Drop for Link {
    fn drop(&mut self) {
        // SAFETY: we own the link and do not use it again.
        unsafe { libbpf_sys::bpf_link__destroy(self.0.as_ptr()) };
    }
}

/// Attaches all; `None` when one failed, which the events have said.
pub(crate) fn all(object: &Object, outlet: &mut Outlet) -> crate::Result<Option<Vec<Link>>> {
    let mut links = Vec::new();
    for program in object.progs() {
        let name = program.name().to_string_lossy().into_owned();
        let section = program.section().to_string_lossy().into_owned();
        match one(&program) {
            Ok(link) => {
                links.push(link);
                let to = section.strip_prefix('?').unwrap_or(&section).to_owned();
                outlet.send(&Event::Attached { program: name, to })?;
            }
            Err(errno) => {
                logs::send(outlet)?;
                let reason = why(errno, &section);
                outlet.send(&Event::AttachFailed { program: name, section, reason })?;
                return Ok(None);
            }
        }
    }
    Ok(Some(links))
}

fn one(program: &ProgramImpl<'_>) -> Result<Link, i32> {
    // SAFETY: the program is loaded and lives as long as its object.
    let link = unsafe { libbpf_sys::bpf_program__attach(program.as_libbpf_object().as_ptr()) };
    NonNull::new(link).map(Link).ok_or_else(last_errno)
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
    let (known, wanted): (Vec<String>, String) = match kind {
        "tp" | "tracepoint" => (tracepoints(true), hook.to_owned()),
        "raw_tp" | "raw_tracepoint" => (tracepoints(false), hook.to_owned()),
        _ => return None,
    };
    (!known.contains(&wanted)).then(|| nearest(&wanted, known.iter().map(String::as_str)))
}

/// `category/event`, or the event alone.
fn tracepoints(with_category: bool) -> Vec<String> {
    let list = fs::read_to_string(Path::new(TRACEFS).join("available_events")).unwrap_or_default();
    list.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(category, event)| if with_category { format!("{category}/{event}") } else { event.to_owned() })
        .collect()
}

/// Names of the kernel's BTF close to `wanted`: tracepoints (each is a typedef
/// there) for a section of theirs, else functions.
pub(crate) fn nearest_in_btf(wanted: &str, section: &str) -> Vec<String> {
    let Ok(btf) = Btf::from_vmlinux() else { return Vec::new() };
    let prefix = if section.starts_with("tp_btf") { "btf_trace_" } else { "" };
    let wanted = wanted.strip_prefix(prefix).unwrap_or(wanted);
    let mut names = Vec::new();
    for id in 1..btf.len() {
        let id = u32::try_from(id).unwrap_or(u32::MAX);
        let Some(ty) = btf.type_by_id::<libbpf_rs::btf::BtfType<'_>>(id.into()) else { continue };
        let kind = ty.kind();
        let right = if prefix.is_empty() {
            kind == libbpf_rs::btf::BtfKind::Func
        } else {
            kind == libbpf_rs::btf::BtfKind::Typedef
        };
        let name = ty.name().and_then(|name| name.to_str());
        if let Some(name) = name.and_then(|name| name.strip_prefix(prefix)).filter(|_| right) {
            names.push(name.to_owned());
        }
    }
    nearest(wanted, names.iter().map(String::as_str))
}

/// The names with the smallest edit distance, nearest first.
fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let bound = (wanted.len() / 3).max(2);
    let mut close: Vec<(usize, &str)> = known
        .filter(|name| name.len().abs_diff(wanted.len()) <= bound)
        .map(|name| (distance(wanted.as_bytes(), name.as_bytes()), name))
        .filter(|(away, _)| *away <= bound)
        .collect();
    close.sort_unstable();
    close.dedup();
    close.into_iter().take(MAX_NEAREST).map(|(_, name)| name.to_owned()).collect()
}

/// Levenshtein's distance in bytes: hook names are ASCII.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let change = corner + usize::from(from != to);
            corner = row[j + 1];
            row[j + 1] = change.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_hook_comes_first() {
        let known = ["syscalls/sys_enter_openat", "syscalls/sys_enter_openat2", "syscalls/sys_enter_open"];
        let found = nearest("syscalls/sys_enter_opneat", known.into_iter());
        assert_eq!(found[0], "syscalls/sys_enter_openat");
    }
}
