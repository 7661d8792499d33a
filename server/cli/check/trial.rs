//! One run of a lesson's starter, solution or a learner's file, and whether it
//! went as it should.

use std::{collections::BTreeMap, time::Duration};

use bpflab_worker::ProgramFacts;

use crate::{
    compile::Sources,
    diagnostic::Words,
    explain::is_unmet,
    grade::Grader,
    lab,
    lesson::Lesson,
    run::{About, CheckResult, Outcome, RunEvent, Runs, Stages},
    say::{Lang, Sentence},
};

/// What is tried.
#[derive(Debug, Clone)]
pub(super) enum Of {
    Starter,
    Solution,
    /// A learner's file.
    Submission(String),
}

/// One run to make.
#[derive(Debug)]
pub(super) struct Trial<'a> {
    pub(super) lesson: &'a Lesson,
    pub(super) kernel: String,
    pub(super) of: Of,
    pub(super) seed: u64,
}

/// How it went.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) outcome: Option<Outcome>,
    /// A fault of the lab.
    pub(super) unavailable: Option<Sentence>,
    pub(super) checks: Vec<CheckResult>,
    /// Errors that were said on the way.
    pub(super) errors: Vec<String>,
    /// What this kernel lacks of the lesson's needs: nothing was tried then.
    pub(super) lacking: Vec<Words>,
    pub(super) compiled: bool,
    /// `uname -r` of the kernel that ran it.
    pub(super) release: Option<String>,
    /// What was loaded, in the object's order.
    pub(super) programs: Vec<ProgramFacts>,
    /// Where the time went.
    pub(super) stages: Stages,
    pub(super) took: Duration,
}

impl Of {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Starter => "starter",
            Self::Solution => "solution",
            Self::Submission(_) => "submission",
        }
    }
}

impl Verdict {
    /// Every check passed.
    pub(super) fn passed(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|check| check.passed)
    }

    /// It was observed to its end, or refused for a reason of its own.
    fn ran(&self) -> bool {
        self.unavailable.is_none()
            && !matches!(self.outcome, None | Some(Outcome::WorkerDied | Outcome::Lost))
    }

    /// Why nothing was tried, if nothing was.
    pub(super) fn skipped(&self, lang: Lang) -> Option<String> {
        let said: Vec<String> = self.lacking.iter().map(|one| one.say(lang)).collect();
        (!said.is_empty()).then(|| said.join(" "))
    }

    /// It went as it should: a starter compiles and does not pass, the others pass.
    pub(super) fn is_right(&self, of: &Of) -> bool {
        match of {
            Of::Starter => self.compiled && self.ran() && !self.passed(),
            Of::Solution | Of::Submission(_) => self.unavailable.is_none() && self.passed(),
        }
    }
}

impl Trial<'_> {
    /// Makes the run and watches it to its end.
    pub(super) async fn run(&self, runs: &Runs) -> Verdict {
        let began = std::time::Instant::now();
        let mut verdict = Verdict::default();
        let text = match &self.of {
            Of::Starter => &self.lesson.starter,
            Of::Solution => &self.lesson.solution,
            Of::Submission(text) => text,
        };
        let mut files: BTreeMap<String, String> = self.lesson.headers.clone();
        files.insert(self.lesson.program.clone(), text.clone());
        let sources = match Sources::new(files) {
            Ok(sources) => sources,
            Err(why) => {
                verdict.unavailable = Some(why);
                return verdict;
            }
        };
        let limit = Duration::from_secs(self.lesson.run.seconds);
        let (submission, facts) =
            lab::lesson_submission(self.lesson, self.seed, sources, vec![self.kernel.clone()], limit);
        let about = About { lesson: Some(self.lesson.slug.clone()), seed: Some(self.seed) };
        let judge = || Box::new(Grader::new(self.lesson, facts.clone()).in_a_hurry()) as Box<_>;
        match runs.start(submission, about, judge) {
            Err(refused) => verdict.unavailable = Some(refused.0),
            Ok(handle) => {
                let mut watcher = handle.watch(0);
                while let Some(batch) = watcher.next().await {
                    batch.entries.iter().for_each(|entry| verdict.see(&entry.event));
                }
            }
        }
        verdict.took = began.elapsed();
        verdict
    }
}

impl Verdict {
    fn see(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Compiled { .. } => self.compiled = true,
            RunEvent::Placed { release, .. } => self.release = Some(release.clone()),
            RunEvent::Loaded { programs, .. } => self.programs.clone_from(programs),
            RunEvent::Checked(result) => self.checks.push(result.clone()),
            RunEvent::Diagnosed(found) if is_unmet(found) => self.lacking.push(found.message.clone()),
            RunEvent::Diagnosed(found) if found.is_error() => {
                self.errors.push(found.message.say(Lang::En));
            }
            RunEvent::Unavailable(why) => self.unavailable = Some(why.clone()),
            RunEvent::Ended { outcome, stages } => {
                self.outcome = Some(*outcome);
                self.stages = *stages;
            }
            _ => {}
        }
    }
}
