//! Events -> the objects of the story, in one reader's language.

use std::sync::Arc;

use bpflab_worker::{
    LogSource, MapFacts, MapView, OutputStream, ProgramFacts, ProgramStats, Record, Relocation, Stream,
    Tested, Verdict, Verified,
};

use super::{
    code,
    story::{
        Body, DiagnosticBody, EntryBody, FixBody, GivenBody, MapBody, NoteBody, Object, ProgramBody,
        StagesBody, VerifiedBody, ViewBody,
    },
    trace,
    value::{Shown, hex},
};
use crate::{
    backend::Step,
    diagnostic::{Diagnostic, Note, Origin, Severity},
    kernel::HOST,
    run::{About, Batch, CheckResult, Entry, LIMITS, Lost, Outcome, RunEvent, Stages},
    say::Lang,
};

/// Writes one run's story in one language.
#[derive(Debug, Clone)]
pub struct Writer {
    run: String,
    about: Arc<About>,
    lang: Lang,
}

impl Writer {
    /// For the run named `run`.
    pub fn new(run: String, about: Arc<About>, lang: Lang) -> Self {
        Self { run, about, lang }
    }

    /// Appends a batch's objects, one a line.
    pub fn write(&self, batch: &Batch, to: &mut Vec<u8>) {
        let first = batch.entries.first().map_or((0, 0.0), |entry| (entry.seq, entry.at_ms));
        for lost in &batch.lost {
            self.lost(lost, first, to);
        }
        for entry in &batch.entries {
            self.entry(entry, to);
        }
    }

    /// What a watcher missed stands before the next event, and has its number.
    fn lost(&self, lost: &Lost, (seq, at): (u64, f64), to: &mut Vec<u8>) {
        let body = Body::Lost { stream: stream(&lost.stream), count: lost.count, gap: true };
        self.object("lost", seq, lost.kernel.as_deref(), at, body, to);
    }

    fn entry(&self, entry: &Entry, to: &mut Vec<u8>) {
        let kernel = entry.kernel.as_deref();
        match &*entry.event {
            RunEvent::Trace(lines) => {
                trace::write(&self.run, kernel, rounded(entry.at_ms), entry.seq, lines, to)
            }
            RunEvent::Records { map, records } => {
                for (seq, record) in (entry.seq..).zip(records) {
                    let Record { time, cpu, value } = record;
                    let body = Body::Record { map, time: *time, cpu: *cpu, value: Shown(value) };
                    self.object("record", seq, kernel, entry.at_ms, body, to);
                }
            }
            other => {
                if let Some((kind, body)) = self.body(other, kernel) {
                    self.object(kind, entry.seq, kernel, entry.at_ms, body, to);
                }
            }
        }
    }

    fn object(
        &self,
        kind: &'static str,
        seq: u64,
        kernel: Option<&str>,
        at: f64,
        body: Body<'_>,
        to: &mut Vec<u8>,
    ) {
        let object = Object { kind, run: &self.run, seq, kernel, at: rounded(at), body };
        serde_json::to_writer(&mut *to, &object).expect("the story's objects always serialise");
        to.push(b'\n');
    }

    /// `None` for lines and records, which are written one by one.
    fn body<'a>(&'a self, event: &'a RunEvent, kernel: Option<&str>) -> Option<(&'static str, Body<'a>)> {
        Some(match event {
            RunEvent::Trace(_) | RunEvent::Records { .. } => return None,
            RunEvent::Relocated(one) => {
                let Relocation { program, instruction, kind, spec, local, target } = one;
                let (instruction, local, target) = (*instruction, *local, *target);
                ("relocated", Body::Relocated { program, instruction, kind, spec, local, target })
            }
            RunEvent::Terminal { open } => {
                ("terminal", Body::Terminal { open: *open, seconds: LIMITS.terminal.as_secs() })
            }
            RunEvent::Started { kernels } => {
                let (lesson, seed) = (self.about.lesson.as_deref(), self.about.seed);
                ("started", Body::Started { kernels, lesson, seed })
            }
            RunEvent::Queued { position } => ("queued", Body::Queued { position: *position }),
            RunEvent::Preparing { step: now, ms } => {
                ("preparing", Body::Preparing { step: step(*now), ms: rounded(*ms) })
            }
            RunEvent::Diagnosed(found) => ("diagnostic", Body::Diagnostic(self.diagnostic(found))),
            RunEvent::Compiled { bytes, cached, ms } => {
                ("compiled", Body::Compiled { bytes: *bytes, cached: *cached, ms: rounded(*ms) })
            }
            RunEvent::Placed { release, accelerator, ms } => {
                let accelerator = accelerator.name();
                ("placed", Body::Placed { release, accelerator, ms: rounded(*ms) })
            }
            RunEvent::Loaded { programs, maps } => {
                let programs = programs.iter().map(program).collect();
                ("loaded", Body::Loaded { programs, maps: maps.iter().map(map).collect() })
            }
            RunEvent::Log { source, text } => ("log", Body::Log { source: log_source(*source), text }),
            RunEvent::Attached { program, to } => ("attached", Body::Attached { program, to }),
            RunEvent::Observing { stimulus } => ("observing", Body::Observing { stimulus: *stimulus }),
            RunEvent::Tested { program, tested } => {
                let Tested { returned, verdict, output, ns, repeat } = tested;
                let output = output.as_ref().map(|bytes| hex(bytes));
                // C's int, as the program wrote it.
                let returned = *returned as i32;
                let verdict = verdict.as_deref();
                ("tested", Body::Tested { program, returned, verdict, output, ns: *ns, repeat: *repeat })
            }
            RunEvent::Code(made) => ("code", code::body(made)),
            RunEvent::Map(seen) => ("map", Body::Map(view(seen))),
            RunEvent::Global(global) => {
                let value = Shown(&global.value);
                ("global", Body::Global { name: &global.name, ctype: &global.ctype, value })
            }
            RunEvent::Output { stream, text } => {
                ("output", Body::Output { stream: output_stream(*stream), text })
            }
            RunEvent::StimulusEnded { status } => ("stimulus_ended", Body::StimulusEnded { status: *status }),
            RunEvent::Stats(counts) => {
                let ProgramStats { program, runs, missed, ns, verdicts } = counts;
                let verdicts = verdicts.iter().map(given).collect();
                let emulated = kernel.is_some_and(|kernel| kernel != HOST);
                ("stats", Body::Stats { program, runs: *runs, missed: *missed, ns: *ns, emulated, verdicts })
            }
            RunEvent::Lost { stream: of, count } => {
                ("lost", Body::Lost { stream: stream(of), count: *count, gap: false })
            }
            RunEvent::Checked(result) => ("check", self.check(result)),
            RunEvent::Unavailable(why) => ("unavailable", Body::Unavailable { message: why.say(self.lang) }),
            RunEvent::Ended { outcome: end, stages: took } => {
                ("ended", Body::Ended { outcome: outcome(*end), stages: stages(took) })
            }
        })
    }

    fn check<'a>(&self, result: &'a CheckResult) -> Body<'a> {
        let CheckResult { id, passed, says, saw, hint } = result;
        Body::Check {
            id,
            passed: *passed,
            says: says.get(self.lang),
            saw: saw.say(self.lang),
            hint: hint.as_ref().map(|hint| hint.get(self.lang)),
        }
    }

    fn diagnostic<'a>(&self, found: &'a Diagnostic) -> DiagnosticBody<'a> {
        let Diagnostic { origin: from, severity: weight, id, place, message, notes, fix, offers } = found;
        let note = |note: &'a Note| NoteBody {
            file: note.place.as_ref().map(|place| place.file.as_str()),
            line: note.place.as_ref().map(|place| place.line),
            column: note.place.as_ref().map(|place| place.column),
            message: note.message.say(self.lang),
        };
        DiagnosticBody {
            origin: origin(*from),
            severity: severity(*weight),
            id,
            file: place.as_ref().map(|place| place.file.as_str()),
            line: place.as_ref().map(|place| place.line),
            column: place.as_ref().map(|place| place.column),
            message: message.say(self.lang),
            notes: notes.iter().map(note).collect(),
            fix: fix.as_ref().map(|fix| FixBody {
                line: fix.from.line,
                column: fix.from.column,
                end_line: fix.end_line,
                end_column: fix.end_column,
                text: &fix.text,
            }),
            offers,
        }
    }
}

fn program(facts: &ProgramFacts) -> ProgramBody<'_> {
    let ProgramFacts { name, kind, section, instructions, verified } = facts;
    let verified = verified.map(|Verified { instructions, states, peak_states, us }| VerifiedBody {
        instructions,
        states,
        peak_states,
        us,
    });
    ProgramBody { name, kind, section, instructions: *instructions, verified }
}

fn map(MapFacts { name, kind, key, value, max_entries }: &MapFacts) -> MapBody<'_> {
    MapBody { name, kind, key: key.as_deref(), value: value.as_deref(), max_entries: *max_entries }
}

fn view(MapView { name, full, entries, removed, total, shown }: &MapView) -> ViewBody<'_> {
    let entries = entries.iter().map(|(key, value)| EntryBody { key: Shown(key), value: Shown(value) });
    ViewBody {
        name,
        full: *full,
        entries: entries.collect(),
        removed: removed.iter().map(Shown).collect(),
        total: *total,
        shown: *shown,
    }
}

fn given(Verdict { returned, name, count }: &Verdict) -> GivenBody<'_> {
    GivenBody { returned: *returned, name: name.as_deref(), count: *count }
}

fn stages(Stages { queued, prepare, compile, place, load, attach, observe }: &Stages) -> StagesBody {
    StagesBody {
        queued: queued.map(rounded),
        prepare: prepare.map(rounded),
        compile: compile.map(rounded),
        place: place.map(rounded),
        load: load.map(rounded),
        attach: attach.map(rounded),
        observe: observe.map(rounded),
    }
}

/// An outcome's name on the wire.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::CompileFailed => "compile_failed",
        Outcome::Rejected => "rejected",
        Outcome::AttachFailed => "attach_failed",
        Outcome::Unmet => "unmet",
        Outcome::TimedOut => "timed_out",
        Outcome::Cancelled => "cancelled",
        Outcome::WorkerDied => "worker_died",
        Outcome::Lost => "lost",
    }
}

/// A step's name on the wire.
pub fn step(step: Step) -> &'static str {
    match step {
        Step::Boot => "boot",
        Step::Ask => "ask",
        Step::Rehearse => "rehearse",
        Step::Save => "snapshot",
        Step::Headers => "headers",
    }
}

/// A severity's name on the wire.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Compiler => "compiler",
        Origin::Verifier => "verifier",
        Origin::Attach => "attach",
        Origin::Silent => "silent",
    }
}

fn log_source(source: LogSource) -> &'static str {
    match source {
        LogSource::Libbpf => "libbpf",
        LogSource::Verifier => "verifier",
    }
}

fn output_stream(stream: OutputStream) -> &'static str {
    match stream {
        OutputStream::Stdout => "stdout",
        OutputStream::Stderr => "stderr",
        OutputStream::Iterator => "iter",
    }
}

/// A stream's name on the wire.
pub fn stream(stream: &Stream) -> String {
    match stream {
        Stream::Trace => "trace".into(),
        Stream::Record { map } => format!("record:{map}"),
        Stream::Output => "output".into(),
        Stream::Log => "log".into(),
        Stream::Map => "map".into(),
    }
}

/// Milliseconds to a tenth: more digits are noise.
fn rounded(ms: f64) -> f64 {
    (ms * 10.0).round() / 10.0
}
