//! Runs the scripts of `vm-images/`, in a folder that is theirs.
//!
//! Knows their arguments and statuses; does not know which image needs which.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use command_fds::{CommandFdExt as _, FdMapping};

use super::{Error, KernelRecipe, RootRecipe, ready};

/// Statuses that `apt.sh` names.
const LEFT: i32 = 3;
const NO_MIRROR: i32 = 4;
const UNREACHABLE: i32 = 5;

/// Of what a tool said, the end, in lines: that is where it says why it failed.
const LOG_LINES: usize = 20;

/// A script's number for the lock that it holds as long as it lives.
const LOCK_FD: i32 = 9;

/// What became of a suite's list.
#[derive(Debug, Clone)]
pub(super) enum Listed {
    Fetched,
    /// The mirror answered, and has no such suite.
    Left,
    Failed(Error),
}

/// Where scripts work. Gone when dropped; a killed builder's is found by its
/// name and removed by the next.
#[derive(Debug)]
pub(super) struct Workshop {
    scripts: PathBuf,
    path: PathBuf,
    /// Where finished images go.
    finished: PathBuf,
    /// Scripts hold it too, so that one which outlives its builder is waited for.
    lock: File,
    lists: Mutex<BTreeMap<String, Arc<OnceLock<Listed>>>>,
}

impl Workshop {
    /// Makes one below `folder`, and notes it in `note`, beside the images, first.
    pub(super) fn new(scripts: &Path, folder: &Path, note: &Path, lock: File) -> Result<Self, Error> {
        let path = folder.join(format!("bpflab-images-{:016x}", crate::dice::number()));
        fs::write(note, path.display().to_string()).map_err(Error::files(note))?;
        // Fails where somebody was there before.
        fs::DirBuilder::new().mode(0o755).create(&path).map_err(Error::files(&path))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(Error::files(&path))?;
        let finished = note.parent().unwrap_or(folder).to_owned();
        Ok(Self { scripts: scripts.to_owned(), path, finished, lock, lists: Mutex::default() })
    }

    /// Fetches a suite's list of packages, once; who comes second waits.
    pub(super) fn list<'t>(&self, suite: &str, tell: impl FnOnce() -> Listing<'t>) -> Listed {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let own = Arc::clone(lists.entry(suite.to_owned()).or_default());
        drop(lists);
        let fetch = || {
            let listing = tell();
            let folder = self.path.join(format!("lists-{suite}"));
            let listed = match self.run("lists.sh", suite, |command| command.arg(suite).arg(folder)) {
                Ok(_) => Listed::Fetched,
                Err(Stopped::Left) => Listed::Left,
                Err(Stopped::Error(error)) => Listed::Failed(error),
            };
            listing(&listed);
            listed
        };
        own.get_or_init(fetch).clone()
    }

    /// The newest version of a kernel's package among those suites that were fetched.
    pub(super) fn newest(&self, kernel: &KernelRecipe) -> Result<(String, String), Error> {
        let said = self.plainly("newest.sh", &kernel.name, |command| {
            command.arg(&self.path).arg(&kernel.package).args(&kernel.suites)
        })?;
        match said.trim().split_once(' ') {
            Some((suite, version)) => Ok((suite.to_owned(), version.to_owned())),
            None => Err(Error::Failed { what: "newest.sh".into(), log: said }),
        }
    }

    /// Makes a kernel's files in `out`.
    pub(super) fn kernel(
        &self,
        kernel: &KernelRecipe,
        suite: &str,
        version: &str,
        out: &Path,
    ) -> Result<(), Error> {
        self.plainly("kernel.sh", suite, |command| {
            command
                .arg(&self.path)
                .arg(out)
                .args([&kernel.package, suite, version])
                .args([kernel.boot.join(" "), kernel.more.join(" ")])
        })?;
        Ok(())
    }

    /// Makes the root's files in `out`.
    pub(super) fn root(&self, root: &RootRecipe, out: &Path) -> Result<(), Error> {
        self.plainly("root.sh", &root.suite, |command| {
            command.arg(&self.path).arg(out).arg(&root.suite).arg(root.packages.join(" ")).args(&root.extra)
        })?;
        Ok(())
    }

    /// A script for which it means nothing that a suite left.
    fn plainly(
        &self,
        script: &str,
        suite: &str,
        arguments: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<String, Error> {
        self.run(script, suite, arguments).map_err(|stopped| match stopped {
            Stopped::Left => Error::Failed { what: script.to_owned(), log: String::new() },
            Stopped::Error(error) => error,
        })
    }

    fn run(
        &self,
        script: &str,
        suite: &str,
        arguments: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<String, Stopped> {
        let path = self.scripts.join(script);
        let lock = self.lock.try_clone().map_err(Error::files(&path))?;
        let mut command = Command::new("sh");
        command.arg(&path);
        arguments(&mut command).current_dir(&self.path).stdin(Stdio::null());
        let mapping = vec![FdMapping { parent_fd: lock.into(), child_fd: LOCK_FD }];
        command.fd_mappings(mapping).map_err(|error| Error::files(&path)(io::Error::other(error)))?;
        let output = command.output().map_err(Error::files(&path))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().collect();
        let log = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
        Err(match output.status.code() {
            Some(LEFT) => Stopped::Left,
            Some(NO_MIRROR) => Error::NoMirror.into(),
            Some(UNREACHABLE) => Error::Unreachable { suite: suite.to_owned(), log }.into(),
            _ if said.contains("No space left") => self.full().into(),
            _ => Error::Failed { what: script.to_owned(), log }.into(),
        })
    }

    /// Of the two folders that a script writes to, the one with less room.
    fn full(&self) -> Error {
        let free =
            |folder: &&PathBuf| rustix::fs::statvfs(*folder).map_or(0, |seen| seen.f_bavail * seen.f_frsize);
        let folder = [&self.finished, &self.path].into_iter().min_by_key(free).unwrap_or(&self.path);
        Error::NoSpace { folder: folder.clone(), needed_mib: ready::FINISHED_MIB * 3 }
    }
}

/// Told when a suite's list was fetched, or not.
pub(super) type Listing<'a> = Box<dyn FnOnce(&Listed) + 'a>;

enum Stopped {
    Left,
    Error(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.path) {
            tracing::warn!(%error, "a folder of the builder stays");
        }
    }
}

/// Removes the folder that a note names, if a killed builder left it.
pub(super) fn sweep(note: &Path) -> Result<(), Error> {
    let Ok(named) = fs::read_to_string(note) else { return Ok(()) };
    let path = PathBuf::from(named);
    let ours = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("bpflab-images-"));
    if ours && path.is_absolute() && fs::symlink_metadata(&path).is_ok_and(|seen| seen.is_dir()) {
        remove(&path)?;
    }
    fs::remove_file(note).map_err(Error::files(note))
}

/// Removes a tree, also one whose files belong to numbers of a namespace.
/// Never crosses into another file system, such as the machine's /dev.
pub(super) fn remove(path: &Path) -> Result<(), Error> {
    let rm = ["rm", "-rf", "--one-file-system", "--"];
    let attempts: [&[&str]; 2] = [&[], &["unshare", "--user", "--map-auto", "--map-root-user", "--"]];
    for words in attempts {
        let mut words = words.iter().chain(&rm);
        let Some(first) = words.next() else { continue };
        let mut command = Command::new(first);
        command.args(words).arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if command.status().is_ok_and(|status| status.success()) && !path.exists() {
            return Ok(());
        }
    }
    Err(Error::Files { path: path.to_owned(), why: "it cannot be removed".into() })
}
