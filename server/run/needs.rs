//! Whether a kernel has what a run needs, before anything is loaded.
//!
//! Knows needs and kernels' features; does not know whose needs they are.

use std::time::Duration;

use super::Lab;
use crate::{
    diagnostic::{Diagnostic, Note, Words},
    explain,
    kernel::{Needs, unmet_at},
    say::Sentence,
};

/// How long it may take to find out which other kernels would do: at a
/// machine's first use each of them boots.
const OFFERS: Duration = Duration::from_secs(60);

/// What a kernel lacks, in words; nothing where it cannot be found out, since
/// loading will tell.
pub(super) async fn lacking(lab: &Lab, kernel: &str, needs: &Needs, source: (&str, &str)) -> Vec<Diagnostic> {
    let Some(lacking) = on(lab, kernel, needs).await.filter(|lacking| !lacking.is_empty()) else {
        return Vec::new();
    };
    let offers = others(lab, kernel, needs).await;
    explain::unmet(lacking, &offers, source)
}

/// Adds to a finding which kernels have what this one lacks, where that is known.
pub(super) async fn offer(lab: &Lab, kernel: &str, found: &mut Diagnostic) {
    let Some(needs) = explain::needed(found) else { return };
    let kernels = others(lab, kernel, &needs).await;
    if !kernels.is_empty() {
        found.offers.clone_from(&kernels);
        let message = Words::Lab(Sentence::KernelsWithIt { kernels });
        found.notes.push(Note { place: None, message });
    }
}

/// The other guests that have all of it.
async fn others(lab: &Lab, kernel: &str, needs: &Needs) -> Vec<String> {
    let mut offers = Vec::new();
    let search = async {
        for other in lab.backends.guests().kernels().into_iter().filter(|other| other.is_ready()) {
            if other.name != kernel && on(lab, &other.name, needs).await.is_some_and(|lacks| lacks.is_empty())
            {
                offers.push(other.name);
            }
        }
    };
    if tokio::time::timeout(OFFERS, search).await.is_err() {
        tracing::warn!("not every kernel was asked what it can do");
    }
    offers
}

/// What one kernel lacks; `None` where it cannot be found out.
async fn on(lab: &Lab, kernel: &str, needs: &Needs) -> Option<Vec<crate::kernel::Unmet>> {
    match lab.backends.features(kernel).await {
        Ok((release, features)) => Some(unmet_at(kernel, needs, &release, &features)),
        Err(error) => {
            tracing::warn!(kernel, %error, "its features are not known");
            None
        }
    }
}
