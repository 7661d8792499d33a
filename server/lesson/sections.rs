//! A text's sections, and which version of the English each translated one
//! follows: a line such as `<!-- en: 1a2b3c4d -->` below its heading.
//!
//! Knows text and marks; does not judge a translation.

use sha2::{Digest as _, Sha256};

/// A section, from its heading to the next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section<'t> {
    /// Empty for what comes before the first heading.
    pub(super) title: &'t str,
    /// Where it begins, from 1.
    pub(super) line: usize,
    /// Its lines, without heading and mark.
    pub(super) body: Vec<&'t str>,
    /// The version that it says it follows.
    pub(super) follows: Option<&'t str>,
}

impl Section<'_> {
    /// Changes whenever a word of it changes; not with empty lines.
    pub(super) fn version(&self) -> String {
        let mut hash = Sha256::new();
        for line in std::iter::once(&self.title).chain(&self.body) {
            let line = line.trim_end();
            if !line.is_empty() {
                hash.update(line.as_bytes());
                hash.update(b"\n");
            }
        }
        hash.finalize()[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The sections of a text, in order. A heading in a code block is none.
pub(super) fn sections(text: &str) -> Vec<Section<'_>> {
    let mut found = vec![Section { title: "", line: 1, body: Vec::new(), follows: None }];
    let mut in_code = false;
    for (line, number) in text.lines().zip(1..) {
        in_code ^= line.trim_start().starts_with("```");
        let title = line.strip_prefix("## ").filter(|_| !in_code);
        if let Some(title) = title {
            found.push(Section { title, line: number, body: Vec::new(), follows: None });
        } else if let Some(last) = found.last_mut() {
            match mark(line) {
                Some(version) => last.follows = Some(version),
                None => last.body.push(line),
            }
        }
    }
    found
}

/// The version that a line marks.
pub(super) fn mark(line: &str) -> Option<&str> {
    let version = line.trim().strip_prefix("<!-- en: ")?.strip_suffix(" -->")?;
    version.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(version)
}

/// The translation with marks that say it follows this English; `None` where
/// their sections do not go together.
pub(super) fn marked(english: &str, translation: &str) -> Option<String> {
    let (from, to) = (sections(english), sections(translation));
    if from.len() != to.len() {
        return None;
    }
    let mut text = String::new();
    for (from, to) in from.iter().zip(&to) {
        if !to.title.is_empty() {
            text += &format!("## {}\n", to.title);
        }
        text += &format!("<!-- en: {} -->\n", from.version());
        let mut body = to.body.iter().copied().skip_while(|line| line.is_empty()).peekable();
        text += if body.peek().is_some() { "\n" } else { "" };
        body.for_each(|line| {
            text += line;
            text.push('\n');
        });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "Lead.\n\n## One\n\nText.\n\n```sh\n## no heading\n```\n\n## Two\n\nMore.\n";
    const CHINESE: &str = "导语。\n\n## 一\n\n正文。\n\n## 二\n\n更多。\n";

    #[test]
    fn a_heading_in_code_is_no_section() {
        let titles: Vec<&str> = sections(ENGLISH).iter().map(|section| section.title).collect();
        assert_eq!(titles, ["", "One", "Two"]);
    }

    #[test]
    fn a_marked_translation_follows_until_the_english_changes() {
        let marked = marked(ENGLISH, CHINESE).unwrap();
        let versions = |text| sections(text).iter().map(Section::version).collect::<Vec<_>>();
        let follows: Vec<String> =
            sections(&marked).iter().map(|section| section.follows.unwrap().to_owned()).collect();
        assert_eq!(follows, versions(ENGLISH));
        let changed = ENGLISH.replace("More.", "Much more.");
        let differs: Vec<bool> = versions(&changed).iter().zip(&follows).map(|(a, b)| a != b).collect();
        assert_eq!(differs, [false, false, true]);
        assert_eq!(super::marked(ENGLISH, &marked).unwrap(), marked, "marking twice changes nothing");
    }

    #[test]
    fn texts_that_do_not_go_together_get_no_marks() {
        assert_eq!(marked(ENGLISH, "导语。\n"), None);
    }
}
