//! The pages: askama's templates and what fills them.

mod glossary;
mod needs;
mod views;

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};

use super::site::Site;
use crate::{
    lesson::{Entry, SANDBOX, picture as picture_of, sandbox as sandbox_of},
    say::{Lang, Sentence},
};
use glossary::GlossaryPage;
use needs::NeedsPage;
use views::{CoursePage, Frame, LessonPage, MessagePage};

pub(super) async fn course_en(site: State<Arc<Site>>, headers: HeaderMap) -> Response {
    course(&site, &headers, Lang::En)
}

pub(super) async fn course_zh(site: State<Arc<Site>>, headers: HeaderMap) -> Response {
    course(&site, &headers, Lang::Zh)
}

pub(super) async fn lesson_en(
    site: State<Arc<Site>>,
    headers: HeaderMap,
    Path(slug): Path<String>,
) -> Response {
    lesson(&site, &headers, Lang::En, &slug)
}

pub(super) async fn lesson_zh(
    site: State<Arc<Site>>,
    headers: HeaderMap,
    Path(slug): Path<String>,
) -> Response {
    lesson(&site, &headers, Lang::Zh, &slug)
}

pub(super) async fn sandbox_en(site: State<Arc<Site>>, headers: HeaderMap) -> Response {
    sandbox(&site, &headers, Lang::En)
}

pub(super) async fn sandbox_zh(site: State<Arc<Site>>, headers: HeaderMap) -> Response {
    sandbox(&site, &headers, Lang::Zh)
}

pub(super) async fn glossary_en(site: State<Arc<Site>>) -> Response {
    glossary(&site, Lang::En)
}

pub(super) async fn glossary_zh(site: State<Arc<Site>>) -> Response {
    glossary(&site, Lang::Zh)
}

pub(super) async fn needs_en(site: State<Arc<Site>>) -> Response {
    needs(&site, Lang::En).await
}

pub(super) async fn needs_zh(site: State<Arc<Site>>) -> Response {
    needs(&site, Lang::Zh).await
}

fn glossary(site: &Site, lang: Lang) -> Response {
    let view = GlossaryPage::new(Frame::new(site, lang, "glossary"), &site.course().glossary);
    page(StatusCode::OK, &view.nonce, &view)
}

async fn needs(site: &Site, lang: Lang) -> Response {
    let view = NeedsPage::new(Frame::new(site, lang, "needs"), site, &site.course()).await;
    page(StatusCode::OK, &view.nonce, &view)
}

fn course(site: &Site, headers: &HeaderMap, lang: Lang) -> Response {
    let frame = Frame::new(site, lang, "");
    let course = site.course();
    let can_run = site.can_run(headers);
    page(StatusCode::OK, &frame.nonce.clone(), &CoursePage::new(frame, &course, can_run))
}

fn lesson(site: &Site, headers: &HeaderMap, lang: Lang, slug: &str) -> Response {
    let course = site.course();
    let frame = Frame::new(site, lang, &format!("lessons/{slug}"));
    let nonce = frame.nonce.clone();
    match course.entries.iter().find(|entry| entry.slug() == slug) {
        Some(Entry::Lesson(found)) => {
            let can_run = site.can_run(headers);
            page(StatusCode::OK, &nonce, &LessonPage::new(frame, site, &course, found, can_run))
        }
        Some(Entry::Fault(fault)) => {
            let says = Sentence::BrokenLesson { slug: slug.to_owned(), why: fault.why.clone() };
            message(frame, StatusCode::INTERNAL_SERVER_ERROR, &says)
        }
        None => {
            // The same page in the other language does not exist either.
            let frame = Frame::new(site, lang, "");
            message(frame, StatusCode::NOT_FOUND, &Sentence::NoSuchLesson { slug: shortened(slug) })
        }
    }
}

fn sandbox(site: &Site, headers: &HeaderMap, lang: Lang) -> Response {
    let course = site.course();
    let frame = Frame::new(site, lang, SANDBOX);
    let nonce = frame.nonce.clone();
    let lesson = sandbox_of(&course.glossary);
    let view = LessonPage::new(frame, site, &course, &lesson, site.can_run(headers));
    page(StatusCode::OK, &nonce, &view)
}

/// A lesson's picture. An SVG opened by itself must not be able to do anything.
pub(super) async fn picture(
    State(site): State<Arc<Site>>,
    Path((slug, name)): Path<(String, String)>,
) -> Response {
    let course = site.course();
    match course.lesson(&slug).and_then(|lesson| picture_of(lesson, &name)) {
        Some(bytes) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
                (
                    header::CONTENT_SECURITY_POLICY,
                    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
                ),
            ];
            (headers, bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Any other address.
pub(super) async fn nothing_here(State(site): State<Arc<Site>>, request: Request) -> Response {
    let lang = if request.uri().path().starts_with("/zh/") { Lang::Zh } else { Lang::En };
    message(Frame::new(&site, lang, ""), StatusCode::NOT_FOUND, &Sentence::NoSuchPage)
}

fn message(frame: Frame, status: StatusCode, says: &Sentence) -> Response {
    let nonce = frame.nonce.clone();
    page(status, &nonce, &MessagePage::new(frame, status.as_u16(), says))
}

/// Why there is nothing to download, with the way back.
pub(super) fn refusal(site: &Site, lang: Lang, slug: &str, status: StatusCode, says: &Sentence) -> Response {
    let there = site.course().lesson(slug).is_some();
    let path = match slug {
        SANDBOX => SANDBOX.to_owned(),
        _ if there => format!("lessons/{slug}"),
        _ => String::new(),
    };
    message(Frame::new(site, lang, &path), status, says)
}

/// A page with the policy that its nonce belongs to.
fn page(status: StatusCode, nonce: &str, template: &impl Template) -> Response {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    match template.render() {
        Ok(html) => {
            let mut response = (status, Html(html)).into_response();
            if let Ok(value) = HeaderValue::from_str(&policy) {
                response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
            }
            // It says whether this reader may run, so it is no one else's.
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
            response
        }
        Err(error) => {
            tracing::error!(%error, "a template");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Headers that every answer has.
pub(super) async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

/// Of a name that came from outside, as much as fits into a sentence.
pub(super) fn shortened(name: &str) -> String {
    name.chars().take(60).collect()
}
