//! A lesson to take home: the text of the editor comes in a form, and goes back
//! in an archive with all that it takes to build it.
//!
//! Open to whoever may read, like the page that the form is on; a form of
//! another site's page is refused.

use std::sync::Arc;

use axum::{
    Form,
    extract::{FromRequest as _, Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;

use super::{pages, site::Site};
use crate::{
    compile::SOURCE_LIMITS,
    home::archive,
    lesson::{SANDBOX, sandbox},
    say::{Lang, Sentence},
};

/// Largest form, in bytes: in an address's letters a byte of the source takes
/// three at most, but the end of a line, which a form sends as two bytes, six.
pub(super) const MAX_FORM: usize = 6 * SOURCE_LIMITS.bytes + 1024;

/// What the form sends.
#[derive(Deserialize)]
struct Program {
    source: String,
}

pub(super) async fn home_en(site: State<Arc<Site>>, slug: Path<String>, request: Request) -> Response {
    home(&site, &slug, request, Lang::En).await
}

pub(super) async fn home_zh(site: State<Arc<Site>>, slug: Path<String>, request: Request) -> Response {
    home(&site, &slug, request, Lang::Zh).await
}

pub(super) async fn sandbox_en(site: State<Arc<Site>>, request: Request) -> Response {
    home(&site, SANDBOX, request, Lang::En).await
}

pub(super) async fn sandbox_zh(site: State<Arc<Site>>, request: Request) -> Response {
    home(&site, SANDBOX, request, Lang::Zh).await
}

async fn home(site: &Site, slug: &str, request: Request, lang: Lang) -> Response {
    if let Err(error) = site.ours(request.headers()) {
        return error.say(lang).into_response();
    }
    let refused = |status, why| pages::refusal(site, lang, slug, status, &why);
    let too_large = |bytes| {
        let why = Sentence::TooMuchSource { bytes, limit: SOURCE_LIMITS.bytes };
        refused(StatusCode::PAYLOAD_TOO_LARGE, why)
    };
    let course = site.course();
    let own = (slug == SANDBOX).then(|| sandbox(&course.glossary));
    let Some(lesson) = own.as_ref().or_else(|| course.lesson(slug)) else {
        let slug = pages::shortened(slug);
        return refused(StatusCode::NOT_FOUND, Sentence::NoSuchLesson { slug });
    };
    let source = match Form::<Program>::from_request(request, &()).await {
        // A form ends its lines as mail does.
        Ok(Form(Program { source })) => source.replace("\r\n", "\n"),
        Err(rejection) => {
            return match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => too_large(MAX_FORM),
                _ => refused(StatusCode::BAD_REQUEST, Sentence::BadRequest { why: rejection.body_text() }),
            };
        }
    };
    if source.len() > SOURCE_LIMITS.bytes {
        return too_large(source.len());
    }
    match archive(lesson, &source, lang) {
        Ok(bytes) => {
            let name = format!("attachment; filename=\"{slug}.tar.gz\"");
            let headers = [
                (header::CONTENT_TYPE, "application/gzip"),
                (header::CONTENT_DISPOSITION, name.as_str()),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (headers, bytes).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "an archive of {slug}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
