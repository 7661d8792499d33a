//! A guest's serial console: the last of it is kept, the rest is not.
//!
//! Knows what a kernel in trouble says, and counts each that said it. Reads at a bounded rate, so that a
//! guest that floods its console slows itself down and nobody else.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{io::AsyncReadExt as _, net::UnixStream};
use tokio_util::task::AbortOnDropHandle;

/// Bytes that are kept: an oops is 4 to 6 KiB.
const KEPT: usize = 32 << 10;

/// Bytes read at once, and the rest between two readings once a guest has
/// said more than a kernel says while it boots.
const CHUNK: usize = 16 << 10;
const QUIET: usize = 256 << 10;
const REST: Duration = Duration::from_millis(50);

/// From a guest's end to the last of what its console said.
pub(crate) const LAG: Duration = Duration::from_millis(150);

/// What a kernel writes when something is wrong with it. A learner's program
/// may write these too, and ends its own run by it.
const TROUBLE: [&str; 7] = [
    "Kernel panic - not syncing",
    "Oops: ",
    "BUG: ",
    "general protection fault",
    "kernel BUG at",
    "stack-protector:",
    "watchdog: BUG",
];

/// A console that is being read; whether its kernel was in trouble is counted on drop,
/// so that it is once for each guest, whatever became of that.
#[derive(Debug)]
pub(crate) struct Console {
    kept: Arc<Mutex<Vec<u8>>>,
    panics: Arc<AtomicU64>,
    _reader: AbortOnDropHandle<()>,
}

impl Console {
    /// Reads until the guest is gone.
    pub(super) fn read(stream: UnixStream, panics: Arc<AtomicU64>) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let reader = AbortOnDropHandle::new(tokio::spawn(drain(stream, kept.clone())));
        Self { kept, panics, _reader: reader }
    }

    /// The last of what it said.
    pub(super) fn tail(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }

    /// The last line that says something, without what steers a terminal.
    pub(super) fn last_line(&self) -> Option<String> {
        let tail = self.tail();
        let line = tail.lines().rev().find(|line| line.chars().any(char::is_alphanumeric))?;
        Some(line.chars().filter(|c| !c.is_control()).take(200).collect())
    }

    /// The first line that tells of trouble, without its time stamp.
    pub(crate) fn trouble(&self) -> Option<String> {
        trouble(&self.tail())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if let Some(why) = self.trouble() {
            let so_far = self.panics.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::warn!(%why, so_far, "a guest's kernel was in trouble");
        }
    }
}

fn trouble(text: &str) -> Option<String> {
    let line = text.lines().find(|line| TROUBLE.iter().any(|word| line.contains(word)))?;
    let said = match line.split_once("] ") {
        Some((stamp, said)) if stamp.starts_with('[') => said,
        _ => line,
    };
    Some(said.chars().filter(|c| !c.is_control()).take(200).collect())
}

async fn drain(mut stream: UnixStream, kept: Arc<Mutex<Vec<u8>>>) {
    let mut chunk = vec![0; CHUNK];
    let mut read = 0;
    while let Ok(got @ 1..) = stream.read(&mut chunk).await {
        {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(&chunk[..got]);
            let over = kept.len().saturating_sub(KEPT);
            kept.drain(..over);
        }
        read += got;
        if read > QUIET {
            tokio::time::sleep(REST).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_console_counts_once_however_often_it_is_asked() {
        use tokio::io::AsyncWriteExt as _;
        let panics = Arc::new(AtomicU64::new(0));
        for (text, so_far) in [("[    1.0] all is well\n", 0), ("[    2.0] BUG: one\nOops: two\n", 1)] {
            let (mut guest, ours) = UnixStream::pair().unwrap();
            let console = Console::read(ours, panics.clone());
            guest.write_all(text.as_bytes()).await.unwrap();
            while console.tail().len() < text.len() {
                tokio::task::yield_now().await;
            }
            assert_eq!(console.trouble().is_some(), so_far > 0);
            assert_eq!(console.trouble().is_some(), so_far > 0);
            drop(console);
            assert_eq!(panics.load(Ordering::Relaxed), so_far);
        }
    }

    #[test]
    fn an_oops_is_found_and_its_time_stamp_left_out() {
        let text =
            "[    1.0] all is well\r\n[   11.855163] Kernel panic - not syncing: Attempted to kill init!\r\n";
        assert_eq!(trouble(text).as_deref(), Some("Kernel panic - not syncing: Attempted to kill init!"));
        assert_eq!(trouble("[    1.0] all is well"), None);
    }
}
