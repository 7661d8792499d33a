//! A folder of programs, each a case of one test.
//!
//! Knows files and turns; does not know what is tried with a program.

use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    thread,
};

use super::root;

/// The programs of a folder below `tests/`, in order; `PROGRAM=xdp,tc` leaves
/// those alone.
pub(crate) fn programs(folder: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(root().join("tests").join(folder)).expect("programs");
    let mut paths: Vec<PathBuf> = files.map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    if let Ok(only) = std::env::var("PROGRAM") {
        paths.retain(|path| only.split(',').any(|name| path.ends_with(format!("{name}.bpf.c"))));
    }
    assert!(!paths.is_empty(), "there is something to try");
    paths
}

/// Tries each, so many at a time: a run mostly waits. Panics with all that was
/// wrong.
pub(crate) fn try_each<T: Sync>(cases: &[T], at_once: usize, wrong: impl Fn(&T) -> Vec<String> + Sync) {
    let left = Mutex::new(cases.iter());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(case) = next() {
                    let wrong = wrong(case);
                    found.lock().unwrap_or_else(PoisonError::into_inner).extend(wrong);
                }
            });
        }
    });
    let wrong = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
