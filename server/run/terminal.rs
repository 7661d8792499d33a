//! The server's end of a guest's terminal: bytes, and who has them now.
//!
//! One watcher at a time; a later one takes it over and is shown the last of
//! what was said. Does not know what the bytes mean.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::AsyncWriteExt as _,
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Mutex as AsyncMutex, watch},
};

/// Kept for whoever takes the terminal over, in bytes: some screens.
const KEPT: usize = 16 << 10;

/// Read at once, in bytes.
const CHUNK: usize = 16 << 10;

/// A terminal that a run has.
#[derive(Debug)]
pub struct Terminal {
    from: AsyncMutex<OwnedReadHalf>,
    to: AsyncMutex<OwnedWriteHalf>,
    kept: Mutex<Kept>,
    /// The number of the one who has it.
    holder: watch::Sender<u64>,
}

/// The last of what was said, and how much was said in all, in bytes.
#[derive(Debug, Default)]
struct Kept {
    last: VecDeque<u8>,
    said: u64,
}

/// Someone who has the terminal, until another takes it.
#[derive(Debug)]
pub struct Holding {
    terminal: Arc<Terminal>,
    number: u64,
    changed: watch::Receiver<u64>,
}

impl Terminal {
    pub(super) fn new(stream: UnixStream) -> Arc<Self> {
        let (from, to) = stream.into_split();
        let (from, to) = (AsyncMutex::new(from), AsyncMutex::new(to));
        Arc::new(Self { from, to, kept: Mutex::default(), holder: watch::Sender::new(0) })
    }

    /// Takes it over. Also what is kept of all that was said after the first
    /// `seen` bytes, and how many were said in all.
    pub fn hold(self: &Arc<Self>, seen: u64) -> (Holding, Vec<u8>, u64) {
        let mut number = 0;
        self.holder.send_modify(|holder| {
            *holder += 1;
            number = *holder;
        });
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let unseen = usize::try_from(kept.said.saturating_sub(seen)).unwrap_or(usize::MAX);
        let skip = kept.last.len().saturating_sub(unseen);
        let bytes = kept.last.iter().skip(skip).copied().collect();
        let holding = Holding { terminal: self.clone(), number, changed: self.holder.subscribe() };
        (holding, bytes, kept.said)
    }

    fn keep(&self, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.said += bytes.len() as u64;
        kept.last.extend(bytes);
        let over = kept.last.len().saturating_sub(KEPT);
        kept.last.drain(..over);
    }
}

impl Holding {
    /// The next bytes; `None` when the terminal is closed or someone else has
    /// it. May be cancelled without losing any.
    pub async fn read(&mut self) -> Option<Vec<u8>> {
        let terminal = self.terminal.clone();
        let read = async {
            let from = terminal.from.lock().await;
            let mut chunk = vec![0; CHUNK];
            loop {
                from.readable().await.ok()?;
                match from.try_read(&mut chunk) {
                    Ok(0) => return None,
                    Ok(got) => {
                        chunk.truncate(got);
                        terminal.keep(&chunk);
                        return Some(chunk);
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return None,
                }
            }
        };
        let number = self.number;
        tokio::select! {
            bytes = read => bytes,
            _ = self.changed.wait_for(|holder| *holder != number) => None,
        }
    }

    /// What was typed. A guest that does not read it holds its own terminal up.
    pub async fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.terminal.to.lock().await.write_all(bytes).await
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn whoever_takes_it_over_sees_what_was_said_and_the_other_is_told() {
        let (ours, mut guest) = UnixStream::pair().unwrap();
        let terminal = Terminal::new(ours);
        let (mut first, kept, _) = terminal.hold(0);
        assert!(kept.is_empty());
        guest.write_all(b"$ ").await.unwrap();
        assert_eq!(first.read().await.as_deref(), Some(&b"$ "[..]));
        let (mut second, kept, said) = terminal.hold(0);
        assert_eq!((kept.as_slice(), said), (&b"$ "[..], 2));
        assert_eq!(terminal.hold(2).1, b"", "nothing twice");
        let (again, _, _) = terminal.hold(2);
        drop(std::mem::replace(&mut second, again));
        assert_eq!(first.read().await, None, "someone else has it");
        guest.write_all(b"ok").await.unwrap();
        assert_eq!(second.read().await.as_deref(), Some(&b"ok"[..]));
        second.write(b"ls\n").await.unwrap();
        let mut typed = [0; 3];
        guest.read_exact(&mut typed).await.unwrap();
        assert_eq!(&typed, b"ls\n");
        drop(guest);
        assert_eq!(second.read().await, None, "closed");
    }
}
