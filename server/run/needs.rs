//! Whether a kernel has what a run needs, before anything is loaded.
//!
//! Knows needs and kernels' features; does not know whose needs they are.

use std::time::Duration;

use super::Lab;
use crate::{
    diagnostic::Diagnostic,
    explain,
    kernel::{Needs, unmet_at},
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
    explain::unmet(lacking, &offers, source)
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
