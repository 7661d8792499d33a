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
    /// values, records of a struct with very long names) is declared lost instead.
    pub(crate) fn send(&mut self, event: &Event) -> crate::Result {
        Ok(self.0.write_all(&frame(event))?)
    }
}

fn frame(event: &Event) -> Vec<u8> {
    let frame = encode(event);
    if frame.len() <= MAX_EVENT {
        return frame;
    }
    let (stream, count) = match event {
        Event::Trace(lines) => (Stream::Trace, lines.len()),
        Event::Records { map, records } => (Stream::Record { map: map.clone() }, records.len()),
        Event::Output { text, .. } => (Stream::Output, text.len()),
        Event::Log { .. } => (Stream::Log, 1),
        Event::Map(_)
        | Event::Globals(_)
        | Event::Hello { .. }
        | Event::Waiting
        | Event::Refused(_)
        | Event::BadGlobal { .. }
        | Event::OpenFailed { .. }
        | Event::LoadFailed { .. }
        | Event::Loaded { .. }
        | Event::Relocated(_)
        | Event::Sized { .. }
        | Event::BadEntry { .. }
        | Event::LeftOut { .. }
        | Event::Attached { .. }
        | Event::AttachFailed { .. }
        | Event::Observing { .. }
        | Event::StimulusEnded { .. }
        | Event::ThrownOut { .. }
        | Event::Unprintable(_)
        | Event::Stats(_)
        | Event::Lost { .. }
        | Event::Tested { .. }
        | Event::Code(_)
        | Event::Edited { .. }
        | Event::Probed { .. }
        | Event::Types { .. }
        | Event::Done(_) => (Stream::Map, 1),
    };
    encode(&Event::Lost { stream, count: count as u64 })
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

#[cfg(test)]
mod tests {
    use bpflab_worker::{Record, Value};

    use super::*;

    #[test]
    fn records_that_no_reader_would_take_are_declared_lost_as_what_they_are() {
        let value = Value::Struct(vec![("n".repeat(MAX_EVENT / 2), Value::Bool(true))]);
        let records = vec![Record { time: 0.0, cpu: None, value }; 3];
        let mut frames = Frames::new(MAX_EVENT);
        frames.push(&frame(&Event::Records { map: "events".into(), records }));
        let stream = Stream::Record { map: "events".into() };
        assert_eq!(frames.take().unwrap(), Some(Event::Lost { stream, count: 3 }));
    }
}
