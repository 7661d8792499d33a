//! The lab in a test's own process, for many runs: each kernel's snapshot is
//! read once, not once a run as by the command line.
//!
//! The pipeline is the real one, and what is heard is what is written to a
//! script. Does not know what is run.

use std::time::Duration;

use bpflab::{
    compile::Sources,
    grade::Grader,
    lab::{self, Folders, Setup},
    lesson::Lesson,
    run::{About, Judge, LIMITS, Runs, Submission, Unjudged},
    say::Lang,
    wire::Writer,
};
use tokio::runtime::Runtime;

use super::story::Story;

/// Runs that a test starts itself.
pub(crate) struct Lab {
    runtime: Runtime,
    runs: Runs,
}

impl Lab {
    /// As `bpflab run` has it.
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let mut lab = runtime.block_on(lab::prepare(&Folders::new(None, None), &Setup::local()));
        lab.second_opinions = true;
        Self { runs: Runs::new(lab), runtime }
    }

    /// What a run says, to its end on every kernel.
    pub(crate) fn run(&self, submission: Submission) -> Story {
        self.judged(submission, About::default(), || Box::new(Unjudged))
    }

    /// The same of a learner's text for a lesson, with the lesson's checks and this draw of it.
    pub(crate) fn check(&self, lesson: &Lesson, text: &str, seed: u64, kernel: &str) -> Story {
        let mut files = lesson.headers.clone();
        files.insert(lesson.program.clone(), text.to_owned());
        let sources = Sources::new(files).expect("a source");
        let limit = Duration::from_secs(lesson.run.seconds);
        let (submission, facts) =
            lab::lesson_submission(lesson, seed, sources, vec![kernel.to_owned()], limit);
        let about = About { lesson: Some(lesson.slug.clone()), seed: Some(seed) };
        self.judged(submission, about, || Box::new(Grader::new(lesson, facts.clone()).in_a_hurry()))
    }

    fn judged(&self, submission: Submission, about: About, judge: impl FnMut() -> Box<dyn Judge>) -> Story {
        self.runtime.block_on(async {
            let handle = match self.runs.start(submission, about, judge) {
                Ok(handle) => handle,
                Err(refused) => panic!("no run: {}", refused.0.say(Lang::En)),
            };
            let writer = Writer::new(handle.id.to_string(), handle.about.clone(), Lang::En);
            let mut watcher = handle.watch(0);
            let mut told = Vec::new();
            while let Some(batch) = watcher.next().await {
                writer.write(&batch, &mut told);
            }
            Story::parse(&String::from_utf8(told).expect("JSON"))
        })
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.runtime.block_on(self.runs.shut_down());
    }
}

/// A program on these kernels, and nothing else said.
pub(crate) fn submission(program: &str, kernels: &[&str]) -> Submission {
    let sources = Sources::new([("test.bpf.c".to_owned(), program.to_owned())].into()).expect("a source");
    let kernels = kernels.iter().map(|kernel| (*kernel).to_owned()).collect();
    Submission::plain(sources, kernels, lab::span(None, LIMITS.command_line))
}

/// How long a run waits for its stimulus, on a machine where others work too.
pub(crate) const AT_MOST: Duration = Duration::from_secs(40);
