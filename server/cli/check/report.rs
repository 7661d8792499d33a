//! Results of checks as they come: as text for a person, as JSON lines, as
//! annotations of a pull request, or as a JUnit document at the end.
//!
//! Counts, and answers with the exit status. Does not decide what is right.

mod github;
mod junit;
mod lines;
mod spent;
mod table;

use std::{io::IsTerminal as _, path::Path, time::Instant};

use super::{
    Report,
    trial::{Of, Trial, Verdict},
};
use crate::{
    cli::status,
    lesson::{Fault, Finding},
    say::Lang,
    wire::outcome,
};
use spent::{Spent, time};
use table::Table;

/// Reports as results come, and counts.
pub(super) struct Reporter {
    report: Report,
    lang: Lang,
    counts: Counts,
    unavailable: bool,
    table: Table,
    began: Instant,
    spent: Spent,
    commands: github::Commands,
    document: junit::Document,
}

/// How many there were of each.
#[derive(Default)]
struct Counts {
    right: usize,
    wrong: usize,
    skipped: usize,
    /// Lessons whose files were looked at.
    looked_at: usize,
    /// Of what can be said without a run.
    errors: usize,
    warnings: usize,
}

impl Reporter {
    /// Of lessons in this folder.
    pub(super) fn new(report: Report, lang: Lang, lessons: &Path) -> Self {
        let (counts, table, document) = (Counts::default(), Table::default(), junit::Document::default());
        let commands = github::Commands::new(lessons);
        let (began, spent) = (Instant::now(), Spent::default());
        Self { report, lang, counts, unavailable: false, table, began, spent, commands, document }
    }

    /// A lesson that cannot be read.
    pub(super) fn fault(&mut self, fault: &Fault) -> anyhow::Result<()> {
        self.counts.errors += 1;
        match self.report {
            Report::Text => println!("WRONG  {}: {}", fault.slug, fault.why),
            Report::Json => lines::fault(fault)?,
            Report::Github => println!("{}", self.commands.fault(fault)),
            Report::Junit => self.document.fault(fault),
        }
        Ok(())
    }

    /// What can be said of a lesson without running it.
    pub(super) fn findings(&mut self, slug: &str, found: &[Finding]) -> anyhow::Result<()> {
        self.counts.looked_at += 1;
        for one in found {
            let count = if one.is_error { &mut self.counts.errors } else { &mut self.counts.warnings };
            *count += 1;
            match self.report {
                Report::Text => {
                    let mark = if one.is_error { "WRONG" } else { "note " };
                    println!("{mark}  {}: {}", place(one), one.what);
                }
                Report::Json => lines::finding(one)?,
                Report::Github => println!("{}", self.commands.finding(one)),
                Report::Junit => {}
            }
        }
        if self.report == Report::Junit {
            self.document.findings(slug, found);
        }
        Ok(())
    }

    /// What is being tried now, on a terminal.
    pub(super) fn begins(&self, number: usize, total: usize, trial: &Trial<'_>) {
        if self.report == Report::Text && std::io::stderr().is_terminal() {
            let (slug, of) = (&trial.lesson.slug, trial.of.name());
            eprint!("\r[{number}/{total}] {slug} {of} on {}\u{1b}[K\r", trial.kernel);
        }
    }

    /// What came of it.
    pub(super) fn result(&mut self, trial: &Trial<'_>, verdict: &Verdict) -> anyhow::Result<()> {
        let skipped = verdict.skipped(self.lang);
        let ok = skipped.is_some() || verdict.is_right(&trial.of);
        match (&skipped, ok) {
            (Some(_), _) => self.counts.skipped += 1,
            (None, true) => self.counts.right += 1,
            (None, false) => self.counts.wrong += 1,
        }
        self.unavailable |= verdict.unavailable.is_some();
        self.table.add(trial, verdict, skipped.is_some(), ok);
        self.spent.add(&(&verdict.stages).into());
        let why = self.why(trial, verdict);
        match self.report {
            Report::Text => text(trial, verdict, skipped.as_deref(), ok, &why),
            Report::Json => lines::result(trial, verdict, skipped.as_deref(), ok, self.lang)?,
            Report::Github if !ok => println!("{}", self.commands.result(trial, &why)),
            Report::Github => {}
            Report::Junit => self.document.result(trial, verdict, skipped.as_deref(), ok, &why),
        }
        Ok(())
    }

    /// Why a result is not right, a line each.
    fn why(&self, trial: &Trial<'_>, verdict: &Verdict) -> Vec<String> {
        let mut why = Vec::new();
        if matches!(trial.of, Of::Starter) {
            let what = if verdict.passed() { "it passes every check" } else { "it does not compile" };
            why.push(format!("the starter must compile and not pass: {what}"));
        }
        why.extend(verdict.errors.iter().cloned());
        why.extend(verdict.unavailable.iter().map(|reason| reason.say(self.lang)));
        for check in verdict.checks.iter().filter(|check| !check.passed) {
            why.push(format!("{}: {}", check.id, check.says.get(self.lang)));
            why.push(check.saw.say(self.lang));
            why.extend(check.hint.iter().map(|hint| hint.get(self.lang).to_owned()));
        }
        if let Some(end) = verdict.outcome {
            why.push(format!("ended {}; again with --seed {}", outcome(end), trial.seed));
        }
        why
    }

    /// The end, and the exit status.
    pub(super) fn summary(self) -> anyhow::Result<u8> {
        let Counts { right, wrong, skipped, looked_at, errors, warnings } = self.counts;
        let ok = wrong + errors == 0;
        let took = self.began.elapsed();
        match self.report {
            Report::Text => {
                print!("{}", self.table);
                match self.table.lessons() {
                    0 => println!("the files of {looked_at} lessons were looked at, nothing was run"),
                    lessons => println!(
                        "{lessons} lessons, {right} runs as they should be, {wrong} not, {skipped} skipped"
                    ),
                }
                if self.table.lessons() > 0 {
                    println!("in {}; of all runs together: {}", time(took), self.spent);
                }
                self.table.passed().iter().for_each(|passed| println!("passed on {passed}"));
                if errors + warnings > 0 {
                    println!("{errors} things to mend in their files, {warnings} to look at");
                }
            }
            Report::Json => lines::summary(ok, &self.counts, &self.table, took, &self.spent)?,
            Report::Github => {
                println!(
                    "{right} runs as they should be, {wrong} not, {skipped} skipped; {errors} errors, {warnings} warnings"
                );
            }
            Report::Junit => print!("{}", self.document.text(took)?),
        }
        Ok(match (ok, self.unavailable) {
            (_, true) => status::UNAVAILABLE,
            (true, false) => status::OK,
            (false, false) => status::FAILED,
        })
    }
}

fn text(trial: &Trial<'_>, verdict: &Verdict, skipped: Option<&str>, ok: bool, why: &[String]) {
    let (slug, of, kernel) = (&trial.lesson.slug, trial.of.name(), &trial.kernel);
    if let Some(skipped) = skipped {
        println!("skip   {slug:18} {of:10} on {kernel:6} {skipped}");
        return;
    }
    let mark = if ok { "ok   " } else { "WRONG" };
    let passed = verdict.checks.iter().filter(|check| check.passed).count();
    let (checks, seconds) = (verdict.checks.len(), verdict.took.as_secs_f64());
    println!("{mark}  {slug:18} {of:10} on {kernel:6} {passed} of {checks} checks, {seconds:.1} s");
    if !ok {
        why.iter().for_each(|line| println!("       {line}"));
    }
}

/// `FILE:LINE`, or the file.
fn place(finding: &Finding) -> String {
    match finding.line {
        Some(line) => format!("{}:{line}", finding.file),
        None => finding.file.clone(),
    }
}
