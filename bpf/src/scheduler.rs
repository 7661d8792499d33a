//! Whether the kernel still lets an object's scheduler (sched_ext) decide.
//!
//! The kernel takes its tasks back when such a scheduler makes a mistake or
//! lets one wait too long, and detaches nothing: only its state file and its
//! log say so (kernel/sched/ext.c). Knows their words.

use std::{
    fs::{self, File},
    io::Read as _,
    os::unix::fs::OpenOptionsExt as _,
};

use libbpf_rs::{MapCore as _, MapType, Object, btf::types::Var};
use nix::libc::O_NONBLOCK;

use crate::ctype;

/// The table that such a scheduler fills in.
const TABLE: &str = "struct sched_ext_ops";

/// `enabled` while it decides; `disabled` once the log says why it does not.
const STATE: &str = "/sys/kernel/sched_ext/state";
const OUT: &str = "disabled";

/// What the kernel has said, a record for each read.
const KERNEL_LOG: &str = "/dev/kmsg";

/// How its lines on schedulers begin; the first is followed by the reason, the
/// others by what happened.
const DISABLED: &str = "sched_ext: BPF scheduler \"";
const SAYS: &str = "sched_ext: ";

/// Of the kernel's words, in bytes.
const MAX_WORDS: usize = 400;

/// A scheduler that was attached.
#[derive(Debug)]
pub(crate) struct Scheduler;

impl Scheduler {
    /// The object's, if it has one.
    pub(crate) fn of(object: &Object) -> Option<Self> {
        let btf = object.btf().ok().flatten()?;
        let is_scheduler = |name: &str| {
            btf.type_by_name::<Var<'_>>(name).is_some_and(|var| ctype::name(&btf, var.type_id()) == TABLE)
        };
        let mut tables = object.maps().filter(|map| map.map_type() == MapType::StructOps);
        tables.any(|map| map.name().to_str().is_some_and(is_scheduler)).then_some(Self)
    }

    /// Why the kernel has thrown it out, if it has.
    pub(crate) fn thrown_out(&self) -> Option<String> {
        let state = fs::read_to_string(STATE).ok()?;
        (state.trim() == OUT).then(|| last_words().unwrap_or_default())
    }
}

/// `runtime error: …`, as the kernel has said it last.
fn last_words() -> Option<String> {
    let mut log = File::options().read(true).custom_flags(O_NONBLOCK).open(KERNEL_LOG).ok()?;
    let (mut words, mut record) = (None, [0; 8 << 10]);
    // An error is "nothing more".
    while let Ok(got @ 1..) = log.read(&mut record) {
        let text = String::from_utf8_lossy(&record[..got]);
        let Some((_, line)) = text.lines().next().and_then(|line| line.split_once(';')) else { continue };
        if let Some((_, why)) = line.strip_prefix(DISABLED).and_then(|rest| rest.split_once('"')) {
            let why = why.trim().trim_start_matches("disabled").trim();
            words = Some(why.trim_matches(['(', ')']).to_owned());
        } else if let (Some(words), Some(more)) = (&mut words, line.strip_prefix(SAYS))
            && let Some((_, more)) = more.split_once(": ")
            && words.len() + more.len() < MAX_WORDS
        {
            words.push_str(": ");
            words.push_str(more);
        }
    }
    words
}
