//! A cgroup of the probe's own, with no process in it, so that what is attached
//! to it decides about no one.
//!
//! The worker makes it and not the child, so that it is removed also when the
//! child is killed. Knows nothing of programs.

use std::{
    fs::{self, File},
    os::fd::{AsFd, BorrowedFd},
    path::{Path, PathBuf},
};

/// Cgroups of ours begin so and end with their maker's pid; one whose maker is
/// gone is swept.
const PREFIX: &str = "bpflab-probe-";

/// An empty cgroup; removed on drop.
pub(super) struct Cgroup {
    path: PathBuf,
    folder: File,
}

impl Cgroup {
    /// Makes one below the first cgroup2 mount that takes it. `None` when
    /// there is none, or none that may be written.
    pub(super) fn make() -> Option<Self> {
        let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
        mounts.lines().find_map(|line| {
            let mut words = line.split(' ').skip(1);
            let (mount, kind) = (Path::new(words.next()?), words.next()?);
            if kind == "cgroup2" { Self::below(mount) } else { None }
        })
    }

    fn below(mount: &Path) -> Option<Self> {
        sweep(mount);
        let path = mount.join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir(&path).ok()?;
        match File::open(&path) {
            Ok(folder) => Some(Self { path, folder }),
            Err(_) => {
                let _ = fs::remove_dir(&path);
                None
            }
        }
    }
}

impl AsFd for Cgroup {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // If it fails, the next probe sweeps it.
        let _ = fs::remove_dir(&self.path);
    }
}

/// Removes what a killed worker left, and what one with this pid left.
fn sweep(mount: &Path) {
    let Ok(entries) = fs::read_dir(mount) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let Ok(pid) = pid.parse::<u32>() else { continue };
        if pid == std::process::id() || !Path::new("/proc").join(pid.to_string()).exists() {
            let _ = fs::remove_dir(entry.path());
        }
    }
}
