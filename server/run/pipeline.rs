//! One kernel's part of a run, from its turn to its end.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use bpflab_worker::{Change, KernelTypes, Load, Policy, Window};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    Judge, LIMITS, Lab, Outcome, RunEvent, Stages, Submission, Terminal, needs, observe,
    opinion::{self, Refused},
    queue::Waiting,
    story::Story,
};
use crate::{
    backend::{Error, Place, Step, Worker},
    compile::{Compiled, Compiler, Object, Types},
    explain,
    kernel::{Accelerator, HOST, asked_for, operations_of},
    say::Sentence,
};

/// Changes of globals that may wait for a worker.
const MAX_CHANGES: usize = 16;

/// Why a part is over.
#[derive(Debug)]
pub(super) enum End {
    /// With an outcome.
    Outcome(Outcome),
    /// By a fault of the lab.
    Fault(Sentence),
}

/// What someone wants of a run under way.
#[derive(Debug)]
pub(super) enum Wish {
    /// Other data for the program.
    Change(Asked),
    /// The terminal's window has another size.
    Resize(Window),
}

/// A change that someone wants in a running program.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) change: Change,
    pub(super) answer: oneshot::Sender<Result<(), Sentence>>,
}

/// The parts of a run that can be spoken to.
#[derive(Debug, Default)]
pub(super) struct Live {
    parts: Mutex<HashMap<Arc<str>, Line>>,
    over: AtomicBool,
}

/// To one part.
#[derive(Debug, Clone)]
struct Line {
    wishes: mpsc::Sender<Wish>,
    terminal: Option<Arc<Terminal>>,
}

impl Live {
    pub(super) async fn change(&self, kernel: &str, change: Change) -> Result<(), Sentence> {
        let part = self.parts().get(kernel).cloned().ok_or(Sentence::UnknownRun)?;
        let (answer, answered) = oneshot::channel();
        let wish = Wish::Change(Asked { change, answer });
        part.wishes.send(wish).await.map_err(|_| Sentence::UnknownRun)?;
        answered.await.unwrap_or(Err(Sentence::UnknownRun))
    }

    pub(super) fn terminal(&self, kernel: &str) -> Option<Arc<Terminal>> {
        self.parts().get(kernel)?.terminal.clone()
    }

    /// A size that comes while many wait is left out: another follows.
    pub(super) fn resize(&self, kernel: &str, window: Window) {
        let part = self.parts().get(kernel).cloned();
        if let Some(part) = part {
            let _ = part.wishes.try_send(Wish::Resize(window));
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    fn parts(&self) -> std::sync::MutexGuard<'_, HashMap<Arc<str>, Line>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One kernel's part. Tells its end exactly once, even if its task is dropped.
pub(super) struct Part {
    pub(super) kernel: Arc<str>,
    pub(super) submission: Arc<Submission>,
    pub(super) lab: Arc<Lab>,
    story: Arc<Story>,
    live: Arc<Live>,
    pub(super) judge: Box<dyn Judge>,
    pub(super) stop: CancellationToken,
    pub(super) stages: Stages,
    compiler: Option<Arc<Compiler>>,
    /// What the verifier has refused.
    pub(super) refused: Option<Refused>,
    told: bool,
}

impl Part {
    pub(super) fn new(
        kernel: Arc<str>,
        submission: Arc<Submission>,
        lab: Arc<Lab>,
        story: Arc<Story>,
        live: Arc<Live>,
        judge: Box<dyn Judge>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            kernel,
            submission,
            lab,
            story,
            live,
            judge,
            stop,
            stages: Stages::default(),
            compiler: None,
            refused: None,
            told: false,
        }
    }

    /// Runs all stages and tells the end.
    pub(super) async fn tell(mut self, waiting: Waiting) {
        let end = match self.run(waiting).await {
            Ok(outcome) => End::Outcome(outcome),
            Err(end) => end,
        };
        let line = self.live.parts().remove(&self.kernel);
        if line.is_some_and(|line| line.terminal.is_some()) {
            self.say(RunEvent::Terminal { open: false });
        }
        for result in self.judge.conclude() {
            self.story.push(Some(&self.kernel), RunEvent::Checked(result));
        }
        let event = match end {
            End::Outcome(outcome) => RunEvent::Ended { outcome, stages: self.stages },
            End::Fault(why) => RunEvent::Unavailable(why),
        };
        self.told = true;
        self.story.push(Some(&self.kernel), event);
        if self.lab.ahead
            && let Some(compiler) = &self.compiler
        {
            compiler.warm().await;
        }
    }

    /// How this kernel's instructions are run.
    pub(super) fn accelerator(&self) -> Accelerator {
        let kernels = self.lab.backends.kernels();
        let found = kernels.iter().find(|kernel| *kernel.name == *self.kernel);
        found.map_or(Accelerator::None, |kernel| kernel.accelerator)
    }

    /// Adds an event to the story, after its judge has seen it.
    pub(super) fn say(&mut self, event: RunEvent) {
        let decided = self.judge.see(&event);
        self.story.push(Some(&self.kernel), event);
        for result in decided {
            self.story.push(Some(&self.kernel), RunEvent::Checked(result));
        }
    }

    async fn run(&mut self, waiting: Waiting) -> Result<Outcome, End> {
        let stop = self.stop.clone();
        let began = Instant::now();
        let _permit = {
            let turn = waiting.turn(|position| self.say(RunEvent::Queued { position }));
            tokio::select! {
                permit = turn => permit,
                () = stop.cancelled() => return Ok(Outcome::Cancelled),
            }
        };
        self.stages.queued = Some(ms(began));
        tokio::select! {
            ready = self.prepare() => ready?,
            () = stop.cancelled() => return Ok(Outcome::Cancelled),
        }
        tokio::select! {
            met = self.check_needs() => met?,
            () = stop.cancelled() => return Ok(Outcome::Cancelled),
        }
        tokio::select! {
            ready = self.prepare_extra() => ready?,
            () = stop.cancelled() => return Ok(Outcome::Cancelled),
        }
        // Neither needs the other: the worker makes ready while clang compiles.
        let lab = self.lab.clone();
        let (kernel, submission) = (self.kernel.clone(), self.submission.clone());
        let place = submission.place(&kernel);
        let placing = async { tokio::time::timeout(LIMITS.place, lab.backends.worker(place)).await };
        let prepared = async { tokio::join!(self.compile(), placing) };
        let (object, placed) = tokio::select! {
            both = prepared => both,
            () = stop.cancelled() => return Ok(Outcome::Cancelled),
        };
        let (object, types) = object?;
        let waited = Instant::now();
        let worker = match placed {
            Ok(Ok(worker)) => worker,
            Ok(Err(error)) => {
                tracing::warn!(kernel = %self.kernel, %error, "no worker");
                return Err(End::Fault(error.sentence()));
            }
            Err(_) => return Err(End::Fault(Sentence::StageTimedOut { seconds: LIMITS.place.as_secs() })),
        };
        let outcome = self.observe(worker, &object, types, waited).await?;
        if let Some(refused) = self.refused.take() {
            tokio::select! {
                found = opinion::opinion(&lab, &kernel, &refused, &object, &submission) => {
                    found.into_iter().for_each(|found| self.say(RunEvent::Diagnosed(found)));
                }
                () = stop.cancelled() => {}
            }
        }
        Ok(outcome)
    }

    /// Sees to it that the kernel and the compiler for it are there. Takes
    /// seconds at a kernel's first use, and says what is being done.
    async fn prepare(&mut self) -> Result<(), End> {
        let began = Instant::now();
        let lab = self.lab.clone();
        let compilers = lab.compilers.as_ref().map_err(|why| End::Fault(why.clone()))?;
        let headers = self.submission.headers.clone().unwrap_or_else(|| self.kernel.to_string());
        let types = self.follow(headers.as_str().into(), lab.backends.types(&headers)).await?;
        let types = types.map_or(Types::Running, Types::File);
        if !compilers.has(&types) {
            self.say(RunEvent::Preparing { step: Step::Headers, ms: ms(began) });
        }
        let compiler = compilers.get(&types).await.map_err(|error| End::Fault(error.sentence()))?;
        self.compiler = Some(compiler);
        self.stages.prepare = Some(ms(began));
        Ok(())
    }

    /// The same for a guest that has more in it, where one is wanted.
    async fn prepare_extra(&mut self) -> Result<(), End> {
        let (lab, submission, kernel) = (self.lab.clone(), self.submission.clone(), self.kernel.clone());
        let place = submission.place(&kernel);
        if place.extra.is_none() {
            return Ok(());
        }
        let began = Instant::now();
        self.follow(place, lab.backends.guests().prepare(place)).await?;
        self.stages.prepare = self.stages.prepare.map(|so_far| so_far + ms(began));
        Ok(())
    }

    /// Waits until a guest's first use is prepared, and says what is being done.
    async fn follow<T>(
        &mut self,
        place: Place<'_>,
        preparing: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, End> {
        let (began, lab) = (Instant::now(), self.lab.clone());
        let mut step = lab.backends.guests().step(place);
        let mut preparing = std::pin::pin!(preparing);
        loop {
            let changed = async {
                match &mut step {
                    // The sender lives as long as the lab.
                    Some(step) => step.changed().await.is_ok(),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                done = &mut preparing => return done.map_err(|error| {
                    tracing::warn!(?place, %error, "not ready");
                    End::Fault(error.sentence())
                }),
                _ = changed => {
                    let now = step.as_mut().and_then(|step| *step.borrow_and_update());
                    if let Some(step) = now {
                        self.say(RunEvent::Preparing { step, ms: ms(began) });
                    }
                }
            }
        }
    }

    /// Ends the run before anything is loaded where the kernel lacks something.
    async fn check_needs(&mut self) -> Result<(), End> {
        let submission = self.submission.clone();
        let source = submission.sources.program();
        let mut needs = submission.needs.clone();
        // What this machine's own kernel is not given, its policy says better.
        if &*self.kernel != HOST {
            needs.also(asked_for(source.1));
            needs.also_hooks(operations_of(source.1));
        }
        if needs.is_empty() {
            return Ok(());
        }
        let lacking = needs::lacking(&self.lab, &self.kernel, &needs, source).await;
        if lacking.is_empty() {
            return Ok(());
        }
        lacking.into_iter().for_each(|found| self.say(RunEvent::Diagnosed(found)));
        Err(End::Outcome(Outcome::Unmet))
    }

    /// The object, and what loading it here takes of this kernel's types.
    async fn compile(&mut self) -> Result<(Arc<Object>, KernelTypes), End> {
        let compiler = self.compiler.clone().ok_or(End::Fault(Sentence::CompilerFailed))?;
        let began = Instant::now();
        let compiled = compiler.compile(&self.submission.sources).await.map_err(|error| {
            tracing::error!(%error, "compiling");
            End::Fault(error.sentence())
        })?;
        self.stages.compile = Some(ms(began));
        match compiled {
            Compiled::Failed(found) => {
                let sources = &self.submission.sources;
                let (source, program) = (sources.text(), sources.program());
                let explain = |found| explain::compiled(found, &source, program);
                let explained: Vec<_> = found.into_iter().map(explain).collect();
                explained.into_iter().for_each(|found| self.say(RunEvent::Diagnosed(found)));
                Err(End::Outcome(Outcome::CompileFailed))
            }
            Compiled::Object { object, warnings, cached } => {
                warnings.into_iter().for_each(|diagnostic| self.say(RunEvent::Diagnosed(diagnostic)));
                let types = self.lab.types_needed(&self.kernel, &object).await;
                self.stages.compile = Some(ms(began));
                self.say(RunEvent::Compiled { bytes: object.bytes().len(), cached, ms: ms(began) });
                Ok((object, types))
            }
        }
    }

    async fn observe(
        &mut self,
        mut worker: Worker,
        object: &Object,
        types: KernelTypes,
        waited: Instant,
    ) -> Result<Outcome, End> {
        let (wishes, wanted) = mpsc::channel(MAX_CHANGES);
        let stream = self.submission.terminal.and_then(|_| worker.terminal());
        let line = Line { wishes, terminal: stream.map(Terminal::new) };
        self.live.parts().insert(self.kernel.clone(), line);
        let load = Load {
            object: object.bytes().to_vec(),
            types,
            policy: if &*self.kernel == HOST { Policy::ObserveOnly } else { Policy::Anything },
            globals: self.submission.globals.clone().into_iter().collect(),
            targets: self.submission.targets.clone().into_iter().collect(),
            map_sizes: self.submission.map_sizes(),
            entries: self.submission.entries.clone(),
            records: self.submission.structs(),
            tests: self.submission.tests.clone(),
            shows: self.submission.shows.clone(),
            stimulus: self.submission.stimulus.clone(),
            span: self.submission.span,
            lab: if &*self.kernel == HOST { vec![std::process::id()] } else { Vec::new() },
            terminal: self.submission.terminal,
        };
        observe::observe(self, worker, load, wanted, waited).await
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.told {
            let end = RunEvent::Ended { outcome: Outcome::Lost, stages: self.stages };
            self.story.push(Some(&self.kernel), end);
        }
    }
}

/// Milliseconds since.
pub(super) fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
