//! Results of checks as text for a person, or as JSON lines.

use std::{collections::BTreeSet, io::IsTerminal as _};

use serde::Serialize;

use super::{
    Report,
    trial::{Of, Trial, Verdict},
};
use crate::{cli::status, lesson::Fault, say::Lang, wire::outcome};

/// Reports as results come, and counts.
pub(super) struct Reporter {
    report: Report,
    lang: Lang,
    right: usize,
    wrong: usize,
    skipped: usize,
    unavailable: bool,
    lessons: BTreeSet<String>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Fault {
        lesson: &'a str,
        why: &'a str,
    },
    Result {
        lesson: &'a str,
        kernel: &'a str,
        of: &'a str,
        seed: u64,
        ok: bool,
        skipped: Option<&'a str>,
        outcome: Option<&'a str>,
        ms: u128,
        checks: Vec<CheckLine<'a>>,
    },
    Summary {
        ok: bool,
        lessons: usize,
        right: usize,
        wrong: usize,
        skipped: usize,
    },
}

#[derive(Serialize)]
struct CheckLine<'a> {
    id: &'a str,
    passed: bool,
    says: &'a str,
    saw: String,
}

impl Reporter {
    pub(super) fn new(report: Report, lang: Lang) -> Self {
        Self { report, lang, right: 0, wrong: 0, skipped: 0, unavailable: false, lessons: BTreeSet::new() }
    }

    /// A lesson that cannot be read.
    pub(super) fn fault(&mut self, fault: &Fault) -> anyhow::Result<()> {
        self.wrong += 1;
        match self.report {
            Report::Text => println!("WRONG  {}: {}", fault.slug, fault.why),
            Report::Json => json(&Line::Fault { lesson: &fault.slug, why: &fault.why })?,
        }
        Ok(())
    }

    /// What is being tried now, on a terminal.
    pub(super) fn begins(&self, number: usize, total: usize, trial: &Trial<'_>) {
        if self.report == Report::Text && std::io::stderr().is_terminal() {
            eprint!(
                "\r[{number}/{total}] {} {} on {}\u{1b}[K\r",
                trial.lesson.slug,
                trial.of.name(),
                trial.kernel
            );
        }
    }

    /// What came of it.
    pub(super) fn result(&mut self, trial: &Trial<'_>, verdict: &Verdict) -> anyhow::Result<()> {
        let skipped = verdict.skipped(self.lang);
        let ok = skipped.is_some() || verdict.is_right(&trial.of);
        match (&skipped, ok) {
            (Some(_), _) => self.skipped += 1,
            (None, true) => self.right += 1,
            (None, false) => self.wrong += 1,
        }
        self.unavailable |= verdict.unavailable.is_some();
        self.lessons.insert(trial.lesson.slug.clone());
        match self.report {
            Report::Text => match &skipped {
                Some(why) => {
                    let (slug, of) = (&trial.lesson.slug, trial.of.name());
                    println!("skip   {slug:18} {of:10} on {:6} {why}", trial.kernel);
                }
                None => self.text(trial, verdict, ok),
            },
            Report::Json => json(&Line::Result {
                lesson: &trial.lesson.slug,
                kernel: &trial.kernel,
                of: trial.of.name(),
                seed: trial.seed,
                ok,
                skipped: skipped.as_deref(),
                outcome: verdict.outcome.map(outcome),
                ms: verdict.took.as_millis(),
                checks: self.checks(verdict),
            })?,
        }
        Ok(())
    }

    fn checks<'a>(&self, verdict: &'a Verdict) -> Vec<CheckLine<'a>> {
        let line = |check: &'a crate::run::CheckResult| CheckLine {
            id: &check.id,
            passed: check.passed,
            says: check.says.get(self.lang),
            saw: check.saw.say(self.lang),
        };
        verdict.checks.iter().map(line).collect()
    }

    fn text(&self, trial: &Trial<'_>, verdict: &Verdict, ok: bool) {
        let passed = verdict.checks.iter().filter(|check| check.passed).count();
        let mark = if ok { "ok   " } else { "WRONG" };
        println!(
            "{mark}  {:18} {:10} on {:6} {passed} of {} checks, {:.1} s",
            trial.lesson.slug,
            trial.of.name(),
            trial.kernel,
            verdict.checks.len(),
            verdict.took.as_secs_f64()
        );
        if ok {
            return;
        }
        if matches!(trial.of, Of::Starter) {
            let why = if verdict.passed() { "it passes every check" } else { "it does not compile" };
            println!("       the starter must compile and not pass: {why}");
        }
        for error in &verdict.errors {
            println!("       {error}");
        }
        if let Some(why) = &verdict.unavailable {
            println!("       {}", why.say(self.lang));
        }
        for check in verdict.checks.iter().filter(|check| !check.passed) {
            println!("       {}: {}", check.id, check.says.get(self.lang));
            println!("       {}", check.saw.say(self.lang));
            if let Some(hint) = &check.hint {
                println!("       {}", hint.get(self.lang));
            }
        }
        if let Some(end) = verdict.outcome {
            println!("       ended {}; again with --seed {}", outcome(end), trial.seed);
        }
    }

    /// The end, and the exit status.
    pub(super) fn summary(self) -> anyhow::Result<u8> {
        let ok = self.wrong == 0;
        match self.report {
            Report::Text => {
                println!(
                    "{} lessons, {} runs as they should be, {} not, {} skipped",
                    self.lessons.len(),
                    self.right,
                    self.wrong,
                    self.skipped
                );
            }
            Report::Json => json(&Line::Summary {
                ok,
                lessons: self.lessons.len(),
                right: self.right,
                wrong: self.wrong,
                skipped: self.skipped,
            })?,
        }
        Ok(match (ok, self.unavailable) {
            (_, true) => status::UNAVAILABLE,
            (true, false) => status::OK,
            (false, false) => status::FAILED,
        })
    }
}

fn json(line: &Line<'_>) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(line)?);
    Ok(())
}
