//! A program in the forms that it went through: as given to the kernel, as the
//! verifier rewrote it, as machine code, and which source line each part is of.
//!
//! Knows where libbpf and the kernel tell it. Reads no instruction but calls
//! and constants: the server does.

use std::os::fd::{AsFd as _, AsRawFd as _};

use bpflab_worker::{BadChange, Code, CodeLine, CodeSizes, Form, Function, MAX_CODE};
use libbpf_rs::{
    AsRawLibbpf as _, MapCore as _, Object, Program,
    btf::{Btf, types::Enum},
    libbpf_sys,
    query::{ProgInfoIter, ProgInfoQueryOptions, ProgramInfo},
};

use crate::symbols::Symbols;

/// Operation codes: a call, and a constant of 64 bits.
const CALL: u8 = 0x85;
const CONSTANT: u8 = 0x18;

/// What a call's source register says: a helper, a kernel function.
const HELPER: u8 = 0;
const KERNEL_FUNCTION: u8 = 2;

/// What a constant's source register says: a map, or a value in one.
const MAPS: [u8; 2] = [1, 2];

/// Calls are relative to it, in what the kernel shows of its own form.
const CALL_BASE: &str = "__bpf_call_base";

/// All that can be told of a program.
pub(crate) fn of(object: &Object, btf: Option<&Btf<'_>>, name: &str) -> Result<Code, BadChange> {
    let Some(program) = object.progs().find(|program| program.name() == name) else {
        let known = object.progs().map(|program| program.name().to_string_lossy().into_owned());
        return Err(BadChange::UnknownProgram { known: known.collect() });
    };
    let wanted = ProgInfoQueryOptions::default()
        .include_xlated_prog_insns(true)
        .include_jited_prog_insns(true)
        .include_line_info(true)
        .include_jited_line_info(true)
        .include_jited_func_lens(true)
        .include_jited_ksyms(true);
    // The kernel ends a program's life with its last descriptor, so it is there.
    let gone = BadChange::Errno(nix::libc::ENOENT);
    let id = Program::id_from_fd(program.as_fd()).map_err(|_| gone.clone())?;
    let info = ProgInfoIter::with_query_opts(wanted).find(|info| info.id == id).ok_or(gone)?;
    let mut lines = Lines { btf, known: Vec::new() };
    Ok(Code {
        program: name.to_owned(),
        given: given(object, &program, &mut lines),
        translated: translated(object, &info, &mut lines),
        machine: machine(&info, &mut lines),
        lines: lines.known,
        sizes: CodeSizes {
            given: size_of_val(program.insns()) as u64,
            translated: info.xlated_prog_insns.len() as u64,
            machine: info.jited_prog_insns.len() as u64,
        },
    })
}

/// Source lines, each kept once.
struct Lines<'b> {
    btf: Option<&'b Btf<'b>>,
    known: Vec<CodeLine>,
}

impl Lines<'_> {
    fn number(&mut self, file: u32, text: u32, line: u32, column: u32) -> u32 {
        let file = self.text(file);
        let text = self.text(text).trim().to_owned();
        let one = CodeLine { file, line, column, text };
        let at = self.known.iter().position(|known| *known == one).unwrap_or_else(|| {
            self.known.push(one);
            self.known.len() - 1
        });
        at as u32
    }

    fn text(&self, offset: u32) -> String {
        let Some(btf) = self.btf else { return String::new() };
        // SAFETY: the BTF lives as long as the borrow; an unknown offset gives null.
        let text = unsafe { libbpf_sys::btf__str_by_offset(btf.as_libbpf_object().as_ptr(), offset) };
        if text.is_null() {
            return String::new();
        }
        // SAFETY: a string of the BTF, which ends in NUL.
        unsafe { std::ffi::CStr::from_ptr(text) }.to_string_lossy().into_owned()
    }
}

/// One instruction's fields that matter here.
struct Reference {
    at: u32,
    code: u8,
    kind: u8,
    number: i32,
}

fn references(bytes: &[u8]) -> impl Iterator<Item = Reference> {
    let one = |(at, one): (u32, &[u8])| {
        let number = i32::from_le_bytes(one[4..8].try_into().ok()?);
        Some(Reference { at, code: one[0], kind: one[1] >> 4, number })
    };
    (0u32..).zip(bytes.chunks_exact(8)).filter_map(one)
}

fn cut(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(MAX_CODE)].to_vec()
}

/// As compiled, with libbpf's changes: maps by descriptor, helpers by number,
/// kernel functions by type.
fn given(object: &Object, program: &Program<'_>, lines: &mut Lines<'_>) -> Form {
    let instructions = program.insns();
    // SAFETY: an instruction is eight bytes without padding, and they lie in a row.
    let bytes =
        unsafe { std::slice::from_raw_parts(instructions.as_ptr().cast::<u8>(), size_of_val(instructions)) };
    let kernel = Btf::from_vmlinux().ok();
    let helper = |number: i32| {
        let list = kernel.as_ref()?.type_by_name::<Enum<'_>>("bpf_func_id")?;
        let member = list.iter().find(|member| member.value == i64::from(number))?;
        Some(format!("bpf_{}", member.name?.to_str()?.strip_prefix("BPF_FUNC_")?))
    };
    let function = |number: i32| {
        let id = u32::try_from(number).ok()?.into();
        Some(
            kernel
                .as_ref()?
                .type_by_id::<libbpf_rs::btf::BtfType<'_>>(id)?
                .name()?
                .to_string_lossy()
                .into_owned(),
        )
    };
    let map = |fd: i32| {
        let map = object.maps().find(|map| map.as_fd().as_raw_fd() == fd)?;
        Some(map.name().to_string_lossy().into_owned())
    };
    let names = references(bytes).filter_map(|one| {
        let name = match (one.code, one.kind) {
            (CALL, HELPER) => helper(one.number),
            (CALL, KERNEL_FUNCTION) => function(one.number),
            (CONSTANT, kind) if MAPS.contains(&kind) => map(one.number),
            _ => None,
        };
        Some((one.at, name?))
    });
    Form { bytes: cut(bytes), names: names.collect(), marks: given_marks(program, lines) }
}

fn given_marks(program: &Program<'_>, lines: &mut Lines<'_>) -> Vec<(u32, u32)> {
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: the program lives as long as the borrow.
    let (first, count) =
        unsafe { (libbpf_sys::bpf_program__line_info(raw), libbpf_sys::bpf_program__line_info_cnt(raw)) };
    if first.is_null() {
        return Vec::new();
    }
    // SAFETY: libbpf says how many lie there, and keeps them while the program lives.
    let all = unsafe { std::slice::from_raw_parts(first, count as usize) };
    let mark = |line: &libbpf_sys::bpf_line_info| {
        // Line and column share a word.
        let (number, column) = (line.line_col >> 10, line.line_col & 0x3ff);
        (line.insn_off, lines.number(line.file_name_off, line.line_off, number, column))
    };
    all.iter().take(MAX_CODE / 8).map(mark).collect()
}

/// As the kernel shows its own form: maps by id, calls by distance.
fn translated(object: &Object, info: &ProgramInfo, lines: &mut Lines<'_>) -> Form {
    let symbols = Symbols::of_kernel();
    let base = symbols.address(CALL_BASE);
    let function =
        |distance: i32| Some(symbols.exactly(base?.wrapping_add_signed(distance.into()))?.to_owned());
    let map = |id: i32| {
        let map =
            object.maps().find(|map| map.info().is_ok_and(|map| i64::from(map.info.id) == i64::from(id)))?;
        Some(map.name().to_string_lossy().into_owned())
    };
    let names = references(&info.xlated_prog_insns).filter_map(|one| {
        let name = match (one.code, one.kind) {
            (CALL, HELPER | KERNEL_FUNCTION) => function(one.number),
            (CONSTANT, kind) if MAPS.contains(&kind) => map(one.number),
            _ => None,
        };
        Some((one.at, name?))
    });
    let names = names.collect();
    let mark = |line: &libbpf_rs::query::LineInfo| {
        (line.insn_off, lines.number(line.file_name_off, line.line_off, line.line_num, line.line_col))
    };
    let marks = info.line_info.iter().take(MAX_CODE / 8).map(mark).collect();
    Form { bytes: cut(&info.xlated_prog_insns), names, marks }
}

/// The program and its functions, each where the kernel has put it.
fn machine(info: &ProgramInfo, lines: &mut Lines<'_>) -> Vec<Function> {
    let marks: Vec<(u64, u32)> = info
        .jited_line_info
        .iter()
        .zip(&info.line_info)
        .take(MAX_CODE / 8)
        .map(|(address, line)| {
            let number = lines.number(line.file_name_off, line.line_off, line.line_num, line.line_col);
            (*address as u64, number)
        })
        .collect();
    let mut rest = info.jited_prog_insns.as_slice();
    let mut left = MAX_CODE;
    let mut found = Vec::new();
    for (address, length) in info.jited_ksyms.iter().zip(&info.jited_func_lens) {
        let Some((bytes, after)) = rest.split_at_checked(*length as usize) else { break };
        rest = after;
        let kept = bytes.len().min(left);
        left -= kept;
        let address = *address as u64;
        let own = address..address + u64::from(*length);
        let marks = marks.iter().filter(|(start, _)| own.contains(start)).copied().collect();
        found.push(Function { address, bytes: bytes[..kept].to_vec(), marks });
    }
    found
}
