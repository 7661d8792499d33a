//! What a request gets that cannot be answered: a status and a sentence.
//!
//! Internals are logged, and never sent.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::say::{Lang, Sentence};

/// A request that cannot be answered.
#[derive(Debug)]
pub(super) struct Error {
    pub(super) status: StatusCode,
    pub(super) why: Sentence,
    pub(super) lang: Lang,
}

#[derive(Serialize)]
struct Body {
    #[serde(rename = "type")]
    kind: &'static str,
    message: String,
}

impl Error {
    pub(super) fn new(status: StatusCode, why: Sentence) -> Self {
        Self { status, why, lang: Lang::En }
    }

    pub(super) fn forbidden(why: Sentence) -> Self {
        Self::new(StatusCode::FORBIDDEN, why)
    }

    /// In the reader's language.
    pub(super) fn say(mut self, lang: Lang) -> Self {
        self.lang = lang;
        self
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let body = Body { kind: "error", message: self.why.say(self.lang) };
        (self.status, Json(body)).into_response()
    }
}
