//! `bpflab check`: for each lesson the starter compiles and does not pass, and
//! the solution passes. Lessons are tested like code.

mod extras;
mod format;
mod lanes;
mod report;
mod trial;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Context, Format, kernel_names, status};
use crate::{
    image::Recipe,
    lab,
    lesson::{self, Course, Lesson},
    run::Runs,
    say::Sentence,
};
use format::Formatter;
use lanes::Lanes;
use report::Reporter;
use trial::{Of, Trial};

/// Arguments of `bpflab check`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The lessons to check [default: all]
    slugs: Vec<String>,
    /// Where to run: 6.1, host, several by commas, or all guests
    #[arg(long, value_name = "K")]
    kernel: Option<String>,
    /// Check a learner's file instead, against exactly one lesson
    #[arg(long, value_name = "FILE")]
    submission: Option<PathBuf>,
    /// Look at the files only, without running anything
    #[arg(long, conflicts_with = "submission")]
    lint: bool,
    /// Write down that the Chinese texts of these lessons follow their English now
    #[arg(long, requires = "slugs", conflicts_with = "submission")]
    translated: bool,
    /// How to report
    #[arg(long, value_enum, default_value = "text")]
    report: Report,
    /// Runs in guests at once; the host's take turns beside them
    #[arg(long, value_name = "N", default_value = "2")]
    jobs: usize,
    /// Draw from this seed, as a failed check says it
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl Arguments {
    /// All lessons on one kernel.
    pub(super) fn of_kernel(kernel: &str, format: Format) -> Self {
        let report = match format {
            Format::Text => Report::Text,
            Format::Json => Report::Json,
        };
        Self {
            slugs: Vec::new(),
            kernel: Some(kernel.to_owned()),
            submission: None,
            lint: false,
            translated: false,
            report,
            jobs: 2,
            seed: None,
        }
    }
}

/// How results are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Report {
    /// For a person.
    Text,
    /// One object a line.
    Json,
    /// A document that CI systems read.
    Junit,
    /// Annotations for a pull request.
    Github,
}

/// Checks the lessons.
pub(super) async fn check(arguments: Arguments, context: &Context) -> anyhow::Result<u8> {
    let course = Course::read(&context.folders.lessons)?;
    let mut reporter = Reporter::new(arguments.report, context.lang, &context.folders.lessons);
    let all = arguments.slugs.is_empty();
    for slug in &arguments.slugs {
        let known = course.entries.iter().any(|entry| entry.slug() == slug);
        if !known {
            eprintln!("bpflab: {}", Sentence::NoSuchLesson { slug: slug.clone() }.say(context.lang));
            return Ok(status::USAGE);
        }
    }
    for fault in course.faults().filter(|fault| all || arguments.slugs.contains(&fault.slug)) {
        reporter.fault(fault)?;
    }
    let lessons: Vec<&Lesson> =
        course.lessons().filter(|lesson| all || arguments.slugs.contains(&lesson.slug)).collect();
    if arguments.translated {
        return mark(&lessons);
    }
    if arguments.submission.is_none() {
        look(&lessons, &course, &mut reporter)?;
    }
    if arguments.lint {
        return reporter.summary();
    }
    let submission = match (&arguments.submission, lessons.as_slice()) {
        (None, _) => None,
        (Some(path), [_]) => Some(std::fs::read_to_string(path)?),
        (Some(_), _) => {
            eprintln!("bpflab: --submission needs exactly one lesson");
            return Ok(status::USAGE);
        }
    };
    let lab = lab::prepare(&context.folders, &lab::Setup::local()).await;
    let kernels = kernel_names(arguments.kernel.as_deref(), &lab.backends);
    extras::build(&lessons, &kernels, &lab, context).await;
    let runs = Runs::new(lab);
    let mut trials = Vec::new();
    for lesson in lessons {
        for kernel in &kernels {
            let seed = arguments.seed.unwrap_or_else(lab::fresh_seed);
            let of = match &submission {
                Some(text) => vec![Of::Submission(text.clone())],
                None => vec![Of::Starter, Of::Solution],
            };
            trials.extend(of.into_iter().map(|of| Trial { lesson, kernel: kernel.clone(), of, seed }));
        }
    }
    let total = trials.len();
    let mut results = Lanes::start(&trials, &runs, arguments.jobs.max(1));
    for (number, trial) in trials.iter().enumerate() {
        reporter.begins(number + 1, total, trial);
        reporter.result(trial, &results.of(number).await)?;
    }
    drop(results);
    runs.shut_down().await;
    reporter.summary()
}

/// Writes down which English the Chinese texts follow.
fn mark(lessons: &[&Lesson]) -> anyhow::Result<u8> {
    for lesson in lessons {
        let changed = lesson::mark_translated(lesson).map_err(anyhow::Error::msg)?;
        let done = if changed { "marked" } else { "was marked already" };
        println!("{}: lesson.zh.md {done}", lesson.slug);
    }
    Ok(status::OK)
}

/// What can be said of lessons without running them.
fn look(lessons: &[&Lesson], course: &Course, reporter: &mut Reporter) -> anyhow::Result<()> {
    let formatter = Formatter::find();
    if formatter.is_none() {
        eprintln!("bpflab: clang-format is not installed, so the format of C is not looked at");
    }
    let recipe = Recipe::read(&Recipe::locate()).ok();
    for lesson in lessons {
        let mut found = lesson::lint(lesson, course);
        found.extend(recipe.as_ref().and_then(|recipe| extras::unknown(lesson, recipe)));
        found.extend(formatter.iter().flat_map(|formatter| formatter.wrong(lesson)));
        reporter.findings(&lesson.slug, &found)?;
    }
    Ok(())
}
