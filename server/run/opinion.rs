//! What the newest kernel says of an object that an older one has refused: its
//! verifier writes a report (7.3 and later), with the path of values.
//!
//! Asks a guest to verify and to attach nothing. Knows when it is worth asking;
//! whatever goes wrong is no matter of the run, which has its end already.

use std::sync::Arc;

use bpflab_worker::{Command, Event, KernelTypes, Load, LogSource, Policy, VERSION};

use super::{LIMITS, Lab, Submission};
use crate::{
    backend::{Error, Guests, Worker},
    compile::Object,
    diagnostic::Diagnostic,
    explain::{self, Verdict},
    kernel::Version,
    say::Asked,
};

/// The first whose verifier writes a report.
const REPORTS: Version = Version { major: 7, minor: 3 };

/// The refusal's id where the verifier gave up: a newer one would take as long.
const GAVE_UP: &str = "too-large";

/// Puts any number where a run sets the stimulus's pid: here is no stimulus.
const PID: &str = "1";

/// What a kernel's verifier has refused.
#[derive(Debug)]
pub(super) struct Refused {
    /// Of the finding that says so.
    pub(super) id: String,
    /// Which program, where libbpf named it.
    program: Option<String>,
}

impl Refused {
    /// A refusal by the verifier itself, whose log there is. That a newer kernel takes what
    /// came with it is known without asking.
    pub(super) fn new(found: &Diagnostic, log: &str, program: Option<String>) -> Option<Self> {
        let worth = !log.is_empty() && found.id != GAVE_UP && explain::needed(found).is_none();
        worth.then(|| Self { id: found.id.clone(), program })
    }
}

/// The newest kernel's word on what `kernel` has refused; `None` where there is
/// no such guest at hand, or it has nothing to add.
pub(super) async fn opinion(
    lab: &Lab,
    kernel: &str,
    refused: &Refused,
    object: &Arc<Object>,
    submission: &Submission,
) -> Option<Diagnostic> {
    let asked = whom(lab, kernel, submission)?;
    let answer = async {
        let mut worker = lab.backends.worker(asked.kernel.as_str()).await?;
        let types = lab.types_needed(&asked.kernel, object).await;
        let verdict = ask(&mut worker, load(object, types, submission), refused).await;
        worker.gone().await;
        verdict
    };
    let verdict = match tokio::time::timeout(LIMITS.opinion, answer).await {
        Ok(Ok(verdict)) => verdict?,
        Ok(Err(error)) => {
            tracing::warn!(%error, "no second opinion");
            return None;
        }
        Err(_) => {
            tracing::debug!("a second opinion was too slow");
            return None;
        }
    };
    let (file, text) = submission.sources.program();
    let verdict = match verdict {
        Verdict::Refused { log, errno, program } => {
            Verdict::Refused { log: log.replace("<stdin>", file), errno, program }
        }
        Verdict::Accepted => Verdict::Accepted,
    };
    explain::opinion(asked, verdict, &refused.id, (file, text))
}

/// The newest guest that writes reports and can be had at once, unless this
/// kernel writes them itself or the run goes there anyway.
fn whom(lab: &Lab, kernel: &str, submission: &Submission) -> Option<Asked> {
    if !lab.second_opinions {
        return None;
    }
    let version = |release: &Option<String>| Version::parse(release.as_deref()?);
    let all = lab.backends.kernels();
    let own = all.iter().find(|own| own.name == kernel).and_then(|own| version(&own.release));
    if own.is_some_and(|own| own >= REPORTS) {
        return None;
    }
    let guests: &Guests = lab.backends.guests();
    let reports = guests.kernels().into_iter().filter(|other| version(&other.release) >= Some(REPORTS));
    let found = reports.max_by_key(|other| version(&other.release))?;
    let at_hand = guests.is_at_hand(&found.name) && !submission.kernels.contains(&found.name);
    at_hand.then_some(Asked { kernel: found.name, release: found.release? })
}

/// The run's object and what is set before load, and nothing of what comes after.
fn load(object: &Object, types: KernelTypes, submission: &Submission) -> Load {
    let set = |(name, value): (&String, &String)| {
        let value = if value.starts_with('@') { PID.to_owned() } else { value.clone() };
        (name.clone(), value)
    };
    Load {
        types,
        globals: submission.globals.iter().map(set).collect(),
        targets: submission.targets.clone().into_iter().collect(),
        map_sizes: submission.map_sizes(),
        ..Load::plain(object.bytes().to_vec(), Policy::VerifyOnly, submission.span)
    }
}

/// From the worker's first word to its verdict; `None` where it comes to none.
async fn ask(worker: &mut Worker, load: Load, refused: &Refused) -> Result<Option<Verdict>, Error> {
    let (mut load, mut log) = (Some(Command::Load(Box::new(load))), String::new());
    loop {
        match worker.next().await? {
            Some(Event::Hello { version: VERSION, .. }) => {
                if let Some(load) = load.take() {
                    worker.send(&load).await?;
                }
            }
            Some(Event::Hello { version, .. }) => return Err(Error::Version(version)),
            Some(Event::Log { source: LogSource::Verifier, text }) => log = text,
            Some(
                Event::Log { source: LogSource::Libbpf, .. }
                | Event::Relocated(_)
                | Event::Sized { .. }
                | Event::Lost { .. },
            ) => {}
            Some(Event::LoadFailed { errno, program }) => {
                return Ok(Some(Verdict::Refused { log, errno, program }));
            }
            // What it has left out (`SEC("?…")`, for want of the hook) it has not seen.
            Some(Event::Loaded { programs, .. }) => {
                let seen =
                    |name: &String| programs.iter().any(|own| own.name == *name && own.verified.is_some());
                return Ok(refused.program.as_ref().is_none_or(seen).then_some(Verdict::Accepted));
            }
            // The kernel has not seen it; or this is no worker of ours.
            Some(_) | None => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diagnostic::Origin, say::Sentence};

    #[test]
    fn only_what_the_verifier_has_read_to_its_verdict_is_worth_asking_about() {
        let refusal = |id| {
            let why = Sentence::VerifierTooLarge { program: String::new() };
            Diagnostic::error(Origin::Verifier, id, why)
        };
        assert!(Refused::new(&refusal("rejected"), "0: (95) exit", None).is_some());
        assert!(Refused::new(&refusal("unknown-kfunc"), "", None).is_none());
        assert!(Refused::new(&refusal(GAVE_UP), "BPF program is too large.", None).is_none());
    }
}
