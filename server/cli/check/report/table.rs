//! Lessons by kernels: one look tells where something is not as it should be,
//! and on which releases all is.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::super::trial::{Trial, Verdict};

/// How all runs of a lesson on a kernel went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Skipped,
    Right,
    Wrong,
}

/// One row a lesson, one column a kernel, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Table {
    kernels: Vec<String>,
    lessons: Vec<String>,
    cells: BTreeMap<(String, String), Cell>,
    /// `uname -r` of the kernels that ran, in their order.
    releases: Vec<(String, String)>,
}

/// The lessons of which every run on one release was right.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Passed<'a> {
    kernel: &'a str,
    release: &'a str,
    lessons: Vec<&'a str>,
}

impl Table {
    pub(super) fn add(&mut self, trial: &Trial<'_>, verdict: &Verdict, skipped: bool, ok: bool) {
        let cell = match (skipped, ok) {
            (true, _) => Cell::Skipped,
            (false, true) => Cell::Right,
            (false, false) => Cell::Wrong,
        };
        self.put(&trial.lesson.slug, &trial.kernel, cell);
        if let Some(release) = &verdict.release {
            self.ran(&trial.kernel, release);
        }
    }

    fn ran(&mut self, kernel: &str, release: &str) {
        let ran = (kernel.to_owned(), release.to_owned());
        if !self.releases.contains(&ran) {
            self.releases.push(ran);
        }
    }

    fn put(&mut self, lesson: &str, kernel: &str, cell: Cell) {
        for (known, name) in [(&mut self.lessons, lesson), (&mut self.kernels, kernel)] {
            if !known.iter().any(|one| one == name) {
                known.push(name.to_owned());
            }
        }
        let at = self.cells.entry((lesson.to_owned(), kernel.to_owned())).or_insert(cell);
        // The worst of its runs is what counts.
        *at = (*at).max(cell);
    }

    pub(super) fn lessons(&self) -> usize {
        self.lessons.len()
    }

    /// A kernel's image stays the same while lessons are checked, so what was
    /// right on a kernel was so on its release.
    pub(super) fn passed(&self) -> Vec<Passed<'_>> {
        let right = |lesson: &String, kernel: &String| {
            self.cells.get(&(lesson.clone(), kernel.clone())) == Some(&Cell::Right)
        };
        (self.releases.iter())
            .map(|(kernel, release)| {
                let lessons = self.lessons.iter().filter(|lesson| right(lesson, kernel));
                Passed { kernel, release, lessons: lessons.map(String::as_str).collect() }
            })
            .collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cells.len() < 2 {
            return Ok(());
        }
        write!(f, "\n{:20}", "")?;
        self.kernels.iter().try_for_each(|kernel| write!(f, " {kernel:6}"))?;
        writeln!(f)?;
        for lesson in &self.lessons {
            write!(f, "{lesson:20}")?;
            for kernel in &self.kernels {
                let word = match self.cells.get(&(lesson.clone(), kernel.clone())) {
                    Some(Cell::Right) => "ok",
                    Some(Cell::Wrong) => "WRONG",
                    Some(Cell::Skipped) => "skip",
                    None => "-",
                };
                write!(f, " {word:6}")?;
            }
            writeln!(f)?;
        }
        writeln!(f)
    }
}

/// `6.1 = 6.1.0-50-cloud-amd64: 31 lessons`
impl fmt::Display for Passed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kernel, release, lessons } = self;
        let plural = if lessons.len() == 1 { "" } else { "s" };
        write!(f, "{kernel} = {release}: {} lesson{plural}", lessons.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_run_of_a_cell_is_shown() {
        let mut table = Table::default();
        table.put("hello", "5.10", Cell::Right);
        table.put("hello", "5.10", Cell::Wrong);
        table.put("hello", "6.1", Cell::Right);
        table.put("lsm", "5.10", Cell::Skipped);
        let text = table.to_string();
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        let empty: Vec<&str> = Vec::new();
        let rows_wanted = [
            empty.clone(),
            vec!["5.10", "6.1"],
            vec!["hello", "WRONG", "ok"],
            vec!["lsm", "skip", "-"],
            empty,
        ];
        assert_eq!(rows, rows_wanted);
    }

    #[test]
    fn what_passed_is_said_with_the_release() {
        let mut table = Table::default();
        for (lesson, cell) in [("hello", Cell::Right), ("maps", Cell::Wrong), ("lsm", Cell::Skipped)] {
            table.put(lesson, "6.1", cell);
            table.ran("6.1", "6.1.0-50-cloud-amd64");
        }
        let passed = table.passed();
        let lessons = vec!["hello"];
        assert_eq!(passed, [Passed { kernel: "6.1", release: "6.1.0-50-cloud-amd64", lessons }]);
        assert_eq!(passed[0].to_string(), "6.1 = 6.1.0-50-cloud-amd64: 1 lesson");
    }
}
