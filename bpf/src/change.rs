//! What someone changes in a running program's data, and why it cannot be done.

use serde::{Deserialize, Serialize};

use crate::{BadGlobal, Value};

/// A change of data that a program uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// Another value of a global variable.
    Global {
        /// The variable, as the C source names it.
        name: String,
        /// Its new value as a person would type it.
        value: String,
    },
    /// Entries of a map.
    Map {
        /// The map, as the C source names it.
        map: String,
        /// What happens to it.
        change: MapChange,
    },
    /// One program is run once, as far as the kernel can do that; the answer
    /// comes as [`crate::Event::Tested`] too.
    Test(Test),
    /// What the kernel made of a program; it comes as [`crate::Event::Code`].
    Show {
        /// Function name.
        program: String,
    },
    /// Records of a buffer are this struct from here on; as their size says,
    /// where the name is empty.
    Decode {
        /// The buffer, as the C source names it.
        map: String,
        /// The struct's name.
        name: String,
    },
    /// A record for the program, through a user ring buffer.
    Submit {
        /// The buffer, as the C source names it.
        map: String,
        /// Fields of a struct of the program's, a text, or a number of 8 bytes.
        value: Value,
    },
}

/// What happens to a map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum MapChange {
    /// An entry is added, or gets another value. On a per-CPU map every CPU gets it.
    Set {
        /// A queue, a stack and a bloom filter have none.
        key: Option<Value>,
        /// By its type; numbers, enumerators and addresses may be texts.
        value: Value,
    },
    /// An entry is taken out.
    Delete {
        /// Its key.
        key: Value,
    },
    /// All entries are taken out, or set to zero in an array.
    Clear,
}

impl MapChange {
    /// With the number of the stimulus for its name, where there is a stimulus.
    #[must_use]
    pub fn of_stimulus(self, pid: Option<u32>) -> Self {
        let named = |value: Value| match (&value, pid) {
            (Value::Text(text), Some(pid)) if text == "@stimulus" => Value::Text(pid.to_string()),
            _ => value,
        };
        match self {
            Self::Set { key, value } => Self::Set { key: key.map(named), value: named(value) },
            Self::Delete { key } => Self::Delete { key: named(key) },
            Self::Clear => Self::Clear,
        }
    }
}

/// A program that is run by itself, with `BPF_PROG_TEST_RUN`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// Function name.
    pub program: String,
    /// A packet; for a program without packets its context.
    pub input: Vec<u8>,
    /// So many times; the time is the mean.
    pub repeat: u32,
}

/// Most bytes of a test's input.
pub const MAX_TEST: usize = 64 << 10;

/// What a program made of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// What it returned.
    pub returned: u32,
    /// The name that the kernel has for that, where it has one.
    pub verdict: Option<String>,
    /// The packet or context afterwards, where the kernel gives it back.
    pub output: Option<Vec<u8>>,
    /// Of one run, in nanoseconds.
    pub ns: u64,
    /// Runs.
    pub repeat: u32,
}

/// Bytes of one form of a program that are shown.
pub const MAX_CODE: usize = 32 << 10;

/// A program in the forms that it went through. Each is cut at [`MAX_CODE`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Function name.
    pub program: String,
    /// As compiled, with libbpf's changes.
    pub given: Form,
    /// As the verifier rewrote it; empty where the kernel does not show it.
    pub translated: Form,
    /// Machine code; empty where the kernel does not show it, or interprets.
    pub machine: Vec<Function>,
    /// The source lines that the forms refer to.
    pub lines: Vec<CodeLine>,
    /// How large the forms are, in bytes, also what is not shown of them.
    pub sizes: CodeSizes,
}

/// Bytes of a program's forms; 0 of one that the kernel does not show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in `Code`")]
pub struct CodeSizes {
    pub given: u64,
    pub translated: u64,
    pub machine: u64,
}

/// BPF instructions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Eight bytes an instruction.
    pub bytes: Vec<u8>,
    /// Who is called and which map is meant, by the instruction's number.
    pub names: Vec<(u32, String)>,
    /// At which instruction which of [`Code::lines`] begins.
    pub marks: Vec<(u32, u32)>,
}

/// Machine code of one function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Where it lies in the kernel.
    pub address: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// At which address which of [`Code::lines`] begins.
    pub marks: Vec<(u64, u32)>,
}

/// A piece of a source line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeLine {
    /// The file, as compiled.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1; 0 where it is not known.
    pub column: u32,
    /// The line itself.
    pub text: String,
}

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BadChange {
    /// A global could not be set.
    Global(BadGlobal),
    /// There is no such map; these are there.
    UnknownMap {
        /// The object's maps.
        known: Vec<String>,
    },
    /// There is no such ring buffer or perf buffer; these are there.
    UnknownBuffer {
        /// The object's buffers.
        known: Vec<String>,
    },
    /// There is no such struct; these are there.
    UnknownStruct {
        /// What was named.
        name: String,
        /// The program's structs.
        known: Vec<String>,
    },
    /// There is no such program; these are there.
    UnknownProgram {
        /// The object's programs.
        known: Vec<String>,
    },
    /// This kernel runs no program of this kind by itself.
    NotTestable {
        /// Such as `kprobe`.
        kind: String,
    },
    /// A packet begins with an Ethernet header; and it ends somewhere.
    BadInput {
        /// The least that it takes, in bytes.
        least: usize,
        /// The most.
        most: usize,
    },
    /// Maps of this kind do not change so.
    WrongKind {
        /// Such as `prog_array`.
        kind: String,
    },
    /// There is nothing of this name that such a map could hold; these are there.
    Unnamed {
        /// What was named.
        name: String,
        /// Programs, maps or interfaces.
        known: Vec<String>,
    },
    /// A value does not fit its type.
    Misfit {
        /// `key` or `value`.
        part: String,
        /// The field, dotted; empty for the whole.
        field: String,
        /// What it takes, in C.
        ctype: String,
    },
    /// There is nothing to take out.
    NoSuchKey,
    /// No room for another entry, or behind the end of an array.
    Full,
    /// The map is read-only from here.
    Frozen,
    /// Anything else the kernel said.
    Errno(i32),
}
