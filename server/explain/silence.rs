//! "It loaded but nothing happens" is a result, and has one of three reasons; or it is
//! none: a program that decides does so by what it returns.

use std::collections::{BTreeMap, BTreeSet};

use bpflab_worker::{MapView, ProgramFacts, ProgramStats, TraceLine};

use crate::{
    diagnostic::{Diagnostic, Origin, Severity},
    say::Sentence,
};

/// How the sections of programs begin whose effect is what they return. Not those of socket
/// filters, which decide about the lab's own socket only.
const DECIDE: [&str; 21] = [
    "xdp",
    "tc",
    "tcx",
    "netkit",
    "classifier",
    "cgroup_skb",
    "cgroup",
    "lsm",
    "lsm_cgroup",
    "fmod_ret",
    "sk_msg",
    "sk_skb",
    "sk_lookup",
    "sk_reuseport",
    "flow_dissector",
    "netfilter",
    "lwt_in",
    "lwt_out",
    "lwt_xmit",
    "struct_ops",
    "action",
];

/// What a run has shown so far, as far as silence is concerned.
#[derive(Debug, Default)]
pub struct Seen {
    runs: BTreeMap<String, u64>,
    /// Those whose effect is what they return.
    decide: BTreeSet<String>,
    texts: u64,
    lines: u64,
    lab_lines: u64,
    records: u64,
    changes: u64,
    tests: u64,
    /// Formats that print nothing on this kernel.
    refused: u64,
    globals: BTreeSet<String>,
}

impl Seen {
    /// The kernel has these programs.
    pub fn loaded(&mut self, programs: &[ProgramFacts]) {
        self.runs.extend(programs.iter().map(|program| (program.name.clone(), 0)));
        let decide = programs.iter().filter(|program| decides(&program.section));
        self.decide.extend(decide.map(|program| program.name.clone()));
    }

    /// This one waits for nothing: its hook is not there.
    pub fn left_out(&mut self, program: &str) {
        self.runs.remove(program);
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

    /// An iterator wrote this.
    pub fn iterated(&mut self, text: &str) {
        self.texts += u64::from(!text.is_empty());
    }

    /// A map was looked at; its first look is no change unless it holds something.
    pub fn map(&mut self, view: &MapView) {
        self.changes += u64::from(!view.full);
    }

    /// A global was looked at; the first look is no change.
    pub fn global(&mut self, name: &str) {
        self.changes += u64::from(!self.globals.insert(name.to_owned()));
    }

    /// One more format prints nothing here: how many do by now.
    pub fn refused_format(&mut self) -> u64 {
        self.refused += 1;
        self.refused
    }

    /// A program's counts.
    pub fn stats(&mut self, stats: &ProgramStats) {
        if let Some(runs) = self.runs.get_mut(&stats.program) {
            *runs = stats.runs;
        }
    }

    /// Why nothing was seen, if nothing was.
    pub fn silence(&self) -> Option<Diagnostic> {
        if self.tests > 0 {
            return None;
        }
        let runs: u64 = self.runs.values().sum();
        let (id, sentence) = if runs == 0 && self.lines == 0 {
            ("never-fired", Sentence::NeverFired { programs: self.runs.keys().cloned().collect() })
        } else if self.records > 0 || self.texts > 0 {
            return None;
        } else if self.lines > 0 && self.lines == self.lab_lines {
            ("only-the-lab", Sentence::OnlyTheLabFired)
        } else if self.lines == 0 && self.changes == 0 {
            let ran = |name: &&String| self.runs.get(*name).is_some_and(|runs| *runs > 0);
            let decided: Vec<String> = self.decide.iter().filter(ran).cloned().collect();
            match decided.is_empty() {
                true if self.refused > 0 => return None, // that is why, and has been said
                true => ("fired-silent", Sentence::FiredButSilent { runs }),
                false => ("fired-verdict", Sentence::FiredAndDecided { runs, programs: decided }),
            }
        } else {
            return None;
        };
        let mut found = Diagnostic::error(Origin::Silent, id, sentence);
        found.severity = Severity::Note;
        Some(found)
    }
}

/// Whether what a section's programs return is their effect.
fn decides(section: &str) -> bool {
    section.split(['/', '.']).next().is_some_and(|word| DECIDE.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(section: &str) -> Seen {
        let program = ProgramFacts {
            name: "look".to_owned(),
            kind: String::new(),
            section: section.to_owned(),
            instructions: 2,
            verified: None,
        };
        let stats =
            ProgramStats { program: "look".to_owned(), runs: 3, missed: None, ns: 0, verdicts: Vec::new() };
        let mut seen = Seen::default();
        seen.loaded(&[program]);
        seen.stats(&stats);
        seen
    }

    #[test]
    fn a_program_that_is_left_out_waits_for_nothing() {
        let mut seen = ran("tp/a/b");
        seen.left_out("look");
        seen.stats(&ProgramStats {
            program: "look".to_owned(),
            runs: 0,
            missed: None,
            ns: 0,
            verdicts: Vec::new(),
        });
        assert!(seen.runs.is_empty());
    }

    fn id(seen: &Seen) -> Option<String> {
        seen.silence().map(|found| found.id)
    }

    #[test]
    fn a_program_that_decides_is_not_silent_where_it_prints_nothing() {
        for section in ["lsm.s/file_open", "xdp.frags", "tcx/ingress", "cgroup/connect4", "fmod_ret/f"] {
            assert_eq!(id(&ran(section)).as_deref(), Some("fired-verdict"), "{section}");
        }
        for section in ["tp/a/b", "fentry/f", "socket", "kprobe/tcp_v4_connect"] {
            assert_eq!(id(&ran(section)).as_deref(), Some("fired-silent"), "{section}");
        }
    }

    #[test]
    fn what_an_iterator_wrote_was_shown() {
        let mut seen = ran("iter/task");
        seen.iterated("");
        assert_eq!(id(&seen).as_deref(), Some("fired-silent"));
        seen.iterated("1 init\n");
        assert_eq!(id(&seen), None);
    }
}
