//! Loads the smallest program of a kind: it gives an answer that changes
//! nothing, and ends.
//!
//! Does not know how it will be attached.

use std::os::fd::{AsRawFd, OwnedFd};

use libbpf_sys::{
    BPF_ALU64, BPF_EXIT, BPF_JMP, BPF_K, BPF_MOV, BPF_PROG_TYPE_SCHED_CLS, bpf_func_info, bpf_insn,
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

/// Loads one program of this kind.
pub(super) fn load(kind: &Kind, vmlinux: &Answer<Btf>) -> Answer<OwnedFd> {
    let mut opts = bpf_prog_load_opts {
        expected_attach_type: kind.attach_type,
        prog_flags: kind.flags,
        ..Default::default()
    };
    match kind.target {
        Target::None => submit(kind.program, kind.answer, opts),
        Target::Kernel(of, name) => {
            opts.attach_btf_id = known(vmlinux)?.find(name, of)?;
            submit(kind.program, kind.answer, opts)
        }
        Target::Member { of, structure, member } => {
            let vmlinux = known(vmlinux)?;
            opts.attach_btf_id = vmlinux.find(structure, of)?;
            opts.expected_attach_type = vmlinux.member(opts.attach_btf_id, member)?;
            submit(kind.program, kind.answer, opts)
        }
        Target::Program => {
            let (btf, id) = Btf::function()?;
            let function = bpf_func_info { insn_off: 0, type_id: id };
            opts.prog_btf_fd = btf.fd();
            opts.func_info = (&raw const function).cast();
            opts.func_info_cnt = 1;
            opts.func_info_rec_size = size_of_val(&function) as u32;
            let replaced = submit(BPF_PROG_TYPE_SCHED_CLS, kind.answer, opts)?;
            // The kernel keeps the replaced program for as long as it has this one.
            opts.attach_prog_fd = replaced.as_raw_fd() as u32;
            opts.attach_btf_id = id;
            submit(kind.program, kind.answer, opts)
        }
    }
}

fn known(vmlinux: &Answer<Btf>) -> Result<&Btf, No> {
    vmlinux.as_ref().map_err(|no| *no)
}

fn submit(kind: bpf_prog_type, answer: i32, mut opts: bpf_prog_load_opts) -> Answer<OwnedFd> {
    opts.sz = size_of_val(&opts) as _;
    let program = [
        bpf_insn { code: (BPF_ALU64 | BPF_MOV | BPF_K) as u8, imm: answer, ..Default::default() },
        bpf_insn { code: (BPF_JMP | BPF_EXIT) as u8, ..Default::default() },
    ];
    // SAFETY: all pointers, those in `opts` included, live through the call.
    owned(unsafe {
        bpf_prog_load(
            kind,
            c"bpflab_probe".as_ptr(),
            c"GPL".as_ptr(),
            program.as_ptr(),
            program.len() as _,
            &raw mut opts,
        )
    })
}
