//! Loads the smallest program of a kind: it gives an answer that changes
//! nothing, and ends. Or one that calls a helper first, to hear what the
//! verifier says of it.
//!
//! Does not know how it will be attached.

use std::os::fd::{AsRawFd, OwnedFd};

use libbpf_sys::{
    BPF_ALU64, BPF_CALL, BPF_EXIT, BPF_JMP, BPF_K, BPF_MOV, BPF_PROG_TYPE_SCHED_CLS, bpf_func_info, bpf_insn,
    bpf_prog_load, bpf_prog_load_opts, bpf_prog_type, libbpf_set_print,
};

use super::{
    answer::{Answer, No, owned},
    btf::Btf,
    kinds::{Kind, Target},
};

/// Keeps libbpf from printing: the worker's own printer writes to the server,
/// and this is its child.
pub(super) fn silence() {
    // SAFETY: one thread, and no printer is a valid printer.
    unsafe { libbpf_set_print(None) };
}

/// The verifier's words for a helper that it does not know, or not for this kind.
const NOT_FOR_IT: [&str; 3] = ["unknown func ", "invalid func ", "program of this type cannot use helper "];

/// For the verifier's words on a program of three instructions.
const LOG: usize = 8 << 10;

/// Loads one program of this kind.
pub(super) fn load(kind: &Kind, vmlinux: &Answer<Btf>) -> Answer<OwnedFd> {
    with(kind, vmlinux, &[answer(kind), exit()], &mut [])
}

/// Whether the verifier lets this kind call a helper, whatever it then says of
/// the arguments. The kind itself must load.
pub(super) fn may_call(kind: &Kind, vmlinux: &Answer<Btf>, helper: i32) -> bool {
    let call = bpf_insn { code: (BPF_JMP | BPF_CALL) as u8, imm: helper, ..Default::default() };
    let mut log = [0; LOG];
    match with(kind, vmlinux, &[call, answer(kind), exit()], &mut log) {
        Ok(_) => true,
        Err(_) => {
            let end = log.iter().position(|byte| *byte == 0).unwrap_or(log.len());
            let said = String::from_utf8_lossy(&log[..end]);
            !said.is_empty() && !NOT_FOR_IT.iter().any(|words| said.contains(words))
        }
    }
}

fn exit() -> bpf_insn {
    bpf_insn { code: (BPF_JMP | BPF_EXIT) as u8, ..Default::default() }
}

fn answer(kind: &Kind) -> bpf_insn {
    bpf_insn { code: (BPF_ALU64 | BPF_MOV | BPF_K) as u8, imm: kind.answer, ..Default::default() }
}

fn with(kind: &Kind, vmlinux: &Answer<Btf>, body: &[bpf_insn], log: &mut [u8]) -> Answer<OwnedFd> {
    let mut opts = bpf_prog_load_opts {
        expected_attach_type: kind.attach_type,
        prog_flags: kind.flags,
        ..Default::default()
    };
    if !log.is_empty() {
        opts.log_level = 1;
        opts.log_size = log.len() as u32;
        opts.log_buf = log.as_mut_ptr().cast();
    }
    match kind.target {
        Target::None => submit(kind.program, body, opts),
        Target::Kernel(of, name) => {
            opts.attach_btf_id = known(vmlinux)?.find(name, of)?;
            submit(kind.program, body, opts)
        }
        Target::Member { of, structure, member } => {
            let vmlinux = known(vmlinux)?;
            opts.attach_btf_id = vmlinux.find(structure, of)?;
            opts.expected_attach_type = vmlinux.member(opts.attach_btf_id, member)?;
            submit(kind.program, body, opts)
        }
        Target::Program => {
            let (btf, id) = Btf::function()?;
            let function = bpf_func_info { insn_off: 0, type_id: id };
            opts.prog_btf_fd = btf.fd();
            opts.func_info = (&raw const function).cast();
            opts.func_info_cnt = 1;
            opts.func_info_rec_size = size_of_val(&function) as u32;
            let replaced = submit(BPF_PROG_TYPE_SCHED_CLS, body, opts)?;
            // The kernel keeps the replaced program for as long as it has this one.
            opts.attach_prog_fd = replaced.as_raw_fd() as u32;
            opts.attach_btf_id = id;
            submit(kind.program, body, opts)
        }
    }
}

fn known(vmlinux: &Answer<Btf>) -> Result<&Btf, No> {
    vmlinux.as_ref().map_err(|no| *no)
}

fn submit(kind: bpf_prog_type, body: &[bpf_insn], mut opts: bpf_prog_load_opts) -> Answer<OwnedFd> {
    opts.sz = size_of_val(&opts) as _;
    // SAFETY: all pointers, those in `opts` included, live through the call.
    owned(unsafe {
        bpf_prog_load(
            kind,
            c"bpflab_probe".as_ptr(),
            c"GPL".as_ptr(),
            body.as_ptr(),
            body.len() as _,
            &raw mut opts,
        )
    })
}
