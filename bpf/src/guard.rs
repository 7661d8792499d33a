//! What the host refuses to load, decided from the object alone, before load.
//!
//! The list is DESIGN.md's: programs that only observe, no helper that changes
//! what others do, nothing pinned. Reads the ELF's code itself, since libbpf
//! does not show subprograms before it loads them.

use std::ffi::c_int;

use bpflab_worker::Refusal;
use libbpf_rs::{
    AsRawLibbpf, OpenObject, ProgramAttachType, ProgramType,
    libbpf_sys::{
        BPF_CALL, BPF_FUNC_override_return, BPF_FUNC_probe_write_user, BPF_FUNC_send_signal,
        BPF_FUNC_send_signal_thread, BPF_JMP,
    },
};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SectionFlags, elf::SHF_EXECINSTR};

/// Helpers that change what other processes do.
const HELPERS: [(u32, &str); 4] = [
    (BPF_FUNC_probe_write_user, "bpf_probe_write_user"),
    (BPF_FUNC_override_return, "bpf_override_return"),
    (BPF_FUNC_send_signal, "bpf_send_signal"),
    (BPF_FUNC_send_signal_thread, "bpf_send_signal_thread"),
];

/// The same, as kernel functions that a program names.
const KFUNCS: [&str; 1] = ["bpf_send_signal_task"];

/// Refuses what does more than observe.
pub(crate) fn observe_only(elf: &[u8], opened: &OpenObject) -> Result<(), Refusal> {
    for program in opened.progs() {
        // SAFETY: the program belongs to `opened`.
        let attach =
            unsafe { libbpf_sys::bpf_program__expected_attach_type(program.as_libbpf_object().as_ptr()) };
        if !observes(program.prog_type(), attach.into()) {
            return Err(Refusal::ProgramType {
                program: program.name().to_string_lossy().into_owned(),
                section: program.section().to_string_lossy().into_owned(),
            });
        }
    }
    for map in opened.maps() {
        // SAFETY: the map belongs to `opened`; a null path means that it is not pinned.
        let pinned = unsafe { !libbpf_sys::bpf_map__pin_path(map.as_libbpf_object().as_ptr()).is_null() };
        if pinned {
            return Err(Refusal::Pinned { map: map.name().to_string_lossy().into_owned() });
        }
    }
    calls(elf)
}

fn observes(program: ProgramType, attach: ProgramAttachType) -> bool {
    match program {
        ProgramType::Tracepoint
        | ProgramType::RawTracepoint
        | ProgramType::Kprobe
        | ProgramType::PerfEvent => true,
        ProgramType::Tracing => matches!(
            attach,
            ProgramAttachType::TraceRawTp
                | ProgramAttachType::TraceFentry
                | ProgramAttachType::TraceFexit
                | ProgramAttachType::TraceIter
        ),
        _ => false,
    }
}

/// Looks at every instruction of every executable section.
fn calls(elf: &[u8]) -> Result<(), Refusal> {
    let file = object::File::parse(elf).map_err(|_| Refusal::Unreadable)?;
    for symbol in file.symbols().filter(|symbol| symbol.is_undefined()) {
        let name = symbol.name().map_err(|_| Refusal::Unreadable)?;
        if KFUNCS.contains(&name) {
            return Err(Refusal::Helper { helper: name.to_owned() });
        }
    }
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else { return Err(Refusal::Unreadable) };
        if !sh_flags.contains(SHF_EXECINSTR) {
            continue;
        }
        let code = section.data().map_err(|_| Refusal::Unreadable)?;
        for instruction in code.chunks(8) {
            if let Some(helper) = forbidden(instruction)? {
                return Err(Refusal::Helper { helper: helper.to_owned() });
            }
        }
    }
    Ok(())
}

/// The forbidden helper that one instruction calls, if it does. The second
/// half of a 16-byte load has opcode 0, so it is never taken for a call.
fn forbidden(instruction: &[u8]) -> Result<Option<&'static str>, Refusal> {
    let bytes: [u8; 8] = instruction.try_into().map_err(|_| Refusal::Unreadable)?;
    let helper_call = bytes[0] == (BPF_JMP | BPF_CALL) as u8 && bytes[1] >> 4 == 0;
    let number = c_int::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as u32;
    Ok(HELPERS.iter().find(|(forbidden, _)| helper_call && *forbidden == number).map(|(_, name)| *name))
}
