//! What can be said of a lesson's pictures: that they are shown, that nothing in
//! them acts, and that each has its words in both languages.
//!
//! Knows an SVG as text. Does not see what it looks like.

use std::sync::LazyLock;

use regex::Regex;

use super::Lint;
use crate::lesson::picture::{twin, twin_of};

impl Lint<'_> {
    /// `names` are all of the folder's; a text that is not written is empty.
    pub(super) fn pictures(&mut self, names: &[String], english: &str, chinese: &str) {
        let is_there = |name: &String| names.contains(name);
        for name in names {
            let picture = self.text(name);
            if let Some(word) = scripted(&picture) {
                self.error(name, None, format!("holds {word}, which a picture must not"));
            }
            if let Some(first) = twin_of(name) {
                if !is_there(&first) {
                    self.error(name, None, format!("is the Chinese twin of {first}, which is not there"));
                }
                continue;
            }
            for (file, text) in [("lesson.md", english), ("lesson.zh.md", chinese)] {
                if !text.is_empty() && !text.contains(&format!("]({name}")) {
                    self.error(name, None, format!("is not shown in {file}: show it, or take it away"));
                }
            }
            let Some(twin) = twin(name).filter(|twin| !is_there(twin)) else { continue };
            if let Some(words) = words(&picture).filter(|_| !chinese.is_empty()) {
                let what = format!("has the words \"{words}\" in English only: draw {twin} beside it");
                self.warn(name, None, what);
            }
        }
        if names.is_empty() {
            self.warn("lesson.md", None, "has no picture: draw where something moves or points".into());
        }
    }
}

/// The first words of a picture that can be translated: what is of the class
/// `code` is the same in every language.
fn words(svg: &str) -> Option<&str> {
    static TEXT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"<text\b([^>]*)>([^<]*)").expect("a pattern"));
    static CODE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"class="[^"]*\bcode\b"#).expect("a pattern"));
    TEXT.captures_iter(svg)
        .filter(|text| !CODE.is_match(&text[1]))
        .filter_map(|text| text.get(2))
        .map(|words| words.as_str().trim())
        .find(|words| words.contains(char::is_alphabetic))
}

/// What a picture holds that could act.
fn scripted(svg: &str) -> Option<&'static str> {
    let text = svg.to_lowercase();
    let words = ["<script", "javascript:", " onload", " onclick", "<foreignobject", "href=\"http"];
    words.into_iter().find(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_numbers_are_no_words() {
        assert_eq!(words("<text class=\"code bold\" x=\"1\">main()</text><text>12</text>"), None);
        assert_eq!(words("<text x=\"1\">1</text><text class=\"small\">the map</text>"), Some("the map"));
    }
}
