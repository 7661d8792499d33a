//! A kernel -> a live [`Worker`].
//!
//! Host and guest differ only in how the byte stream is obtained. Knows
//! processes and sockets; does not know what a run is. A third way, to a
//! worker on another machine, would be one more variant.

mod guest;
mod host;
mod worker;

pub(crate) use guest::Turns;
pub use guest::{
    Accelerator, Guests, KVM_DEADLINE, Kvm, Piece, Place, Processors, RUN_COST, Rehearsal,
    Settings as GuestSettings, Step, Trial, cgroups,
};
pub use host::{Host, HostSettings};
pub use worker::{Words, Worker};

use std::{path::PathBuf, sync::Arc};

use tokio::sync::OnceCell;

use crate::{
    kernel::{ARCHITECTURE, Features, HOST, Kernel},
    say::Sentence,
};

/// A fault of the lab at the place where runs happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No worker program was found.
    #[error("no worker program; looked in {0}")]
    NoWorker(String),
    /// The place is not to be had.
    #[error("this kernel is off")]
    Off(Sentence),
    /// The stream to the worker failed.
    #[error("the worker's stream: {0}")]
    Stream(#[from] std::io::Error),
    /// The worker sent something that is no event.
    #[error("the worker's frame: {0}")]
    Frame(#[from] bpflab_worker::FrameError),
    /// A guest could not be had.
    #[error("the guest: {0}")]
    Guest(#[from] guest::Error),
    /// The worker's answer to what its kernel can do is none.
    #[error("the worker's features are no kernel's")]
    Unbelievable,
    /// The worker is of another build.
    #[error("the worker speaks version {0} of the protocol")]
    Version(u32),
}

impl Error {
    /// What to tell a person.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::NoWorker(looked) => Sentence::WorkerMissing { looked: looked.clone() },
            Self::Off(why) => why.clone(),
            Self::Stream(_) | Self::Frame(_) | Self::Unbelievable => Sentence::WorkerFault,
            Self::Guest(error) => error.sentence(),
            Self::Version(_) => Sentence::WorkerStale,
        }
    }
}

/// All places to run.
#[derive(Debug)]
pub struct Backends {
    host: Host,
    host_features: OnceCell<Arc<Features>>,
    guests: Guests,
}

impl Backends {
    /// With the host as it may be used here, and the guests.
    pub fn new(host: Host, guests: Guests) -> Self {
        Self { host, host_features: OnceCell::new(), guests }
    }

    /// The places by name, whether they can be used or not.
    pub fn kernels(&self) -> Vec<Kernel> {
        self.guests.kernels().into_iter().chain([self.host.kernel()]).collect()
    }

    /// The machine's own kernel.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The kernels of guests.
    pub fn guests(&self) -> &Guests {
        &self.guests
    }

    /// Where a run goes that names no kernel: the default guest where it can
    /// be used, else the host.
    pub fn default_kernel(&self) -> &str {
        self.guests.default_kernel().unwrap_or(HOST)
    }

    /// Makes a kernel ready for its first use, which may take seconds; at
    /// once where it is. [`Guests::step`] tells what is being done.
    ///
    /// # Errors
    /// The place is off.
    pub async fn types(&self, kernel: &str) -> Result<Option<PathBuf>, Error> {
        match kernel {
            HOST => Ok(None),
            guest => self.guests.types(guest).await.map(Some),
        }
    }

    /// A kernel's release, and what it can do: found out at its first use and
    /// kept, for the host as long as this process lives.
    ///
    /// # Errors
    /// The place is off, or does not answer.
    pub async fn features(&self, kernel: &str) -> Result<(String, Arc<Features>), Error> {
        let features = match kernel {
            HOST => {
                let ask = async || {
                    let mut worker = self.host.worker().await?;
                    let answer = guest::ask(&mut worker).await;
                    worker.gone().await;
                    Ok::<_, Error>(Arc::new(answer?))
                };
                self.host_features.get_or_try_init(ask).await?.clone()
            }
            guest => self.guests.features(guest).await?,
        };
        let release = self.kernels().into_iter().find(|own| own.name == kernel).and_then(|own| own.release);
        Ok((release.unwrap_or_default(), features))
    }

    /// A live worker on the named kernel; with an extra only in a guest.
    ///
    /// # Errors
    /// The place is off, or its worker does not start.
    pub async fn worker<'a>(&self, place: impl Into<Place<'a>>) -> Result<Worker, Error> {
        let place = place.into();
        match place.kernel {
            HOST => self.host.worker().await,
            guest if self.guests.step(guest).is_some() => self.guests.worker(place).await,
            other => Err(Error::Off(Sentence::UnknownKernel {
                name: other.to_owned(),
                known: self.kernels().into_iter().map(|kernel| kernel.name).collect(),
            })),
        }
    }
}

/// Names another worker program.
const WORKER_VARIABLE: &str = "BPFLAB_WORKER";

/// Finds the worker program: the variable, the build's own folder, then `../libexec`.
///
/// # Errors
/// There is none; says where it looked.
pub fn find_worker() -> Result<PathBuf, Error> {
    let mut looked = Vec::new();
    if let Some(named) = std::env::var_os(WORKER_VARIABLE) {
        looked.push(PathBuf::from(named));
    } else if let Ok(own) = std::env::current_exe() {
        let built = format!("target-worker/{ARCHITECTURE}-unknown-linux-gnu/release/bpflab-worker");
        looked.extend(own.ancestors().skip(2).map(|folder| folder.join(&built)));
        looked.extend(own.parent().map(|folder| folder.join("../libexec/bpflab-worker")));
    }
    looked.iter().find(|path| path.is_file()).cloned().ok_or_else(|| {
        let list: Vec<String> = looked.iter().take(2).map(|path| path.display().to_string()).collect();
        Error::NoWorker(list.join(", "))
    })
}
