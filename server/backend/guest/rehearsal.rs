//! The program that a guest runs before its snapshot is made: a bit of
//! everything, so that its cost is paid once. Whoever has a compiler supplies
//! it, once the guest has told its types.

use std::{fmt, path::PathBuf, pin::Pin, sync::Arc};

type Answer = Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send>>;

/// Raw BTF in a file -> an object for that kernel, or none: then each guest
/// does for itself what it would have done before.
#[derive(Clone)]
pub struct Rehearsal(Arc<dyn Fn(PathBuf) -> Answer + Send + Sync>);

impl Rehearsal {
    /// From whoever compiles it.
    pub fn new<F>(compile: impl Fn(PathBuf) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<Vec<u8>>> + Send + 'static,
    {
        Self(Arc::new(move |types| Box::pin(compile(types))))
    }

    /// The object for a kernel with these types.
    pub(super) async fn object(&self, types: PathBuf) -> Option<Vec<u8>> {
        (self.0)(types).await
    }
}

impl fmt::Debug for Rehearsal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rehearsal")
    }
}
