//! Eyes on the machine: processes, BPF programs, tracefs instances.
//!
//! Asks the kernel itself, so that nothing of the lab's can hide what it left.

use std::{fs, os::fd::FromRawFd as _, path::Path, process::Command};

/// A process as `/proc` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    /// Effective user.
    pub(crate) user: u32,
    /// Effective capabilities.
    pub(crate) capabilities: u64,
    /// Words of the command line.
    pub(crate) words: Vec<String>,
}

impl Process {
    /// Whether one of its words contains `part`.
    pub(crate) fn mentions(&self, part: &str) -> bool {
        self.words.iter().any(|word| word.contains(part))
    }

    fn read(pid: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if field("State:")?.starts_with('Z') {
            return None; // it has ended, and waits for its parent to look
        }
        let words = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let words = words.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
        Some(Self {
            pid,
            parent: field("PPid:")?.parse().ok()?,
            user: field("Uid:")?.split_whitespace().nth(1)?.parse().ok()?,
            capabilities: u64::from_str_radix(field("CapEff:")?, 16).ok()?,
            words: words.filter(|word| !word.is_empty()).collect(),
        })
    }
}

/// All processes that live.
pub(crate) fn processes() -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_string_lossy().parse().ok());
    pids.filter_map(Process::read).collect()
}

/// Everything that descends from a process now.
pub(crate) fn descendants(of: u32) -> Vec<Process> {
    let all = processes();
    let mut family = vec![of];
    let mut found: Vec<Process> = Vec::new();
    while let Some(parent) = family.pop() {
        for child in all.iter().filter(|process| process.parent == parent) {
            family.push(child.pid);
            found.push(child.clone());
        }
    }
    found
}

/// Whether a process lives.
pub(crate) fn lives(pid: u32) -> bool {
    Process::read(pid).is_some()
}

/// Memory that a process has in use now, in bytes.
pub(crate) fn memory(of: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{of}/status")).expect("the process lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("kB") << 10
}

/// The keeper and the loader below a server or a command, once both are there.
pub(crate) fn worker(of: u32) -> Option<(u32, u32)> {
    let family = descendants(of);
    let with = |word: &str| family.iter().find(|process| process.words.get(1).is_some_and(|w| w == word));
    Some((with("keep")?.pid, with("load")?.pid))
}

/// Names in `/sys/kernel/tracing/instances` that the lab made, by the pid of their keeper.
pub(crate) fn instances() -> Vec<u32> {
    // In a mount namespace of its own: tracefs may not be mounted on this machine.
    let script = "mount -t tracefs tracefs /sys/kernel/tracing && ls /sys/kernel/tracing/instances";
    let listed = Command::new("unshare").args(["--mount", "sh", "-c", script]).output().expect("unshare");
    assert!(listed.status.success(), "tracefs: {}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).expect("names");
    names.lines().filter_map(|name| name.strip_prefix("bpflab-")?.parse().ok()).collect()
}

/// Entries of the folders for temporary files that look like the lab's.
pub(crate) fn temporary_files() -> Vec<String> {
    let ours = |name: &str| name.starts_with(".tmp") || name.contains("bpflab");
    let entries = ["/tmp", "/run", "/dev/shm"].into_iter().filter_map(|folder| fs::read_dir(folder).ok());
    let paths = entries.flatten().flatten().filter(|entry| ours(&entry.file_name().to_string_lossy()));
    paths.map(|entry| entry.path().display().to_string()).collect()
}

/// Names below a folder that is there for one server's temporary files alone.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Numbers of `enum bpf_cmd`.
const PROG_GET_NEXT_ID: libc::c_long = 11;
const PROG_GET_FD_BY_ID: libc::c_long = 13;
const OBJ_GET_INFO_BY_FD: libc::c_long = 15;

/// Where `struct bpf_prog_info` has the name, and how long that is.
const NAME: std::ops::Range<usize> = 64..80;

/// How many programs of this name the kernel holds.
pub(crate) fn programs_named(name: &str) -> usize {
    let mut found = 0;
    let mut id = 0;
    while let Some(next) = next_program(id) {
        id = next;
        // One that has gone meanwhile has no name.
        found += usize::from(program_name(id).is_some_and(|own| own == name));
    }
    found
}

fn next_program(after: u32) -> Option<u32> {
    let mut words = [after, 0, 0, 0];
    bpf(PROG_GET_NEXT_ID, &mut words).ok()?;
    Some(words[1])
}

fn program_name(id: u32) -> Option<String> {
    let fd = bpf(PROG_GET_FD_BY_ID, &mut [id, 0, 0, 0]).ok()?;
    // SAFETY: the kernel just gave this descriptor to us alone.
    let _fd = unsafe { std::os::fd::OwnedFd::from_raw_fd(fd) };
    let mut about = [0u8; 256];
    let address = about.as_mut_ptr() as u64;
    let mut words = [fd as u32, about.len() as u32, address as u32, (address >> 32) as u32];
    bpf(OBJ_GET_INFO_BY_FD, &mut words).ok()?;
    let name = &about[NAME];
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    Some(String::from_utf8_lossy(&name[..end]).into_owned())
}

fn bpf(command: libc::c_long, words: &mut [u32; 4]) -> std::io::Result<i32> {
    // SAFETY: `words` is the part of `union bpf_attr` that the three commands
    // above use, with its size; the buffer that it may point to outlives the call.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, words.as_mut_ptr(), size_of_val(words)) };
    if result < 0 { Err(std::io::Error::last_os_error()) } else { Ok(result as i32) }
}
