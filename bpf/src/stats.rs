//! How often each program ran, was skipped, and for how long.
//!
//! The kernel counts only while someone holds `BPF_ENABLE_STATS`; the count
//! ends with this process.

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use bpflab_worker::ProgramStats;
use libbpf_rs::{Object, libbpf_sys};

use crate::verdicts::Verdicts;

/// Programs under count, and what was last said.
pub(crate) struct Stats {
    _counting: Option<OwnedFd>,
    verdicts: Verdicts,
    said: Vec<ProgramStats>,
}

impl Stats {
    /// Starts counting, where the kernel lets us.
    pub(crate) fn start(object: &Object) -> Self {
        // SAFETY: takes a number and answers with a new descriptor or a negative errno.
        let fd = unsafe { libbpf_sys::bpf_enable_stats(libbpf_sys::BPF_STATS_RUN_TIME) };
        // SAFETY: the kernel just gave this descriptor to us alone.
        let counting = (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd) });
        Self { _counting: counting, verdicts: Verdicts::of(object), said: Vec::new() }
    }

    /// All programs' counts, when any changed.
    pub(crate) fn look(&mut self, object: &Object) -> Option<Vec<ProgramStats>> {
        let now: Vec<ProgramStats> = object
            .progs()
            .filter_map(|program| {
                let mut told = libbpf_sys::bpf_prog_info::default();
                let mut size = size_of_val(&told) as u32;
                // SAFETY: `told` is a whole bpf_prog_info and `size` its size; the kernel fills both.
                let status = unsafe {
                    libbpf_sys::bpf_obj_get_info_by_fd(
                        program.as_fd().as_raw_fd(),
                        (&raw mut told).cast(),
                        &raw mut size,
                    )
                };
                let name = program.name().to_string_lossy().into_owned();
                (status == 0).then(|| ProgramStats {
                    verdicts: self.verdicts.given_by(&name),
                    program: name,
                    runs: told.run_cnt,
                    // recursion_misses came with 5.12; an older kernel leaves it out.
                    missed: (size as usize
                        > std::mem::offset_of!(libbpf_sys::bpf_prog_info, recursion_misses))
                    .then_some(told.recursion_misses),
                    ns: told.run_time_ns,
                })
            })
            .collect();
        if now == self.said {
            return None;
        }
        self.said.clone_from(&now);
        Some(now)
    }
}
