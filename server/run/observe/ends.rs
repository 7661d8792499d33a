//! How a worker's part ends, and what is said of it.
//!
//! Knows the outcomes; does not know what comes before them.

use std::time::{Duration, Instant};

use bpflab_worker::{Done, Event, ProgramStats, Refusal, Unprintable};

use super::{Observation, Phase, words::refusal_sentence};
use crate::{
    backend::{Turns, Words},
    diagnostic::{Diagnostic, Origin, Severity},
    explain,
    run::{LIMITS, Outcome, RunEvent, needs, opinion::Refused},
    say::{Print, Sentence},
};

/// A guest that has said nothing for so long is no longer there: a worker
/// looks at its programs' counts ten times a second.
const SILENT: Duration = Duration::from_millis(1500);

/// Formats that are said to be refused, in one run, and bytes of one.
const MOST_FORMATS: u64 = 64;
const LONGEST_FORMAT: usize = 1 << 10;

/// Verdicts of one program, and bytes of a verdict's name.
const MOST_VERDICTS: usize = 16;
const LONGEST_NAME: usize = 32;

impl Observation<'_> {
    /// What a phase is given once when the machine had no processor for its guest.
    pub(super) fn excuse(&self) -> Duration {
        match self.phase {
            Phase::Place => LIMITS.place,
            Phase::Load => LIMITS.load,
            Phase::Attach => LIMITS.attach,
            Phase::Turn | Phase::Observe | Phase::Stop(_) => LIMITS.stop,
        }
    }

    /// Whether the machine had so little for the guest in this phase that it may be late.
    pub(super) fn is_starved(&self, turns: Turns) -> bool {
        (turns - self.turns).is_starved(self.since.elapsed())
    }

    pub(super) fn done(&mut self, done: Done) -> Outcome {
        let outcome = match (done, self.phase) {
            (Done::Failed, _) => self.failed.unwrap_or(Outcome::WorkerDied),
            (_, Phase::Stop(outcome)) => outcome,
            (Done::Completed, _) => Outcome::Completed,
            (Done::TimedOut, _) => Outcome::TimedOut,
            (Done::Stopped, _) => Outcome::Cancelled,
        };
        if outcome == Outcome::TimedOut {
            let seconds = self.part.submission.span.at_most_ms / 1000;
            self.diagnose(Origin::Silent, "stimulus-timed-out", Sentence::StimulusTimedOut { seconds });
        }
        if matches!(outcome, Outcome::Completed | Outcome::Cancelled | Outcome::TimedOut)
            && let Some(found) = self.seen.silence()
        {
            self.say(RunEvent::Diagnosed(found));
        }
        outcome
    }

    /// How often programs ran, and what they decided. A guest's word: there are no more verdicts.
    pub(super) fn counted(&mut self, all: Vec<ProgramStats>) {
        for mut stats in all {
            stats.verdicts.truncate(MOST_VERDICTS);
            stats
                .verdicts
                .retain(|verdict| verdict.name.as_ref().is_none_or(|name| name.len() <= LONGEST_NAME));
            self.seen.stats(&stats);
            self.say(RunEvent::Stats(stats));
        }
    }

    /// A program prints with a format that this kernel does not take. A guest's word: a source
    /// has not so many, nor such long ones.
    pub(super) fn unprintable(&mut self, Unprintable { program, format, culprit, errno }: Unprintable) {
        let is_long = [&program, &format].into_iter().chain(&culprit).any(|text| text.len() > LONGEST_FORMAT);
        if is_long || self.seen.refused_format() > MOST_FORMATS {
            return;
        }
        let sources = self.part.submission.sources.clone();
        let place = explain::printed_at(&format, sources.program());
        let sentence = Sentence::Print(Print { program, format, culprit, errno });
        let mut found = Diagnostic::error(Origin::Silent, "format-refused", sentence);
        (found.place, found.severity) = (place, Severity::Warning);
        self.say(RunEvent::Diagnosed(found));
    }

    /// What is to be said of a load that was refused, with the kernels that would take it.
    pub(super) async fn not_loaded(&mut self, errno: i32, program: Option<String>) -> Diagnostic {
        let sources = self.part.submission.sources.clone();
        let step = explain::step(&self.libbpf).filter(|_| self.verifier.is_empty());
        let mut found = step
            .unwrap_or_else(|| explain::refusal(&self.verifier, errno, program.clone(), sources.program()));
        found.place = found.place.take().or(explain::named_place(&found, sources.program()));
        self.part.refused = Refused::new(&found, &self.verifier, program);
        let part = &self.part;
        let (lab, kernel, stop) = (part.lab.clone(), part.kernel.clone(), part.stop.clone());
        tokio::select! {
            () = needs::offer(&lab, &kernel, &mut found) => {}
            () = stop.cancelled() => {}
        }
        // What other kernels have may take seconds to find out, and is not the worker's time.
        self.since = Instant::now();
        self.heard = self.since;
        found
    }

    /// What libbpf did not like before it asked the kernel.
    pub(super) fn not_opened(&self, errno: i32) -> Diagnostic {
        let source = self.part.submission.sources.program();
        let found = explain::legacy_maps(source).or_else(|| explain::step(&self.libbpf));
        let mut found = found.unwrap_or_else(|| {
            Diagnostic::error(Origin::Attach, "open-failed", Sentence::OpenFailed { errno })
        });
        found.place = found.place.take().or(explain::named_place(&found, source));
        found
    }

    pub(super) fn worker_died(&mut self, words: Option<Words>) -> Outcome {
        let (id, sentence) = match words {
            None => ("worker-died", Sentence::WorkerDied),
            Some(Words::Nothing) => ("guest-ended", Sentence::GuestEnded),
            Some(Words::Panicked(why)) => ("guest-panicked", Sentence::GuestPanicked { why }),
        };
        self.diagnose(Origin::Attach, id, sentence);
        Outcome::WorkerDied
    }

    /// A guest that is still there after the end of its time: silent, or late. One that the
    /// machine lets wait may be silent for that.
    pub(super) fn overdue(&mut self, turns: Turns) -> Outcome {
        if self.heard.elapsed() > SILENT && !self.is_starved(turns) {
            self.diagnose(Origin::Attach, "guest-mute", Sentence::GuestMute);
            return Outcome::WorkerDied;
        }
        self.diagnose(Origin::Attach, "guest-late", Sentence::GuestLate);
        Outcome::TimedOut
    }

    /// An event that cannot come now: what sent it is no worker of ours.
    pub(super) fn lied(&mut self, event: &Event) -> Outcome {
        let said: String = format!("{event:?}").chars().take(80).collect();
        tracing::warn!(%said, phase = ?self.phase, "an event out of order");
        self.cut_off()
    }

    pub(super) fn cut_off(&mut self) -> Outcome {
        self.diagnose(Origin::Attach, "guest-lied", Sentence::GuestLied);
        Outcome::WorkerDied
    }

    pub(super) fn explain_limit(&mut self) {
        let seconds = self.since.elapsed().as_secs();
        let (id, sentence) = match self.phase {
            Phase::Stop(_) => return,
            Phase::Attach => ("attach-timed-out", Sentence::AttachTimedOut { seconds }),
            _ => ("stage-timed-out", Sentence::StageTimedOut { seconds }),
        };
        self.diagnose(Origin::Attach, id, sentence);
    }

    pub(super) fn refused(&mut self, refusal: Refusal) {
        let (id, sentence, outcome) = refusal_sentence(refusal);
        let origin = if outcome == Outcome::CompileFailed { Origin::Compiler } else { Origin::Attach };
        self.diagnose(origin, id, sentence);
        self.failed = Some(outcome);
    }
}
