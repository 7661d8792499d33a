//! Guests: a throw-away Linux for each run, restored from a memory snapshot.
//!
//! Knows which kernels there are, what they are made of, and how many guests
//! may wait warm. Does not know what a run is.

mod accelerator;
pub mod byhand;
mod console;
mod error;
mod initramfs;
mod memory;
mod pool;
mod qemu;
mod qmp;
mod snapshot;

pub use accelerator::Accelerator;
pub(super) use console::Console;
pub use error::Error;
pub(super) use qemu::Qemu;
pub(crate) use qemu::Walls;
pub(super) use qmp::Monitor;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::sync::{OnceCell, watch};

use super::Worker;
use crate::{
    kernel::{self, Kernel, State},
    say::Sentence,
};
use byhand::{Image, Images};
use pool::Pool;
use snapshot::{Recipe, Snapshot};

/// What a kernel's first use is busy with, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its first boot.
    Boot,
    /// It tells its types.
    Ask,
    /// Its memory is written down.
    Save,
    /// The compiler's headers are made from its types.
    Headers,
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
}

/// A guest that waits, in bytes: what of its memory is its own.
const WARM_COST: u64 = 40 << 20;

/// Warm guests of one kernel: one for Run, one for the next Run.
const WARM_EACH: u64 = 2;

/// How long a guest under KVM may take for its first word: it takes one
/// second, and for ever where KVM only looks as if it worked.
const KVM_DEADLINE: Duration = Duration::from_secs(10);

/// All kernels that guests can be made of.
#[derive(Debug)]
pub struct Guests {
    settings: Settings,
    worker: Result<PathBuf, Sentence>,
    accelerator: OnceCell<Accelerator>,
    kernels: Vec<Arc<Entry>>,
}

/// One kernel.
#[derive(Debug)]
struct Entry {
    name: String,
    is_default: bool,
    image: Result<Image, Sentence>,
    snapshot: OnceCell<Arc<Snapshot>>,
    step: watch::Sender<Option<Step>>,
    pool: Pool,
}

impl Guests {
    /// Those that `kernels.toml` names, with or without images.
    pub fn new(settings: Settings, images: &Images) -> Self {
        let worker = super::find_worker().map_err(|error| error.sentence());
        let named = images.kernels();
        let each = settings.warm_bytes / WARM_COST / (named.len() as u64).max(1);
        let warm = usize::try_from(each.min(WARM_EACH)).unwrap_or_default();
        let kernels = named
            .into_iter()
            .map(|kernel| {
                Arc::new(Entry {
                    image: images.find(&settings.data, &kernel.name),
                    is_default: kernel.is_default,
                    name: kernel.name,
                    snapshot: OnceCell::new(),
                    step: watch::Sender::new(None),
                    pool: Pool::new(warm),
                })
            })
            .collect();
        Self { settings, worker, accelerator: OnceCell::new(), kernels }
    }

    /// As places to run.
    pub fn kernels(&self) -> Vec<Kernel> {
        self.kernels.iter().map(|entry| self.kernel(entry)).collect()
    }

    fn kernel(&self, entry: &Entry) -> Kernel {
        let state = match (&entry.image, &self.worker) {
            (Err(why @ Sentence::ImageMissing { .. }), _) => State::NoImage(why.clone()),
            (Err(why), _) | (Ok(_), Err(why)) => State::Off(why.clone()),
            (Ok(_), Ok(_)) if qemu::program().is_none() => State::Off(Sentence::NoQemu),
            (Ok(_), Ok(_)) if entry.step.borrow().is_some() => State::Preparing,
            (Ok(_), Ok(_)) => State::Ready,
        };
        Kernel {
            name: entry.name.clone(),
            release: entry.image.as_ref().ok().map(|image| image.release.clone()),
            state,
            accelerator: match self.accelerator.get() {
                Some(Accelerator::Kvm) => kernel::Accelerator::Kvm,
                Some(Accelerator::Tcg) | None => kernel::Accelerator::Tcg,
            },
        }
    }

    /// The one that a run goes to when it names none, if it can be used.
    pub fn default_kernel(&self) -> Option<&str> {
        let usable = |entry: &&Arc<Entry>| self.kernel(entry).is_ready();
        self.kernels.iter().filter(usable).find(|entry| entry.is_default).map(|entry| entry.name.as_str())
    }

    /// What is being done for a kernel's first use, while it is.
    pub fn step(&self, kernel: &str) -> Option<watch::Receiver<Option<Step>>> {
        self.find(kernel).map(|entry| entry.step.subscribe())
    }

    /// The raw BTF of a kernel, from the running guest.
    ///
    /// # Errors
    /// The kernel cannot be used.
    pub async fn types(&self, kernel: &str) -> Result<PathBuf, super::Error> {
        Ok(self.snapshot(kernel).await?.1.types())
    }

    /// A guest of this kernel.
    ///
    /// # Errors
    /// The kernel cannot be used, or its guest does not start.
    pub(super) async fn worker(&self, kernel: &str) -> Result<Worker, super::Error> {
        let (entry, snapshot) = self.snapshot(kernel).await?;
        Ok(entry.pool.take(&snapshot).await?)
    }

    /// Whether guests run by hardware here; found out by booting one.
    pub async fn accelerator(&self) -> Result<Accelerator, super::Error> {
        let image = self.kernels.iter().find_map(|entry| entry.image.as_ref().ok());
        match image {
            Some(image) => self.find_accelerator(image).await,
            None => Err(super::Error::Off(Sentence::ImageMissing { kernel: String::new() })),
        }
    }

    async fn find_accelerator(&self, image: &Image) -> Result<Accelerator, super::Error> {
        let worker = self.worker.as_ref().map_err(|why| super::Error::Off(why.clone()))?;
        let find = async || {
            if let Some(known) = accelerator::remembered(&self.settings.data) {
                return Ok(known);
            }
            let mut found = Accelerator::Tcg;
            if accelerator::kvm_opens() {
                let recipe = self.recipe(image, worker, Accelerator::Kvm);
                let boots = tokio::time::timeout(KVM_DEADLINE, snapshot::boots(&recipe)).await;
                if matches!(boots, Ok(Ok(()))) {
                    found = Accelerator::Kvm;
                }
            }
            accelerator::remember(&self.settings.data, found);
            Ok::<_, super::Error>(found)
        };
        self.accelerator.get_or_try_init(find).await.copied()
    }

    async fn snapshot(&self, kernel: &str) -> Result<(&Arc<Entry>, Arc<Snapshot>), super::Error> {
        let entry = self.find(kernel).ok_or_else(|| super::Error::Off(Sentence::NoKernel))?;
        let image = entry.image.as_ref().map_err(|why| super::Error::Off(why.clone()))?;
        let worker = self.worker.as_ref().map_err(|why| super::Error::Off(why.clone()))?;
        let make = async || {
            let accelerator = self.find_accelerator(image).await?;
            let recipe = self.recipe(image, worker, accelerator);
            let made = Snapshot::open_or_make(recipe, |step| {
                entry.step.send_replace(Some(step));
            })
            .await;
            entry.step.send_replace(None);
            let snapshot = Arc::new(made?);
            entry.pool.fill(&snapshot);
            Ok::<_, super::Error>(snapshot)
        };
        let snapshot = entry.snapshot.get_or_try_init(make).await?;
        Ok((entry, snapshot.clone()))
    }

    fn recipe(&self, image: &Image, worker: &Path, accelerator: Accelerator) -> Recipe {
        Recipe {
            image: image.clone(),
            worker: worker.to_owned(),
            accelerator,
            walls: if self.settings.namespaces { Walls::Namespaces } else { Walls::Seccomp },
            data: self.settings.data.clone(),
        }
    }

    fn find(&self, kernel: &str) -> Option<&Arc<Entry>> {
        self.kernels.iter().find(|entry| entry.name == kernel)
    }

    /// How many guests of this kernel wait warm.
    pub fn warm(&self, kernel: &str) -> usize {
        self.find(kernel).map_or(0, |entry| entry.pool.waiting())
    }
}
