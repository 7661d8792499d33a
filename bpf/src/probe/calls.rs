//! What programs may call and which maps they may have: each tried once.
//!
//! The verifier refuses nearly all of these programs for their arguments; what
//! counts is whether it knew the helper. Does not know what a lesson needs.

use std::{ffi::CStr, fs::File, io::Write, ptr, time::Duration};

use bpflab_worker::Helper;
use libbpf_sys::{libbpf_bpf_map_type_str, libbpf_probe_bpf_map_type};

use super::{
    answer::Answer,
    btf::Btf,
    child,
    kinds::{KINDS, Kind},
    load,
};

/// The kinds that are asked: one for each list of helpers that the kernel has.
/// Not the typed ones besides `lsm`: theirs are those of `raw_tp` and a few
/// more, and each try costs a walk through all symbols on older kernels.
const ASKED: [&str; 13] = [
    "tracepoint",
    "raw_tp",
    "kprobe",
    "perf_event",
    "lsm",
    "socket",
    "tc",
    "xdp",
    "cgroup_skb",
    "cgroup/sock_addr",
    "sockops",
    "sk_msg",
    "syscall",
];

/// Asking for it makes the kernel warn in its log, and a machine's own kernel
/// does not take it from the lab anyway.
const LOUD: &str = "bpf_probe_write_user";

/// The map types that can be made, by libbpf's names; none when time ran out.
pub(super) fn maps(deadline: Duration) -> Vec<String> {
    let written = child::run(deadline, |out| {
        load::silence();
        for (kind, _) in map_names() {
            // SAFETY: no options are given, and none is needed.
            let made = unsafe { libbpf_probe_bpf_map_type(kind, ptr::null()) };
            out.write_all(&[u8::from(made == 1)])?;
        }
        Ok(())
    });
    if written.len() < map_names().count() {
        return Vec::new();
    }
    map_names().zip(written).filter(|(_, made)| *made == 1).map(|((_, name), _)| name).collect()
}

/// Types by number, from 1 to the last that libbpf knows.
fn map_names() -> impl Iterator<Item = (u32, String)> {
    (1..).map_while(|kind| {
        // SAFETY: libbpf answers with a string of its own, or null for a number it does not know.
        let name = unsafe { libbpf_bpf_map_type_str(kind) };
        // SAFETY: not null, and libbpf's static strings end in NUL.
        (!name.is_null()).then(|| (kind, unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()))
    })
}

/// The helpers that this kernel has, and who may call them. `ours`: it is a
/// throw-away guest's. None when time ran out.
pub(super) fn helpers(vmlinux: &Answer<Btf>, ours: bool, deadline: Duration) -> Vec<Helper> {
    let Ok(btf) = vmlinux else { return Vec::new() };
    let known: Vec<(String, i32)> = btf
        .enumerators(c"bpf_func_id")
        .into_iter()
        .filter_map(|(name, number)| Some((format!("bpf_{}", name.strip_prefix("BPF_FUNC_")?), number)))
        .filter(|(name, number)| *number > 0 && !name.starts_with("bpf___") && (ours || name != LOUD))
        .collect();
    let asked: Vec<&Kind> = KINDS.iter().filter(|kind| ASKED.contains(&kind.name)).collect();
    let written = child::run(deadline, |out| ask(out, vmlinux, &known, &asked));
    if written.len() < known.len() * asked.len() {
        return Vec::new();
    }
    known
        .into_iter()
        .zip(written.chunks_exact(asked.len()))
        .map(|((name, _), answers)| {
            let may = asked.iter().zip(answers).filter(|(_, may)| **may == 1);
            Helper { name, programs: may.map(|(kind, _)| kind.name.to_owned()).collect() }
        })
        .filter(|helper| !helper.programs.is_empty())
        .collect()
}

/// The child's work: for each helper a byte for each kind.
fn ask(
    out: &mut File,
    vmlinux: &Answer<Btf>,
    helpers: &[(String, i32)],
    kinds: &[&Kind],
) -> std::io::Result<()> {
    load::silence();
    let loads: Vec<bool> = kinds.iter().map(|kind| load::load(kind, vmlinux).is_ok()).collect();
    for (_, number) in helpers {
        let may = kinds
            .iter()
            .zip(&loads)
            .map(|(kind, loads)| u8::from(*loads && load::may_call(kind, vmlinux, *number)));
        out.write_all(&may.collect::<Vec<u8>>())?;
    }
    Ok(())
}
