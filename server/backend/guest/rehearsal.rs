//! The programs that guests run before a learner's: one before the snapshot is
//! made, and one in each clone. Whoever has a compiler supplies them, once the
//! guest has told its types.

use std::{fmt, path::PathBuf, pin::Pin, sync::Arc};

type Answer = Pin<Box<dyn Future<Output = Option<Programs>> + Send>>;

/// Two objects for one kernel.
#[derive(Debug, Clone)]
pub struct Programs {
    /// Before the snapshot: a bit of everything. Its cost is paid once.
    pub once: Vec<u8>,
    /// In each clone: little, since each pays for it in memory.
    pub each: Vec<u8>,
}

/// Raw BTF in a file -> programs for that kernel, or none: then the guest's
/// first run does what it would have done before.
#[derive(Clone)]
pub struct Rehearsal(Arc<dyn Fn(PathBuf) -> Answer + Send + Sync>);

impl Rehearsal {
    /// From whoever compiles it.
    pub fn new<F>(compile: impl Fn(PathBuf) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<Programs>> + Send + 'static,
    {
        Self(Arc::new(move |types| Box::pin(compile(types))))
    }

    /// The programs for a kernel with these types.
    pub(super) async fn programs(&self, types: PathBuf) -> Option<Programs> {
        (self.0)(types).await
    }
}

impl fmt::Debug for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rehearsal")
    }
}
