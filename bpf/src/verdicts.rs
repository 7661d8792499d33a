//! How often a program gave each of its verdicts.
//!
//! A program of the lab's own stands at the end of each that decides over packets (fexit, as
//! for a function of the kernel) and counts what it returned, on each CPU for itself.
//!
//! Knows the verdicts' names. Does not know when to look.

use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};

use bpflab_worker::Verdict;
use libbpf_rs::{
    MapCore as _, MapFlags, MapHandle, MapType, Object, ProgramType,
    btf::{Btf, BtfKind, BtfType, types::FuncProto},
    libbpf_sys::{self, bpf_insn},
    query::{ProgInfoIter, ProgInfoQueryOptions},
};

use crate::own::{self, insn};

/// The least that is counted for itself: TC_ACT_UNSPEC.
const LEAST: i32 = -1;

/// The greatest: TC_ACT_TRAP is 8.
const GREATEST: i32 = 8;

/// Where all others are counted.
const OTHER: u32 = (GREATEST - LEAST) as u32 + 1;

/// include/uapi/linux/bpf.h and pkt_cls.h name these; what a cgroup and a look-up say has no names there.
pub(crate) fn name(kind: ProgramType, returned: i32) -> Option<&'static str> {
    match (kind, returned) {
        (ProgramType::Xdp, 0) => Some("XDP_ABORTED"),
        (ProgramType::Xdp, 1) => Some("XDP_DROP"),
        (ProgramType::Xdp, 2) => Some("XDP_PASS"),
        (ProgramType::Xdp, 3) => Some("XDP_TX"),
        (ProgramType::Xdp, 4) => Some("XDP_REDIRECT"),
        (ProgramType::SchedCls | ProgramType::SchedAct, -1) => Some("TC_ACT_UNSPEC"),
        (ProgramType::SchedCls | ProgramType::SchedAct, 0) => Some("TC_ACT_OK"),
        (ProgramType::SchedCls | ProgramType::SchedAct, 2) => Some("TC_ACT_SHOT"),
        (ProgramType::SchedCls | ProgramType::SchedAct, 3) => Some("TC_ACT_PIPE"),
        (ProgramType::SchedCls | ProgramType::SchedAct, 4) => Some("TC_ACT_STOLEN"),
        (ProgramType::SchedCls | ProgramType::SchedAct, 7) => Some("TC_ACT_REDIRECT"),
        (ProgramType::CgroupSkb | ProgramType::SkLookup, 0) => Some("drop"),
        (ProgramType::CgroupSkb | ProgramType::SkLookup, 1) => Some("pass"),
        _ => None,
    }
}

/// The programs whose verdicts are counted.
#[derive(Default)]
pub(crate) struct Verdicts {
    counted: Vec<Counted>,
}

struct Counted {
    program: String,
    kind: ProgramType,
    counts: MapHandle,
    /// Holds the counting program where it stands.
    _link: OwnedFd,
}

impl Verdicts {
    /// Begins to count, before anything is attached. What a kernel does not let be counted
    /// is left out; so are the programs of an object with replacements, which cannot stand
    /// where another program does.
    pub(crate) fn of(object: &Object) -> Self {
        let decides =
            |kind| matches!(kind, ProgramType::Xdp | ProgramType::SchedCls | ProgramType::CgroupSkb);
        let is_replacing = object.progs().any(|program| program.prog_type() == ProgramType::Ext);
        if is_replacing || !object.progs().any(|program| decides(program.prog_type())) {
            return Self::default();
        }
        let known: Vec<_> =
            ProgInfoIter::with_query_opts(ProgInfoQueryOptions::default().include_func_info(true)).collect();
        let btf = object.btf().ok().flatten();
        let counted = object.progs().filter(|program| decides(program.prog_type())).filter_map(|program| {
            let id = libbpf_rs::Program::id_from_fd(program.as_fd()).ok()?;
            let functions = &known.iter().find(|info| info.id == id)?.func_info;
            let entry = functions.iter().find(|function| function.insn_off == 0)?.type_id;
            takes_its_context(btf.as_ref()?, entry).then_some(())?;
            let (counts, link) = count(program.as_fd(), entry)?;
            let program_name = program.name().to_string_lossy().into_owned();
            Some(Counted { program: program_name, kind: program.prog_type(), counts, _link: link })
        });
        Self { counted: counted.collect() }
    }

    /// What this program has said so far, each verdict that it gave at all.
    pub(crate) fn given_by(&self, program: &str) -> Vec<Verdict> {
        let Some(counted) = self.counted.iter().find(|one| one.program == program) else { return Vec::new() };
        let slots = (0..=OTHER).filter_map(|slot| {
            let each = counted.counts.lookup_percpu(&slot.to_ne_bytes(), MapFlags::ANY).ok().flatten()?;
            let count =
                each.iter().filter_map(|cpu| Some(u64::from_ne_bytes(cpu.get(..8)?.try_into().ok()?)));
            let count: u64 = count.sum();
            let returned = (slot != OTHER).then(|| slot as i32 + LEAST);
            let name = returned.and_then(|returned| name(counted.kind, returned)).map(str::to_owned);
            (count > 0).then_some(Verdict { returned, name, count })
        });
        slots.collect()
    }
}

/// Whether a function takes the one argument that the kernel expects of it. Of any other the
/// kernel believes no type, and where its result would be is another place then
/// (bpf_check_attach_target(), kernel/bpf/verifier.c).
fn takes_its_context(btf: &Btf<'_>, function: u32) -> bool {
    let proto = || {
        let function = btf.type_by_id::<BtfType<'_>>(function.into())?;
        FuncProto::try_from(function.next_type()?).ok()
    };
    let context = |proto: FuncProto<'_>| {
        let [parameter] = proto.iter().collect::<Vec<_>>()[..] else { return None };
        let pointer = btf.type_by_id::<BtfType<'_>>(parameter.ty)?.skip_mods_and_typedefs();
        let target = (pointer.kind() == BtfKind::Ptr).then(|| pointer.next_type()).flatten()?;
        target.skip_mods_and_typedefs().name().map(|name| name == "xdp_md" || name == "__sk_buff")
    };
    proto().and_then(context).unwrap_or(false)
}

/// Counts what a program returns that has this function type.
fn count(program: BorrowedFd<'_>, entry: u32) -> Option<(MapHandle, OwnedFd)> {
    let options = libbpf_sys::bpf_map_create_opts {
        sz: size_of::<libbpf_sys::bpf_map_create_opts>() as _,
        ..Default::default()
    };
    let counts =
        MapHandle::create(MapType::PercpuArray, Some("bpflab_verdicts"), 4, 8, OTHER + 1, &options).ok()?;
    let code = counting(counts.as_fd().as_raw_fd());
    let counter = own::load(libbpf_sys::BPF_PROG_TYPE_TRACING, c"bpflab_verdict", &code, |asked| {
        asked.expected_attach_type = libbpf_sys::BPF_TRACE_FEXIT;
        asked.attach_prog_fd = program.as_raw_fd() as u32;
        asked.attach_btf_id = entry;
    })?;
    let link = own::stand(&counter)?;
    Some((counts, link))
}

/// Adds one to the slot of what stands behind the program's one argument.
fn counting(counts: RawFd) -> Vec<bpf_insn> {
    use libbpf_sys::{
        BPF_ADD, BPF_ALU64, BPF_ARSH, BPF_CALL, BPF_DW, BPF_EXIT, BPF_FUNC_map_lookup_elem, BPF_IMM, BPF_JEQ,
        BPF_JLE, BPF_JMP, BPF_LD, BPF_LDX, BPF_LSH, BPF_MEM, BPF_MOV, BPF_PSEUDO_MAP_FD, BPF_STX, BPF_W,
        BPF_X, BPF_XADD,
    };
    const FRAME: u8 = 10;
    vec![
        insn(BPF_LDX | BPF_MEM | BPF_DW, 2, 1, 8, 0),
        // What was returned is an int, whatever the register's upper half holds.
        insn(BPF_ALU64 | BPF_LSH, 2, 0, 0, 32),
        insn(BPF_ALU64 | BPF_ARSH, 2, 0, 0, 32),
        insn(BPF_ALU64 | BPF_ADD, 2, 0, 0, -LEAST),
        insn(BPF_JMP | BPF_JLE, 2, 0, 1, OTHER as i32),
        insn(BPF_ALU64 | BPF_MOV, 2, 0, 0, OTHER as i32),
        insn(BPF_STX | BPF_MEM | BPF_W, FRAME, 2, -4, 0),
        insn(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD as u8, 0, counts),
        insn(0, 0, 0, 0, 0),
        insn(BPF_ALU64 | BPF_MOV | BPF_X, 2, FRAME, 0, 0),
        insn(BPF_ALU64 | BPF_ADD, 2, 0, 0, -4),
        insn(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem as i32),
        insn(BPF_JMP | BPF_JEQ, 0, 0, 2, 0),
        insn(BPF_ALU64 | BPF_MOV, 1, 0, 0, 1),
        insn(BPF_STX | BPF_XADD | BPF_DW, 0, 1, 0, 0),
        insn(BPF_ALU64 | BPF_MOV, 0, 0, 0, 0),
        insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
    ]
}
