//! A guest that runs, and the worker that waits in it: what it is asked before
//! it serves a run, and what it answers.
//!
//! What it says is checked, since a guest is hostile from its first run on.
//! Does not know where it came from.

use std::time::{Duration, SystemTime};

use bpflab_worker::{Command, Event, Load, Moment, Policy, Span, VERSION};

use super::{CONSOLE_LAG, Error, qemu::Qemu, snapshot::RESTORE};
use crate::backend::Worker;

/// A rehearsal: 2 s under TCG, and more while others are at it too.
const REHEARSAL: Duration = Duration::from_secs(120);

/// The kernel's types, in bytes, at most: 7.3 has 6 MB.
const MAX_TYPES: usize = 64 << 20;

/// A guest, and the worker that waits in it.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) qemu: Qemu,
    frames: bpflab_worker::Frames,
}

impl Guest {
    pub(super) fn new(qemu: Qemu) -> Self {
        Self { qemu, frames: bpflab_worker::Frames::new(bpflab_worker::MAX_EVENT) }
    }

    /// Does something with the guest, within a time and while its QEMU lives.
    pub(super) async fn within<T>(
        &mut self,
        limit: Duration,
        what: impl AsyncFnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match tokio::time::timeout(limit, what(self)).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(Error::Ended)) => {
                tokio::time::sleep(CONSOLE_LAG).await;
                Err(Error::Died(self.trouble()))
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Error::Mute { seconds: limit.as_secs(), console: self.trouble() }),
        }
    }

    fn trouble(&self) -> String {
        self.qemu.console.trouble().or_else(|| self.qemu.console.last_line()).unwrap_or_default()
    }

    /// That its console tells of no trouble.
    pub(super) fn well(&self) -> Result<(), Error> {
        self.qemu.console.trouble().map_or(Ok(()), |why| Err(Error::Died(why)))
    }

    /// Sets its clock and random pool; it answers with its kernel's release.
    pub(super) async fn wake(&mut self) -> Result<String, Error> {
        self.send(&Command::Wake(moment())).await?;
        match self.next().await? {
            Event::Hello { version: VERSION, release } => Ok(release),
            other => Err(Error::Unexpected(format!("{other:?}").chars().take(80).collect())),
        }
    }

    pub(super) async fn types(&mut self) -> Result<Vec<u8>, Error> {
        self.send(&Command::Types).await?;
        let mut all = Vec::new();
        loop {
            match self.next().await? {
                Event::Types { bytes, last } => {
                    all.extend_from_slice(&bytes);
                    if last {
                        return Ok(all);
                    }
                    if all.len() > MAX_TYPES {
                        return Err(Error::Unexpected("types without an end".into()));
                    }
                }
                other => return Err(Error::Unexpected(format!("{other:?}").chars().take(80).collect())),
            }
        }
    }

    /// Sends a command.
    pub(super) async fn send(&mut self, command: &Command) -> Result<(), Error> {
        use tokio::io::AsyncWriteExt as _;
        let sent = self.qemu.worker.write_all(&bpflab_worker::encode(command)).await;
        sent.map_err(|_| Error::Ended) // the port is QEMU's: it fails when that is gone
    }

    async fn next(&mut self) -> Result<Event, Error> {
        use tokio::io::AsyncReadExt as _;
        let mut chunk = vec![0; 64 << 10];
        loop {
            if let Some(event) = self.frames.take()? {
                return Ok(event);
            }
            match self.qemu.worker.read(&mut chunk).await {
                // Cut off in the middle of something, or at an end.
                Ok(0) | Err(_) => return Err(Error::Ended),
                Ok(got) => self.frames.push(&chunk[..got]),
            }
        }
    }

    /// Lets a restored guest run and hands it over: its first word is the worker's.
    pub(super) async fn begin(mut self) -> Result<Worker, Error> {
        self.qemu.monitor.go_on().await?;
        self.send(&Command::Wake(moment())).await?;
        Ok(Worker::in_guest(self.qemu))
    }

    /// Lets it run until it has answered and has loaded the program, if there is
    /// one, and halts it again. It is faster the next time, and a guest that cannot
    /// answer is not kept.
    pub(super) async fn answer_once(&mut self, program: Option<&[u8]>) -> Result<(), Error> {
        self.qemu.monitor.go_on().await?;
        self.within(RESTORE, Guest::wake).await?;
        if let Some(program) = program {
            self.rehearse(program, Policy::VerifyOnly, None).await?;
        }
        self.qemu.monitor.halt().await
    }

    /// Lets it load a program, and run it to the stimulus's end if there is one,
    /// until it waits again.
    pub(super) async fn rehearse(
        &mut self,
        program: &[u8],
        policy: Policy,
        stimulus: Option<&str>,
    ) -> Result<(), Error> {
        let span = Span { exactly_ms: None, after_stimulus_ms: 100, at_most_ms: 5_000 };
        let stimulus = stimulus.map(str::to_owned);
        let load = Load { stimulus, ..Load::plain(program.to_vec(), policy, span) };
        self.within(REHEARSAL, async |guest: &mut Self| {
            guest.send(&Command::Load(Box::new(load))).await?;
            // Whatever comes of it: the kernel may lack what the program uses.
            while !matches!(guest.next().await?, Event::Done(_)) {}
            guest.wake().await.map(drop)
        })
        .await
    }
}

fn moment() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut entropy = [0; 32];
    for word in entropy.chunks_mut(8) {
        word.copy_from_slice(&crate::dice::number().to_le_bytes());
    }
    Moment { unix_ns: u64::try_from(since.as_nanos()).unwrap_or_default(), entropy }
}
