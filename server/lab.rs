//! Puts the lab together: where files lie, which compiler, which kernels.
//!
//! The command line and the server share it. Knows nothing of HTTP.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bpflab_worker::{Span, Window};

use crate::{
    backend::{Backends, GuestSettings, Guests, Host, HostSettings, Piece, Rehearsal},
    compile::{self, Compilers, Confinement},
    dice, explain,
    image::Recipe,
    kernel::{Features, unmet_at},
    lesson::{Facts, Lesson},
    run::{self, LIMITS, Lab, Submission},
    say::{Lang, Sentence},
};

/// Where the lab finds and keeps things.
#[derive(Debug, Clone)]
pub struct Folders {
    /// The course.
    pub lessons: PathBuf,
    /// What can be made again.
    pub data: PathBuf,
}

impl Folders {
    /// As given, else where they usually are.
    pub fn new(lessons: Option<PathBuf>, data: Option<PathBuf>) -> Self {
        let lessons = lessons.unwrap_or_else(|| {
            let here = PathBuf::from("lessons");
            let installed = std::env::current_exe()
                .ok()
                .and_then(|own| Some(own.parent()?.join("../share/bpflab/lessons")));
            if here.is_dir() { here } else { installed.filter(|path| path.is_dir()).unwrap_or(here) }
        });
        Self { lessons, data: data.unwrap_or_else(compile::data_folder) }
    }
}

/// How a lab is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The machine's own kernel.
    pub host: HostSettings,
    /// Only for one's own files: a machine without user namespaces confines
    /// the compiler by Landlock, and QEMU by its own sandbox.
    pub own_files: bool,
    /// Memory that warm guests may take, in bytes.
    pub warm_bytes: u64,
}

impl Setup {
    /// For a command that runs one's own files, and keeps nothing warm.
    pub fn local() -> Self {
        Self { host: HostSettings::local(), own_files: true, warm_bytes: 0 }
    }
}

/// What a kernel lacks of a lesson's needs, in words; nothing, if it has it all.
pub fn lacks(lesson: &Lesson, kernel: &str, release: &str, features: &Features, lang: Lang) -> Vec<String> {
    let found =
        explain::unmet(unmet_at(kernel, &lesson.needs, release, features), &[], (&lesson.program, ""));
    found.iter().map(|one| one.message.say(lang)).collect()
}

/// The part of the machine's memory that warm guests may take, unless said otherwise.
pub fn warm_bytes() -> u64 {
    rustix::system::sysinfo().totalram * u64::from(rustix::system::sysinfo().mem_unit) / 8
}

/// Prepares compiler and kernels. Either may be missing with its reason.
pub async fn prepare(folders: &Folders, setup: &Setup) -> Lab {
    let host = Host::new(&setup.host);
    let compilers = match host.program() {
        Err(why) => Err(why),
        Ok(worker) => compilers(&folders.data, worker, setup.own_files).await.map(Arc::new),
    };
    let namespaces = compilers.as_ref().is_ok_and(|own| own.confinement() == Confinement::Namespaces);
    let guests = GuestSettings {
        data: folders.data.clone(),
        namespaces: namespaces || !setup.own_files,
        warm_bytes: setup.warm_bytes,
        rehearsal: rehearsal(compilers.as_ref().ok().cloned()),
    };
    let recipe = Recipe::read(&Recipe::locate());
    if let Err(error) = &recipe {
        tracing::warn!(%error, "no guests");
    }
    let guests = Guests::new(guests, recipe.as_ref().ok());
    Lab { compilers, backends: Backends::new(host, guests), ahead: false, second_opinions: false }
}

async fn compilers(data: &Path, worker: &Path, own_files: bool) -> Result<Compilers, Sentence> {
    match Compilers::prepare(Confinement::Namespaces, data, worker).await {
        Err(compile::Error::NoSandbox(why)) if own_files => {
            let locked = Compilers::prepare(Confinement::Landlock, data, worker).await;
            locked.map_err(|error| {
                tracing::debug!(%why, "no namespaces");
                error.sentence()
            })
        }
        other => other.map_err(|error| error.sentence()),
    }
}

/// What guests run before a learner's program, and what each of them loads.
const REHEARSAL: (&str, &str) = ("rehearsal.bpf.c", include_str!("lab/rehearsal.bpf.c"));
const WARM: (&str, &str) = ("warm.bpf.c", include_str!("lab/warm.bpf.c"));

/// Makes a kernel ready: its snapshot, its headers, some warm guests.
///
/// # Errors
/// The kernel cannot be used.
pub async fn make_ready(lab: &Lab, kernel: &str) -> Result<(), Sentence> {
    let compilers = lab.compilers.as_ref().map_err(Sentence::clone)?;
    let types = lab.backends.types(kernel).await.map_err(|error| error.sentence())?;
    let types = types.map_or(compile::Types::Running, compile::Types::File);
    let compiler = compilers.get(&types).await.map_err(|error| error.sentence())?;
    compiler.warm().await;
    Ok(())
}

/// The rehearsals for whatever kernel has these types.
fn rehearsal(compilers: Option<Arc<Compilers>>) -> Rehearsal {
    Rehearsal::new(move |piece, types| {
        let compilers = compilers.clone();
        async move {
            let compiler = compilers?.get(&compile::Types::File(types)).await.ok()?;
            own(&compiler, if piece == Piece::Whole { REHEARSAL } else { WARM }).await
        }
    })
}

/// A program of the lab's own; without it a first run only takes longer.
async fn own(compiler: &compile::Compiler, (name, text): (&str, &str)) -> Option<Vec<u8>> {
    let sources = compile::Sources::new([(name.to_owned(), text.to_owned())].into()).ok()?;
    match compiler.compile(&sources).await {
        Ok(compile::Compiled::Object { object, .. }) => Some(object.bytes().to_vec()),
        other => {
            tracing::warn!(name, ?other, "a program of the lab's own does not compile");
            None
        }
    }
}

/// A lesson's run: draws from `seed`, and fills the stimulus and globals in.
pub fn lesson_submission(
    lesson: &Lesson,
    seed: u64,
    sources: compile::Sources,
    kernels: Vec<String>,
    at_most: std::time::Duration,
) -> (Submission, Facts) {
    let facts = Facts::draw(&lesson.draws, seed);
    let globals = lesson.run.globals.iter().map(|(name, value)| (name.clone(), facts.fill(value))).collect();
    let stimulus = lesson.run.stimulus.as_deref().map(|command| facts.fill(command));
    let headers = lesson.run.headers.clone();
    let tests = lesson.run.tests.iter();
    let tests = tests.filter_map(|(program, digits)| run::test(program.clone(), &facts.fill(digits), 1).ok());
    let tests = tests.collect();
    (
        Submission {
            headers,
            globals,
            targets: lesson.run.targets.clone(),
            maps: run::of_maps(lesson.run.records.clone(), lesson.run.map_sizes.clone()),
            tests,
            stimulus,
            needs: lesson.needs.clone(),
            ..Submission::plain(sources, kernels, span(None, at_most))
        },
        facts,
    )
}

/// How long to observe.
pub fn span(exactly: Option<std::time::Duration>, at_most: std::time::Duration) -> Span {
    let ms = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Span {
        exactly_ms: exactly.map(ms),
        after_stimulus_ms: ms(LIMITS.after_stimulus),
        at_most_ms: ms(at_most),
    }
}

/// A shell in each guest, as long as it may be: the run goes on whatever the
/// stimulus and the checks do.
pub fn with_terminal(submission: &mut Submission) {
    submission.terminal = Some(Window { rows: 24, columns: 80 });
    submission.span = Span { exactly_ms: None, ..span(None, LIMITS.terminal) };
    submission.span.after_stimulus_ms = submission.span.at_most_ms;
}

/// A seed that fits every JSON reader's numbers.
pub fn fresh_seed() -> u64 {
    dice::number() >> 12
}
