//! The page of terms, in one language beside the other.

use askama::Template;

use super::views::{Frame, home};
use crate::{
    lesson::{Glossary, inline},
    say::{Lang, labels::Labels},
};

#[derive(Template)]
#[template(path = "glossary.html")]
pub(super) struct GlossaryPage {
    lang: &'static str,
    t: &'static Labels,
    pub(super) nonce: String,
    other_href: String,
    home: &'static str,
    v: String,
    terms: Vec<Row>,
}

struct Row {
    id: String,
    name: String,
    other: String,
    other_lang: &'static str,
    says: String,
}

impl GlossaryPage {
    pub(super) fn new(frame: Frame, glossary: &Glossary) -> Self {
        let lang = frame.lang;
        let (other, other_lang) = match lang {
            Lang::En => (Lang::Zh, "zh-Hans"),
            Lang::Zh => (Lang::En, "en"),
        };
        let mut terms: Vec<Row> = (glossary.terms.iter())
            .map(|term| Row {
                id: term.id.clone(),
                name: term.words(lang).name.clone(),
                other: term.words(other).name.clone(),
                other_lang,
                says: inline(&term.words(lang).says),
            })
            .collect();
        terms.sort_by_key(|row| row.name.to_lowercase());
        Self {
            lang: lang.code(),
            t: lang.labels(),
            nonce: frame.nonce,
            other_href: frame.other_href,
            home: home(lang),
            v: frame.v,
            terms,
        }
    }
}
