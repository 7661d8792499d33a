//! Who has something in a storage map: a process (its first thread: a descriptor
//! names no other before 6.9), a socket, a file, a cgroup. The kernel lists none of
//! them, so those that there are now are asked: of files, those that processes have open.
//!
//! Knows where they are found. Decodes nothing.

use std::{
    collections::BTreeSet,
    fs,
    os::fd::{AsFd as _, AsRawFd as _, RawFd},
    path::Path,
};

use libbpf_rs::{Map, MapCore as _, MapFlags, MapType};

use super::Entries;
use crate::pidfd;

/// Those that are looked at in one go, at most, whether they are asked or are nothing of the
/// kind after all: each takes a few system calls.
const MAX_ASKED: usize = 2048;

const CGROUPS: &str = "/sys/fs/cgroup";

/// What the map keeps, by the words for whom: `7 sleep`, `socket:[815] nc`, `/etc/passwd cat`,
/// `/lab`.
pub(super) fn read(map: &Map<'_>, most: usize) -> Entries {
    let mut asked = Asked { map, most, left: MAX_ASKED, found: Entries::new() };
    match super::kind(map) {
        MapType::TaskStorage => processes().for_each(|pid| asked.of_task(pid)),
        MapType::CGrpStorage => asked.of_cgroups(Path::new(CGROUPS)),
        MapType::InodeStorage => asked.of_open(|link| link.starts_with('/')),
        _ => asked.of_open(|link| link.starts_with("socket:")),
    }
    asked.found
}

struct Asked<'a> {
    map: &'a Map<'a>,
    most: usize,
    left: usize,
    found: Entries,
}

impl Asked<'_> {
    /// What is kept for the one behind a descriptor, under its name.
    fn ask(&mut self, fd: RawFd, name: impl FnOnce() -> String) {
        if let Ok(Some(value)) = self.map.lookup(&fd.to_ne_bytes(), MapFlags::ANY) {
            self.found.insert(name().into_bytes(), value);
        }
    }

    fn is_enough(&mut self) -> bool {
        let is_enough = self.left == 0 || self.found.len() >= self.most;
        self.left = self.left.saturating_sub(1);
        is_enough
    }

    fn of_task(&mut self, pid: u32) {
        if self.is_enough() {
            return;
        }
        // One that has gone meanwhile has nothing any more.
        if let Ok(task) = pidfd::open(pid) {
            self.ask(task.as_raw_fd(), || format!("{pid} {}", command(pid)));
        }
    }

    /// A cgroup, and those in it.
    fn of_cgroups(&mut self, at: &Path) {
        if self.is_enough() {
            return;
        }
        if let Ok(cgroup) = fs::File::open(at) {
            let name = at.strip_prefix(CGROUPS).unwrap_or(at);
            self.ask(cgroup.as_raw_fd(), || format!("/{}", name.display()));
        }
        let inner = fs::read_dir(at).into_iter().flatten().flatten();
        for entry in inner.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            self.of_cgroups(&entry.path());
        }
    }

    /// What processes have open of a kind, each once.
    fn of_open(&mut self, is_meant: impl Fn(&str) -> bool) {
        let mut seen = BTreeSet::new();
        for pid in processes() {
            let Ok(task) = pidfd::open(pid) else { continue };
            for entry in fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
                if self.is_enough() {
                    return;
                }
                let Ok(link) = fs::read_link(entry.path()) else { continue };
                let link = link.to_string_lossy().into_owned();
                let Ok(number) = entry.file_name().to_string_lossy().parse() else { continue };
                if !is_meant(&link) || !seen.insert(link.clone()) {
                    continue;
                }
                if let Ok(taken) = pidfd::take(task.as_fd(), number) {
                    self.ask(taken.as_raw_fd(), || format!("{link} {}", command(pid)));
                }
            }
        }
    }
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn command(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).map(|name| name.trim_end().to_owned()).unwrap_or_default()
}
