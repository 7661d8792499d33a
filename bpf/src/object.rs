//! An object from its bytes to the kernel: open, set, load, and why not.
//!
//! Knows libbpf's order of things. Does not attach, and knows no lesson.

use bpflab_worker::{AttachFailure, Event, LogSource, MapFacts, ProgramFacts};
use libbpf_rs::{
    AsRawLibbpf, MapCore, Object, ObjectBuilder, OpenObject,
    btf::{Btf, TypeId},
    libbpf_sys,
};

use crate::{attach, ctype, logs, maps, outlet::Outlet, relocations};

/// For the verifier's log of a refused program. libbpf never grows a buffer of
/// ours, and one that is too small keeps the log's head on 5.10 and 6.1.
const VERIFIER_LOG: usize = 16 << 20;

/// Kept of that log, in bytes: its tail, where the verdict stands.
const VERIFIER_TAIL: usize = 256 << 10;

/// Opens the object; `Err` is a positive errno.
pub(crate) fn open(elf: &[u8]) -> Result<OpenObject, i32> {
    let mut builder = ObjectBuilder::default();
    // libbpf-rs names an object in memory after its address without this.
    if builder.name("program").is_err() {
        return Err(nix::libc::EINVAL);
    }
    builder.open_memory(elf).map_err(|_| last_errno())
}

/// Loads the object. On refusal the events say why, and `None` comes back.
///
/// The programs carry one shared log buffer: libbpf loads each without a log
/// first, and only a refused one again with it.
pub(crate) fn load(opened: OpenObject, outlet: &mut Outlet) -> crate::Result<Option<Object>> {
    let mut log = vec![0u8; VERIFIER_LOG]; // zeroed pages cost nothing until written
    for program in opened.progs() {
        // SAFETY: the buffer outlives the load below, and is taken away after it.
        unsafe {
            libbpf_sys::bpf_program__set_log_buf(
                program.as_libbpf_object().as_ptr(),
                log.as_mut_ptr().cast(),
                log.len() as u64,
            );
        }
    }
    // SAFETY: `opened` owns the object. libbpf-rs would do the same, and lose the errno.
    let status = unsafe { libbpf_sys::bpf_object__load(opened.as_libbpf_object().as_ptr()) };
    let said = logs::send(outlet)?;
    let relocated = relocations::told(&said);
    if !relocated.is_empty() {
        outlet.send(&Event::Relocated(relocated))?;
    }
    if status < 0 {
        refused(-status, &log, &said, &opened, outlet)?;
        return Ok(None);
    }
    for program in opened.progs() {
        // SAFETY: takes the buffer away again before it is freed.
        unsafe {
            libbpf_sys::bpf_program__set_log_buf(
                program.as_libbpf_object().as_ptr(),
                std::ptr::null_mut(),
                0,
            );
        }
    }
    // SAFETY: the object is loaded, and `opened` gives its ownership up.
    Ok(Some(unsafe { Object::from_ptr(opened.take_ptr()) }))
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
        let reason = AttachFailure::NoSuchHook { nearest: attach::nearest_in_btf(&function, &section) };
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
pub(crate) fn facts(object: &Object) -> (Vec<ProgramFacts>, Vec<MapFacts>) {
    let programs = object
        .progs()
        .map(|program| ProgramFacts {
            name: program.name().to_string_lossy().into_owned(),
            kind: program_type(program.prog_type() as u32),
            section: program.section().to_string_lossy().into_owned(),
            instructions: u32::try_from(program.insn_cnt()).unwrap_or(u32::MAX),
        })
        .collect();
    let btf = object.btf().ok().flatten();
    let maps = object
        .maps()
        .filter(|map| !maps::holds_globals(map.as_libbpf_object()))
        .map(|map| {
            let (key, value) = maps::types(map.as_libbpf_object());
            MapFacts {
                name: map.name().to_string_lossy().into_owned(),
                kind: map_type(map.map_type() as u32),
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

fn program_type(number: u32) -> String {
    // SAFETY: libbpf answers with a string of its own, or null for a number it does not know.
    word(unsafe { libbpf_sys::libbpf_bpf_prog_type_str(number) }, number)
}

fn map_type(number: u32) -> String {
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
