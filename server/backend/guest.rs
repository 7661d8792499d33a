//! Guests: a throw-away Linux for each run, restored from a memory snapshot.
//!
//! Knows which kernels there are, what they are made of, and how many guests
//! may wait warm. Does not know what a run is.

mod accelerator;
mod cgroup;
mod console;
mod entry;
mod error;
mod features;
mod initramfs;
mod key;
mod live;
mod memory;
mod pool;
mod qemu;
mod qmp;
mod rehearsal;
mod room;
mod snapshot;
mod starved;

pub use accelerator::{Accelerator, Kvm};
pub(super) use cgroup::Cgroup;
pub use cgroup::cgroups;
pub(super) use console::{Console, LAG as CONSOLE_LAG};
use entry::Entry;
pub use entry::{Place, Processors};
pub(super) use error::Error;
pub(super) use features::ask;
pub(super) use qemu::Qemu;
pub(crate) use qemu::Walls;
pub(super) use qmp::Monitor;
pub use rehearsal::{Piece, Rehearsal};
pub(crate) use starved::Turns;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OnceCell, watch};

use super::Worker;
use crate::{
    image::{self, Image, Missing, Recipe as ImageRecipe},
    kernel::{self, Features, Kernel, State},
    say::Sentence,
};
use qemu::{MEMORY_MIB, TRANSLATED_MIB};
use snapshot::{Recipe, Snapshot};

/// What a kernel's first use is busy with, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its first boot.
    Boot,
    /// It tells its types.
    Ask,
    /// It runs a first program.
    Rehearse,
    /// Its memory is written down.
    Save,
    /// The compiler's headers are made from its types.
    Headers,
}

/// How a guest comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// From power-on.
    Boot,
    /// From the snapshot.
    Restore,
}

/// How guests are set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where images and snapshots lie.
    pub data: PathBuf,
    /// QEMU runs in namespaces of its own, rather than under its own sandbox alone.
    pub namespaces: bool,
    /// Memory that warm guests may take, in bytes; 0 keeps none warm.
    pub warm_bytes: u64,
    /// What each kernel runs once before its snapshot is made.
    pub rehearsal: Rehearsal,
}

/// A guest that waits, in bytes: what of its memory is its own.
const WARM_COST: u64 = 32 << 20;

/// A guest that has used all it may, in bytes: its memory, its translated code and QEMU's own.
pub const RUN_COST: u64 = (MEMORY_MIB + TRANSLATED_MIB + 48) << 20;

/// More at once would only make each of them slower.
const MOST_PLACES: usize = 32;

/// Warm guests of one kernel: one for Run, one for the next Run.
const WARM_EACH: u64 = 2;

/// How long a guest under KVM may take for its first word: it takes one
/// second, and for ever where KVM only looks as if it worked.
pub const KVM_DEADLINE: Duration = Duration::from_secs(10);

/// All kernels that guests can be made of.
#[derive(Debug)]
pub struct Guests {
    settings: Settings,
    worker: Result<PathBuf, Sentence>,
    kvm: OnceCell<Kvm>,
    kernels: Vec<Arc<Entry>>,
    recipe: Option<ImageRecipe>,
    /// Those with an extra that were asked for, by `KERNEL+EXTRA`.
    with_extra: std::sync::Mutex<HashMap<String, Arc<Entry>>>,
}

impl Guests {
    /// Those that `kernels.toml` names, with or without images.
    pub fn new(settings: Settings, recipe: Option<&ImageRecipe>) -> Self {
        let worker = super::find_worker().map_err(|error| error.sentence());
        let named = recipe.map(ImageRecipe::kernels).unwrap_or_default();
        let each = settings.warm_bytes / WARM_COST / (named.len() as u64).max(1);
        let warm = usize::try_from(each.min(WARM_EACH)).unwrap_or_default();
        let kernels = named
            .iter()
            .map(|kernel| {
                let image = image::find(&settings.data, kernel);
                Arc::new(Entry::new(kernel.name.clone(), kernel.default, image, warm))
            })
            .collect();
        let (recipe, kvm) = (recipe.cloned(), OnceCell::new());
        Self { settings, worker, kvm, kernels, recipe, with_extra: std::sync::Mutex::default() }
    }

    /// As places to run.
    pub fn kernels(&self) -> Vec<Kernel> {
        self.kernels.iter().map(|entry| self.kernel(entry)).collect()
    }

    fn kernel(&self, entry: &Entry) -> Kernel {
        let state = match (&entry.image, &self.worker) {
            (Err(why @ (Missing::NotBuilt | Missing::Damaged { .. })), _) => {
                State::NoImage(why.sentence(&entry.name))
            }
            (Err(why @ Missing::Off { .. }), _) => State::Off(why.sentence(&entry.name)),
            (Ok(_), Err(why)) => State::Off(why.clone()),
            (Ok(_), Ok(_)) if qemu::program().is_none() => State::Off(Sentence::NoQemu),
            (Ok(_), Ok(_)) if entry.step.borrow().is_some() => State::Preparing,
            (Ok(_), Ok(_)) => State::Ready,
        };
        Kernel {
            name: entry.name.clone(),
            release: entry.image.as_ref().ok().map(|image| image.release.clone()),
            state,
            accelerator: match self.kvm.get().map(|kvm| kvm.accelerator()) {
                Some(Accelerator::Kvm) => kernel::Accelerator::Kvm,
                Some(Accelerator::Tcg) | None => kernel::Accelerator::Tcg,
            },
            panics: self.panics(&entry.name),
        }
    }

    /// The one that a run goes to when it names none, if it can be used.
    pub fn default_kernel(&self) -> Option<&str> {
        let usable = |entry: &&Arc<Entry>| self.kernel(entry).is_ready();
        self.kernels.iter().filter(usable).find(|entry| entry.is_default).map(|entry| entry.name.as_str())
    }

    /// What is being done for a kernel's first use, while it is.
    pub fn step<'a>(&self, place: impl Into<Place<'a>>) -> Option<watch::Receiver<Option<Step>>> {
        self.entry(place.into()).ok().map(|entry| entry.step.subscribe())
    }

    /// Makes the guest of a place ready for its first use.
    ///
    /// # Errors
    /// It cannot be used: an extra that is not built, for one.
    pub async fn prepare(&self, place: Place<'_>) -> Result<(), super::Error> {
        self.snapshot(place).await.map(drop)
    }

    /// The raw BTF of a kernel, from the running guest.
    ///
    /// # Errors
    /// The kernel cannot be used.
    pub async fn types(&self, kernel: &str) -> Result<PathBuf, super::Error> {
        Ok(self.snapshot(kernel.into()).await?.1.types())
    }

    /// What a kernel can do: asked once of a clone of its guest.
    ///
    /// # Errors
    /// The kernel cannot be used, or its guest does not answer.
    pub async fn features(&self, kernel: &str) -> Result<Arc<Features>, super::Error> {
        let (entry, snapshot) = self.snapshot(kernel.into()).await?;
        let find = async || Ok::<_, Error>(Arc::new(features::find(&snapshot).await?));
        Ok(entry.features.get_or_try_init(find).await?.clone())
    }

    /// Whether a guest of this kernel can be had without making its snapshot first.
    pub fn is_at_hand(&self, kernel: &str) -> bool {
        let Some(entry) = self.find(kernel).filter(|entry| self.kernel(entry).state == State::Ready) else {
            return false;
        };
        let known = entry.snapshot.try_lock().is_ok_and(|present| present.is_some());
        known || self.is_kept(entry)
    }

    /// Whether an earlier start has kept its snapshot.
    fn is_kept(&self, entry: &Entry) -> bool {
        let (Ok(image), Ok(worker), Some(kvm)) = (&entry.image, &self.worker, self.kvm.get()) else {
            return false;
        };
        self.recipe(image, worker, kvm.accelerator(), &entry.panics).is_kept()
    }

    /// A guest of this kernel.
    ///
    /// # Errors
    /// The kernel cannot be used, or its guest does not start.
    pub(super) async fn worker(&self, place: Place<'_>) -> Result<Worker, super::Error> {
        let (entry, snapshot) = self.snapshot(place).await?;
        let taken = match entry.pool.take(&snapshot, place.processors).await {
            Err(Error::Unreadable(why)) => {
                tracing::warn!(%why, ?place, "a snapshot that QEMU cannot read is made anew");
                entry.discard(&snapshot).await;
                let (_, snapshot) = self.snapshot(place).await?;
                entry.pool.take(&snapshot, place.processors).await
            }
            taken => taken,
        };
        Ok(taken?)
    }

    /// Whether guests run by hardware here, and if not why; found out by booting one.
    ///
    /// # Errors
    /// There is no image to boot, or no worker.
    pub async fn kvm(&self) -> Result<Kvm, super::Error> {
        let image = self.kernels.iter().find_map(|entry| entry.image.as_ref().ok());
        match image {
            Some(image) => self.find_kvm(image).await,
            None => Err(super::Error::Off(Sentence::NoKernel)),
        }
    }

    async fn find_kvm(&self, image: &Image) -> Result<Kvm, super::Error> {
        let worker = self.worker.as_ref().map_err(|why| super::Error::Off(why.clone()))?;
        let find = async || {
            if let Err(why_not) = accelerator::opens() {
                return Ok(why_not);
            }
            if let Some(known) = accelerator::remembered(&self.settings.data) {
                return Ok(known);
            }
            // A kernel's trouble under KVM is an answer, and none that counts.
            let recipe = self.recipe(image, worker, Accelerator::Kvm, &Arc::default());
            let boots = tokio::time::timeout(KVM_DEADLINE, snapshot::boots(&recipe)).await;
            let found = if matches!(boots, Ok(Ok(()))) { Kvm::Boots } else { Kvm::Hangs };
            accelerator::remember(&self.settings.data, found);
            Ok::<_, super::Error>(found)
        };
        self.kvm.get_or_try_init(find).await.copied()
    }

    async fn snapshot(&self, place: Place<'_>) -> Result<(Arc<Entry>, Arc<Snapshot>), super::Error> {
        let entry = self.entry(place)?;
        let image = entry.image.as_ref().map_err(|why| super::Error::Off(why.sentence(&entry.name)))?;
        let worker = self.worker.as_ref().map_err(|why| super::Error::Off(why.clone()))?;
        // Held while it is made, so that it is made once.
        let mut present = entry.snapshot.lock().await;
        if let Some(snapshot) = present.clone() {
            drop(present);
            return Ok((entry, snapshot));
        }
        let accelerator = self.find_kvm(image).await?.accelerator();
        let recipe = self.recipe(image, worker, accelerator, &entry.panics);
        let made = Snapshot::open_or_make(recipe, |step| {
            entry.step.send_replace(Some(step));
        })
        .await;
        entry.step.send_replace(None);
        let snapshot = Arc::new(made?);
        entry.pool.fill(&snapshot);
        *present = Some(snapshot.clone());
        drop(present);
        Ok((entry, snapshot))
    }

    fn recipe(
        &self,
        image: &Image,
        worker: &Path,
        accelerator: Accelerator,
        panics: &Arc<AtomicU64>,
    ) -> Recipe {
        Recipe {
            image: image.clone(),
            worker: worker.to_owned(),
            accelerator,
            panics: panics.clone(),
            walls: if self.settings.namespaces { Walls::Namespaces } else { Walls::Seccomp },
            data: self.settings.data.clone(),
            rehearsal: self.settings.rehearsal.clone(),
        }
    }

    /// A kernel's guests, with the extra if one is wanted. One that was built
    /// since the start is found: its image is looked for until it is there.
    fn entry(&self, place: Place<'_>) -> Result<Arc<Entry>, super::Error> {
        let plain = self.find(place.kernel).ok_or(super::Error::Off(Sentence::NoKernel))?;
        let Some((name, recipe)) = place.extra.zip(self.recipe.as_ref()) else { return Ok(plain.clone()) };
        let mut known = self.with_extra.lock().unwrap_or_else(PoisonError::into_inner);
        let own = format!("{}+{name}", place.kernel);
        if let Some(entry) = known.get(&own) {
            return Ok(entry.clone());
        }
        let off = |why: &Missing| super::Error::Off(why.sentence(place.kernel));
        plain.image.as_ref().map_err(off)?;
        let root = recipe.extra(name).ok_or_else(|| super::Error::Off(recipe.no_extra(name)))?;
        let kernel = recipe.kernels().iter().find(|kernel| kernel.name == place.kernel);
        let kernel = kernel.ok_or(super::Error::Off(Sentence::NoKernel))?;
        let image = image::find_with(&self.settings.data, kernel, root)
            .map_err(|_| super::Error::Off(Sentence::ExtraNotBuilt { name: name.to_owned() }))?;
        // None waits: few runs want it, and it takes as much memory as any.
        let entry = Arc::new(Entry::new(own.clone(), false, Ok(image), 0));
        known.insert(own, entry.clone());
        Ok(entry)
    }

    /// The recipe's extras, and whether guests can have them.
    pub fn extras(&self) -> Vec<(String, bool)> {
        let roots = self.recipe.iter().flat_map(ImageRecipe::extras);
        roots.filter_map(|root| root.extra.clone()).map(|name| (name.clone(), self.has(&name))).collect()
    }

    fn has(&self, extra: &str) -> bool {
        self.kernels.iter().any(|kernel| {
            let place = Place { extra: Some(extra), ..Place::from(kernel.name.as_str()) };
            self.entry(place).is_ok()
        })
    }

    fn find(&self, kernel: &str) -> Option<&Arc<Entry>> {
        self.kernels.iter().find(|entry| entry.name == kernel)
    }

    /// Makes a guest, waits for its first word, and throws it away: how long
    /// that took, from QEMU's start. For whoever measures or stresses it.
    ///
    /// # Errors
    /// It did not answer, or its kernel was in trouble.
    pub async fn trial(&self, kernel: &str, way: Trial) -> Result<Duration, super::Error> {
        let (_, snapshot) = self.snapshot(kernel.into()).await?;
        Ok(snapshot.trial(way).await?)
    }

    /// How many guests may run at once, by the machine's memory.
    pub fn places(&self) -> usize {
        let machine = rustix::system::sysinfo();
        let total = machine.totalram * u64::from(machine.mem_unit);
        usize::try_from(total / 2 / RUN_COST).unwrap_or(usize::MAX).clamp(1, MOST_PLACES)
    }

    /// That this machine has memory for one more guest.
    ///
    /// # Errors
    /// How much is left.
    pub fn room(&self) -> Result<(), super::Error> {
        Ok(room::check()?)
    }

    /// What QEMU says it is; `None` where there is none that starts.
    pub async fn qemu(&self) -> Option<String> {
        let said = tokio::process::Command::new(qemu::program()?).arg("--version").output().await.ok()?;
        let first = String::from_utf8_lossy(&said.stdout).lines().next()?.trim().to_owned();
        (said.status.success() && !first.is_empty()).then_some(first)
    }

    /// How many guests of this kernel were thrown away with their kernel in trouble,
    /// whatever they were for: booted, probed, warmed, or run in; since the start.
    pub fn panics(&self, kernel: &str) -> u64 {
        let with_extra = self.with_extra.lock().unwrap_or_else(PoisonError::into_inner);
        let is_of = |name: &str| name.split('+').next() == Some(kernel);
        let all = self.kernels.iter().chain(with_extra.values()).filter(|entry| is_of(&entry.name));
        all.map(|entry| entry.panics.load(Ordering::Relaxed)).sum()
    }

    /// How many guests of this kernel wait warm.
    pub fn warm(&self, kernel: &str) -> usize {
        self.find(kernel).map_or(0, |entry| entry.pool.waiting())
    }
}
