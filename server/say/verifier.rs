//! What the verifier did not like, as an enum, and its words in both languages.

mod en;
mod zh;

use super::Lang;

/// A mistake that the verifier finds in a program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's English stands in `en`, under the same name")]
pub enum Mistake {
    NullCheck { what: Pointee },
    NotAPointer { is_pid_like: bool },
    PacketBounds { size: Option<i64> },
    PacketMoved { helper: String },
    ValueBounds { size: Option<i64> },
    StructBounds { name: String, offset: i64, size: i64 },
    MemberBounds { member: String, name: String, offset: i64, size: i64 },
    Unbounded,
    NegativeIndex,
    StackBounds { offset: i64 },
    StackUninitialised,
    RegisterUninitialised { register: u8 },
    Endless,
    TooManyPaths,
    WrongArgument { argument: u8, got: String, wanted: String },
    Context { offset: i64 },
    ModifiedContext,
    NoSuchArgument { function: String },
    Helper { helper: String },
    Reference,
    Lock,
    LockedCall,
    Leak,
    ReturnValue { got: String, wanted: String },
    NoReturnValue,
    Misaligned,
    StackTotal { bytes: u32 },
    Core { what: String },
    ReadOnly,
    Unreachable,
    MaySleep,
    KernelWrite,
    NotAlike { own: String, replaced: String },
    NotSeparate,
    NotModifiable { function: String },
    NoCode { function: String },
    PointerReturned { by_function: bool },
    NotSleepable { function: String },
    NotAMember { member: String, table: String },
    NotInItsMaps { what: String },
    NeedsDevice,
    OtherMap,
    NotAStruct,
    Newer(Newer),
}

/// What came with a later kernel than the one that refuses it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Newer {
    Helper { name: String },
    Callback { helper: Option<String> },
    Atomic,
}

/// What a pointer that may be null points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Pointee {
    MapValue,
    Record,
    Socket,
    Kernel,
    Other,
}

impl Mistake {
    /// What is wrong, in one sentence, and after it what usually mends it.
    pub fn say(&self, program: &str, lang: Lang) -> String {
        match lang {
            Lang::En => en::say(self, program),
            Lang::Zh => zh::say(self, program),
        }
    }

    /// A short name for scripts.
    pub fn id(&self) -> &'static str {
        match self {
            Self::NullCheck { .. } => "verifier-null-check",
            Self::NotAPointer { .. } => "verifier-not-a-pointer",
            Self::PacketBounds { .. } => "verifier-packet-bounds",
            Self::PacketMoved { .. } => "verifier-packet-moved",
            Self::ValueBounds { .. } => "verifier-value-bounds",
            Self::StructBounds { .. } => "verifier-struct-bounds",
            Self::MemberBounds { .. } => "verifier-member-bounds",
            Self::Unbounded => "verifier-unbounded",
            Self::NegativeIndex => "verifier-negative",
            Self::StackBounds { .. } => "verifier-stack-bounds",
            Self::StackUninitialised => "verifier-stack-uninitialised",
            Self::RegisterUninitialised { .. } => "verifier-uninitialised",
            Self::Endless => "verifier-endless",
            Self::TooManyPaths => "verifier-too-many-paths",
            Self::WrongArgument { .. } => "verifier-argument",
            Self::Context { .. } => "verifier-context",
            Self::ModifiedContext => "verifier-modified-context",
            Self::NoSuchArgument { .. } => "verifier-no-such-argument",
            Self::Helper { .. } => "verifier-helper",
            Self::Reference => "verifier-reference",
            Self::Lock => "verifier-lock",
            Self::LockedCall => "verifier-locked-call",
            Self::Leak | Self::PointerReturned { .. } => "verifier-leak",
            Self::ReturnValue { .. } => "verifier-return-value",
            Self::NoReturnValue => "verifier-no-return-value",
            Self::Misaligned => "verifier-misaligned",
            Self::StackTotal { .. } => "verifier-stack-total",
            Self::Core { .. } => "verifier-core",
            Self::ReadOnly => "verifier-read-only",
            Self::Unreachable => "verifier-unreachable",
            Self::MaySleep => "verifier-may-sleep",
            Self::KernelWrite => "verifier-kernel-write",
            Self::NotAlike { .. } => "verifier-not-alike",
            Self::NotSeparate => "verifier-not-separate",
            Self::NotModifiable { .. } => "verifier-not-modifiable",
            Self::NoCode { .. } => "verifier-no-code",
            Self::NotSleepable { .. } => "verifier-not-sleepable",
            Self::NotAMember { .. } => "verifier-not-a-member",
            Self::NotInItsMaps { .. } => "verifier-not-in-its-maps",
            Self::NeedsDevice => "verifier-needs-device",
            Self::OtherMap => "verifier-other-map",
            Self::NotAStruct => "verifier-not-a-struct",
            Self::Newer(Newer::Helper { .. }) => "verifier-newer-helper",
            Self::Newer(Newer::Callback { .. }) => "verifier-newer-callback",
            Self::Newer(Newer::Atomic) => "verifier-newer-atomic",
        }
    }
}
