//! `glossary.toml` -> the course's terms of art, and where in a text each is
//! used first.
//!
//! Knows words. Does not know what a page looks like.

use std::{collections::BTreeSet, fs, path::Path};

use regex::Regex;
use serde::Deserialize;

use crate::say::Lang;

/// All terms, in the file's order.
#[derive(Debug, Default)]
pub struct Glossary {
    /// The terms.
    pub terms: Vec<Term>,
    en: Option<Regex>,
    zh: Option<Regex>,
}

/// A term of art, in both languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Its anchor.
    pub id: String,
    en: Words,
    zh: Words,
}

/// A term in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// As it is usually written.
    pub name: String,
    /// Other ways of writing it, such as a plural.
    #[serde(default)]
    pub also: Vec<String>,
    /// What it means, in a sentence or two.
    pub says: String,
}

impl Term {
    /// In one language.
    pub fn words(&self, lang: Lang) -> &Words {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    term: Vec<Term>,
}

impl Glossary {
    /// Reads the course's glossary; a course without one has no terms.
    pub(super) fn read(lessons: &Path) -> Result<Self, String> {
        let path = lessons.join("glossary.toml");
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(&path).map_err(|error| format!("glossary.toml: {error}"))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let File { term: terms } = toml::from_str(text).map_err(|error| format!("glossary.toml: {error}"))?;
        let mut ids = BTreeSet::new();
        for term in &terms {
            let plain = term.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            if term.id.is_empty() || !plain || !ids.insert(&term.id) {
                return Err(format!(
                    "glossary.toml: the id \"{}\" is taken, or not of small letters",
                    term.id
                ));
            }
        }
        let (en, zh) = (pattern(&terms, Lang::En), pattern(&terms, Lang::Zh));
        Ok(Self { terms, en, zh })
    }

    /// For one text, which uses each term for the first time once.
    pub(super) fn reader(&self, lang: Lang) -> Reader<'_> {
        Reader { glossary: self, lang, seen: BTreeSet::new() }
    }
}

/// All ways of writing all terms: the longest first, so that `ring buffer` is
/// not found in `user ring buffer`.
fn pattern(terms: &[Term], lang: Lang) -> Option<Regex> {
    let mut all: Vec<&str> = (terms.iter().map(|term| term.words(lang)))
        .flat_map(|words| std::iter::once(&words.name).chain(&words.also))
        .map(String::as_str)
        .collect();
    all.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let any = all.iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join("|");
    let whole = match lang {
        Lang::En => format!(r"(?i)\b(?:{any})\b"),
        // Chinese has no spaces between words; Latin terms in it have edges.
        Lang::Zh => format!(r"(?i)(?:{any})"),
    };
    (!all.is_empty()).then(|| Regex::new(&whole).expect("escaped words are a pattern"))
}

/// Goes through a text and finds each term's first use.
pub(super) struct Reader<'g> {
    glossary: &'g Glossary,
    lang: Lang,
    seen: BTreeSet<&'g str>,
}

/// A piece of text, and the term that it is the first use of.
pub(super) type Piece<'t, 'g> = (&'t str, Option<&'g Term>);

impl<'g> Reader<'g> {
    /// The text's language.
    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    /// Where a term leads.
    pub(super) fn href(&self, term: &Term) -> String {
        match self.lang {
            Lang::En => format!("/glossary#{}", term.id),
            Lang::Zh => format!("/zh/glossary#{}", term.id),
        }
    }

    /// The text in pieces.
    pub(super) fn read<'t>(&mut self, text: &'t str) -> Vec<Piece<'t, 'g>> {
        let pattern = match self.lang {
            Lang::En => &self.glossary.en,
            Lang::Zh => &self.glossary.zh,
        };
        let Some(pattern) = pattern else { return vec![(text, None)] };
        let (mut pieces, mut done) = (Vec::new(), 0);
        for found in pattern.find_iter(text) {
            let Some(term) = self.term(found.as_str()) else { continue };
            if inside_a_word(text, found.range()) || !self.seen.insert(&term.id) {
                continue;
            }
            pieces.push((&text[done..found.start()], None));
            pieces.push((found.as_str(), Some(term)));
            done = found.end();
        }
        pieces.push((&text[done..], None));
        pieces.retain(|(text, _)| !text.is_empty());
        pieces
    }

    /// The term that a piece of code is the first use of: the whole of it.
    pub(super) fn read_code(&mut self, code: &str) -> Option<&'g Term> {
        self.term(code).filter(|term| self.seen.insert(&term.id))
    }

    fn term(&self, written: &str) -> Option<&'g Term> {
        self.glossary.terms.iter().find(|term| {
            let words = term.words(self.lang);
            std::iter::once(&words.name).chain(&words.also).any(|word| word.eq_ignore_ascii_case(written))
        })
    }
}

/// Whether Latin letters go on beside it.
fn inside_a_word(text: &str, at: std::ops::Range<usize>) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let first = text[at.clone()].chars().next().is_some_and(letter);
    let last = text[at.clone()].chars().next_back().is_some_and(letter);
    (first && text[..at.start].chars().next_back().is_some_and(letter))
        || (last && text[at.end..].chars().next().is_some_and(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
[[term]]
id = "map"
en = { name = "map", also = ["maps"], says = "Shared memory." }
zh = { name = "map", says = "共享内存。" }

[[term]]
id = "verifier"
en = { name = "verifier", says = "Checks." }
zh = { name = "验证器", says = "检查。" }
"#;

    fn terms(lang: Lang, text: &str) -> Vec<(String, bool)> {
        let glossary = Glossary::parse(FILE).unwrap();
        let mut reader = glossary.reader(lang);
        reader.read(text).into_iter().map(|(text, term)| (text.to_owned(), term.is_some())).collect()
    }

    #[test]
    fn only_the_first_use_of_a_whole_word_is_found() {
        let found = terms(Lang::En, "Mapped Maps; a map, the verifier.");
        let links: Vec<&str> =
            found.iter().filter(|(_, term)| *term).map(|(text, _)| text.as_str()).collect();
        assert_eq!(links, ["Maps", "verifier"]);
        assert_eq!(
            found.iter().map(|(text, _)| text.as_str()).collect::<String>(),
            "Mapped Maps; a map, the verifier."
        );
    }

    #[test]
    fn chinese_needs_no_spaces_but_latin_words_have_edges() {
        let found = terms(Lang::Zh, "由验证器检查mmap和map。");
        let links: Vec<&str> =
            found.iter().filter(|(_, term)| *term).map(|(text, _)| text.as_str()).collect();
        assert_eq!(links, ["验证器", "map"]);
    }

    #[test]
    fn code_is_a_term_as_a_whole() {
        let glossary = Glossary::parse(FILE).unwrap();
        let mut reader = glossary.reader(Lang::En);
        assert!(reader.read_code("map = 1").is_none());
        assert_eq!(reader.read_code("map").map(|term| term.id.as_str()), Some("map"));
        assert!(reader.read_code("map").is_none(), "a second use");
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        assert!(Glossary::parse(&format!("{FILE}{FILE}")).is_err());
    }
}
