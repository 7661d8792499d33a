//! All runs of a server: starts, finds, stops and forgets them.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bpflab_worker::{Change, KernelTypes, Window};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    About, Judge, LIMITS, RunEvent, Submission, Terminal, Watcher,
    pipeline::{Live, Part},
    queue::Queue,
    story::Story,
};
use crate::{
    backend::Backends,
    compile::{Compilers, Object, Types},
    dice,
    kernel::HOST,
    say::Sentence,
};

/// How often a run looks whether anyone watches it.
const LOOK: Duration = Duration::from_millis(250);

/// What runs need: compilers, and places to run.
#[derive(Debug)]
pub struct Lab {
    /// The compilers, or why there are none.
    pub compilers: Result<Arc<Compilers>, Sentence>,
    /// Places to run.
    pub backends: Backends,
    /// Whether a compiler is started ahead of the next source.
    pub ahead: bool,
    /// Whether the newest kernel is asked about what an older one refuses.
    pub second_opinions: bool,
}

impl Lab {
    /// What loading an object on this kernel takes of the kernel's types.
    pub(super) async fn types_needed(&self, kernel: &str, object: &Arc<Object>) -> KernelTypes {
        let Ok(types) = self.backends.types(kernel).await else { return KernelTypes::All };
        let (types, object) = (types.map_or(Types::Running, Types::File), object.clone());
        let needed = tokio::task::spawn_blocking(move || object.types_needed(&types));
        needed.await.unwrap_or_default()
    }
}

/// A run's name: random, so that nobody guesses another's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunId(String);

impl RunId {
    fn fresh() -> Self {
        Self(format!("{:016x}", dice::number()))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a run was not started.
#[derive(Debug)]
pub struct Refused(pub Sentence);

/// A run, under way or over.
#[derive(Debug, Clone)]
pub struct Handle {
    /// Its name.
    pub id: RunId,
    /// What it is about.
    pub about: Arc<About>,
    kernels: Arc<[String]>,
    story: Arc<Story>,
    live: Arc<Live>,
    stop: CancellationToken,
}

impl Handle {
    /// Watches from a number on.
    pub fn watch(&self, from: u64) -> Watcher {
        self.story.watch(from)
    }

    /// Where it runs.
    pub fn kernels(&self) -> &[String] {
        &self.kernels
    }

    /// Ends it.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// The learner's terminal on one kernel, while it is there.
    pub fn terminal(&self, kernel: &str) -> Option<Arc<Terminal>> {
        self.live.terminal(kernel)
    }

    /// The terminal's window has another size.
    pub fn resize(&self, kernel: &str, window: Window) {
        self.live.resize(kernel, window);
    }

    /// Changes what the program uses on one kernel; the answer says whether it was done.
    ///
    /// # Errors
    /// Why it was not.
    pub async fn change(&self, kernel: &str, change: Change) -> Result<(), Sentence> {
        self.live.change(kernel, change).await
    }
}

/// All runs.
#[derive(Debug)]
pub struct Runs {
    lab: Arc<Lab>,
    queues: HashMap<String, Queue>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    runs: HashMap<String, Handle>,
    order: VecDeque<String>,
    tasks: JoinSet<()>,
}

impl Runs {
    /// The host's runs take turns; guests share what memory there is.
    pub fn new(lab: Lab) -> Self {
        let guests = Queue::new(lab.backends.guests().places(), LIMITS.waiting);
        let queue = |name: &str| if name == HOST { Queue::new(1, LIMITS.waiting) } else { guests.clone() };
        let kernels = lab.backends.kernels();
        let queues = kernels.into_iter().map(|kernel| (kernel.name.clone(), queue(&kernel.name))).collect();
        Self { lab: Arc::new(lab), queues, inner: Mutex::default() }
    }

    /// What runs need.
    pub fn lab(&self) -> &Arc<Lab> {
        &self.lab
    }

    /// Starts a run; `judge` makes one for each kernel.
    ///
    /// # Errors
    /// A sentence for the learner: an unknown kernel, or too many wait.
    pub fn start(
        &self,
        submission: Submission,
        about: About,
        mut judge: impl FnMut() -> Box<dyn Judge>,
    ) -> Result<Handle, Refused> {
        if submission.kernels.is_empty() {
            return Err(Refused(Sentence::NoKernel));
        }
        let mut waiting = Vec::new();
        for name in &submission.kernels {
            let queue = self.queues.get(name).ok_or_else(|| {
                let known = self.lab.backends.kernels().into_iter().map(|kernel| kernel.name).collect();
                Refused(Sentence::UnknownKernel { name: name.clone(), known })
            })?;
            waiting.push(queue.join().map_err(|waiting| Refused(Sentence::QueueFull { waiting }))?);
        }
        let handle = Handle {
            id: RunId::fresh(),
            about: Arc::new(about),
            kernels: submission.kernels.clone().into(),
            story: Story::new(LIMITS.buffer_bytes),
            live: Arc::new(Live::default()),
            stop: CancellationToken::new(),
        };
        handle.story.push(None, RunEvent::Started { kernels: submission.kernels.clone() });
        let submission = Arc::new(submission);
        let mut parts = JoinSet::new();
        let mut inner = self.inner();
        for (name, waiting) in submission.kernels.iter().zip(waiting) {
            let kernel: Arc<str> = name.as_str().into();
            let part = Part::new(
                kernel,
                submission.clone(),
                self.lab.clone(),
                handle.story.clone(),
                handle.live.clone(),
                judge(),
                handle.stop.clone(),
            );
            parts.spawn(part.tell(waiting));
        }
        while inner.tasks.try_join_next().is_some() {}
        inner.tasks.spawn(tend(handle.clone(), parts));
        inner.runs.insert(handle.id.to_string(), handle.clone());
        inner.order.push_back(handle.id.to_string());
        inner.forget_old();
        Ok(handle)
    }

    /// A run that is under way or not yet forgotten.
    pub fn find(&self, id: &str) -> Option<Handle> {
        self.inner().runs.get(id).cloned()
    }

    /// Stops every run and waits until all have cleaned up.
    pub async fn shut_down(&self) {
        let mut tasks = {
            let mut inner = self.inner();
            inner.runs.values().for_each(Handle::stop);
            std::mem::take(&mut inner.tasks)
        };
        while tasks.join_next().await.is_some() {}
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Forgets the oldest that are over, and keeps less of the others.
    fn forget_old(&mut self) {
        for handle in self.runs.values().filter(|handle| handle.live.is_over()) {
            handle.story.shrink(LIMITS.ended_bytes);
        }
        let mut over = self.runs.len().saturating_sub(LIMITS.kept);
        self.order.retain(|id| {
            let ended = self.runs.get(id).is_none_or(|handle| handle.live.is_over());
            if over > 0 && ended {
                over -= 1;
                self.runs.remove(id);
                return false;
            }
            true
        });
    }
}

/// Stays with a run until all its parts are over; stops it when nobody watches.
async fn tend(handle: Handle, mut parts: JoinSet<()>) {
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            ended = parts.join_next() => match ended {
                Some(Ok(())) => {}
                Some(Err(error)) => tracing::error!(run = %handle.id, %error, "a run's task ended badly"),
                None => break,
            },
            _ = look.tick() => {
                if handle.story.unwatched().is_some_and(|since| since > LIMITS.unwatched) {
                    handle.stop();
                }
            }
        }
    }
    handle.live.end();
    handle.story.close();
}
