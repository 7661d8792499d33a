//! An object from its bytes to the kernel: open, set, load, and why not.
//!
//! Knows libbpf's order of things. Does not attach, and knows no lesson.

use bpflab_worker::{AttachFailure, Event, LogSource, MapFacts, ProgramFacts, Verified};
use libbpf_rs::{
    AsRawLibbpf, MapCore, Object, ObjectBuilder, OpenObject,
    btf::{Btf, TypeId},
    libbpf_sys,
};

use crate::{
    attach, ctype,
    logs::{self, Said},
    maps, names,
    outlet::Outlet,
    relocations,
    types::Types,
    untraceable,
};

/// For the verifier's log of a refused program. libbpf never grows a buffer of
/// ours, and one that is too small keeps the log's head on 5.10 and 6.1.
const VERIFIER_LOG: usize = 16 << 20;

/// The verifier's levels: its counts alone, and each step of one way through.
/// From include/linux/bpf_verifier.h; both come with its verdict.
const COUNTS: u32 = 4;
const WHOLE: u32 = 1;

/// For counts and a verdict. Too small a buffer would fail the load.
const COUNTS_LOG: usize = 64 << 10;

/// Kept of that log, in bytes: its tail, where the verdict stands.
const VERIFIER_TAIL: usize = 256 << 10;

/// Opens the object; `Err` is a positive errno. Its relocations are for the
/// kernel's types in the file, where there is one.
pub(crate) fn open(elf: &[u8], types: Option<&Types>) -> Result<OpenObject, i32> {
    let mut builder = ObjectBuilder::default();
    // libbpf-rs names an object in memory after its address without this.
    if builder.name("program").is_err() {
        return Err(nix::libc::EINVAL);
    }
    if let Some(types) = types
        && builder.btf_custom_path(types.path()).is_err()
    {
        return Err(nix::libc::EINVAL);
    }
    builder.open_memory(elf).map_err(|_| last_errno())
}

/// A loaded object, and the verifier's count of its work on each program, in order.
pub(crate) struct Loaded {
    pub(crate) object: Object,
    verified: Vec<Option<Verified>>,
}

/// Loads the object that `ready` opens. On refusal the events say why, and
/// `None` comes back.
///
/// The first try asks the verifier for its counts alone, which cost nothing and
/// come with its verdict. A refused object is opened again and its log asked
/// for, but not where the program was too large: that log would say nothing
/// more and takes seconds.
pub(crate) fn load(
    mut ready: impl FnMut() -> crate::Result<OpenObject>,
    outlet: &mut Outlet,
) -> crate::Result<Option<Loaded>> {
    let mut opened = ready()?;
    let mut counts: Vec<Vec<u8>> = opened.progs().map(|_| vec![0; COUNTS_LOG]).collect();
    let mut status = try_load(&opened, COUNTS, |at| &raw mut *counts[at]);
    let mut said = logs::take();
    let mut log = refused_one(&opened, &said).map_or_else(Vec::new, |at| std::mem::take(&mut counts[at]));
    if status != 0 && !log.is_empty() && !is_too_large(-status, &log) {
        drop(opened);
        opened = ready()?;
        log = vec![0; VERIFIER_LOG]; // zeroed pages cost nothing until written
        status = try_load(&opened, WHOLE, |_| &raw mut *log);
        said = logs::take();
    }
    logs::tell(&said, outlet)?;
    let relocated = relocations::told(&said.lines);
    if !relocated.is_empty() {
        outlet.send(&Event::Relocated(relocated))?;
    }
    if status != 0 {
        refused(-status, &log, &said.lines, &opened, outlet)?;
        return Ok(None);
    }
    let verified = counts.iter().map(|log| verified(&tail(log))).collect();
    // SAFETY: the object is loaded, and `opened` gives its ownership up.
    let object = unsafe { Object::from_ptr(opened.take_ptr()) };
    Ok(Some(Loaded { object, verified }))
}

/// One try, with a log for each program; 0 or a negative errno.
fn try_load(opened: &OpenObject, level: u32, mut log: impl FnMut(usize) -> *mut [u8]) -> i32 {
    let set = |at: usize, memory: *mut [u8]| {
        let Some(program) = opened.progs().nth(at) else { return };
        let program = program.as_libbpf_object().as_ptr();
        // SAFETY: the program belongs to `opened`; the memory outlives the load and
        // is taken away after it.
        unsafe {
            libbpf_sys::bpf_program__set_log_level(program, if memory.is_null() { 0 } else { level });
            libbpf_sys::bpf_program__set_log_buf(program, memory.cast(), memory.len() as u64);
        }
    };
    let programs = opened.progs().count();
    (0..programs).for_each(|at| set(at, log(at)));
    // SAFETY: `opened` owns the object. libbpf-rs would do the same, and lose the errno.
    let status = unsafe { libbpf_sys::bpf_object__load(opened.as_libbpf_object().as_ptr()) };
    (0..programs).for_each(|at| set(at, std::ptr::slice_from_raw_parts_mut(std::ptr::null_mut(), 0)));
    status
}

/// Which program the kernel refused, in the object's order.
fn refused_one(opened: &OpenObject, said: &Said) -> Option<usize> {
    let name = said.lines.iter().find_map(|line| named_program(line))?;
    opened.progs().position(|program| program.name() == name.as_str())
}

/// Whether the verifier gave up rather than found a fault.
fn is_too_large(errno: i32, log: &[u8]) -> bool {
    errno == nix::libc::E2BIG || tail(log).contains("program is too large")
}

/// `processed 12 insns (limit …) … total_states 1 peak_states 1 …`, and the time before it.
fn verified(log: &str) -> Option<Verified> {
    let after = |word: &str| -> Option<u64> {
        let rest = log.rsplit_once(word)?.1.trim_start();
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    Some(Verified {
        instructions: after("processed ")?,
        states: after("total_states ")?,
        peak_states: after("peak_states ")?,
        us: after("verification time "),
    })
}

fn refused(
    errno: i32,
    log: &[u8],
    said: &[String],
    opened: &OpenObject,
    outlet: &mut Outlet,
) -> crate::Result {
    let program = said.iter().find_map(|line| named_program(line));
    let text = tail(log);
    if !text.is_empty() {
        outlet.send(&Event::Log { source: LogSource::Verifier, text })?;
    } else if let Some((name, function)) = said.iter().find_map(|line| missing_btf_target(line)) {
        let section = opened.progs().find(|program| program.name() == name.as_str());
        let section = section.map(|program| program.section().to_string_lossy().into_owned());
        let section = section.unwrap_or_default();
        // It is not in the kernel's types, and may be there all the same.
        let reason = untraceable::why(&function, &names::of_kernel()).unwrap_or_else(|| {
            let nearest = attach::nearest_in_btf(&function, &section);
            AttachFailure::NoSuchHook { asked: None, nearest }
        });
        outlet.send(&Event::AttachFailed { program: name, section, reason })?;
        return Ok(());
    }
    outlet.send(&Event::LoadFailed { errno, program })
}

/// The log's last whole lines.
fn tail(log: &[u8]) -> String {
    let end = log.iter().position(|byte| *byte == 0).unwrap_or(log.len());
    let start = end.saturating_sub(VERIFIER_TAIL);
    let kept = &log[start..end];
    let skip = match start {
        0 => 0,
        _ => kept.iter().position(|byte| *byte == b'\n').map_or(0, |newline| newline + 1),
    };
    String::from_utf8_lossy(&kept[skip..]).into_owned()
}

/// libbpf: `prog 'NAME': BPF program load failed: …`.
fn named_program(line: &str) -> Option<String> {
    let rest = line.strip_prefix("libbpf: prog '")?;
    let (name, what) = rest.split_once('\'')?;
    what.contains("load failed").then(|| name.to_owned())
}

/// libbpf: `prog 'NAME': failed to find kernel BTF type ID of 'FUNCTION': -3`.
fn missing_btf_target(line: &str) -> Option<(String, String)> {
    let rest = line.strip_prefix("libbpf: prog '")?;
    let (name, what) = rest.split_once("': failed to find kernel BTF type ID of '")?;
    let (function, _) = what.split_once('\'')?;
    Some((name.to_owned(), function.to_owned()))
}

/// What is known of the loaded object.
pub(crate) fn facts(Loaded { object, verified }: &Loaded) -> (Vec<ProgramFacts>, Vec<MapFacts>) {
    let programs = object
        .progs()
        .zip(verified)
        .map(|(program, verified)| ProgramFacts {
            name: program.name().to_string_lossy().into_owned(),
            kind: program_type(program.prog_type() as u32),
            section: program.section().to_string_lossy().into_owned(),
            instructions: u32::try_from(program.insn_cnt()).unwrap_or(u32::MAX),
            verified: *verified,
        })
        .collect();
    let btf = object.btf().ok().flatten();
    let maps = object
        .maps()
        .filter(|map| !maps::holds_globals(map.as_libbpf_object()))
        .map(|map| {
            let (key, value) = maps::types(&map, btf.as_ref());
            MapFacts {
                name: map.name().to_string_lossy().into_owned(),
                kind: map_type(maps::kind(&map) as u32),
                key: c_name(btf.as_ref(), key),
                value: c_name(btf.as_ref(), value),
                max_entries: map.max_entries(),
            }
        })
        .collect();
    (programs, maps)
}

fn c_name(btf: Option<&Btf<'_>>, id: TypeId) -> Option<String> {
    (id != TypeId::from(0)).then_some(())?;
    Some(ctype::name(btf?, id))
}

pub(crate) fn program_type(number: u32) -> String {
    // SAFETY: libbpf answers with a string of its own, or null for a number it does not know.
    word(unsafe { libbpf_sys::libbpf_bpf_prog_type_str(number) }, number)
}

pub(crate) fn map_type(number: u32) -> String {
    // SAFETY: as above.
    word(unsafe { libbpf_sys::libbpf_bpf_map_type_str(number) }, number)
}

fn word(from: *const std::ffi::c_char, number: u32) -> String {
    if from.is_null() {
        return number.to_string();
    }
    // SAFETY: not null, and libbpf's static strings end in NUL.
    unsafe { std::ffi::CStr::from_ptr(from) }.to_string_lossy().into_owned()
}

/// libbpf leaves the positive errno of its last failure.
pub(crate) fn last_errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(nix::libc::EINVAL)
}
