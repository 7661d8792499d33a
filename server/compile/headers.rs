//! The headers of one kernel: `vmlinux.h`, its precompiled form, libbpf's.
//!
//! Made once, by the worker (which knows the kernel's types and libbpf's
//! headers) and clang, and kept below the data folder under a key of all that
//! went in, so that a new kernel, worker or clang gets new ones.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::{
    Error,
    clang::Clang,
    flags,
    sandbox::{Ended, Sandbox},
};

/// The kernel's own description of its types.
const KERNEL_BTF: &str = "/sys/kernel/btf/vmlinux";

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
    ) -> Result<Self, Error> {
        let mut hash = Sha256::new();
        hash.update(fs::read(KERNEL_BTF).map_err(|error| Error::Headers(format!("{KERNEL_BTF}: {error}")))?);
        hash.update(
            fs::read(worker).map_err(|error| Error::Headers(format!("{}: {error}", worker.display())))?,
        );
        hash.update(clang.version());
        flags::FLAGS.iter().for_each(|flag| hash.update(flag));
        let key: String = hash.finalize().iter().take(10).map(|byte| format!("{byte:02x}")).collect();
        let folder = data.join("headers").join(&key);
        let headers = Self { folder, key };
        if !headers.precompiled().is_file() {
            headers.make(sandbox, worker).await?;
        }
        Ok(headers)
    }

    /// Written beside, then renamed: a half-written folder is never used.
    async fn make(&self, sandbox: &Sandbox, worker: &Path) -> Result<(), Error> {
        let parent = self.folder.parent().unwrap_or(Path::new("/"));
        make_open_folder(parent)?;
        let beside = tempfile::Builder::new().prefix(".new-").tempdir_in(parent)?;
        fs::set_permissions(beside.path(), fs::Permissions::from_mode(0o755))?;
        let output =
            Command::new(worker).arg("headers").arg(beside.path()).kill_on_drop(true).output().await?;
        if !output.status.success() {
            return Err(Error::Headers(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        let unfinished = Self { folder: beside.path().to_owned(), key: self.key.clone() };
        match sandbox.precompile(&unfinished)?.feed(b"").await? {
            Ended::Exited { ok: true, object, .. } => {
                fs::File::create(unfinished.precompiled())?.write_all(&object)?;
            }
            Ended::Exited { messages, .. } => return Err(Error::Headers(messages)),
            Ended::PastLimits | Ended::TooMuchOutput => {
                return Err(Error::Headers("the precompiled header passed the compiler's limits".into()));
            }
        }
        match fs::rename(beside.path(), &self.folder) {
            Ok(()) => {
                let _moved = beside.keep();
                Ok(())
            }
            // Another server was quicker: its headers are the same.
            Err(_) if self.precompiled().is_file() => Ok(()),
            Err(error) => Err(error.into()),
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
