//! What is drawn afresh for each run, so that a hard-coded answer fails.
//!
//! One seed gives the same draws on every machine and in every version.

use std::collections::BTreeMap;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// Letters of a drawn word.
const WORD_LETTERS: usize = 6;

/// How one value is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Draw {
    /// Six lower-case letters.
    Word,
    /// A number, both ends included.
    Number {
        /// Smallest.
        from: u64,
        /// Largest.
        to: u64,
    },
}

/// A lesson's draws.
pub type Draws = BTreeMap<String, Draw>;

/// Names and values that templates may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<String, String>);

impl Facts {
    /// Draws every value from `seed`, in the names' order.
    pub fn draw(draws: &Draws, seed: u64) -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let values = draws.iter().map(|(name, draw)| {
            let value = match draw {
                Draw::Word => {
                    (0..WORD_LETTERS).map(|_| char::from(b'a' + (dice.next_u32() % 26) as u8)).collect()
                }
                Draw::Number { from, to } => {
                    let span = (to - from).saturating_add(1);
                    (from + dice.next_u64() % span).to_string()
                }
            };
            (name.clone(), value)
        });
        Self(values.collect())
    }

    /// Every name as its own value, to show a template before anything is drawn.
    pub fn unknown(draws: &Draws) -> Self {
        let names = draws.keys().map(String::as_str).chain(["pid"]);
        Self(names.map(|name| (name.to_owned(), format!("‹{name}›"))).collect())
    }

    /// Adds what only the run knows, such as the stimulus's pid.
    pub fn add(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    /// Replaces every `{{name}}`; unknown names stay as they are.
    pub fn fill(&self, template: &str) -> String {
        self.fill_with(template, str::to_owned)
    }

    /// The same, with each value changed first (to escape it, say).
    pub fn fill_with(&self, template: &str, change: impl Fn(&str) -> String) -> String {
        let mut out = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            match after.split_once("}}") {
                Some((name, beyond)) if self.0.contains_key(name.trim()) => {
                    out.push_str(&change(&self.0[name.trim()]));
                    rest = beyond;
                }
                _ => {
                    out.push_str("{{");
                    rest = after;
                }
            }
        }
        out + rest
    }
}

/// The template with a number for each value, to see whether it makes sense.
pub(super) fn sample(template: &str) -> String {
    Facts(names(template).map(|name| (name.to_owned(), "0".to_owned())).collect()).fill(template)
}

/// The names that a template uses.
pub(super) fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_values_for_ever() {
        let draws = Draws::from([
            ("count".to_owned(), Draw::Number { from: 3, to: 9 }),
            ("word".to_owned(), Draw::Word),
        ]);
        let facts = Facts::draw(&draws, 7);
        assert_eq!(facts, Facts::draw(&draws, 7));
        assert_ne!(facts, Facts::draw(&draws, 8));
        assert_eq!(facts.fill("{{ none }} {{"), "{{ none }} {{");
        assert_eq!(facts.fill("{{word}}").len(), WORD_LETTERS);
    }
}
