//! Who looks at a run while it goes. The run does not know what is looked for.

use super::{CheckResult, RunEvent};

/// What a run is about, for those who watch; the run itself makes nothing of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The lesson, if it is one's.
    pub lesson: Option<String>,
    /// What was drawn from.
    pub seed: Option<u64>,
}

/// Sees every event of one kernel's part, in order, before any watcher does.
pub trait Judge: Send {
    /// Looks at one event; gives the checks that it decided.
    fn see(&mut self, event: &RunEvent) -> Vec<CheckResult>;

    /// Whether all is decided and well, so that the run need not go on.
    fn is_satisfied(&self) -> bool;

    /// Decides what is left, when nothing more will be seen.
    fn conclude(&mut self) -> Vec<CheckResult>;
}

/// Looks for nothing.
#[derive(Debug, Clone, Copy)]
pub struct Unjudged;

impl Judge for Unjudged {
    fn see(&mut self, _: &RunEvent) -> Vec<CheckResult> {
        Vec::new()
    }

    fn is_satisfied(&self) -> bool {
        false
    }

    fn conclude(&mut self) -> Vec<CheckResult> {
        Vec::new()
    }
}
