//! Where events leave the worker: one frame each, to standard output.
//!
//! Knows framing and the two streams of standard I/O. Does not know what
//! happens in between.

use std::{
    fs::File,
    io::{Read, Write},
    os::fd::{AsFd, BorrowedFd},
};

use bpflab_worker::{Command, Event, Frames, MAX_COMMAND, MAX_EVENT, Stream, encode};

/// Bytes read at once; an object of usual size arrives in one go.
const CHUNK: usize = 64 << 10;

/// Writes events. Blocks while the server is slow, which is how the kernel's
/// own buffers come to count what was lost.
pub(crate) struct Outlet(File);

impl Outlet {
    /// The worker's standard output.
    pub(crate) fn stdout() -> crate::Result<Self> {
        Ok(Self(File::from(std::io::stdout().as_fd().try_clone_to_owned()?)))
    }

    /// Sends one event. One that no reader would take (a view of very large
    /// values) is declared lost instead.
    pub(crate) fn send(&mut self, event: &Event) -> crate::Result {
        let mut frame = encode(event);
        if frame.len() > MAX_EVENT {
            frame = encode(&Event::Lost { stream: Stream::Map, count: 1 });
        }
        Ok(self.0.write_all(&frame)?)
    }
}

/// Reads commands.
pub(crate) struct Inlet {
    from: File,
    frames: Frames,
}

impl Inlet {
    /// The worker's standard input.
    pub(crate) fn stdin() -> crate::Result<Self> {
        let from = File::from(std::io::stdin().as_fd().try_clone_to_owned()?);
        Ok(Self { from, frames: Frames::new(MAX_COMMAND) })
    }

    /// To wait on.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.from.as_fd()
    }

    /// Waits for the next command; `None` when the server is gone.
    pub(crate) fn wait(&mut self) -> crate::Result<Option<Command>> {
        loop {
            if let Some(command) = self.pending()? {
                return Ok(Some(command));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// A command that has arrived whole.
    pub(crate) fn pending(&mut self) -> crate::Result<Option<Command>> {
        Ok(self.frames.take()?)
    }

    /// Reads once; `false` when the server is gone.
    pub(crate) fn fill(&mut self) -> crate::Result<bool> {
        let mut chunk = [0; CHUNK];
        let got = self.from.read(&mut chunk)?;
        self.frames.push(&chunk[..got]);
        Ok(got > 0)
    }
}
