//! A live worker: commands in, events out, over any byte stream.
//!
//! What comes out may be hostile: frames are bounded and checked before use.

use bpflab_worker::{Command, Event, Frames, MAX_EVENT, encode};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    process::Child,
};

use super::Error;

/// Bytes read at once.
const CHUNK: usize = 64 << 10;

/// A worker's two streams. Dropping it closes them, and the worker ends.
pub struct Worker {
    commands: Box<dyn AsyncWrite + Send + Unpin>,
    events: Box<dyn AsyncRead + Send + Unpin>,
    frames: Frames,
    chunk: Vec<u8>,
    /// Reaped when it has ended; never killed, since it cleans up after itself.
    child: Option<Child>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("child", &self.child).finish_non_exhaustive()
    }
}

impl Worker {
    pub(super) fn new(
        commands: impl AsyncWrite + Send + Unpin + 'static,
        events: impl AsyncRead + Send + Unpin + 'static,
        child: Option<Child>,
    ) -> Self {
        Self {
            commands: Box::new(commands),
            events: Box::new(events),
            frames: Frames::new(MAX_EVENT),
            chunk: vec![0; CHUNK],
            child,
        }
    }

    /// Sends a command.
    ///
    /// # Errors
    /// The worker is gone.
    pub async fn send(&mut self, command: &Command) -> Result<(), Error> {
        self.commands.write_all(&encode(command)).await?;
        Ok(self.commands.flush().await?)
    }

    /// The next event; `None` when the worker has gone. May be cancelled
    /// between events without losing one.
    ///
    /// # Errors
    /// A frame that is none; the worker is useless from there.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            if let Some(event) = self.frames.take()? {
                return Ok(Some(event));
            }
            let got = self.events.read(&mut self.chunk).await?;
            if got == 0 {
                return Ok(None);
            }
            self.frames.push(&self.chunk[..got]);
        }
    }

    /// Closes the commands and waits until the worker has cleaned up and gone.
    pub async fn gone(mut self) {
        drop(self.commands);
        while self.events.read(&mut self.chunk).await.is_ok_and(|got| got > 0) {}
        if let Some(child) = &mut self.child {
            let _ = child.wait().await; // only reaped: its events have said all there is
        }
    }
}
