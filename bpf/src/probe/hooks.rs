//! Where programs can be attached on this kernel, by what it says of itself.
//!
//! A function that is in BTF need not be attachable (inlined, not to be
//! traced): only the tracer's own list counts. Tries nothing.

use std::{
    collections::HashSet,
    ffi::CString,
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::Path,
    time::{Duration, Instant},
};

use bpflab_worker::{Features, Hooks};
use libbpf_sys::{BTF_KIND_DECL_TAG, BTF_KIND_FUNC, BTF_KIND_STRUCT, BTF_KIND_TYPEDEF};

use super::{answer::Answer, btf::Btf};
use crate::instance::TRACEFS;

/// The active security modules, by commas.
const SECURITY: &str = "/sys/kernel/security/lsm";

/// Functions that a kprobe may not touch: `FROM-TO<tab>NAME`.
const BLACKLIST: &str = "/sys/kernel/debug/kprobes/blacklist";

/// Modules with types lie here, beside `vmlinux`.
const TYPES: &str = "/sys/kernel/btf";

/// How the kernel names the value of a map that holds operations.
const VALUE: &str = "bpf_struct_ops_";

/// Places of weak functions that the linker left out.
const NOT_A_FUNCTION: &str = "__ftrace_invalid_address__";

/// Everything by name.
pub(super) fn find(vmlinux: &Answer<Btf>) -> Features {
    let mut typed = HashSet::new();
    let mut found = Features { security: security(), ..Features::default() };
    if let Ok(btf) = vmlinux {
        sort(btf, 1, &mut found, &mut typed);
        for module in modules() {
            if let Ok(own) = Btf::module(&module, btf) {
                sort(&own, btf.count(), &mut found, &mut typed);
            }
        }
        found.hooks.operations.retain(|name| is_operations(btf, name));
    }
    let (functions, untyped) =
        functions(None).unwrap_or_default().into_iter().partition(|name| typed.contains(name));
    let tracepoints = tracepoints();
    found.hooks = Hooks { tracepoints, functions, untyped, ..found.hooks };
    found
}

/// `category/event`.
pub(crate) fn tracepoints() -> Vec<String> {
    let list = fs::read_to_string(Path::new(TRACEFS).join("available_events")).unwrap_or_default();
    list.lines().map(|line| line.replacen(':', "/", 1)).collect()
}

/// The functions that kprobes and fentry can be attached to, sorted. The kernel
/// looks each symbol up while they are read, which takes seconds under
/// emulation; `None` when it takes longer than that, or it does not tell.
pub(crate) fn functions(patience: Option<Duration>) -> Option<Vec<String>> {
    let file = File::open(Path::new(TRACEFS).join("available_filter_functions")).ok()?;
    let end = patience.map(|patience| Instant::now() + patience);
    let blacklist = fs::read_to_string(BLACKLIST).unwrap_or_default();
    let refused: HashSet<&str> = forbidden(&blacklist).collect();
    let mut found: Vec<String> = BufReader::new(file)
        .lines()
        .map_while(Result::ok)
        .take_while(|_| end.is_none_or(|end| Instant::now() < end))
        // `name [module]`
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|name| !name.starts_with(NOT_A_FUNCTION) && !refused.contains(name.as_str()))
        .collect();
    if end.is_some_and(|end| Instant::now() >= end) {
        return None;
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

fn forbidden(blacklist: &str) -> impl Iterator<Item = &str> {
    blacklist.lines().filter_map(|line| line.split_whitespace().nth(1))
}

/// Whether the kernel lets no probe touch a function.
pub(crate) fn is_forbidden(function: &str) -> bool {
    let blacklist = fs::read_to_string(BLACKLIST).unwrap_or_default();
    forbidden(&blacklist).any(|name| name == function)
}

fn security() -> Vec<String> {
    let list = fs::read_to_string(SECURITY).unwrap_or_default();
    list.trim().split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn modules() -> Vec<CString> {
    let entries = fs::read_dir(TYPES).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name != "vmlinux").collect();
    names.sort_unstable(); // the same kernel gives the same answer
    names.into_iter().filter_map(|name| CString::new(name).ok()).collect()
}

/// Puts types from an id on where they belong. What the kernel generates for a
/// hook tells that there is one.
fn sort(btf: &Btf, from: u32, found: &mut Features, functions: &mut HashSet<String>) {
    let Features { kfuncs, hooks, .. } = found;
    for own in btf.types(from) {
        match own.kind {
            BTF_KIND_FUNC => match own.name.strip_prefix("bpf_lsm_") {
                Some(decision) => hooks.decisions.push(decision.to_owned()),
                None => drop(functions.insert(own.name.to_owned())),
            },
            BTF_KIND_TYPEDEF => push(&mut hooks.raw_tracepoints, own.name, "btf_trace_"),
            BTF_KIND_STRUCT if own.name.contains("__safe_") => {} // a variant of another, for the verifier
            BTF_KIND_STRUCT => {
                push(&mut hooks.iterators, own.name, "bpf_iter__");
                push(&mut hooks.operations, own.name, VALUE);
            }
            BTF_KIND_DECL_TAG if own.name == "bpf_kfunc" => {
                kfuncs.extend(btf.get(own.of).map(|function| function.name.to_owned()));
            }
            _ => {}
        }
    }
}

/// Of the names behind [`VALUE`] those whose operations are a structure of their
/// own; the others are the machinery's.
fn is_operations(btf: &Btf, name: &str) -> bool {
    let find = |name: &str| btf.find(&CString::new(name).ok()?, BTF_KIND_STRUCT).ok();
    let value = find(&format!("{VALUE}{name}")).filter(|value| btf.member(*value, c"data").is_ok());
    value.is_some() && find(name).is_some()
}

fn push(to: &mut Vec<String>, name: &str, prefix: &str) {
    to.extend(name.strip_prefix(prefix).map(str::to_owned));
}
