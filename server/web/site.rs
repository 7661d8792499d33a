//! What a server knows while it serves, and who may do what.
//!
//! Reading is open. Running needs the session that the printed link opens; a
//! request without an Origin needs the same key as a bearer token.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use axum::{
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{assets, error::Error};
use crate::{
    dice,
    kernel::{Kernel, State as Readiness},
    lesson::Course,
    run::Runs,
    say::{Lang, Sentence},
};

/// How a server is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The course.
    pub lessons: PathBuf,
    /// Read the course again for every page.
    pub watch: bool,
    /// Names besides localhost and its addresses.
    pub hosts: Vec<String>,
    /// The port, which tells cookies of two servers apart.
    pub port: u16,
}

/// Everything a request may need.
#[derive(Debug)]
pub struct Site {
    /// All runs.
    pub runs: Runs,
    /// Changes with the page's files.
    pub(super) version: String,
    /// When the server goes down.
    pub(super) down: CancellationToken,
    settings: Settings,
    course: RwLock<Arc<Course>>,
    key: String,
}

impl Site {
    /// With a fresh key.
    pub fn new(runs: Runs, course: Course, settings: Settings, down: CancellationToken) -> Arc<Self> {
        let key = dice::word();
        let version = assets::version();
        Arc::new(Self { runs, version, down, settings, course: RwLock::new(Arc::new(course)), key })
    }

    /// The address whose opening starts a session.
    pub fn link(&self) -> String {
        format!("http://127.0.0.1:{}/enter?key={}", self.settings.port, self.key)
    }

    /// The key, for requests that come from no page.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The course as it is now.
    pub(super) fn course(&self) -> Arc<Course> {
        if self.settings.watch {
            match Course::read(&self.settings.lessons) {
                Ok(course) => {
                    *self.course.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(course);
                }
                // The last good one stays; its author sees why in the log.
                Err(error) => tracing::warn!(%error, "the course cannot be read"),
            }
        }
        self.course.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What runs here.
    pub fn lab(&self) -> &crate::run::Lab {
        self.runs.lab()
    }

    /// Whether runs are possible for whoever sent this, or why not.
    pub(super) fn can_run(&self, headers: &HeaderMap) -> Result<(), Sentence> {
        let lab = self.runs.lab();
        lab.compilers.as_ref().map_err(Sentence::clone)?;
        let kernels = lab.backends.kernels();
        if !kernels.iter().any(Kernel::is_ready)
            && let Some(why) = kernels.into_iter().find_map(|kernel| match kernel.state {
                Readiness::NoImage(why) | Readiness::Off(why) => Some(why),
                Readiness::Ready | Readiness::Preparing => None,
            })
        {
            return Err(why);
        }
        if self.has_session(headers) { Ok(()) } else { Err(Sentence::NoSession) }
    }

    /// Refuses what a page of another site sends.
    pub(super) fn ours(&self, headers: &HeaderMap) -> Result<(), Error> {
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let ours = origin.to_str().is_ok_and(|origin| {
            origin.strip_prefix("http://").or(origin.strip_prefix("https://")) == Some(host)
        });
        ours.then_some(()).ok_or(Error::forbidden(Sentence::ForeignOrigin))
    }

    /// Lets a request run programs, or says why not.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<(), Error> {
        self.ours(headers)?;
        match headers.get(header::ORIGIN) {
            Some(_) => self.has_session(headers).then_some(()).ok_or(Error::forbidden(Sentence::NoSession)),
            None => {
                let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
                let token = token.and_then(|value| value.strip_prefix("Bearer "));
                let right = token.is_some_and(|token| same(token, &self.key));
                right.then_some(()).ok_or(Error::forbidden(Sentence::NoSession))
            }
        }
    }

    fn has_session(&self, headers: &HeaderMap) -> bool {
        let name = self.cookie_name();
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(own, value)| own == name && same(value, &self.key))
    }

    /// Cookies do not tell ports apart; names do.
    fn cookie_name(&self) -> String {
        format!("bpflab-{}", self.settings.port)
    }

    fn goes_by(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        ["localhost", "127.0.0.1", "[::1]"].contains(&name)
            || self.settings.hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// Compares without telling by time how much was right.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

/// What the printed link carries.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    key: Option<String>,
}

/// Opens a session for whoever has the key.
pub(super) async fn enter(State(site): State<Arc<Site>>, Query(entry): Query<Entry>) -> Response {
    if !entry.key.is_some_and(|key| same(&key, &site.key)) {
        return Error::forbidden(Sentence::NoSession).into_response();
    }
    let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", site.cookie_name(), site.key);
    let mut response = Redirect::to("/").into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

/// Refuses names that are not ours, so that a foreign name that was made to
/// point here reads nothing.
pub(super) async fn our_host_only(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| site.goes_by(host)) {
        next.run(request).await
    } else {
        Error::forbidden(Sentence::ForeignHost).into_response()
    }
}

/// The reader's language of requests that name none in their path.
pub(super) fn language(headers: &HeaderMap) -> Lang {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let first = wanted.and_then(|list| list.split(',').next()).unwrap_or_default();
    Lang::from_locale(first.trim()).unwrap_or_default()
}
