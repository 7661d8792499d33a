//! How long the machine has kept a guest waiting for a processor.
//!
//! A guest that is late because others have the processors is not one that
//! something holds up. Knows the kernel's scheduling statistics; does not know
//! what is late.

use std::{fs, ops::Sub, time::Duration};

/// What a process's threads, and those of all below it, had of the processors since they began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Turns {
    /// On a processor.
    ran: Duration,
    /// Waiting for one.
    waited: Duration,
}

impl Turns {
    /// So far; nothing where the kernel does not count it.
    pub(crate) fn of(process: u32) -> Self {
        let own =
            threads(process).map(|thread| of_thread(&format!("/proc/{process}/task/{thread}/schedstat")));
        let below = children(process).map(Self::of);
        own.chain(below).fold(Self::default(), |all, one| Self {
            ran: all.ran + one.ran,
            waited: all.waited + one.waited,
        })
    }

    /// Whether it got less than a third of what it wanted, and would have wanted half of
    /// this time and more. One that spins beside another on as many processors gets half.
    pub(crate) fn is_starved(self, in_time: Duration) -> bool {
        self.waited > self.ran * 2 && self.waited > in_time / 2
    }
}

impl Sub for Turns {
    type Output = Self;

    /// Since then. A thread that has ended since takes what it had with it.
    fn sub(self, then: Self) -> Self {
        Self { ran: self.ran.saturating_sub(then.ran), waited: self.waited.saturating_sub(then.waited) }
    }
}

fn threads(process: u32) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

fn children(process: u32) -> impl Iterator<Item = u32> {
    let all = threads(process)
        .filter_map(move |thread| fs::read_to_string(format!("/proc/{process}/task/{thread}/children")).ok());
    all.flat_map(|text| text.split_whitespace().filter_map(|word| word.parse().ok()).collect::<Vec<_>>())
}

/// Its three numbers are nanoseconds on a processor, nanoseconds waiting for one, and turns
/// (Documentation/scheduler/sched-stats.rst).
fn of_thread(path: &str) -> Turns {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut words =
        text.split_whitespace().map(|word| word.parse().map(Duration::from_nanos).unwrap_or_default());
    let mut next = || words.next().unwrap_or_default();
    Turns { ran: next(), waited: next() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        process::{Command, Stdio},
        time::Instant,
    };

    #[test]
    fn loops_that_share_the_processors_are_kept_waiting_and_one_that_sleeps_is_not() {
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).stdout(Stdio::null()).spawn().expect("a shell")
        };
        // Below it, six times as many loops as there are processors, for a second.
        let loops =
            "for i in $(seq $(($(nproc) * 6))); do timeout 1 sh -c 'while :; do :; done' & done; wait";
        let began = Instant::now();
        let (mut busy, mut idle) = (shell(loops), shell("exec sleep 1"));
        std::thread::sleep(Duration::from_millis(800));
        let (busy_had, idle_had) = (Turns::of(busy.id()), Turns::of(idle.id()));
        for child in [&mut busy, &mut idle] {
            child.wait().expect("a child");
        }
        assert!(busy_had.is_starved(began.elapsed()), "{busy_had:?}");
        assert!(!idle_had.is_starved(began.elapsed()), "{idle_had:?}");
    }

    #[test]
    fn who_gets_half_of_what_it_wants_or_wants_little_is_not_starved() {
        let second = Duration::from_secs(1);
        let had = |ran: u32, waited: u32| Turns { ran: second * ran, waited: second * waited };
        for (turns, starved) in [
            (had(10, 10), false),
            (had(3, 7), true),
            (had(2, 4), false), // two thirds, no more
            (had(1, 4), false), // of ten seconds
            (had(0, 6), true),
            (had(0, 0), false),
        ] {
            assert_eq!(turns.is_starved(second * 10), starved, "{turns:?}");
        }
    }

    #[test]
    fn a_process_that_is_gone_has_had_nothing() {
        assert_eq!(Turns::of(u32::MAX), Turns::default());
    }
}
