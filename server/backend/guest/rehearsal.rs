//! What a guest does before a learner's program comes: it runs a bit of
//! everything before its snapshot is made, so that its cost is paid once, and
//! each clone loads something small. Whoever has a compiler supplies both, once
//! the guest has told its types.

use std::{fmt, path::PathBuf, pin::Pin, sync::Arc};

/// Which program is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Before the snapshot.
    Whole,
    /// In a clone: code that was translated is no part of a snapshot.
    Small,
}

type Answer = Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send>>;

/// Raw BTF in a file -> an object for that kernel, or none: then each guest
/// does for itself what it would have done before.
#[derive(Clone)]
pub struct Rehearsal(Arc<dyn Fn(Piece, PathBuf) -> Answer + Send + Sync>);

impl Rehearsal {
    /// From whoever compiles it.
    pub fn new<F>(compile: impl Fn(Piece, PathBuf) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<Vec<u8>>> + Send + 'static,
    {
        Self(Arc::new(move |piece, types| Box::pin(compile(piece, types))))
    }

    /// The object for a kernel with these types.
    pub(super) async fn object(&self, piece: Piece, types: PathBuf) -> Option<Vec<u8>> {
        (self.0)(piece, types).await
    }
}

impl fmt::Debug for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rehearsal")
    }
}
