//! Guests of one kernel that wait, so that nobody waits for them.
//!
//! A guest serves one run and is thrown away; the next is restored in the
//! background. Does not know whose run it is.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

use super::{Error, entry::Processors, live::Guest, snapshot::Snapshot};
use crate::backend::Worker;

/// From a guest being taken to the next being made: a learner's own run has
/// the processors to itself while it starts.
const REST: Duration = Duration::from_millis(700);

/// After a failure, so that a full disk is not hammered.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Warm guests of one kernel.
#[derive(Debug)]
pub(super) struct Pool {
    shared: Arc<Shared>,
    filler: Mutex<Option<AbortOnDropHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    wanted: usize,
    guests: Mutex<VecDeque<Guest>>,
    taken: Notify,
}

impl Pool {
    /// Keeps so many, once it is told what to make them of.
    pub(super) fn new(wanted: usize) -> Self {
        let shared = Shared { wanted, guests: Mutex::default(), taken: Notify::new() };
        Self { shared: Arc::new(shared), filler: Mutex::default() }
    }

    /// Starts to fill it.
    pub(super) fn fill(&self, snapshot: &Arc<Snapshot>) {
        let mut filler = self.filler.lock().unwrap_or_else(PoisonError::into_inner);
        if self.shared.wanted > 0 && filler.is_none() {
            let (shared, snapshot) = (self.shared.clone(), snapshot.clone());
            *filler = Some(AbortOnDropHandle::new(tokio::spawn(fill(shared, snapshot))));
        }
    }

    /// Gives up those that wait, and makes no more until it is told again of what.
    pub(super) fn clear(&self) {
        *self.filler.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.shared.guests().clear();
    }

    /// A guest that begins: a warm one, else one that is restored now. Those that wait
    /// have their processors run at once.
    pub(super) async fn take(&self, snapshot: &Snapshot, processors: Processors) -> Result<Worker, Error> {
        if processors == Processors::InTurn {
            return snapshot.restore(processors).await?.begin().await;
        }
        let warm = self.shared.guests().pop_front();
        self.shared.taken.notify_one();
        match warm {
            Some(guest) => match guest.begin().await {
                Ok(worker) => Ok(worker),
                // It died while it waited.
                Err(_) => snapshot.restore(processors).await?.begin().await,
            },
            None => snapshot.restore(processors).await?.begin().await,
        }
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.shared.guests().len()
    }
}

impl Shared {
    fn guests(&self) -> std::sync::MutexGuard<'_, VecDeque<Guest>> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn fill(shared: Arc<Shared>, snapshot: Arc<Snapshot>) {
    loop {
        while shared.guests().len() < shared.wanted {
            match snapshot.warm().await {
                Ok(guest) => shared.guests().push_back(guest),
                Err(error) => {
                    tracing::warn!(%error, "a guest could not be restored ahead");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
        shared.taken.notified().await;
        tokio::time::sleep(REST).await;
    }
}
