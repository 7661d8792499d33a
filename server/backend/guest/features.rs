//! What a guest's kernel can do: asked once of a clone, and kept beside the
//! snapshot. Comes from a guest, so it is bounded and checked both times.

use std::{fs, io::Read as _, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use bpflab_worker::{Command, Event, Features};

use super::{Error, entry::Processors, snapshot::Snapshot};
use crate::backend::Worker;

/// From the question to the last word: 10 s under TCG, and more on a machine
/// that is busy with other guests.
const ASK: Duration = Duration::from_secs(180);

/// The kept file, in bytes, at most: 60,000 functions make 2 MB.
const MAX_FILE: u64 = 64 << 20;

/// Those that are kept, else what a clone says.
pub(super) async fn find(snapshot: &Snapshot) -> Result<Features, Error> {
    let kept = snapshot.features();
    if let Some(features) = read(&kept) {
        return Ok(features);
    }
    // Trying to attach rewrites the kernel.
    let mut worker = snapshot.restore(Processors::InTurn).await?.begin().await?;
    let asked = tokio::time::timeout(ASK, ask(&mut worker)).await;
    worker.gone().await;
    let features = match asked {
        Ok(features) => features.map_err(|error| Error::Unexpected(error.to_string()))?,
        Err(_) => return Err(Error::Mute { seconds: ASK.as_secs(), console: String::new() }),
    };
    if !features.is_whole() {
        return Err(Error::Unexpected("that it had no time to try all it can do".into()));
    }
    // If it cannot be kept it is asked again.
    if let Err(error) = write(&kept, &features) {
        tracing::warn!(%error, "a kernel's features are not kept");
    }
    Ok(features)
}

/// Those that are kept; a file that is none is as good as no file.
pub(super) fn read(kept: &Path) -> Option<Features> {
    let mut text = Vec::new();
    fs::File::open(kept).ok()?.take(MAX_FILE).read_to_end(&mut text).ok()?;
    let features: Features = serde_json::from_slice(&text).ok()?;
    features.check().ok().filter(|()| features.is_whole()).map(|()| features)
}

/// Whole or not at all: another server may be reading.
fn write(kept: &Path, features: &Features) -> std::io::Result<()> {
    let readable = fs::Permissions::from_mode(0o644);
    let mut file =
        tempfile::Builder::new().permissions(readable).tempfile_in(kept.parent().unwrap_or(kept))?;
    serde_json::to_writer(&mut file, features)?;
    file.persist(kept)?;
    Ok(())
}

/// Asks a worker, host's or guest's. The stream is useless after an error.
pub(in crate::backend) async fn ask(worker: &mut Worker) -> Result<Features, crate::backend::Error> {
    worker.send(&Command::Probe).await?;
    let mut all = Features::default();
    while let Some(event) = worker.next().await? {
        match event {
            Event::Probed { part, last } => {
                all.join(*part).map_err(|_| crate::backend::Error::Unbelievable)?;
                if last {
                    return Ok(all);
                }
            }
            // It says hello, and on the host that it takes turns.
            Event::Hello { .. } | Event::Waiting => {}
            _ => return Err(crate::backend::Error::Unbelievable),
        }
    }
    Err(Error::Ended.into())
}
