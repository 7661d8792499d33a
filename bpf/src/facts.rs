//! What is known of a program and its maps once they are loaded.

use serde::{Deserialize, Serialize};

/// What is known of a program once it is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramFacts {
    /// Function name.
    pub name: String,
    /// The kernel's type, such as `tracepoint`.
    pub kind: String,
    /// ELF section.
    pub section: String,
    /// Instructions before the kernel rewrote them.
    pub instructions: u32,
    /// What the verifier said of its work, where the kernel counts it.
    pub verified: Option<Verified>,
}

/// The verifier's own count of its work on one program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Instructions looked at, each as often as a way led over it.
    pub instructions: u64,
    /// States that were kept to compare with.
    pub states: u64,
    /// The most of them at one time.
    pub peak_states: u64,
    /// How long it took, in microseconds.
    pub us: Option<u64>,
}

/// One value that libbpf patched into an instruction for this kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relocation {
    /// Function name.
    pub program: String,
    /// The instruction's number.
    pub instruction: u32,
    /// What was asked: `byte_off`, `field_exists`, `type_size`, …
    pub kind: String,
    /// Of what: `struct task_struct.pid`.
    pub spec: String,
    /// As compiled.
    pub local: u64,
    /// As this kernel has it; `None` where it has no such thing.
    pub target: Option<u64>,
}

/// What is known of a map once it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapFacts {
    /// The variable's name.
    pub name: String,
    /// The kernel's type, such as `hash`.
    pub kind: String,
    /// C type, when BTF tells.
    pub key: Option<String>,
    /// C type, when BTF tells.
    pub value: Option<String>,
    /// As created.
    pub max_entries: u32,
}
