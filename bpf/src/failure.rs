//! Why an object is not loaded, a global not set, a program not attached: what a
//! worker tells the server, which has the words for it.

use serde::{Deserialize, Serialize};

use crate::BadChange;

/// Why a place does not load an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// A program type that does more than observe.
    ProgramType {
        /// Function name.
        program: String,
        /// Its section.
        section: String,
    },
    /// A call of a helper or kfunc that changes what others do.
    Helper {
        /// The helper's name.
        helper: String,
    },
    /// A map that would stay in the BPF file system.
    Pinned {
        /// The map's name.
        map: String,
    },
    /// The source has no program: no function in a section of its own.
    NoProgram,
    /// Not an object that this check could read to its end.
    Unreadable,
    /// Records of a map were to be read in a way that makes no sense.
    Records {
        /// The map's name.
        map: String,
        /// Why not.
        reason: BadChange,
    },
}

/// Why a global could not be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BadGlobal {
    /// There is no such variable; these are there.
    Unknown {
        /// The object's variables.
        known: Vec<String>,
    },
    /// The value does not fit the type.
    DoesNotFit {
        /// C type.
        ctype: String,
    },
    /// A constant: it can be set before load only.
    ReadOnly,
    /// `@stimulus` was asked for and there is none.
    NoStimulus,
}

/// Why attaching failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttachFailure {
    /// The section names a hook that this kernel does not have.
    NoSuchHook {
        /// Names that are close, nearest first, at most five.
        nearest: Vec<String>,
    },
    /// There is no such network interface; these are there.
    NoInterface {
        /// Such as `lab0`.
        known: Vec<String>,
    },
    /// The type needs something to attach to and was given nothing.
    NeedsTarget,
    /// Anything else the kernel said.
    Errno(i32),
}
