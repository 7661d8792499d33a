//! What a perf buffer has lost and not said: the kernel writes how many records
//! found no room before the next one that finds some, and after a run none
//! follows. So a program of our own sends one, on each processor.
//!
//! Knows the few instructions of that program. Does not read buffers.

use std::{
    io,
    os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd},
};

use libbpf_rs::libbpf_sys;

/// What that record holds, and no other.
pub(crate) const MARK: [u8; 8] = *b"bpflab\0\x17";

/// One instruction as the kernel has it: code, registers, offset, immediate.
const fn instruction(code: u8, to: u8, from: u8, offset: i16, immediate: i32) -> u64 {
    code as u64
        | (to as u64) << 8
        | (from as u64) << 12
        | (offset as u16 as u64) << 16
        | (immediate as u32 as u64) << 32
}

/// `bpf_perf_event_output(ctx, map, BPF_F_CURRENT_CPU, &MARK, sizeof(MARK))`.
fn program(map: BorrowedFd<'_>) -> [u64; 12] {
    let mark = u64::from_le_bytes(MARK);
    [
        instruction(0x18, 2, 1, 0, map.as_raw_fd()), // r2 = map
        0,
        instruction(0xb4, 3, 0, 0, -1),                 // w3 = BPF_F_CURRENT_CPU
        instruction(0x18, 4, 0, 0, mark as u32 as i32), // r4 = MARK
        instruction(0, 0, 0, 0, (mark >> 32) as i32),
        instruction(0x7b, 10, 4, -8, 0),               // *(u64 *)(r10 - 8) = r4
        instruction(0xbf, 4, 10, 0, 0),                // r4 = r10
        instruction(0x07, 4, 0, 0, -8),                // r4 += -8
        instruction(0xb7, 5, 0, 0, MARK.len() as i32), // r5 = sizeof(MARK)
        instruction(0x85, 0, 0, 0, libbpf_sys::BPF_FUNC_perf_event_output as i32),
        instruction(0xb7, 0, 0, 0, 0), // r0 = 0
        instruction(0x95, 0, 0, 0, 0), // exit
    ]
}

/// Has every processor send one record to this map. It must have room.
pub(crate) fn have_it_said(map: BorrowedFd<'_>) -> io::Result<()> {
    let program = load(&program(map))?;
    let cpus = libbpf_rs::num_possible_cpus().map_err(io::Error::other)?;
    for cpu in 0..u32::try_from(cpus).unwrap_or(u32::MAX) {
        // SAFETY: all zero is a value of this C struct: nothing given, nothing asked.
        let mut asked: libbpf_sys::bpf_test_run_opts = unsafe { std::mem::zeroed() };
        asked.sz = size_of_val(&asked) as libbpf_sys::size_t;
        asked.flags = libbpf_sys::BPF_F_TEST_RUN_ON_CPU;
        asked.cpu = cpu;
        // One that is not there has lost nothing.
        // SAFETY: `asked` outlives the call and points to nothing.
        unsafe { libbpf_sys::bpf_prog_test_run_opts(program.as_raw_fd(), &raw mut asked) };
    }
    Ok(())
}

/// As a raw tracepoint's, which the kernel runs on the processor that is named.
fn load(instructions: &[u64]) -> io::Result<OwnedFd> {
    // SAFETY: the instructions are as many as is said, each of eight bytes as
    // `struct bpf_insn` has; the names end with a NUL; no options are given.
    let fd = unsafe {
        libbpf_sys::bpf_prog_load(
            libbpf_sys::BPF_PROG_TYPE_RAW_TRACEPOINT,
            c"bpflab_unsaid".as_ptr(),
            c"GPL".as_ptr(),
            instructions.as_ptr().cast(),
            instructions.len() as libbpf_sys::size_t,
            std::ptr::null_mut(),
        )
    };
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(-fd));
    }
    // SAFETY: the kernel just gave this descriptor to us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
