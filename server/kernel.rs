//! The places to run: names, releases, whether one can be used, and what it can do.
//!
//! Knows no QEMU and no process.

mod features;
mod needs;
mod sections;
mod target;

pub use bpflab_worker::Features;
pub use features::{HookKind, program_types};
pub use needs::{Hook, Needs, Unmet, Version, unmet_at};
pub use sections::{asked_for, operations_of, schedules, types_of};
pub use target::{target, words};

use crate::say::Sentence;

/// The only architecture so far; the worker's folder and `-D__TARGET_ARCH` follow it.
pub const ARCHITECTURE: &str = "x86_64";

/// The name that libbpf's headers use for [`ARCHITECTURE`].
pub const TARGET_ARCH: &str = "x86";

/// The machine's own kernel.
pub const HOST: &str = "host";

/// A place to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    /// `host`, `5.10`, `6.1`, `6.12`, `7.x`.
    pub name: String,
    /// `uname -r`, once it is known.
    pub release: Option<String>,
    /// Whether it can be used.
    pub state: State,
    /// How its instructions are run.
    pub accelerator: Accelerator,
    /// Its guests whose kernel was in trouble, since the start.
    pub panics: u64,
}

/// How a kernel's instructions are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accelerator {
    /// It is the machine's own kernel.
    None,
    /// In a guest, by the processor.
    Kvm,
    /// In a guest, by QEMU in software; times are the emulator's.
    Tcg,
}

impl Accelerator {
    /// As the contract writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
        }
    }
}

/// Whether a kernel can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Yes.
    Ready,
    /// Soon: its first use is being prepared.
    Preparing,
    /// No: its image was not built yet.
    NoImage(Sentence),
    /// No, for this reason.
    Off(Sentence),
}

impl Kernel {
    /// Whether a run may go there.
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready | State::Preparing)
    }
}
