//! The protocol between the server and a worker: its messages here, what they
//! carry in the modules beside.
//!
//! A worker is one process that serves one run. The server writes [`Command`]s
//! to it and reads [`Event`]s from it over one byte stream in each direction:
//! pipes to a child on the host, a socket to the host helper, a virtio-serial
//! port to a guest. Nothing here links libbpf, so the server may depend on it.
//!
//! Each message is one frame: its length as a little-endian `u32`, then that
//! many bytes of postcard. What a worker sends is hostile (a guest's kernel
//! may belong to its learner): a reader bounds the frame before it allocates,
//! and [`Value`] bounds its own depth.

mod aim;
mod change;
mod counter;
mod facts;
mod failure;
mod features;
mod frame;
mod near;
mod seen;
mod value;

pub use aim::Target;
pub use change::{
    BadChange, Change, Code, CodeLine, CodeSizes, Form, Function, MAX_CODE, MAX_TEST, MapChange, Test, Tested,
};
pub use counter::Counter;
pub use facts::{MapFacts, ProgramFacts, Relocation, Verified};
pub use failure::{AttachFailure, BadGlobal, Irreplaceable, Refusal, Unprintable, Untraceable};
pub use features::{Features, Helper, Hooks, MAX_NAMES, Probe, Tried, Unbelievable};
pub use frame::{FrameError, Frames, MAX_COMMAND, MAX_EVENT, encode};
pub use near::nearest;
pub use seen::{Global, MAX_SHOWN, MapView, OutputStream, ProgramStats, Record, TraceLine, Verdict};
pub use value::{MAX_DEPTH, Value};

use serde::{Deserialize, Serialize};

/// Raised when a message changes shape; both ends are built together, so a
/// difference means a stale worker and is reported as such.
pub const VERSION: u32 = 18;

/// What the server asks of a worker. [`Command::Load`] comes once (in a guest,
/// a rehearsal may come before it); before it only [`Command::Wake`],
/// [`Command::Types`] and [`Command::Probe`] may come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Open, load, attach, start the stimulus, stream.
    Load(Box<Load>),
    /// Say [`Event::Hello`] once more, in a guest that was restored from a
    /// snapshot: its clock stands still since then, and its random numbers are
    /// every other clone's.
    Wake(Moment),
    /// Send the kernel's own types, as [`Event::Types`].
    Types,
    /// Find out what this kernel can do, by trying.
    Probe,
    /// Change what the running program uses.
    Change {
        /// Returned in [`Event::Edited`].
        token: u64,
        /// What and how.
        change: Change,
    },
    /// The terminal's window has another size now.
    Resize(Window),
    /// Detach, drain what is buffered, say [`Event::Done`].
    Stop,
}

/// What a restored guest cannot know by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Nanoseconds since 1970.
    pub unix_ns: u64,
    /// For the kernel's random pool.
    pub entropy: [u8; 32],
}

/// Everything that one run needs to start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// The compiled BPF ELF.
    pub object: Vec<u8>,
    /// The kernel's types that its relocations are done against.
    pub types: KernelTypes,
    /// What this place refuses to load.
    pub policy: Policy,
    /// Global variables to set before load; `@stimulus` is the stimulus's pid.
    pub globals: Vec<(String, String)>,
    /// What programs attach to, by function name, where their sections do not
    /// say it or something else is wanted.
    pub targets: Vec<(String, Target)>,
    /// How many entries maps have, where it is not as the object says.
    pub map_sizes: Vec<(String, u32)>,
    /// What is put into maps once they are there, before anything is attached; `@stimulus` as
    /// a text is the stimulus's pid.
    pub entries: Vec<(String, MapChange)>,
    /// Buffers and the structs that their records are, where that was named.
    pub records: Vec<(String, String)>,
    /// Programs to run by themselves, once all is attached.
    pub tests: Vec<Test>,
    /// Programs of which all forms are told, once all is attached.
    pub shows: Vec<String>,
    /// A shell command that makes something happen; held back until all is attached.
    pub stimulus: Option<String>,
    /// How long to observe.
    pub span: Span,
    /// Processes of the lab (thread group ids) besides the worker itself.
    pub lab: Vec<u32>,
    /// A shell for the learner on the guest's terminal port, if one is wanted.
    pub terminal: Option<Window>,
}

impl Load {
    /// An object, and nothing said besides.
    pub fn plain(object: Vec<u8>, policy: Policy, span: Span) -> Self {
        Self {
            object,
            types: KernelTypes::All,
            policy,
            globals: Vec::new(),
            targets: Vec::new(),
            map_sizes: Vec::new(),
            entries: Vec::new(),
            records: Vec::new(),
            tests: Vec::new(),
            shows: Vec::new(),
            stimulus: None,
            span,
            lab: Vec::new(),
            terminal: None,
        }
    }
}

/// Types of the kernel that an object is loaded on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KernelTypes {
    /// All of them, which takes a guest a tenth of a second to read.
    #[default]
    All,
    /// Those that the object's relocations speak of, as raw BTF.
    Needed(Vec<u8>),
    /// Those of them that are the kernel's own. The others may be a module's,
    /// or those of a program that the object observes.
    Partly(Vec<u8>),
}

/// A terminal's size, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Lines.
    pub rows: u16,
    /// Characters in a line.
    pub columns: u16,
}

/// How long a worker observes, in milliseconds from attach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Reaching it ends the run well, whatever the stimulus does.
    pub exactly_ms: Option<u64>,
    /// How long after the stimulus's end, so that its last events arrive.
    pub after_stimulus_ms: u64,
    /// A run without a stimulus ends well here; one whose stimulus is still
    /// going has timed out.
    pub at_most_ms: u64,
}

/// What a place refuses to load, and whether it goes on from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Policy {
    /// The machine's own kernel: programs that only observe (DESIGN.md's list).
    ObserveOnly,
    /// A throw-away guest: whatever its kernel accepts.
    Anything,
    /// The same for a verdict alone: nothing is attached, and [`Event::Loaded`] ends it.
    VerifyOnly,
}

/// One step of a worker's story.
///
/// In this order; `*` any number of times. [`Event::Done`] is always last and
/// comes once, unless the worker dies.
/// `Hello, Waiting?, (Hello | Types* | Probed*)*, [Refused | OpenFailed | Sized*, (LoadFailed | Relocated?, Loaded),
/// BadEntry?, (Attached | LeftOut)*,
/// AttachFailed? | Observing, (Trace | Records | Map | Globals | Output | Stats | Lost |
/// StimulusEnded | Tested | Edited)*], Done`, with `Log` anywhere between.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The worker is there.
    Hello {
        /// Its [`VERSION`].
        version: u32,
        /// `uname -r` of the kernel it runs on.
        release: String,
    },
    /// Another server's run has this kernel; it takes turns.
    Waiting,
    /// A line of libbpf's own log, or the verifier's log.
    Log {
        /// Who wrote it.
        source: LogSource,
        /// Text; the verifier's is bounded and keeps its tail.
        text: String,
    },
    /// This place does not load such an object.
    Refused(Refusal),
    /// A global could not be set: no such variable, or a value that does not fit.
    BadGlobal {
        /// The variable.
        name: String,
        /// Why not.
        reason: BadGlobal,
    },
    /// `*` A map whose size nobody has said has the usual one of its type.
    Sized {
        /// Its name.
        map: String,
        /// Its type, as libbpf calls it.
        kind: String,
        /// Bytes in a buffer, stacks in a map of stacks.
        entries: u32,
    },
    /// libbpf could not make sense of the object.
    OpenFailed {
        /// A positive errno.
        errno: i32,
    },
    /// The kernel refused a program or a map.
    LoadFailed {
        /// A positive errno.
        errno: i32,
        /// The refused program's function name, when one was refused.
        program: Option<String>,
    },
    /// The kernel accepted everything.
    Loaded {
        /// In the object's order.
        programs: Vec<ProgramFacts>,
        /// Without the internal maps that only hold globals.
        maps: Vec<MapFacts>,
    },
    /// What was patched into the programs for this kernel (CO-RE), if anything was.
    Relocated(Vec<Relocation>),
    /// An entry could not be put into a map.
    BadEntry {
        /// The map.
        map: String,
        /// Why not.
        reason: BadChange,
    },
    /// `*` An optional program (`SEC("?…")`) whose hook this kernel does not have.
    LeftOut {
        /// Its function name.
        program: String,
        /// Its section.
        section: String,
    },
    /// `*` One program is attached.
    Attached {
        /// Its function name.
        program: String,
        /// To what, as its section says.
        to: String,
    },
    /// A program could not be attached; the run ends.
    AttachFailed {
        /// Its function name.
        program: String,
        /// Its section.
        section: String,
        /// Why not.
        reason: AttachFailure,
    },
    /// All is attached and the stimulus has been let go.
    Observing {
        /// The stimulus's pid in the root pid namespace.
        stimulus: Option<u32>,
    },
    /// `*` Lines of this run's `trace_pipe`, in its order.
    Trace(Vec<TraceLine>),
    /// `*` Records of one buffer, in its order.
    Records {
        /// The map.
        map: String,
        /// Each of them.
        records: Vec<Record>,
    },
    /// `*` A map's content, or what changed in it.
    Map(MapView),
    /// `*` Global variables whose value changed (all of them at first).
    Globals(Vec<Global>),
    /// `*` What the stimulus printed.
    Output {
        /// Its stream.
        stream: OutputStream,
        /// Text; bytes that are not UTF-8 are replaced.
        text: String,
    },
    /// The stimulus has ended.
    StimulusEnded {
        /// Exit status, or 128 + the signal that ended it.
        status: i32,
    },
    /// The kernel takes no orders from the object's scheduler any more; the run ends.
    ThrownOut {
        /// The kernel's words; empty where it says nothing.
        why: String,
    },
    /// `*` A program prints nothing by one of its formats.
    Unprintable(Unprintable),
    /// `*` Run counts of every program, when they changed.
    Stats(Vec<ProgramStats>),
    /// `*` Lost since the last such event.
    Lost {
        /// Which stream lost.
        stream: Stream,
        /// How many lines, records or bytes of output.
        count: u64,
    },
    /// A program was run by itself, or not.
    Tested {
        /// Function name.
        program: String,
        /// What came of it.
        result: Result<Tested, BadChange>,
    },
    /// What the kernel made of a program, when someone asked.
    Code(Code),
    /// The answer to [`Command::Change`].
    Edited {
        /// The command's.
        token: u64,
        /// Why it was refused, if it was.
        error: Option<BadChange>,
    },
    /// The answer to [`Command::Probe`], in pieces.
    Probed {
        /// The next of it.
        part: Box<Features>,
        /// Nothing follows.
        last: bool,
    },
    /// The answer to [`Command::Types`], in pieces.
    Types {
        /// The next bytes of the kernel's raw BTF.
        bytes: Vec<u8>,
        /// Nothing follows.
        last: bool,
    },
    /// Nothing follows.
    Done(Done),
}

/// Who wrote a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogSource {
    /// libbpf in the worker.
    Libbpf,
    /// The kernel's verifier.
    Verifier,
}

/// A stream that may lose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stream {
    /// Lines of `trace_pipe`.
    Trace,
    /// Records of a ring or perf buffer.
    Record {
        /// The map.
        map: String,
    },
    /// Bytes that the stimulus printed.
    Output,
    /// Lines of a log.
    Log,
    /// Views of maps.
    Map,
}

/// How a worker's part ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Done {
    /// The span is over.
    Completed,
    /// The stimulus was still going at [`Span::at_most_ms`].
    TimedOut,
    /// [`Command::Stop`] came.
    Stopped,
    /// An earlier event said why.
    Failed,
}
