//! How long the machine has kept a guest waiting for a processor.
//!
//! A guest that is late because others have the processors is not one that
//! something holds up. Knows the kernel's scheduling statistics; does not know
//! what is late.

use std::{fs, time::Duration};

/// What the thread that waited longest has waited since its start, of a process
/// and all below it. Nothing where the kernel does not count it.
pub(crate) fn kept_waiting(process: u32) -> Duration {
    let waits = threads(process).map(|thread| waited(&format!("/proc/{process}/task/{thread}/schedstat")));
    let below = children(process).map(kept_waiting);
    waits.chain(below).max().unwrap_or_default()
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
fn waited(path: &str) -> Duration {
    let text = fs::read_to_string(path).unwrap_or_default();
    let waited = text.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    Duration::from_nanos(waited.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn loops_that_share_the_processors_are_kept_waiting_and_one_that_sleeps_is_not() {
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).stdout(Stdio::null()).spawn().expect("a shell")
        };
        // Below it, twice as many loops as there are processors, for a second.
        let loops =
            "for i in $(seq $(($(nproc) * 2))); do timeout 1 sh -c 'while :; do :; done' & done; wait";
        let (mut busy, mut idle) = (shell(loops), shell("exec sleep 1"));
        std::thread::sleep(Duration::from_millis(800));
        let (busy_waited, idle_waited) = (kept_waiting(busy.id()), kept_waiting(idle.id()));
        for child in [&mut busy, &mut idle] {
            child.wait().expect("a child");
        }
        assert!(busy_waited > idle_waited, "{busy_waited:?}, {idle_waited:?}");
        assert!(busy_waited > Duration::from_millis(50), "{busy_waited:?}");
    }

    #[test]
    fn a_process_that_is_gone_has_waited_for_nothing() {
        assert_eq!(kept_waiting(u32::MAX), Duration::ZERO);
    }
}
