//! One kernel that guests can be made of, with its root or with one that has an
//! extra: what is known of it, and what is kept for its next guest.
//!
//! Does not know which kernels there are.

use std::sync::{Arc, atomic::AtomicU64};

use tokio::sync::{Mutex, OnceCell, watch};

use super::{Step, pool::Pool, snapshot::Snapshot};
use crate::{
    image::{Image, Missing},
    kernel::Features,
};

/// A guest's kernel, and what its root has besides.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The kernel's name.
    pub kernel: &'a str,
    /// The extra's.
    pub extra: Option<&'a str>,
    /// How its processors run where they are QEMU's.
    pub processors: Processors,
}

/// How a guest's processors run under emulation.
///
/// With a thread each, one may run what the other is just rewriting: QEMU 7.2 keeps a
/// translation of half of it, and the kernel dies of an int3 of its own (7.3 in one boot of
/// 100 on a busy machine; in one of 111 runs of a sched_ext scheduler).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Processors {
    /// As real ones, and so are races between them.
    #[default]
    AtOnce,
    /// One after the other, so that each sees the other's code whole: for a boot, in which a
    /// kernel rewrites itself most, and for a program at whose attaching it rewrites what both
    /// of them always run.
    InTurn,
}

impl<'a> From<&'a str> for Place<'a> {
    fn from(kernel: &'a str) -> Self {
        Self { kernel, extra: None, processors: Processors::default() }
    }
}

/// One kernel.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) is_default: bool,
    pub(super) image: Result<Image, Missing>,
    pub(super) snapshot: Mutex<Option<Arc<Snapshot>>>,
    pub(super) features: OnceCell<Arc<Features>>,
    pub(super) step: watch::Sender<Option<Step>>,
    pub(super) pool: Pool,
    /// Of its guests' kernels, since the start.
    pub(super) panics: Arc<AtomicU64>,
}

impl Entry {
    pub(super) fn new(name: String, is_default: bool, image: Result<Image, Missing>, warm: usize) -> Self {
        Self {
            name,
            is_default,
            image,
            snapshot: Mutex::default(),
            features: OnceCell::new(),
            step: watch::Sender::new(None),
            pool: Pool::new(warm),
            panics: Arc::default(),
        }
    }

    /// Gives up a snapshot that is of no use, here and on the disk.
    pub(super) async fn discard(&self, snapshot: &Arc<Snapshot>) {
        let mut present = self.snapshot.lock().await;
        if present.as_ref().is_some_and(|present| Arc::ptr_eq(present, snapshot)) {
            self.pool.clear();
            snapshot.discard();
            *present = None;
        }
    }
}
