//! A live worker: commands in, events out, over any byte stream.
//!
//! What comes out may be hostile: frames are bounded and checked before use.

use bpflab_worker::{Command, Event, Frames, MAX_EVENT, encode};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::UnixStream,
    process::Child,
};

use super::{
    Error,
    guest::{CONSOLE_LAG, Cgroup, Console, Monitor, Qemu, Turns},
};

/// Bytes read at once.
const CHUNK: usize = 64 << 10;

/// A worker's two streams. Dropping it closes them, and the worker ends.
pub struct Worker {
    commands: Box<dyn AsyncWrite + Send + Unpin>,
    events: Box<dyn AsyncRead + Send + Unpin>,
    frames: Frames,
    chunk: Vec<u8>,
    place: Place,
}

/// What a guest's console said before it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// Nothing of note.
    Nothing,
    /// The kernel's own word for its death.
    Panicked(String),
}

/// What the worker lives in.
#[derive(Debug)]
pub(super) enum Place {
    /// A keeper of ours. Reaped when it has ended; never killed, since it
    /// cleans up after itself.
    Child(Child),
    /// Someone else reaps it.
    Elsewhere,
    /// A guest, which is thrown away.
    Guest {
        process: Child,
        console: Console,
        terminal: Option<UnixStream>,
        _monitor: Monitor,
        _cgroup: Option<Cgroup>,
    },
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Worker {
    pub(super) fn new(
        commands: impl AsyncWrite + Send + Unpin + 'static,
        events: impl AsyncRead + Send + Unpin + 'static,
        place: Place,
    ) -> Self {
        Self {
            commands: Box::new(commands),
            events: Box::new(events),
            frames: Frames::new(MAX_EVENT),
            chunk: vec![0; CHUNK],
            place,
        }
    }

    /// The worker in a guest, which ends with it.
    pub(super) fn in_guest(qemu: Qemu) -> Self {
        let Qemu { process, monitor, console, cgroup, worker, terminal } = qemu;
        let (events, commands) = worker.into_split();
        let place =
            Place::Guest { process, console, terminal: Some(terminal), _monitor: monitor, _cgroup: cgroup };
        Self::new(commands, events, place)
    }

    /// What became of the guest, when the worker is in one: what a console
    /// says of a panic arrives a little after the worker's end.
    pub async fn last_words(&mut self) -> Option<Words> {
        if matches!(self.place, Place::Guest { .. }) {
            tokio::time::sleep(CONSOLE_LAG).await;
        }
        self.words()
    }

    /// The same of a guest that is still there: what its console has said so far.
    pub fn words(&self) -> Option<Words> {
        match &self.place {
            Place::Guest { console, .. } => Some(console.trouble().map_or(Words::Nothing, Words::Panicked)),
            Place::Child(_) | Place::Elsewhere => None,
        }
    }

    /// What a guest had of the machine's processors since its start.
    pub(crate) fn turns(&self) -> Turns {
        match &self.place {
            Place::Guest { process, .. } => process.id().map(Turns::of).unwrap_or_default(),
            Place::Child(_) | Place::Elsewhere => Turns::default(),
        }
    }

    /// The other end of the guest's terminal, once.
    pub fn terminal(&mut self) -> Option<UnixStream> {
        match &mut self.place {
            Place::Guest { terminal, .. } => terminal.take(),
            Place::Child(_) | Place::Elsewhere => None,
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
    /// A guest has nothing to clean up.
    pub async fn gone(mut self) {
        drop(self.commands);
        match &mut self.place {
            Place::Guest { process, .. } => {
                let _ = process.kill().await; // it may have ended by itself
                return;
            }
            Place::Child(_) | Place::Elsewhere => {}
        }
        while self.events.read(&mut self.chunk).await.is_ok_and(|got| got > 0) {}
        if let Place::Child(child) = &mut self.place {
            let _ = child.wait().await; // only reaped: its events have said all there is
        }
    }
}
