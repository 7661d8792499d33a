//! The places to run as the page's picker shows them, and how they are by now.
//!
//! Open to whoever may read, like the page that holds the same rows. Does not
//! know how a kernel is made ready.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::site::{Site, language};
use crate::{
    kernel::{Kernel, State as Readiness},
    say::Lang,
};

/// A place to run.
#[derive(Serialize)]
pub(super) struct KernelRow {
    name: String,
    /// `ready`, `preparing`, `no_image` or `off`.
    state: &'static str,
    release: Option<String>,
    /// Why it cannot be used, and what mends that.
    why: Option<String>,
    /// `none`, `kvm` or `tcg`.
    accelerator: &'static str,
    /// Guests whose kernel was in trouble, since the server's start.
    panics: u64,
}

impl KernelRow {
    fn new(kernel: Kernel, lang: Lang) -> Self {
        let (state, why) = match &kernel.state {
            Readiness::Ready => ("ready", None),
            Readiness::Preparing => ("preparing", None),
            Readiness::NoImage(why) => ("no_image", Some(why.say(lang))),
            Readiness::Off(why) => ("off", Some(why.say(lang))),
        };
        let Kernel { name, release, accelerator, panics, state: _ } = kernel;
        Self { name, state, release, why, accelerator: accelerator.name(), panics }
    }
}

/// All of them, as they are now.
pub(super) fn rows(site: &Site, lang: Lang) -> Vec<KernelRow> {
    site.lab().backends.kernels().into_iter().map(|kernel| KernelRow::new(kernel, lang)).collect()
}

/// What the page's address carries.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    lang: Option<String>,
}

/// The same rows, for a page that waits for one of them.
pub(super) async fn now(
    State(site): State<Arc<Site>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let lang = wanted.lang.as_deref().and_then(Lang::from_locale).unwrap_or_else(|| language(&headers));
    let rows = serde_json::to_string(&rows(&site, lang)).expect("names and sentences always serialise");
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, rows).into_response()
}
