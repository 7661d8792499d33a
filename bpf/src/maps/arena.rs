//! What an arena holds, in rows of sixteen bytes.
//!
//! A page of an arena is the kernel's when the program has taken it, and a process that
//! touches one that nobody took takes it. So the lab does not read it from its own side:
//! a program of the lab's own, run by itself, reads a page for it, and of a page that is
//! not there reads zeros. Rows of zeros are left out.
//!
//! Knows the program that reads. Does not know when to look.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd, RawFd};

use libbpf_rs::{AsRawLibbpf as _, Map, libbpf_sys};

use super::Entries;
use crate::own::{self, insn};

/// Bytes in a page of an arena.
const PAGE: usize = 4096;

/// Bytes in a row.
const ROW: usize = 16;

/// Pages that are looked at from each end, at most. The kernel gives the first that is free,
/// and libbpf puts the program's variables into the last.
const MOST_PAGES: u64 = 128;

/// A word of the page.
const WORD: usize = size_of::<u64>();

/// A program that reads pages of one arena.
pub(super) struct Arena {
    reader: OwnedFd,
    start: u64,
}

impl Arena {
    /// `None` when the kernel does not take the program, or libbpf has not put the arena
    /// into this process's memory.
    pub(super) fn of(map: &Map<'_>) -> Option<Self> {
        let mut size: libbpf_sys::size_t = 0;
        // SAFETY: the map lives as long as its object, and `size` is there to be written.
        let start =
            unsafe { libbpf_sys::bpf_map__initial_value(map.as_libbpf_object().as_ptr(), &raw mut size) };
        (!start.is_null()).then_some(())?;
        let code = reads_a_page(map.as_fd().as_raw_fd());
        let reader = own::load(libbpf_sys::BPF_PROG_TYPE_SYSCALL, c"bpflab_arena", &code, |asked| {
            // Programs of this type run in a process, and may wait for memory.
            asked.prog_flags = libbpf_sys::BPF_F_SLEEPABLE;
        })?;
        Some(Self { reader, start: start as u64 })
    }

    /// The rows that are not all zero, by their place in the arena, which has `pages`.
    pub(super) fn rows(&self, pages: u64, most: usize) -> Entries {
        let first = 0..pages.min(MOST_PAGES);
        let last = pages.saturating_sub(MOST_PAGES).max(first.end)..pages;
        let mut found = Entries::new();
        for place in first.chain(last).map(|page| page * PAGE as u64) {
            let Some(page) = self.page(place) else { continue };
            let rows = page.chunks(ROW).zip((place..).step_by(ROW));
            let told = rows.filter(|(row, _)| row.iter().any(|byte| *byte != 0));
            // Big-endian keys stand in the order of their numbers.
            found.extend(told.map(|(row, at)| (at.to_be_bytes().to_vec(), row.to_vec())));
            if found.len() >= most {
                break;
            }
        }
        while found.len() > most {
            found.pop_last();
        }
        found
    }

    fn page(&self, place: u64) -> Option<[u8; PAGE]> {
        let mut page = [0; PAGE];
        page[..WORD].copy_from_slice(&(self.start + place).to_ne_bytes());
        // SAFETY: all zero is a value of this C struct: nothing given, nothing asked.
        let mut asked: libbpf_sys::bpf_test_run_opts = unsafe { std::mem::zeroed() };
        asked.sz = size_of_val(&asked) as libbpf_sys::size_t;
        asked.ctx_in = page.as_mut_ptr().cast();
        asked.ctx_size_in = PAGE as u32;
        // SAFETY: the context is `page`, of that size, and outlives the call.
        let status = unsafe { libbpf_sys::bpf_prog_test_run_opts(self.reader.as_raw_fd(), &raw mut asked) };
        (status == 0).then_some(page)
    }
}

/// What a row is called: its place.
pub(super) fn place(key: &[u8]) -> Option<String> {
    key.try_into().ok().map(|at| format!("{:#06x}", u64::from_be_bytes(at)))
}

/// The program takes the address of a page as the first word of its context, and leaves the
/// page's bytes there.
fn reads_a_page(arena: RawFd) -> Vec<libbpf_sys::bpf_insn> {
    const CONTEXT: u8 = 1;
    const WORD_READ: u8 = 2;
    const ADDRESS: u8 = 3;
    const LOAD: u32 = libbpf_sys::BPF_LDX | libbpf_sys::BPF_MEM | libbpf_sys::BPF_DW;
    const STORE: u32 = libbpf_sys::BPF_STX | libbpf_sys::BPF_MEM | libbpf_sys::BPF_DW;
    const CONSTANT: u32 = libbpf_sys::BPF_LD | libbpf_sys::BPF_IMM | libbpf_sys::BPF_DW;
    const MOVE: u32 = libbpf_sys::BPF_ALU64 | libbpf_sys::BPF_MOV;
    /// A move with this offset and immediate makes an arena's address of user space one that
    /// the program can read at (BPF_ADDR_SPACE_CAST, to address space 0 from 1).
    const CAST: (i16, i32) = (1, 1);

    let mut program = vec![
        // Named once, so that the verifier knows whose addresses these are.
        insn(CONSTANT, 0, libbpf_sys::BPF_PSEUDO_MAP_FD as u8, 0, arena),
        insn(0, 0, 0, 0, 0),
        insn(LOAD, ADDRESS, CONTEXT, 0, 0),
        insn(MOVE | libbpf_sys::BPF_X, ADDRESS, ADDRESS, CAST.0, CAST.1),
    ];
    for at in (0..PAGE as i16).step_by(WORD) {
        program.push(insn(LOAD, WORD_READ, ADDRESS, at, 0));
        program.push(insn(STORE, CONTEXT, WORD_READ, at, 0));
    }
    program.push(insn(MOVE, 0, 0, 0, 0));
    program.push(insn(libbpf_sys::BPF_JMP | libbpf_sys::BPF_EXIT, 0, 0, 0, 0));
    program
}
