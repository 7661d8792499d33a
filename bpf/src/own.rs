//! Programs of the lab's own, a few instructions long, that look where nothing else can.
//!
//! Codes and registers: the kernel's Documentation/bpf/standardization. Does not know what
//! they are for.

use std::{
    ffi::CStr,
    os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd},
};

use libbpf_rs::libbpf_sys::{self, bpf_insn};

/// One instruction.
pub(crate) fn insn(code: u32, to: u8, from: u8, off: i16, imm: i32) -> bpf_insn {
    let mut insn = bpf_insn { code: code as u8, off, imm, ..Default::default() };
    insn.set_dst_reg(to);
    insn.set_src_reg(from);
    insn
}

/// Loads one; `None` when the kernel does not take it. `ask` adds to what is asked for.
pub(crate) fn load(
    kind: u32,
    name: &CStr,
    code: &[bpf_insn],
    ask: impl FnOnce(&mut libbpf_sys::bpf_prog_load_opts),
) -> Option<OwnedFd> {
    // SAFETY: all zero is a value of this C struct: nothing asked.
    let mut asked: libbpf_sys::bpf_prog_load_opts = unsafe { std::mem::zeroed() };
    asked.sz = size_of_val(&asked) as libbpf_sys::size_t;
    ask(&mut asked);
    // SAFETY: names end in NUL, and the program is as long as it says.
    owned(unsafe {
        libbpf_sys::bpf_prog_load(
            kind,
            name.as_ptr(),
            c"GPL".as_ptr(),
            code.as_ptr(),
            code.len() as libbpf_sys::size_t,
            &raw mut asked,
        )
    })
}

/// Stands where the kernel was told when the program was loaded, for as long as it is held.
pub(crate) fn stand(program: &OwnedFd) -> Option<OwnedFd> {
    // SAFETY: a program that names its function needs no other name.
    owned(unsafe { libbpf_sys::bpf_raw_tracepoint_open(std::ptr::null(), program.as_raw_fd()) })
}

/// Of what libbpf answers: a new descriptor, or less than none.
fn owned(fd: i32) -> Option<OwnedFd> {
    // SAFETY: it is new, and nobody else's.
    (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd) })
}
