//! The objects of a story, as they are written.

use serde::Serialize;

use super::value::Shown;

/// What every object carries.
#[derive(Serialize)]
pub(super) struct Object<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) run: &'a str,
    pub(super) seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kernel: Option<&'a str>,
    pub(super) at: f64,
    #[serde(flatten)]
    pub(super) body: Body<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Body<'a> {
    Started {
        kernels: &'a [String],
        lesson: Option<&'a str>,
        seed: Option<u64>,
    },
    Queued {
        position: usize,
    },
    Preparing {
        step: &'static str,
        ms: f64,
    },
    Diagnostic(DiagnosticBody<'a>),
    Compiled {
        bytes: usize,
        cached: bool,
        ms: f64,
    },
    Placed {
        release: &'a str,
        accelerator: &'static str,
        ms: f64,
    },
    Relocated {
        program: &'a str,
        instruction: u32,
        kind: &'a str,
        spec: &'a str,
        local: u64,
        target: Option<u64>,
    },
    Terminal {
        open: bool,
        seconds: u64,
    },
    Loaded {
        programs: Vec<ProgramBody<'a>>,
        maps: Vec<MapBody<'a>>,
    },
    Log {
        source: &'static str,
        text: &'a str,
    },
    Attached {
        program: &'a str,
        to: &'a str,
    },
    Observing {
        stimulus: Option<u32>,
    },
    Record {
        map: &'a str,
        time: f64,
        cpu: Option<u32>,
        value: Shown<'a>,
    },
    Tested {
        program: &'a str,
        returned: i32,
        verdict: Option<&'a str>,
        output: Option<String>,
        ns: u64,
        repeat: u32,
    },
    Code {
        program: &'a str,
        given: Vec<InstructionBody>,
        translated: Vec<InstructionBody>,
        machine: Vec<MachineBody>,
        lines: Vec<LineBody<'a>>,
        sizes: SizesBody,
    },
    Map(ViewBody<'a>),
    Global {
        name: &'a str,
        ctype: &'a str,
        value: Shown<'a>,
    },
    Output {
        stream: &'static str,
        text: &'a str,
    },
    StimulusEnded {
        status: i32,
    },
    Stats {
        program: &'a str,
        runs: u64,
        missed: Option<u64>,
        ns: u64,
        emulated: bool,
        /// Where they are counted, and one was given.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        verdicts: Vec<GivenBody<'a>>,
    },
    Lost {
        stream: String,
        count: u64,
        /// Missed by this watcher alone; has the number of what follows it.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        gap: bool,
    },
    Check {
        id: &'a str,
        passed: bool,
        says: &'a str,
        saw: String,
        hint: Option<&'a str>,
    },
    Unavailable {
        message: String,
    },
    Ended {
        outcome: &'static str,
        stages: StagesBody,
    },
}

#[derive(Serialize)]
pub(super) struct DiagnosticBody<'a> {
    pub(super) origin: &'static str,
    pub(super) severity: &'static str,
    pub(super) id: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    pub(super) message: String,
    pub(super) notes: Vec<NoteBody<'a>>,
    pub(super) fix: Option<FixBody<'a>>,
    /// Kernels that have what is lacking here.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) offers: &'a [String],
}

#[derive(Serialize)]
pub(super) struct NoteBody<'a> {
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    pub(super) message: String,
}

#[derive(Serialize)]
pub(super) struct FixBody<'a> {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
    pub(super) text: &'a str,
}

#[derive(Serialize)]
pub(super) struct ProgramBody<'a> {
    pub(super) name: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    pub(super) section: &'a str,
    pub(super) instructions: u32,
    /// The verifier's own count of its work.
    pub(super) verified: Option<VerifiedBody>,
}

#[derive(Serialize)]
pub(super) struct InstructionBody {
    pub(super) at: u32,
    pub(super) text: String,
    /// Where it may jump to.
    pub(super) to: Option<u32>,
    /// Which of `lines` it is of.
    pub(super) of: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct MachineBody {
    /// From the beginning of its function, in bytes.
    pub(super) at: u64,
    pub(super) text: String,
    /// Which of `lines` it is of.
    pub(super) of: Option<usize>,
}

/// A piece of a source line.
#[derive(Serialize)]
pub(super) struct LineBody<'a> {
    pub(super) file: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) text: &'a str,
}

#[derive(Serialize)]
pub(super) struct VerifiedBody {
    pub(super) instructions: u64,
    pub(super) states: u64,
    pub(super) peak_states: u64,
    pub(super) us: Option<u64>,
}

#[derive(Serialize)]
pub(super) struct MapBody<'a> {
    pub(super) name: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    pub(super) key: Option<&'a str>,
    pub(super) value: Option<&'a str>,
    pub(super) max_entries: u32,
}

#[derive(Serialize)]
pub(super) struct ViewBody<'a> {
    pub(super) name: &'a str,
    pub(super) full: bool,
    pub(super) entries: Vec<EntryBody<'a>>,
    pub(super) removed: Vec<Shown<'a>>,
    pub(super) total: u64,
    pub(super) shown: u64,
}

#[derive(Serialize)]
pub(super) struct EntryBody<'a> {
    pub(super) key: Shown<'a>,
    pub(super) value: Shown<'a>,
}

#[derive(Serialize)]
pub(super) struct StagesBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queued: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prepare: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) compile: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) load: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attach: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) observe: Option<f64>,
}

/// How often a program gave one verdict; without a number, all that are too great or small for one.
#[derive(Serialize)]
pub(super) struct GivenBody<'a> {
    pub(super) returned: Option<i32>,
    pub(super) name: Option<&'a str>,
    pub(super) count: u64,
}

/// Bytes of a program's forms.
#[derive(Serialize)]
pub(super) struct SizesBody {
    pub(super) given: u64,
    pub(super) translated: u64,
    pub(super) machine: u64,
}
