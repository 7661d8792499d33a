//! A cgroup of a guest's own, where this process may make one.
//!
//! Knows the unified hierarchy alone, and only the cgroup that we are in: below
//! it each guest gets a folder. Without one, a guest is held by limits alone.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::RUN_COST;

/// What a guest's folder is called: this, our process, a number.
const NAME: &str = "bpflab-guest-";

/// QEMU's threads, and bubblewrap's processes.
const MOST_TASKS: u32 = 64;

/// One guest's cgroup; removed on drop, once everything in it has ended.
#[derive(Debug)]
pub(crate) struct Cgroup(PathBuf);

impl Cgroup {
    /// A new one below ours; `None` where there is none to be had.
    pub(super) fn new() -> Option<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let ours = ours()?;
        sweep(&ours);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = ours.join(format!("{NAME}{}-{number}", std::process::id()));
        fs::create_dir(&folder).ok()?;
        // Files of controllers that our cgroup does not hand down are not there.
        let _ = fs::write(folder.join("memory.max"), RUN_COST.to_string());
        let _ = fs::write(folder.join("memory.swap.max"), "0");
        let _ = fs::write(folder.join("pids.max"), MOST_TASKS.to_string());
        Some(Self(folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let _ = fs::write(self.0.join("cgroup.kill"), "1"); // since 5.14; QEMU is killed anyway
        // It can go when the last process in it has: some milliseconds from now.
        for _ in 0..50 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Below which cgroup guests have theirs, and whether that bounds their memory;
/// found out by making one. `None` where limits alone hold them.
pub fn cgroups() -> Option<(String, bool)> {
    let (ours, one) = (ours()?, Cgroup::new()?);
    Some((ours.display().to_string(), one.path().join("memory.max").exists()))
}

/// Removes what servers left that were killed. A cgroup that is in use cannot
/// be removed, and one of a process that lives is that one's to remove.
fn sweep(ours: &Path) {
    for entry in fs::read_dir(ours).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(NAME)?.split('-').next());
        if let Some(process) = process
            && !Path::new("/proc").join(process).exists()
        {
            let _ = fs::remove_dir(entry.path()); // in use still: the next one sweeps it
        }
    }
}

/// The folder of the cgroup that we are in, if we may make others below it.
fn ours() -> Option<PathBuf> {
    let path = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = path.lines().find_map(|line| line.strip_prefix("0::/"))?.to_owned();
    let folder = unified().ok()??.join(path);
    rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK).ok()?;
    Some(folder)
}

/// Where the unified hierarchy is mounted.
pub(super) fn unified() -> io::Result<Option<PathBuf>> {
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let mount = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    Ok(mount
        .filter(|words| words.get(2) == Some(&"cgroup2"))
        .find_map(|words| Some(PathBuf::from(words.get(1)?))))
}
