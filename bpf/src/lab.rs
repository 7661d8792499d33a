//! Which threads are the lab's own: the server, the keeper and this worker.
//!
//! The lab is part of what it measures; its lines are marked, so that they can
//! be hidden and never count in a check.

use std::{collections::HashMap, path::PathBuf};

/// Answers kept; a machine has a few thousand threads, and the oldest answers
/// are the ones that a reused number makes wrong.
const MAX_KNOWN: usize = 4096;

/// Knows the lab's processes and remembers its answers.
pub(crate) struct Lab {
    processes: Vec<u32>,
    known: HashMap<u32, bool>,
    /// The last question and its answer: lines come in bursts of one thread.
    last: Option<(u32, bool)>,
}

impl Lab {
    /// The worker and its keeper, and the given processes.
    pub(crate) fn new(others: &[u32]) -> Self {
        let mut processes = vec![std::process::id(), std::os::unix::process::parent_id()];
        processes.extend_from_slice(others);
        Self { processes, known: HashMap::new(), last: None }
    }

    /// Whether thread `tid` belongs to the lab.
    pub(crate) fn owns(&mut self, tid: u32) -> bool {
        if let Some((_, answer)) = self.last.filter(|(last, _)| *last == tid) {
            return answer;
        }
        let answer = self.look_up(tid);
        self.last = Some((tid, answer));
        answer
    }

    fn look_up(&mut self, tid: u32) -> bool {
        if let Some(answer) = self.known.get(&tid) {
            return *answer;
        }
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        let answer = self
            .processes
            .iter()
            .any(|process| *process == tid || PathBuf::from(format!("/proc/{process}/task/{tid}")).exists());
        self.known.insert(tid, answer);
        answer
    }
}
