//! When a sandboxed compiler's life is bound to ours.
//!
//! bubblewrap binds its first process in the new namespaces only after it has
//! forked the compiler (`do_init()` in its bubblewrap.c): one that gets its source
//! before would outlive a server that is killed in that moment. So it is looked
//! for where the kernel shows it.

use std::{fs, time::Duration};

/// Between two looks. A compiler takes some milliseconds to be there.
const LOOK: Duration = Duration::from_millis(1);

/// After so many looks something else is wrong, and will say so.
const LOOKS: u32 = 1_000;

/// Waits until the compiler below `bwrap` has begun.
pub(super) async fn bound(bwrap: u32, compiler: &str) {
    for _ in 0..LOOKS {
        match children(bwrap) {
            // It has ended, or this kernel does not tell.
            None => return,
            Some(first) if first.iter().any(|init| has_begun(*init, compiler)) => return,
            Some(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

fn has_begun(init: u32, compiler: &str) -> bool {
    let runs = |child: u32| {
        let words = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
        words.split(|byte| *byte == 0).next() == Some(compiler.as_bytes())
    };
    children(init).is_some_and(|children| children.into_iter().any(runs))
}

/// The children of a process that has one thread.
fn children(of: u32) -> Option<Vec<u32>> {
    let list = fs::read_to_string(format!("/proc/{of}/task/{of}/children")).ok()?;
    Some(list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect())
}
