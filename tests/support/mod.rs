//! What the tests share: the real binary as a child, small clients for it, and
//! eyes on the machine.
//!
//! Knows processes, sockets and the contract's objects. Does not know the
//! server's inside: what is tested is what anyone can see.

#![expect(dead_code, reason = "each file of tests uses its own part of this")]

pub(crate) mod cases;
pub(crate) mod command;
pub(crate) mod course;
pub(crate) mod guests;
pub(crate) mod home;
pub(crate) mod http;
pub(crate) mod images;
pub(crate) mod lab;
pub(crate) mod limited;
pub(crate) mod machine;
pub(crate) mod program;
pub(crate) mod screen;
pub(crate) mod server;
pub(crate) mod socket;
pub(crate) mod story;
pub(crate) mod verified;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// The binary under test.
pub(crate) const BPFLAB: &str = env!("CARGO_BIN_EXE_bpflab");

/// For anything that must happen. Generous: host runs of a whole machine take turns.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// What the issue allows the lab for cleaning up after a `kill -9`.
pub(crate) const ONE_SECOND: Duration = Duration::from_secs(1);

/// How often something is looked at that tells nobody when it changes.
const LOOK: Duration = Duration::from_millis(5);

/// Whether this machine can run programs on its own kernel. Where it cannot,
/// the test is skipped and says why; with `CI` set that is a failure.
#[must_use]
pub(crate) fn can_use_kernel() -> bool {
    let why = if !rustix::process::getuid().is_root() {
        "needs root, for the machine's own kernel (sudo -E cargo test)"
    } else if !Path::new("/sys/kernel/btf/vmlinux").exists() {
        "needs a kernel with BTF"
    } else {
        return true;
    };
    skipped(why)
}

/// Says why a test does nothing here, past the harness, which keeps what a
/// passing test prints to itself. Where nothing may be skipped that is a failure.
#[must_use]
pub(crate) fn skipped(why: &str) -> bool {
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    assert!(std::env::var_os("CI").is_none(), "{name} was skipped in CI: {why}");
    writeln!(std::io::stderr(), "skipped: {name}: {why}").expect("standard error is there");
    false
}

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A fresh folder that the compiler's user can enter; goes on drop.
pub(crate) fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::Builder::new().prefix("lab-test-").tempdir_in("/var/tmp").expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("permissions");
    folder
}

/// The lessons of this repository.
pub(crate) fn lessons() -> PathBuf {
    root().join("lessons")
}

/// Looks until there is something to see; `None` when time is up.
pub(crate) fn within<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if began.elapsed() > limit {
            return None;
        }
        std::thread::sleep(LOOK);
    }
}

/// Looks until there is something to see.
pub(crate) fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, look).unwrap_or_else(|| panic!("{what}: did not happen"))
}
