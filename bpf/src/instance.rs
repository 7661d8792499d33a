//! This run's own tracefs instance: a `trace_pipe` that steals no one's lines.
//!
//! The keeper makes and removes it; the loader only reads. Does not know what
//! the lines mean.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nix::mount::{MsFlags, mount};

/// Where tracefs is found, or mounted when it is missing.
pub(crate) const TRACEFS: &str = "/sys/kernel/tracing";

/// Instances of ours begin so; one whose keeper is gone is swept.
const PREFIX: &str = "bpflab-";

/// Ring buffer for each CPU, in KiB: about 20 ms of a program that prints as
/// fast as it can, so that a short pause of the reader loses nothing.
const BUFFER_KIB: &str = "4096";

/// Gives this process a mount namespace of its own, with tracefs in it.
///
/// Whatever is mounted from here on goes when the last process in it goes.
pub(crate) fn enter_mounts() -> crate::Result {
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS)?;
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    if !Path::new(TRACEFS).join("trace_pipe").exists() {
        mount(Some("tracefs"), TRACEFS, Some("tracefs"), MsFlags::empty(), None::<&str>)?;
    }
    Ok(())
}

/// A tracefs instance; removed on drop.
pub(crate) struct Instance(PathBuf);

impl Instance {
    /// Makes one for this run, with BPF's print event switched on.
    pub(crate) fn make() -> io::Result<Self> {
        let path = folder().join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir(&path)?;
        let instance = Self(path);
        let set = |file: &str, to: &str| fs::write(instance.0.join(file), to);
        set("buffer_size_kb", BUFFER_KIB)?;
        set("trace_clock", "mono")?;
        // Wake the reader at the first line, not when half the buffer is full (since 5.0).
        set("buffer_percent", "0").or_else(absent_is_fine)?;
        set("events/bpf_trace/bpf_trace_printk/enable", "1")?;
        Ok(instance)
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Removes instances whose keeper died before it could. The caller holds
    /// the lock of host runs, so every instance of ours is such a one.
    pub(crate) fn sweep() {
        let Ok(entries) = fs::read_dir(folder()) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                remove(&entry.path());
            }
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// A reader that is just ending keeps an instance busy for a moment.
fn remove(path: &Path) {
    for _ in 0..50 {
        match fs::remove_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            _ => return,
        }
    }
}

/// Where the kernel keeps instances.
pub(crate) fn folder() -> PathBuf {
    Path::new(TRACEFS).join("instances")
}

fn absent_is_fine(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
