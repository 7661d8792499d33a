//! Whether this machine has memory for one more guest.
//!
//! Knows what is left, of the machine and of the cgroups that we are in; does
//! not know what a guest does with it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Error, RUN_COST, cgroup};

/// Bytes in a MiB.
const MIB: u64 = 1 << 20;

/// Where one hierarchy's files are, and what they are called in it.
struct Hierarchy {
    mount: PathBuf,
    /// Which line of `/proc/self/cgroup` is its.
    line: &'static str,
    limit: &'static str,
    used: &'static str,
    /// In `memory.stat`: files that the kernel gives up when memory is short, not
    /// looked at for a while, and lately.
    spare: [&'static str; 2],
}

/// That one more guest may take all it can.
///
/// # Errors
/// `NoMemory`, when it may not.
pub(super) fn check() -> Result<(), Error> {
    match free() {
        Some(free) if free < RUN_COST => {
            Err(Error::NoMemory { free_mib: free / MIB, need_mib: RUN_COST / MIB })
        }
        _ => Ok(()),
    }
}

/// Memory that is left for us, in bytes; `None` where nothing tells.
fn free() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let unified = cgroup::unified().ok().flatten().map(|mount| Hierarchy {
        mount,
        line: "0::",
        limit: "memory.max",
        used: "memory.current",
        spare: ["inactive_file ", "active_file "],
    });
    let first = Hierarchy {
        mount: PathBuf::from("/sys/fs/cgroup/memory"),
        line: ":memory:",
        limit: "memory.limit_in_bytes",
        used: "memory.usage_in_bytes",
        spare: ["total_inactive_file ", "total_active_file "],
    };
    let in_cgroups = unified.iter().chain([&first]).flat_map(|hierarchy| hierarchy.free(&own));
    in_cgroups.chain(available(&fs::read_to_string("/proc/meminfo").unwrap_or_default())).min()
}

/// What programs may still take without swapping, as the kernel estimates it
/// (Documentation/filesystems/proc.rst: `MemAvailable`), in bytes.
fn available(meminfo: &str) -> Option<u64> {
    Some(after(meminfo, "MemAvailable:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

/// What follows a line's first word.
fn after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(word))
}

impl Hierarchy {
    /// What is left in each cgroup from ours up to the root.
    fn free(&self, own: &str) -> Vec<u64> {
        let path = own.lines().find_map(|line| line.split_once(self.line)).map(|(_, path)| path);
        let Some(path) = path.and_then(|path| path.strip_prefix('/')) else { return Vec::new() };
        Path::new(path).ancestors().filter_map(|one| self.free_in(&self.mount.join(one))).collect()
    }

    fn free_in(&self, folder: &Path) -> Option<u64> {
        let number = |name| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
        // "max" is no number, and no limit.
        let (limit, used) = (number(self.limit)?, number(self.used)?);
        let facts = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
        let spare = |word| after(&facts, word)?.trim().parse::<u64>().ok();
        let spare: u64 = self.spare.into_iter().filter_map(spare).sum();
        Some(limit.saturating_sub(used.saturating_sub(spare)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_says_what_is_left() {
        let free = free().expect("Linux tells");
        assert!(free > 0);
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:    2048 kB\n"), Some(2 * MIB));
    }

    #[test]
    fn the_tightest_cgroup_counts() {
        let mount = tempfile::tempdir().unwrap();
        let inner = mount.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let write = |at: &Path, limit: &str, used: &str| {
            fs::write(at.join("memory.max"), limit).unwrap();
            fs::write(at.join("memory.current"), used).unwrap();
        };
        write(&inner, "max\n", "5\n");
        write(&mount.path().join("a"), "1000\n", "700\n");
        fs::write(mount.path().join("a/memory.stat"), "active_file 50\ninactive_file 150\n").unwrap();
        let hierarchy = Hierarchy {
            mount: mount.path().to_owned(),
            line: "0::",
            limit: "memory.max",
            used: "memory.current",
            spare: ["inactive_file ", "active_file "],
        };
        assert_eq!(hierarchy.free("1:cpu:/x\n0::/a/b\n"), [500]);
    }
}
