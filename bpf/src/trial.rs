//! One program run by itself on bytes that someone gives (`BPF_PROG_TEST_RUN`).
//!
//! Knows which kinds take a packet and which a context. What a kernel cannot
//! do it says itself.

use std::os::fd::{AsFd as _, AsRawFd as _};

use bpflab_worker::{BadChange, Event, MAX_TEST, Test, Tested};
use libbpf_rs::{Object, Program, ProgramType, libbpf_sys};
use nix::libc;

use crate::{object, outlet::Outlet, verdicts};

/// Bytes of an Ethernet header: the kernel takes no shorter packet.
const ETHERNET: usize = 14;

/// A program may make its packet longer by this.
const MORE_ROOM: usize = 4 << 10;

/// More would keep the run's other streams waiting.
const MAX_REPEAT: u32 = 1_000_000;

/// Not in the C library's list of errors: `ENOTSUPP`.
const NOT_SUPPORTED: i32 = 524;

/// Runs the program and tells what came of it, which is the answer too.
pub(crate) fn run(object: &Object, test: &Test, outlet: &mut Outlet) -> crate::Result<Result<(), BadChange>> {
    let result = find(object, &test.program).and_then(|program| on(&program, test));
    let answer = result.as_ref().map(|_| ()).map_err(Clone::clone);
    outlet.send(&Event::Tested { program: test.program.clone(), result })?;
    Ok(answer)
}

fn find<'o>(object: &'o Object, name: &str) -> Result<Program<'o>, BadChange> {
    object.progs().find(|program| program.name() == name).ok_or_else(|| BadChange::UnknownProgram {
        known: object.progs().map(|program| program.name().to_string_lossy().into_owned()).collect(),
    })
}

/// What a kind of program is given.
enum Takes {
    Packet,
    Context,
    Nothing,
}

fn takes(kind: ProgramType) -> Takes {
    match kind {
        ProgramType::Syscall | ProgramType::RawTracepoint | ProgramType::SkLookup => Takes::Context,
        ProgramType::Tracing => Takes::Nothing,
        _ => Takes::Packet,
    }
}

fn on(program: &Program<'_>, test: &Test) -> Result<Tested, BadChange> {
    let kind = program.prog_type();
    let mut input = test.input.clone();
    let mut output = vec![0u8; input.len() + MORE_ROOM];
    // SAFETY: all zero is a value of this C struct: nothing given, nothing asked.
    let mut asked: libbpf_sys::bpf_test_run_opts = unsafe { std::mem::zeroed() };
    asked.sz = size_of_val(&asked) as libbpf_sys::size_t;
    let length = u32::try_from(input.len()).unwrap_or(u32::MAX);
    match takes(kind) {
        Takes::Packet => {
            if !(ETHERNET..=MAX_TEST).contains(&input.len()) {
                return Err(BadChange::BadInput { least: ETHERNET, most: MAX_TEST });
            }
            asked.data_in = input.as_ptr().cast();
            asked.data_size_in = length;
            asked.data_out = output.as_mut_ptr().cast();
            asked.data_size_out = u32::try_from(output.len()).unwrap_or(u32::MAX);
            asked.repeat = test.repeat.clamp(1, MAX_REPEAT) as i32;
        }
        Takes::Context => {
            if input.len() > MAX_TEST {
                return Err(BadChange::BadInput { least: 0, most: MAX_TEST });
            }
            asked.ctx_in = input.as_mut_ptr().cast();
            asked.ctx_size_in = length;
        }
        Takes::Nothing => {}
    }
    // SAFETY: every pointer above is to a buffer of the size beside it, and they outlive the call.
    let status = unsafe { libbpf_sys::bpf_prog_test_run_opts(program.as_fd().as_raw_fd(), &raw mut asked) };
    match -status {
        0 => {}
        NOT_SUPPORTED | libc::EOPNOTSUPP => {
            return Err(BadChange::NotTestable { kind: object::program_type(kind as u32) });
        }
        errno => return Err(BadChange::Errno(errno)),
    }
    let given_back = match takes(kind) {
        Takes::Packet => {
            output.truncate(asked.data_size_out as usize);
            Some(output)
        }
        // The kernel writes it back where it was read.
        Takes::Context if kind == ProgramType::Syscall => Some(input),
        Takes::Context | Takes::Nothing => None,
    };
    Ok(Tested {
        returned: asked.retval,
        verdict: verdicts::name(kind, asked.retval as i32).map(str::to_owned),
        output: given_back,
        ns: u64::from(asked.duration),
        repeat: test.repeat.clamp(1, MAX_REPEAT),
    })
}
