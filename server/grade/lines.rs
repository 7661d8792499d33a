//! Lines of text under a pattern: how many matched, and one to show.
//!
//! Does not know whether they are the trace's or the stimulus's.

use regex::Regex;

use crate::{
    lesson::Facts,
    say::{Example, Found},
};

/// Of a line that is shown, in characters.
const MAX_SHOWN: usize = 120;

/// Lines of text, and how many of them match.
#[derive(Debug)]
pub(super) struct Lines {
    pattern: Option<Regex>,
    pub(super) matching: u64,
    pub(super) total: u64,
    /// The last line that matched.
    matched: Option<String>,
    /// One that did not, the stimulus's own if there is one.
    nearest: Option<String>,
}

impl Lines {
    pub(super) fn new(text: &str, facts: &Facts) -> Self {
        let pattern = Regex::new(&facts.fill_with(text, regex::escape)).ok();
        Self { pattern, matching: 0, total: 0, matched: None, nearest: None }
    }

    /// Looks at one: `counts` if it may match at all, `near` if it is worth showing when it does not.
    pub(super) fn see(&mut self, text: &str, counts: bool, near: bool, shown: impl FnOnce() -> String) {
        self.total += 1;
        if counts && self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(text)) {
            self.matching += 1;
            self.matched = Some(shown());
        } else if self.nearest.is_none() || near {
            self.nearest = Some(shown());
        }
    }

    /// A line to show beside the count, when the count is wrong.
    pub(super) fn example(&self, wanted: Found) -> Option<Example> {
        let (too_few, too_many) = match wanted {
            Found::AtLeast(count) => (self.matching < count, false),
            Found::AtMost(count) => (false, self.matching > count),
            Found::Exactly(count) => (self.matching < count, self.matching > count),
        };
        match (too_few, too_many) {
            (true, _) => self.nearest.clone().map(Example::Other),
            (_, true) => self.matched.clone().map(Example::Matching),
            (false, false) => None,
        }
    }
}

/// As much of a line as is shown.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(MAX_SHOWN).collect()
}
