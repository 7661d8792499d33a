//! Trials under way: guests' so many at once, this machine's own kernel's one
//! after the other beside them, since those mostly wait.
//!
//! Gives the verdicts in the order of the trials, whichever is done first.
//! Does not know what a trial does.

use std::collections::HashMap;

use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};

use super::trial::{Trial, Verdict};
use crate::{kernel::HOST, run::Runs};

/// Trials under way.
pub(super) struct Lanes<'a> {
    results: BoxStream<'a, (usize, Verdict)>,
    /// Done before one that comes before them.
    early: HashMap<usize, Verdict>,
}

impl<'a> Lanes<'a> {
    /// Starts `at_once` in guests, and the first of the host's.
    pub(super) fn start(trials: &'a [Trial<'a>], runs: &'a Runs, at_once: usize) -> Self {
        let (host, guests): (Vec<_>, Vec<_>) =
            trials.iter().enumerate().partition(|(_, trial)| trial.kernel == HOST);
        let lane = |trials: Vec<(usize, &'a Trial<'a>)>, at_once| {
            stream::iter(trials)
                .map(move |(number, trial)| async move { (number, trial.run(runs).await) })
                .buffer_unordered(at_once)
        };
        let results = stream::select(lane(host, 1), lane(guests, at_once)).boxed();
        Self { results, early: HashMap::new() }
    }

    /// How this trial went, once it is over; asked for once.
    pub(super) async fn of(&mut self, number: usize) -> Verdict {
        loop {
            if let Some(verdict) = self.early.remove(&number) {
                return verdict;
            }
            let (done, verdict) = self.results.next().await.expect("each trial ends once");
            self.early.insert(done, verdict);
        }
    }
}
