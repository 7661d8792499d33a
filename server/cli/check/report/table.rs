//! Lessons by kernels: one look tells where something is not as it should be.

use std::{collections::BTreeMap, fmt};

use super::super::trial::Trial;

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
}

impl Table {
    pub(super) fn add(&mut self, trial: &Trial<'_>, skipped: bool, ok: bool) {
        let cell = match (skipped, ok) {
            (true, _) => Cell::Skipped,
            (false, true) => Cell::Right,
            (false, false) => Cell::Wrong,
        };
        self.put(&trial.lesson.slug, &trial.kernel, cell);
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
}
