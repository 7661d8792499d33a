//! A worker's events -> the run's, from Hello to Done.
//!
//! One loop: what can happen becomes an enum, and one match acts on it.

mod ends;
mod legal;
mod words;

use std::time::{Duration, Instant};

use bpflab_worker::{Command, Event, Load, LogSource, OutputStream, VERSION};
use tokio::sync::mpsc;

use super::{
    LIMITS, Outcome, RunEvent,
    pipeline::{Asked, End, Part, Wish, ms},
};
use crate::{
    backend::{Error, Turns, Words, Worker},
    diagnostic::{Diagnostic, Origin},
    explain::{self, Seen},
    kernel::Accelerator,
    say::{Sentence, Size, Unchanged, Unit},
};
use legal::legal;
use words::{attach_sentence, change_sentence, global_sentence, unchanged};

/// How far a worker is; each phase has a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Place,
    /// Waiting for another server's run.
    Turn,
    Load,
    Attach,
    Observe,
    /// Stop was said; this will be the outcome.
    Stop(Outcome),
}

/// What can happen.
enum Happening {
    Came(Result<Option<Event>, Error>),
    Wanted(Wish),
    Stop,
    TooLong,
}

/// Everything of one worker's part.
struct Observation<'a> {
    part: &'a mut Part,
    phase: Phase,
    since: Instant,
    failed: Option<Outcome>,
    verifier: String,
    /// libbpf's latest words.
    libbpf: String,
    seen: Seen,
    /// When the worker said something last.
    heard: Instant,
    /// What its guest had had of the processors when the phase began.
    turns: Turns,
    /// Whether the phase was given more time.
    excused: bool,
    /// Changes that the worker has not answered yet, by token.
    asked: std::collections::HashMap<u64, Asked>,
    next_token: u64,
}

/// Loads the object into a worker and tells what comes of it.
pub(super) async fn observe(
    part: &mut Part,
    mut worker: Worker,
    load: Load,
    mut wanted: mpsc::Receiver<Wish>,
    waited: Instant,
) -> Result<Outcome, End> {
    let stop = part.stop.clone();
    let mut first = Some(Command::Load(Box::new(load)));
    let mut observation = Observation {
        part,
        phase: Phase::Place,
        since: waited,
        failed: None,
        verifier: String::new(),
        libbpf: String::new(),
        seen: Seen::default(),
        heard: Instant::now(),
        turns: worker.turns(),
        excused: false,
        asked: std::collections::HashMap::new(),
        next_token: 0,
    };
    let outcome = loop {
        let limit = observation.limit();
        let stopping = matches!(observation.phase, Phase::Stop(_));
        // Asked of the clock too: a guest that says one thing after the other leaves the
        // runtime no moment to look at its timers.
        let happening = tokio::select! {
            () = std::future::ready(()), if Instant::now() >= limit => Happening::TooLong,
            event = worker.next() => Happening::Came(event),
            Some(wish) = wanted.recv() => Happening::Wanted(wish),
            () = stop.cancelled(), if !stopping => Happening::Stop,
            () = tokio::time::sleep_until(limit.into()) => Happening::TooLong,
        };
        match happening {
            Happening::Came(Ok(Some(event))) if !legal(observation.phase, &event) => {
                break observation.lied(&event);
            }
            Happening::Came(Ok(Some(event))) => {
                let before = observation.since;
                if let Some(outcome) = observation.hear(event).await? {
                    break outcome;
                }
                if observation.since != before {
                    observation.turns = worker.turns();
                }
                if observation.phase != Phase::Place
                    && let Some(load) = first.take()
                {
                    send(&mut worker, &load).await?;
                }
                let at_leisure = observation.part.submission.terminal.is_some();
                if observation.phase == Phase::Observe && !at_leisure && observation.part.judge.is_satisfied()
                {
                    observation.enter(Phase::Stop(Outcome::Completed));
                    send(&mut worker, &Command::Stop).await?;
                }
            }
            Happening::Came(Ok(None)) => {
                // A kernel's trouble is told whatever else was to be the end: detaching may oops too.
                let words = worker.last_words().await;
                break match (observation.phase, observation.failed) {
                    _ if matches!(words, Some(Words::Panicked(_))) => observation.worker_died(words),
                    (Phase::Stop(outcome), _) | (_, Some(outcome)) => outcome,
                    (_, None) => observation.worker_died(words),
                };
            }
            Happening::Came(Err(Error::Frame(error))) => {
                tracing::warn!(%error, "a worker's stream");
                break observation.cut_off();
            }
            Happening::Came(Err(error)) => {
                tracing::warn!(%error, "a worker's stream");
                break observation.worker_died(worker.last_words().await);
            }
            Happening::Wanted(wish) => {
                let command = observation.ask(wish);
                send(&mut worker, &command).await?;
            }
            Happening::Stop => match observation.phase {
                Phase::Observe => {
                    observation.enter(Phase::Stop(Outcome::Cancelled));
                    send(&mut worker, &Command::Stop).await?;
                }
                _ => break Outcome::Cancelled,
            },
            Happening::TooLong if !observation.excused && observation.is_starved(worker.turns()) => {
                observation.excused = true;
            }
            Happening::TooLong => {
                let words = worker.words();
                break match observation.phase {
                    _ if matches!(words, Some(Words::Panicked(_))) => observation.worker_died(words),
                    Phase::Stop(outcome) => outcome,
                    Phase::Observe if words.is_some() => observation.overdue(worker.turns()),
                    _ => {
                        observation.explain_limit();
                        Outcome::TimedOut
                    }
                };
            }
        }
    };
    observation.close_stage();
    // Only when the worker has removed everything is it the next one's turn.
    if tokio::time::timeout(LIMITS.stop, worker.gone()).await.is_err() {
        tracing::warn!("a worker is slow to go");
    }
    Ok(outcome)
}

/// A worker that cannot be written to has gone; its last events still say why.
async fn send(worker: &mut Worker, command: &Command) -> Result<(), End> {
    match worker.send(command).await {
        Ok(()) | Err(Error::Stream(_)) => Ok(()),
        Err(error) => Err(End::Fault(error.sentence())),
    }
}

impl Observation<'_> {
    fn limit(&self) -> Instant {
        let span = &self.part.submission.span;
        let observe = span.exactly_ms.unwrap_or(span.at_most_ms);
        self.since
            + match self.phase {
                Phase::Place => LIMITS.place,
                Phase::Turn => LIMITS.place * 60, // the other server's limits come first
                Phase::Load => LIMITS.load,
                Phase::Attach => LIMITS.attach,
                // A keeper of ours ends by itself; a guest is in its learner's hands.
                Phase::Observe if self.part.accelerator() == Accelerator::None => {
                    Duration::from_millis(observe) + LIMITS.stop
                }
                Phase::Observe => Duration::from_millis(observe) + LIMITS.overtime,
                Phase::Stop(_) => LIMITS.stop,
            }
            + if self.excused { self.excuse() } else { Duration::ZERO }
    }

    fn enter(&mut self, phase: Phase) {
        self.close_stage();
        self.phase = phase;
        self.since = Instant::now();
        self.excused = false;
    }

    /// Notes how long the present phase took.
    fn close_stage(&mut self) {
        let stages = &mut self.part.stages;
        let stage = match self.phase {
            Phase::Place => &mut stages.place,
            Phase::Turn => &mut stages.queued,
            Phase::Load => &mut stages.load,
            Phase::Attach => &mut stages.attach,
            Phase::Observe | Phase::Stop(_) => &mut stages.observe,
        };
        *stage = Some(stage.unwrap_or_default() + ms(self.since));
    }

    fn say(&mut self, event: RunEvent) {
        self.part.say(event);
    }

    fn diagnose(&mut self, origin: Origin, id: &str, sentence: Sentence) {
        self.say(RunEvent::Diagnosed(Diagnostic::error(origin, id, sentence)));
    }

    fn ask(&mut self, wish: Wish) -> Command {
        let asked = match wish {
            Wish::Change(asked) => asked,
            Wish::Resize(window) => return Command::Resize(window),
        };
        let token = self.next_token;
        self.next_token += 1;
        let command = Command::Change { token, change: asked.change.clone() };
        self.asked.insert(token, asked);
        command
    }

    /// Acts on one event; the outcome when it was the last.
    async fn hear(&mut self, event: Event) -> Result<Option<Outcome>, End> {
        self.heard = Instant::now();
        if self.phase == Phase::Turn && event != Event::Waiting {
            self.enter(Phase::Load);
        }
        match event {
            Event::Hello { version, release } => {
                if version != VERSION {
                    return Err(End::Fault(Sentence::WorkerStale));
                }
                let ms = ms(self.since);
                self.enter(Phase::Load);
                self.say(RunEvent::Placed { release, accelerator: self.part.accelerator(), ms });
            }
            Event::Waiting => {
                self.enter(Phase::Turn);
                self.say(RunEvent::Queued { position: 1 });
            }
            Event::Log { source, text } => {
                let text = text.replace("<stdin>", self.part.submission.sources.program().0);
                if source == LogSource::Verifier {
                    self.verifier.clone_from(&text);
                } else {
                    self.libbpf.clone_from(&text);
                }
                self.say(RunEvent::Log { source, text });
            }
            Event::Refused(refusal) => self.refused(refusal),
            Event::BadGlobal { name, reason } => {
                self.diagnose(Origin::Attach, "bad-global", global_sentence(name, reason));
                self.failed = Some(Outcome::Unmet);
            }
            Event::Sized { map, kind, entries } => {
                let sentence = Sentence::Size(Size::Usual { map, entries, unit: Unit::of(&kind) });
                self.say(RunEvent::Diagnosed(Diagnostic::note(Origin::Attach, "usual-size", sentence)));
            }
            Event::OpenFailed { errno } => {
                let found = self.not_opened(errno);
                self.say(RunEvent::Diagnosed(found));
                self.failed = Some(Outcome::Rejected);
            }
            Event::LoadFailed { errno, program } => {
                let found = self.not_loaded(errno, program).await;
                self.say(RunEvent::Diagnosed(found));
                self.failed = Some(Outcome::Rejected);
            }
            Event::Loaded { programs, maps } => {
                self.enter(Phase::Attach);
                self.seen.loaded(&programs);
                let wanted = self.part.submission.targets.keys().chain(&self.part.submission.shows);
                let tables = maps.iter().filter(|map| map.kind == "struct_ops").map(|map| &map.name);
                let known: Vec<String> =
                    programs.iter().map(|program| &program.name).chain(tables).cloned().collect();
                let unknown = wanted.filter(|name| !known.contains(name)).cloned().collect::<Vec<_>>();
                self.say(RunEvent::Loaded { programs, maps });
                for name in unknown {
                    let why = Unchanged::UnknownProgram { name, known: known.clone() };
                    self.diagnose(Origin::Attach, "unknown-program", Sentence::Unchanged(why));
                }
            }
            Event::BadEntry { map, reason } => {
                self.diagnose(Origin::Attach, "bad-entry", unchanged(map, reason));
                self.failed = Some(Outcome::Unmet);
            }
            Event::Attached { program, to } => self.say(RunEvent::Attached { program, to }),
            Event::AttachFailed { program, section, reason } => {
                let (id, sentence) = attach_sentence(program, section, reason);
                let mut found = Diagnostic::error(Origin::Attach, id, sentence);
                let sources = self.part.submission.sources.clone();
                found.place = explain::named_place(&found, sources.program());
                let unmet = explain::is_unmet(&found);
                self.say(RunEvent::Diagnosed(found));
                self.failed = Some(if unmet { Outcome::Unmet } else { Outcome::AttachFailed });
            }
            Event::Relocated(all) => {
                all.into_iter().for_each(|one| self.say(RunEvent::Relocated(one)));
            }
            Event::LeftOut { program, section } => {
                self.seen.left_out(&program);
                let sentence = Sentence::LeftOut { program, section };
                self.say(RunEvent::Diagnosed(Diagnostic::note(Origin::Attach, "left-out", sentence)));
            }
            Event::Observing { stimulus } => {
                self.enter(Phase::Observe);
                self.say(RunEvent::Observing { stimulus });
                if self.part.submission.terminal.is_some() {
                    self.say(RunEvent::Terminal { open: true });
                }
            }
            Event::Trace(lines) => {
                self.seen.trace(&lines);
                self.say(RunEvent::Trace(lines));
            }
            Event::Records { map, records } => {
                self.seen.records(records.len());
                self.say(RunEvent::Records { map, records });
            }
            Event::Map(view) => {
                self.seen.map(&view);
                self.say(RunEvent::Map(view));
            }
            Event::Globals(globals) => {
                for global in globals {
                    self.seen.global(&global.name);
                    self.say(RunEvent::Global(global));
                }
            }
            Event::Output { stream, text } => {
                if stream == OutputStream::Iterator {
                    self.seen.iterated(&text);
                }
                self.say(RunEvent::Output { stream, text });
            }
            Event::StimulusEnded { status } => self.say(RunEvent::StimulusEnded { status }),
            Event::ThrownOut { why } => {
                self.diagnose(Origin::Attach, "thrown-out", Sentence::ThrownOut { why });
                self.failed = Some(Outcome::Rejected);
            }
            Event::Stats(all) => self.counted(all),
            Event::Unprintable(format) => self.unprintable(format),
            Event::Lost { stream, count } => self.say(RunEvent::Lost { stream, count }),
            Event::Tested { program, result: Ok(tested) } => {
                self.seen.tested();
                self.say(RunEvent::Tested { program, tested });
            }
            Event::Tested { program, result: Err(reason) } => {
                let why = unchanged(program, reason);
                self.diagnose(Origin::Attach, "not-tested", why);
            }
            Event::Code(code) => self.say(RunEvent::Code(code)),
            Event::Edited { token, error } => {
                if let Some(Asked { change, answer }) = self.asked.remove(&token) {
                    let said = error.map_or(Ok(()), |reason| Err(change_sentence(change, reason)));
                    // Whoever asked may have left; then nobody needs the answer.
                    let _ = answer.send(said);
                }
            }
            Event::Probed { .. } | Event::Types { .. } => return Ok(Some(self.cut_off())), // never legal
            Event::Done(done) => return Ok(Some(self.done(done))),
        }
        Ok(None)
    }
}
