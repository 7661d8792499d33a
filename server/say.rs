//! Everything the lab says in words, in English and Chinese.
//!
//! Other modules hand around [`Sentence`]s with arguments; only the last step
//! renders one. A sentence missing in one language does not compile. Knows no
//! module that speaks.

mod absent;
mod aim;
mod cause;
mod change;
mod doctor;
mod en;
mod hop;
mod instead;
mod labelled;
pub mod labels;
mod parts;
mod print;
mod sentence;
mod size;
mod step;
mod told;
mod verifier;
mod zh;

pub use absent::Absent;
pub use aim::{Aim, Why};
pub use cause::Cause;
pub use change::Unchanged;
pub use doctor::Doctor;
pub use hop::{Hop, HopKind};
pub use instead::Instead;
pub use parts::{Example, Found, Matters, Printed};
pub use print::Print;
pub use sentence::Sentence;
pub use size::{Size, Unit};
pub use step::Step;
pub use told::{Asked, Told};
pub use verifier::{Mistake, Newer, Pointee};

/// A language that the lab speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// Both.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// Its code in HTML and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// From a code or a POSIX locale such as `zh_CN.UTF-8`.
    pub fn from_locale(locale: &str) -> Option<Self> {
        if locale.starts_with("zh") {
            Some(Self::Zh)
        } else if locale.starts_with("en") || locale.starts_with('C') || locale == "POSIX" {
            Some(Self::En)
        } else {
            None
        }
    }

    /// The fixed words of the page and of reports.
    pub fn labels(self) -> &'static labels::Labels {
        match self {
            Self::En => &labels::EN,
            Self::Zh => &labels::ZH,
        }
    }
}

/// An author's text in both languages, from `lesson.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Text {
    /// The text in `lang`.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }

    /// The same change in both languages.
    pub fn map(&self, change: impl Fn(&str) -> String) -> Self {
        Self { en: change(&self.en), zh: change(&self.zh) }
    }
}

impl Sentence {
    /// The sentence in `lang`.
    pub fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::En => en::say(self),
            Lang::Zh => zh::say(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `{names}` that the page's script fills.
    fn holes(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> =
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn both_languages_have_every_label_with_the_same_holes() {
        let (en, zh) = (labels::EN.pairs(), labels::ZH.pairs());
        for ((name, english), (_, chinese)) in en.into_iter().zip(zh) {
            assert!(!english.is_empty() && !chinese.is_empty(), "{name}");
            assert_eq!(holes(english), holes(chinese), "{name}");
        }
    }

    #[test]
    fn a_locale_names_a_language() {
        assert_eq!(Lang::from_locale("zh_CN.UTF-8"), Some(Lang::Zh));
        assert_eq!(Lang::from_locale("en-GB"), Some(Lang::En));
        assert_eq!(Lang::from_locale("C.UTF-8"), Some(Lang::En));
        assert_eq!(Lang::from_locale("de_DE"), None);
    }
}
