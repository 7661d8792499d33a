//! A guest that has booted once and is kept: its memory, the machine's state,
//! and what its kernel said of its types. Every run starts from it.
//!
//! Knows files and the order of things. Does not know how many guests there are.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant, SystemTime},
};

use bpflab_worker::Policy;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::{
    Error, Step, Trial,
    accelerator::Accelerator,
    entry::Processors,
    initramfs, key,
    live::Guest,
    memory,
    qemu::{self, MEMORY_MIB, Machine, Qemu, Start, Walls},
    rehearsal::{Piece, Rehearsal},
};
use crate::image::Image;

/// From power-on to the worker's first word: 3 s under TCG, and ten times
/// that on a machine that is busy with other guests.
const BOOT: Duration = Duration::from_secs(120);

/// From a restored machine to the worker's first word: 0.2 s when idle.
pub(super) const RESTORE: Duration = Duration::from_secs(15);

/// Snapshots of a kernel that are kept besides the present one, for servers of
/// other builds.
const OTHERS_KEPT: usize = 2;

/// What guests of one kernel are made of.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    pub(super) image: Image,
    /// The worker program.
    pub(super) worker: PathBuf,
    pub(super) accelerator: Accelerator,
    pub(super) walls: Walls,
    /// Snapshots lie below.
    pub(super) data: PathBuf,
    pub(super) rehearsal: Rehearsal,
    /// Where trouble of its guests' kernels is counted.
    pub(super) panics: Arc<AtomicU64>,
}

/// A snapshot that guests can be started from.
#[derive(Debug)]
pub(super) struct Snapshot {
    recipe: Recipe,
    /// All is held here: another server may remove the folder.
    memory: Arc<File>,
    root: Arc<File>,
    state: Vec<u8>,
    folder: PathBuf,
    /// What a guest loads before it waits, once one has waited.
    small: OnceCell<Option<Vec<u8>>>,
}

/// What is written beside a snapshot's files.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    memory: String,
    state: String,
}

impl Recipe {
    /// Over all that goes into a snapshot.
    fn key(&self) -> Result<String, Error> {
        Ok(key::key(key::Parts {
            accelerator: self.accelerator,
            processor: &key::processor(self.accelerator)?,
            image: &self.image.key,
            worker: &fs::read(&self.worker)?,
            qemu: &fs::read(qemu::program().ok_or(Error::NoQemu)?)?,
        }))
    }

    /// Where its snapshot lies.
    fn folder(&self) -> Result<PathBuf, Error> {
        Ok(self.data.join("snapshots").join(format!("{}-{}", self.image.name, self.key()?)))
    }

    /// Whether it has been made.
    pub(super) fn is_kept(&self) -> bool {
        self.folder().is_ok_and(|folder| folder.is_dir())
    }

    fn root(&self) -> Result<Arc<File>, Error> {
        Ok(Arc::new(File::open(&self.image.root)?))
    }

    fn boot(&self) -> Result<Start, Error> {
        Ok(Start::Boot {
            kernel: File::open(&self.image.vmlinuz)?,
            initramfs: initramfs::make(&self.image.modules, &fs::read(&self.worker)?)?,
            line: self.accelerator.kernel_line(&self.image.release),
        })
    }

    fn machine(&self, root: Arc<File>, memory: Arc<File>, shared: bool, start: Start) -> Machine {
        let (accelerator, walls, scratch) = (self.accelerator, self.walls, self.data.clone());
        Machine { accelerator, walls, memory, shared, root, scratch, start, panics: self.panics.clone() }
    }
}

/// Boots a guest and waits for its first word.
pub(super) async fn boots(recipe: &Recipe) -> Result<(), Error> {
    let memory = Arc::new(memory::blank(MEMORY_MIB << 20)?);
    let start = recipe.boot()?;
    let mut guest = Guest::new(Qemu::start(recipe.machine(recipe.root()?, memory, true, start)).await?);
    guest.within(BOOT, Guest::wake).await?;
    guest.well()
}

impl Snapshot {
    /// The one that is there, else a new one; `say` hears what is being done.
    pub(super) async fn open_or_make(recipe: Recipe, say: impl Fn(Step)) -> Result<Self, Error> {
        let snapshots = recipe.data.join("snapshots");
        fs::create_dir_all(&snapshots)?;
        let folder = recipe.folder()?;
        let lock = File::create(snapshots.join(format!(".{}.lock", recipe.image.name)))?;
        // Another process may be making this very one: then wait for it, without holding a thread.
        while rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        match Self::open(&recipe, &folder) {
            Ok(found) => return Ok(found),
            Err(error) if folder.exists() => {
                tracing::warn!(%error, folder = %folder.display(), "a damaged snapshot is made anew");
                fs::remove_dir_all(&folder)?;
            }
            Err(_) => {}
        }
        match Self::make(recipe.clone(), &folder, &say).await {
            // Under emulation, on a busy machine, a kernel stumbles once in hundreds of boots.
            Err(Error::Died(why)) => {
                tracing::warn!(%why, kernel = recipe.image.name, "a guest that died while it booted is booted anew");
                Self::make(recipe, &folder, &say).await
            }
            made => made,
        }
    }

    fn open(recipe: &Recipe, folder: &Path) -> Result<Self, Error> {
        let damaged = |what: &str| Error::Damaged(folder.join(what));
        let text = fs::read_to_string(folder.join("manifest.json"))?;
        let manifest: Manifest = serde_json::from_str(&text).map_err(|_| damaged("manifest.json"))?;
        let state = fs::read(folder.join("state"))?;
        if digest(&state) != manifest.state {
            return Err(damaged("state"));
        }
        let mut memory = memory::blank(0)?;
        if memory::copy(&mut File::open(folder.join("memory"))?, &mut memory)? != manifest.memory {
            return Err(damaged("memory"));
        }
        memory::seal(&memory)?;
        // Says that it is still of use, see `forget_others`.
        File::open(folder.join("manifest.json"))?.set_modified(SystemTime::now())?;
        Self::of(recipe.clone(), memory, state, folder)
    }

    /// Boots, asks, halts, saves.
    async fn make(recipe: Recipe, folder: &Path, say: impl Fn(Step)) -> Result<Self, Error> {
        let parent = folder.parent().unwrap_or(folder);
        let made = tempfile::Builder::new().prefix(&making(&recipe.image.name)).tempdir_in(parent)?;
        let memory = Arc::new(memory::blank(MEMORY_MIB << 20)?);
        say(Step::Boot);
        let start = recipe.boot()?;
        let mut guest =
            Guest::new(Qemu::start(recipe.machine(recipe.root()?, memory.clone(), true, start)).await?);
        guest.within(BOOT, Guest::wake).await?;
        say(Step::Ask);
        let types = guest.within(BOOT, Guest::types).await?;
        let kept = made.path().join("types.btf");
        fs::write(&kept, types)?;
        say(Step::Rehearse);
        if let Some(program) = recipe.rehearsal.object(Piece::Whole, kept).await {
            guest.rehearse(&program, Policy::Anything, Some("echo ready")).await?;
        }
        say(Step::Save);
        guest.qemu.monitor.halt().await?;
        let state = made.path().join("state");
        guest.qemu.monitor.save(&File::create(&state)?).await?;
        guest.qemu.end().await;
        let mut memory = Arc::into_inner(memory).ok_or(Error::Ended)?;
        let kept = memory::copy(&mut memory, &mut File::create(made.path().join("memory"))?)?;
        memory::seal(&memory)?;
        let state = fs::read(state)?;
        let manifest = Manifest { memory: kept, state: digest(&state) };
        let text = serde_json::to_string(&manifest).map_err(|error| Error::Monitor(error.to_string()))?;
        fs::write(made.path().join("manifest.json"), text)?;
        for name in ["memory", "state", "types.btf", "manifest.json"] {
            File::open(made.path().join(name))?.sync_all()?;
        }
        fs::rename(made.keep(), folder)?;
        forget_others(folder, &recipe.image.name);
        Self::of(recipe, memory, state, folder)
    }

    fn of(recipe: Recipe, memory: File, state: Vec<u8>, folder: &Path) -> Result<Self, Error> {
        let root = recipe.root()?;
        let (memory, small) = (Arc::new(memory), OnceCell::new());
        Ok(Self { recipe, memory, root, state, folder: folder.to_owned(), small })
    }

    /// Where its kernel's features are kept, once they were asked for.
    pub(super) fn features(&self) -> PathBuf {
        self.folder.join("features.json")
    }

    /// The kernel's raw BTF.
    pub(super) fn types(&self) -> PathBuf {
        self.folder.join("types.btf")
    }

    /// A new guest that has answered and has loaded something; halted.
    pub(super) async fn warm(&self) -> Result<Guest, Error> {
        let mut guest = self.restore(Processors::AtOnce).await?;
        let compile = || self.recipe.rehearsal.object(Piece::Small, self.types());
        guest.answer_once(self.small.get_or_init(compile).await.as_deref()).await?;
        Ok(guest)
    }

    /// Makes one and throws it away: the time to its first word.
    pub(super) async fn trial(&self, way: Trial) -> Result<Duration, Error> {
        let began = Instant::now();
        match way {
            Trial::Boot => boots(&self.recipe).await?,
            Trial::Restore => {
                let mut guest = self.restore(Processors::AtOnce).await?;
                guest.qemu.monitor.go_on().await?;
                guest.within(RESTORE, Guest::wake).await?;
                guest.well()?;
            }
        }
        Ok(began.elapsed())
    }

    /// A new guest, halted where the snapshot was made.
    pub(super) async fn restore(&self, processors: Processors) -> Result<Guest, Error> {
        // A file of its own for each: the place in it would be shared otherwise.
        let state = memory::holding(&self.state)?;
        let (root, memory) = (self.root.clone(), self.memory.clone());
        let machine = self.recipe.machine(root, memory, false, Start::Restore(processors));
        let mut guest = Guest::new(Qemu::start(machine).await?);
        match guest.qemu.monitor.restore(&state).await {
            Ok(()) => Ok(guest),
            Err(why) => Err(Error::Unreadable(why.to_string())),
        }
    }

    /// Sees to it that nobody opens it again.
    pub(super) fn discard(&self) {
        let _ = fs::remove_file(self.folder.join("manifest.json")); // gone already
    }
}

fn digest(bytes: &[u8]) -> String {
    memory::hex(&Sha256::digest(bytes))
}

/// Removes all but the newest few of a kernel's other snapshots: what they
/// were made of has changed. A server that still uses one holds all of it.
fn forget_others(present: &Path, kernel: &str) {
    let Some(parent) = present.parent() else { return };
    let mut others = Vec::new();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with(&making(kernel)) {
            let _ = fs::remove_dir_all(path); // begun by a process that was killed: we hold the lock
        } else if name.rsplit_once('-').is_some_and(|(of, _)| of == kernel) && path != present {
            let used = fs::metadata(path.join("manifest.json")).and_then(|facts| facts.modified());
            others.push((used.unwrap_or(SystemTime::UNIX_EPOCH), path));
        }
    }
    others.sort();
    let over = others.len().saturating_sub(OTHERS_KEPT);
    for (_, path) in &others[..over] {
        let _ = fs::remove_dir_all(path); // it costs room, nothing else
    }
}

/// How folders begin in which a snapshot is being made.
fn making(kernel: &str) -> String {
    format!(".making-{kernel}-")
}
