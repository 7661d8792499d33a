//! What a program attaches to, where its section does not say it.
//!
//! How a person writes it is the server's to know.

use serde::{Deserialize, Serialize};

use crate::Counter;

/// What a program attaches to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A network interface, by name.
    Interface {
        /// Such as `lab0`.
        name: String,
        /// On which way; the section says it where this does not.
        egress: Option<bool>,
    },
    /// The cgroup of the run: its stimulus and its terminal are in it.
    Cgroup,
    /// A function of a program or library.
    Uprobe {
        /// Its file in the guest.
        path: String,
        /// `NAME` or `NAME+OFFSET`.
        symbol: String,
    },
    /// A place that the author of a program has marked.
    Usdt {
        /// Its file in the guest.
        path: String,
        /// Who marked it.
        provider: String,
        /// How.
        name: String,
    },
    /// A function of the kernel, by a probe on it.
    Kprobe {
        /// `NAME` or `NAME+OFFSET`; a pattern for a program on several functions at once.
        function: String,
        /// At its return.
        at_return: bool,
    },
    /// A function of the kernel, by a call at its begin or its end (fentry, fexit).
    Call {
        /// Its name.
        function: String,
        /// At its end.
        at_return: bool,
    },
    /// A tracepoint.
    Tracepoint {
        /// Such as `sched`.
        category: String,
        /// Such as `sched_switch`.
        name: String,
    },
    /// A tracepoint, by its arguments as the kernel passes them (raw_tp, tp_btf).
    RawTracepoint {
        /// Such as `sched_switch`.
        name: String,
    },
    /// The software clock of each CPU.
    Clock {
        /// So many times a second.
        hz: u32,
    },
    /// A counter of each CPU's own.
    Counter {
        /// What it counts.
        event: Counter,
        /// So many times a second.
        hz: u32,
    },
    /// To nothing: the program is not even loaded, a table of struct_ops not attached.
    Nothing,
}
