//! "It loaded but nothing happens" is a result, and has one of three reasons.

use std::collections::{BTreeMap, BTreeSet};

use bpflab_worker::{MapView, ProgramFacts, ProgramStats, TraceLine};

use crate::{
    diagnostic::{Diagnostic, Origin, Severity},
    say::Sentence,
};

/// What a run has shown so far, as far as silence is concerned.
#[derive(Debug, Default)]
pub struct Seen {
    runs: BTreeMap<String, u64>,
    lines: u64,
    lab_lines: u64,
    records: u64,
    changes: u64,
    tests: u64,
    globals: BTreeSet<String>,
}

impl Seen {
    /// The kernel has these programs.
    pub fn loaded(&mut self, programs: &[ProgramFacts]) {
        self.runs.extend(programs.iter().map(|program| (program.name.clone(), 0)));
    }

    /// Lines were printed.
    pub fn trace(&mut self, lines: &[TraceLine]) {
        self.lines += lines.len() as u64;
        self.lab_lines += lines.iter().filter(|line| line.lab).count() as u64;
    }

    /// Records came.
    pub fn records(&mut self, count: usize) {
        self.records += count as u64;
    }

    /// A program was run by itself, and what it returned was shown.
    pub fn tested(&mut self) {
        self.tests += 1;
    }

    /// A map was looked at; its first look is no change unless it holds something.
    pub fn map(&mut self, view: &MapView) {
        self.changes += u64::from(!view.full);
    }

    /// A global was looked at; the first look is no change.
    pub fn global(&mut self, name: &str) {
        self.changes += u64::from(!self.globals.insert(name.to_owned()));
    }

    /// A program's counts.
    pub fn stats(&mut self, stats: &ProgramStats) {
        self.runs.insert(stats.program.clone(), stats.runs);
    }

    /// Why nothing was seen, if nothing was.
    pub fn silence(&self) -> Option<Diagnostic> {
        if self.tests > 0 {
            return None;
        }
        let runs: u64 = self.runs.values().sum();
        let (id, sentence) = if runs == 0 && self.lines == 0 {
            ("never-fired", Sentence::NeverFired { programs: self.runs.keys().cloned().collect() })
        } else if self.records > 0 {
            return None;
        } else if self.lines > 0 && self.lines == self.lab_lines {
            ("only-the-lab", Sentence::OnlyTheLabFired)
        } else if self.lines == 0 && self.changes == 0 {
            ("fired-silent", Sentence::FiredButSilent { runs })
        } else {
            return None;
        };
        let mut found = Diagnostic::error(Origin::Silent, id, sentence);
        found.severity = Severity::Note;
        Some(found)
    }
}
