//! Every limit of a run, in one place.

use std::time::Duration;

/// Limits of runs. A guest that the machine had no processor for during most of a phase
/// gets more time once: as much again, and `stop` for the end of observing.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until a worker is there, its turn on the kernel not counted.
    pub place: Duration,
    /// Opening and loading: a million instructions take 0.4 s natively.
    pub load: Duration,
    /// Attaching every program.
    pub attach: Duration,
    /// Observing in the page, without a stimulus that ends sooner.
    pub page: Duration,
    /// Observing on the command line, the same.
    pub command_line: Duration,
    /// Observing with a terminal.
    pub terminal: Duration,
    /// After the stimulus's end, so that its last events arrive.
    pub after_stimulus: Duration,
    /// The newest kernel's word on a refused object, when the run has its end but
    /// for that: 0.2 s where a guest waits.
    pub opinion: Duration,
    /// After the end of its time, for a worker that drains what is buffered: a second, less
    /// what it takes to end a guest from outside, so that no run lasts longer than that.
    pub overtime: Duration,
    /// From Stop to the worker's last event.
    pub stop: Duration,
    /// A run that nobody has watched for so long is cancelled.
    pub unwatched: Duration,
    /// Runs that may wait for one kernel.
    pub waiting: usize,
    /// Ended runs that can still be looked at.
    pub kept: usize,
    /// Events of one run that are kept, in bytes, about.
    pub buffer_bytes: usize,
    /// The same once it is over and another has begun.
    pub ended_bytes: usize,
}

/// What a learner at a browser can expect.
pub const LIMITS: Limits = Limits {
    place: Duration::from_secs(15),
    load: Duration::from_secs(30),
    attach: Duration::from_secs(10),
    page: Duration::from_secs(60),
    command_line: Duration::from_secs(10),
    terminal: Duration::from_secs(1800),
    after_stimulus: Duration::from_secs(1),
    opinion: Duration::from_secs(5),
    overtime: Duration::from_millis(800),
    stop: Duration::from_secs(3),
    unwatched: Duration::from_secs(10),
    waiting: 32,
    kept: 16,
    buffer_bytes: 8 << 20,
    ended_bytes: 1 << 20,
};
