//! Results as JSON, an object a line, in the contract's words.

use std::time::Duration;

use bpflab_worker::{ProgramFacts, Verified};
use serde::Serialize;

use super::{
    super::trial::{Trial, Verdict},
    Counts,
    spent::Spent,
    table::{Passed, Table},
};
use crate::{
    lesson::{Fault, Finding},
    run::CheckResult,
    say::Lang,
    wire::outcome,
};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Fault {
        lesson: &'a str,
        why: &'a str,
    },
    Finding {
        lesson: &'a str,
        file: &'a str,
        line: Option<usize>,
        severity: &'static str,
        what: &'a str,
    },
    Result {
        lesson: &'a str,
        kernel: &'a str,
        release: Option<&'a str>,
        of: &'a str,
        seed: u64,
        ok: bool,
        skipped: Option<&'a str>,
        outcome: Option<&'a str>,
        ms: u128,
        /// Of each stage, in milliseconds.
        stages: Spent,
        /// What was wrong besides the checks.
        errors: &'a [String],
        /// What the verifier did with each program that was loaded.
        programs: Vec<ProgramLine<'a>>,
        checks: Vec<CheckLine<'a>>,
    },
    Summary {
        ok: bool,
        lessons: usize,
        right: usize,
        wrong: usize,
        skipped: usize,
        errors: usize,
        warnings: usize,
        /// Since it began to look at the lessons' files.
        ms: u128,
        /// Of all runs together, in milliseconds.
        stages: &'a Spent,
        /// On which releases which lessons passed.
        passed: Vec<Passed<'a>>,
    },
}

#[derive(Serialize)]
struct ProgramLine<'a> {
    name: &'a str,
    /// That the verifier looked at, each as often as a way led over it.
    instructions: u64,
    /// That it kept to compare with.
    states: u64,
    /// How long the verifier took, in microseconds.
    us: Option<u64>,
}

impl<'a> ProgramLine<'a> {
    /// Of one that this kernel was given: what was left out there has no verdict.
    fn of(program: &'a ProgramFacts) -> Option<Self> {
        let verified = program.verified?;
        let Verified { instructions, states, us, .. } = verified;
        Some(Self { name: &program.name, instructions, states, us })
    }
}

#[derive(Serialize)]
struct CheckLine<'a> {
    id: &'a str,
    passed: bool,
    says: &'a str,
    saw: String,
}

impl<'a> CheckLine<'a> {
    fn of(check: &'a CheckResult, lang: Lang) -> Self {
        let (id, says, saw) = (&check.id, check.says.get(lang), check.saw.say(lang));
        Self { id, passed: check.passed, says, saw }
    }
}

pub(super) fn fault(fault: &Fault) -> anyhow::Result<()> {
    print(&Line::Fault { lesson: &fault.slug, why: &fault.why })
}

pub(super) fn finding(one: &Finding) -> anyhow::Result<()> {
    let severity = if one.is_error { "error" } else { "warning" };
    let Finding { lesson, file, line, what, .. } = one;
    print(&Line::Finding { lesson, file, line: *line, severity, what })
}

pub(super) fn result(
    trial: &Trial<'_>,
    verdict: &Verdict,
    skipped: Option<&str>,
    ok: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    print(&Line::Result {
        lesson: &trial.lesson.slug,
        kernel: &trial.kernel,
        release: verdict.release.as_deref(),
        of: trial.of.name(),
        seed: trial.seed,
        errors: &verdict.errors,
        ok,
        skipped,
        outcome: verdict.outcome.map(outcome),
        ms: verdict.took.as_millis(),
        stages: Spent::from(&verdict.stages),
        programs: verdict.programs.iter().filter_map(ProgramLine::of).collect(),
        checks: verdict.checks.iter().map(|check| CheckLine::of(check, lang)).collect(),
    })
}

pub(super) fn summary(
    ok: bool,
    counts: &Counts,
    table: &Table,
    took: Duration,
    stages: &Spent,
) -> anyhow::Result<()> {
    let Counts { right, wrong, skipped, errors, warnings, .. } = *counts;
    let (lessons, ms, passed) = (table.lessons(), took.as_millis(), table.passed());
    print(&Line::Summary { ok, lessons, right, wrong, skipped, errors, warnings, ms, stages, passed })
}

fn print(line: &Line<'_>) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(line)?);
    Ok(())
}
