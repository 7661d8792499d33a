//! One step of a run's story.

use bpflab_worker::{
    Code, Global, LogSource, MapFacts, MapView, OutputStream, ProgramFacts, ProgramStats, Record, Relocation,
    Stream, Tested, TraceLine,
};

use crate::{
    backend::Step,
    diagnostic::Diagnostic,
    kernel::Accelerator,
    say::{Sentence, Text},
};

/// One step in the story of a run, on one kernel unless said otherwise.
///
/// A receiver sees the variants in the order below; those marked `*` any
/// number of times and, from `Loaded` on, interleaved. A run that fails skips
/// ahead. Each kernel's part is over with exactly one [`RunEvent::Unavailable`]
/// or [`RunEvent::Ended`], after which nothing of it follows.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    /// Of the whole run, first and once.
    Started {
        /// Their names, in the order asked for.
        kernels: Vec<String>,
    },
    /// `*` Others are before it.
    Queued {
        /// How many runs are before it, from 1.
        position: usize,
    },
    /// `*` The first use of this kernel is being prepared.
    Preparing {
        /// What is being done.
        step: Step,
        /// Since when.
        ms: f64,
    },
    /// `*` Something to say about a source line.
    Diagnosed(Diagnostic),
    /// The object is there.
    Compiled {
        /// Its size.
        bytes: usize,
        /// It was known already.
        cached: bool,
        /// How long it took.
        ms: f64,
    },
    /// A worker is there.
    Placed {
        /// `uname -r`.
        release: String,
        /// How its instructions are run.
        accelerator: Accelerator,
        /// How long it took.
        ms: f64,
    },
    /// `*` What was patched into a program for this kernel.
    Relocated(Relocation),
    /// The kernel accepted the object.
    Loaded {
        /// In the object's order.
        programs: Vec<ProgramFacts>,
        /// In the object's order.
        maps: Vec<MapFacts>,
    },
    /// `*` libbpf's or the verifier's log.
    Log {
        /// Who wrote it.
        source: LogSource,
        /// Text.
        text: String,
    },
    /// `*` A program is attached.
    Attached {
        /// Function name.
        program: String,
        /// To what.
        to: String,
    },
    /// All is attached; the stimulus has been let go.
    Observing {
        /// Its pid.
        stimulus: Option<u32>,
    },
    /// The learner's terminal is there, or is gone.
    Terminal {
        /// Which of the two.
        open: bool,
    },
    /// `*` Lines of this run's `trace_pipe`. Code, Counts as that many events.
    Trace(Vec<TraceLine>),
    /// `*` Records of a buffer. Counts as that many events.
    Records {
        /// The map.
        map: String,
        /// Each of them.
        records: Vec<Record>,
    },
    /// `*` A program was run by itself.
    Tested {
        /// Function name.
        program: String,
        /// What came of it.
        tested: Tested,
    },
    /// `*` What the kernel made of a program.
    Code(Code),
    /// `*` A map's content or changes.
    Map(MapView),
    /// `*` A global's new value.
    Global(Global),
    /// `*` What the stimulus printed.
    Output {
        /// Its stream.
        stream: OutputStream,
        /// Text.
        text: String,
    },
    /// The stimulus has ended.
    StimulusEnded {
        /// Exit status, or 128 + the signal that ended it.
        status: i32,
    },
    /// `*` A program's counts.
    Stats(ProgramStats),
    /// `*` Lost since the last such event.
    Lost {
        /// Which stream.
        stream: Stream,
        /// How many.
        count: u64,
    },
    /// `*` A check has been decided.
    Checked(CheckResult),
    /// A fault of the lab ended it.
    Unavailable(Sentence),
    /// Nothing follows.
    Ended {
        /// How.
        outcome: Outcome,
        /// Where the time went.
        stages: Stages,
    },
}

/// How a kernel's part of a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The observing is over.
    Completed,
    /// The compiler refused it.
    CompileFailed,
    /// The verifier, or the kernel at load, refused it.
    Rejected,
    /// A program could not be attached.
    AttachFailed,
    /// The kernel or the place lacks or refuses what it needs.
    Unmet,
    /// A stage or the stimulus passed its limit.
    TimedOut,
    /// Stopped by its learner, or watched by nobody.
    Cancelled,
    /// The worker died.
    WorkerDied,
    /// The server went away.
    Lost,
}

/// Milliseconds of each stage, as far as the run came.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stages {
    /// Waiting for its turn.
    pub queued: Option<f64>,
    /// Making the kernel and its headers ready, at its first use.
    pub prepare: Option<f64>,
    /// Compiling.
    pub compile: Option<f64>,
    /// Waiting for a worker after the compiler was done: the two run side by side.
    pub place: Option<f64>,
    /// Opening and loading.
    pub load: Option<f64>,
    /// Attaching.
    pub attach: Option<f64>,
    /// Observing.
    pub observe: Option<f64>,
}

/// A check that has been decided.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckResult {
    /// Its name.
    pub id: String,
    /// Whether it passed.
    pub passed: bool,
    /// What was expected.
    pub says: Text,
    /// What was seen.
    pub saw: Sentence,
    /// Where to look, when it failed.
    pub hint: Option<Text>,
}

impl RunEvent {
    /// How many of the wire's objects it is.
    pub fn weight(&self) -> u64 {
        match self {
            Self::Trace(lines) => lines.len() as u64,
            Self::Records { records, .. } => records.len() as u64,
            _ => 1,
        }
    }

    /// Whether a kernel's part is over with it.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Ended { .. })
    }
}
