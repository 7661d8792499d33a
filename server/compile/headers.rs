//! The headers of one kernel: `vmlinux.h`, its precompiled form, libbpf's.
//!
//! Made once, by the worker (which knows the kernel's types and libbpf's
//! headers) and clang, and kept below the data folder under a key of all that
//! went in, so that a new kernel, worker or clang gets new ones.

use std::{
    fs,
    io::Write as _,
    os::{fd::AsRawFd as _, unix::fs::PermissionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags};
use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::{
    Error, Types,
    clang::Clang,
    flags,
    sandbox::{Ended, Sandbox},
};

/// Headers that are ready to be mounted into the compiler's sandbox.
#[derive(Debug)]
pub struct Headers {
    folder: PathBuf,
    key: String,
}

impl Headers {
    /// Makes them where they are missing.
    pub(super) async fn prepare(
        clang: &Clang,
        sandbox: &Sandbox,
        data: &Path,
        worker: &Path,
        types: &Types,
    ) -> Result<Self, Error> {
        let mut hash = Sha256::new();
        let btf = types.file();
        hash.update(fs::read(btf).map_err(|error| Error::Headers(format!("{}: {error}", btf.display())))?);
        hash.update(
            fs::read(worker).map_err(|error| Error::Headers(format!("{}: {error}", worker.display())))?,
        );
        hash.update(clang.version());
        flags::FLAGS.iter().for_each(|flag| hash.update(flag));
        hash.update(format!("{:?}", sandbox.confinement())); // its paths are in the precompiled header
        let key: String = hash.finalize().iter().take(10).map(|byte| format!("{byte:02x}")).collect();
        let folder = data.join("headers").join(&key);
        let headers = Self { folder, key };
        if !headers.precompiled().is_file() {
            headers.make(sandbox, worker, btf).await?;
        }
        Ok(headers)
    }

    /// The precompiled header comes last and whole, so that where it is all
    /// the others are; a folder that was begun is begun again.
    async fn make(&self, sandbox: &Sandbox, worker: &Path, btf: &Path) -> Result<(), Error> {
        make_open_folder(&self.folder)?;
        let folder = fs::File::open(&self.folder)?;
        // Another server may be at it; then its headers are ours.
        rustix::fs::flock(&folder, FlockOperation::LockExclusive).map_err(std::io::Error::from)?;
        if self.precompiled().is_file() {
            return Ok(());
        }
        let output = Command::new(worker)
            .arg("headers")
            .arg(&self.folder)
            .arg(btf)
            .kill_on_drop(true)
            .output()
            .await?;
        if !output.status.success() {
            return Err(Error::Headers(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        match sandbox.precompile(self)?.feed(b"").await? {
            Ended::Exited { ok: true, object, .. } => {
                Ok(write_whole(&self.folder, &self.precompiled(), &object)?)
            }
            Ended::Exited { messages, .. } => Err(Error::Headers(messages)),
            Ended::PastLimits | Ended::TooMuchOutput => {
                Err(Error::Headers("the precompiled header passed the compiler's limits".into()))
            }
        }
    }

    /// Holds `vmlinux.h`, `vmlinux.h.pch` and `bpf/`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Over all that went into them.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    fn precompiled(&self) -> PathBuf {
        self.folder.join("vmlinux.h.pch")
    }
}

/// Writes a file that has its name only once it is whole, and none if we die.
fn write_whole(folder: &Path, name: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mode = Mode::from_raw_mode(0o644);
    let nameless = rustix::fs::open(folder, OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, mode)?;
    let mut file = fs::File::from(nameless);
    file.write_all(bytes)?;
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    rustix::fs::linkat(CWD, link, CWD, name, AtFlags::SYMLINK_FOLLOW)?;
    Ok(())
}

/// Where the lab keeps what it can make again, without `--data`: a root
/// server's must be readable by the compiler's user, so not below root's home.
pub fn data_folder() -> PathBuf {
    if rustix::process::getuid().is_root() {
        return PathBuf::from("/var/cache/bpflab");
    }
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
    std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from).join("bpflab")
}

/// Makes a folder that the compiler's user can enter, if this server is root.
fn make_open_folder(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path)?;
    let closed =
        |folder: &Path| fs::metadata(folder).is_ok_and(|facts| facts.permissions().mode() & 0o005 != 0o005);
    if rustix::process::getuid().is_root() && path.ancestors().any(closed) {
        return Err(Error::Folder(path.to_owned()));
    }
    Ok(())
}
