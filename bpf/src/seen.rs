//! What is seen of a program that runs: lines, records, maps, globals, output
//! and counts.

use serde::{Deserialize, Serialize};

use crate::Value;

/// One line of `trace_pipe`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceLine {
    /// Seconds of CLOCK_MONOTONIC.
    pub time: f64,
    /// The thread's comm.
    pub task: String,
    /// The thread's id (the kernel's `pid`).
    pub pid: u32,
    /// CPU number.
    pub cpu: u32,
    /// Irq and preemption flags, five characters.
    pub flags: String,
    /// What `bpf_printk` printed.
    pub text: String,
    /// Caused by the lab itself, not by the learner's stimulus or the machine.
    pub lab: bool,
}

/// What a program sent through a ring buffer or a perf buffer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When the worker took it out, in seconds of CLOCK_MONOTONIC.
    pub time: f64,
    /// The CPU that sent it; a ring buffer does not tell.
    pub cpu: Option<u32>,
    /// Its content.
    pub value: Value,
}

/// A map's content, or what changed in it since the last view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapView {
    /// The map's name.
    pub name: String,
    /// Whole content rather than changes.
    pub full: bool,
    /// New or changed entries, key and value.
    pub entries: Vec<(Value, Value)>,
    /// Keys that are gone.
    pub removed: Vec<Value>,
    /// Entries in the kernel.
    pub total: u64,
    /// Entries that are shown at all (at most [`MAX_SHOWN`]).
    pub shown: u64,
}

/// Entries of one map that are shown.
pub const MAX_SHOWN: usize = 1024;

/// A global variable and its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Global {
    /// As in the source.
    pub name: String,
    /// C type.
    pub ctype: String,
    /// Its value now.
    pub value: Value,
}

/// Who wrote text: the stimulus, or an iterator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// What an iterator program wrote.
    Iterator,
}

/// How often a program ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramStats {
    /// Function name.
    pub program: String,
    /// Runs since attach.
    pub runs: u64,
    /// Runs that the kernel skipped (recursion), where it tells.
    pub missed: Option<u64>,
    /// Time in the program's body.
    pub ns: u64,
    /// What it decided, where that is counted: each verdict that it gave at all.
    pub verdicts: Vec<Verdict>,
}

/// How often a program gave one verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What it returned; `None` for all that no verdict is that small or great.
    pub returned: Option<i32>,
    /// As the kernel's headers name it, else in words, where there is one.
    pub name: Option<String>,
    /// Since attach, by all CPUs.
    pub count: u64,
}
