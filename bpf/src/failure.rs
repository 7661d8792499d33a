//! Why an object is not loaded, a global not set, a program not attached: what a
//! worker tells the server, which has the words for it.

use serde::{Deserialize, Serialize};

use crate::{BadChange, Counter};

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
    /// A map was to have another size, and cannot.
    MapSize {
        /// The map's name.
        map: String,
        /// Why not.
        reason: BadChange,
    },
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
        /// What was asked for in its stead, such as `kprobe/do_unlinkat`.
        asked: Option<String>,
        /// Names that are close, nearest first, at most five.
        nearest: Vec<String>,
    },
    /// There is no such network interface; these are there.
    NoInterface {
        /// What was asked for.
        name: String,
        /// Such as `lab0`.
        known: Vec<String>,
    },
    /// What was asked for is nothing for a program of this type.
    Unsuited {
        /// What would be, such as `kprobe:FUNCTION`; nothing for types that take no target.
        forms: Vec<String>,
    },
    /// The type needs something to attach to and was given nothing.
    NeedsTarget {
        /// What can be given, as in `Unsuited`.
        forms: Vec<String>,
    },
    /// A mark in a shared library: a kernel before 5.15 cannot tell which it is,
    /// unless it is one process's.
    NoCookie,
    /// A replacement names a function that cannot be replaced.
    Irreplaceable {
        /// As its section names it.
        function: String,
        /// Why not.
        why: Irreplaceable,
        /// Functions that can be, at most five: the nearest, else the first.
        nearest: Vec<String>,
    },
    /// There is no such program or library.
    NoFile {
        /// As it was named.
        path: String,
    },
    /// The file is neither a program nor a library: a script, perhaps.
    NotBinary {
        /// As it was named.
        path: String,
    },
    /// A program or library has no such function or mark.
    NotInFile {
        /// As it was named.
        path: String,
        /// The function, or `PROVIDER:NAME`.
        name: String,
        /// A place that its author has marked (USDT), rather than a function.
        is_mark: bool,
        /// How many there are.
        known: u64,
        /// Those that are close, nearest first, at most five.
        nearest: Vec<String>,
    },
    /// A function that is there, and that no program can be attached to.
    NotTraceable {
        /// As it was named.
        function: String,
        /// Why not.
        how: Untraceable,
    },
    /// The processor, as this kernel sees it, does not count that.
    NoCounter {
        /// What was to be counted.
        event: Counter,
    },
    /// Anything else the kernel said.
    Errno(i32),
}

/// Why a function of the kernel cannot be traced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Untraceable {
    /// Probes use it themselves, or it runs where none may: it is on the kernel's own list.
    Forbidden,
    /// Its name is in no list of what can be traced: it was compiled so.
    Unlisted,
    /// The compiler changed it, and its name.
    Changed {
        /// What there is instead, at most three.
        names: Vec<String>,
    },
}

/// Why a function of an object cannot be replaced by another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Irreplaceable {
    /// The object has no function of this name.
    Unknown,
    /// The verifier looks at it together with its callers.
    Static,
    /// No program of the object calls it, or the compiler has put it into those that do.
    Uncalled,
}

/// A format that the kernel's `bpf_printk` does not take, where a program prints with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unprintable {
    /// Function name.
    pub program: String,
    /// As in the source; bytes that are not UTF-8 are replaced.
    pub format: String,
    /// The conversion or letter in it that is not taken by itself either.
    pub culprit: Option<String>,
    /// What the helper answers.
    pub errno: i32,
}
