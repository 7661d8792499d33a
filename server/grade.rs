//! A fold over a run's events -> which checks passed, and what was seen.
//!
//! Pure: the page and CI use the same one. Knows lessons' checks and events,
//! and neither sockets nor kernels.

mod entry;
mod lines;
mod watch;
mod written;

use crate::{
    lesson::{Facts, Lesson},
    run::{CheckResult, Judge, RunEvent},
};
use watch::Watch;

/// Watches one kernel's part of a run for a lesson's checks.
#[derive(Debug)]
pub struct Grader {
    facts: Facts,
    watches: Vec<Watch>,
    /// Whether the program got as far as being observed.
    begun: bool,
    /// Whether the run may end as soon as all has passed.
    hurry: bool,
}

impl Grader {
    /// For a lesson and what was drawn for this run.
    pub fn new(lesson: &Lesson, facts: Facts) -> Self {
        let watches = lesson.checks.iter().map(|check| Watch::new(check.clone())).collect();
        Self { facts, watches, begun: false, hurry: false }
    }

    /// Lets the run end as soon as all has passed.
    #[must_use]
    pub fn in_a_hurry(mut self) -> Self {
        self.hurry = true;
        self
    }

    /// Whether every check has passed.
    pub fn has_passed(&self) -> bool {
        !self.watches.is_empty() && self.watches.iter().all(Watch::has_passed)
    }
}

impl Judge for Grader {
    fn see(&mut self, event: &RunEvent) -> Vec<CheckResult> {
        if let RunEvent::Observing { stimulus } = event {
            self.begun = true;
            self.facts.add("pid", stimulus.map_or_else(|| "0".to_owned(), |pid| pid.to_string()));
            for watch in &mut self.watches {
                watch.begin(&self.facts, *stimulus);
            }
        }
        for watch in &mut self.watches {
            watch.see(event);
        }
        // What can only be decided at the end is not said before.
        self.watches.iter_mut().filter_map(|watch| watch.decide_early(&self.facts)).collect()
    }

    fn is_satisfied(&self) -> bool {
        self.hurry && self.has_passed()
    }

    /// A run that ended before anything could be looked at says why itself.
    fn conclude(&mut self) -> Vec<CheckResult> {
        if !self.begun {
            return Vec::new();
        }
        self.watches.iter_mut().filter_map(|watch| watch.conclude(&self.facts)).collect()
    }
}
