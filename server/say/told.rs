//! What the verifier's own report says (7.3 and later): in English by the kernel's
//! words, in Chinese by a catalogue of its phrases.
//!
//! A phrase that the catalogue lacks stays as the kernel wrote it.

mod zh;

use super::{Lang, Mistake};

/// Something that a kernel's verifier says of a program, or that is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words stand below")]
pub enum Told {
    Reason { words: String },
    Step { words: String },
    Suggestion { words: String },
    RefusedToo { asked: Asked },
    RefusedOtherwise { asked: Asked, program: String, mistake: Box<Mistake> },
    Accepted { asked: Asked },
    HasIt { asked: Asked },
}

/// A kernel that was asked about what another one has refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its name: `7.x`.
    pub kernel: String,
    /// `uname -r`.
    pub release: String,
}

impl Told {
    /// The kernel's words, and whose they are.
    pub fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.en(),
            Lang::Zh => self.zh(),
        }
    }

    fn en(&self) -> String {
        match self {
            Self::Reason { words } => format!("Why, in the kernel's own words: {words}"),
            Self::Step { words } => words.clone(),
            Self::Suggestion { words } => format!("What the kernel suggests: {words}"),
            Self::RefusedToo { asked } => format!(
                "{}, where it was verified and not attached, refuses the same object too, and says more about it.",
                asked.en()
            ),
            Self::RefusedOtherwise { asked, program, mistake } => {
                format!("{} refuses the same object too. {}", asked.en(), mistake.say(program, Lang::En))
            }
            Self::HasIt { asked } => format!(
                "{}, where it was verified and not attached, accepts the same object: functions, structs and what a program may do are not the same in all kernels, and that one has what this program asks for.",
                asked.en()
            ),
            Self::Accepted { asked } => format!(
                "{}, where it was verified and not attached, accepts the same object: a newer verifier can follow more. To run it here as well, write it so that the older one can follow.",
                asked.en()
            ),
        }
    }

    fn zh(&self) -> String {
        let words = |words: &str| zh::translated(words);
        match self {
            Self::Reason { words: text } => format!("内核给出的理由：{}", words(text)),
            Self::Step { words: text } => words(text),
            Self::Suggestion { words: text } => format!("内核的建议：{}", words(text)),
            Self::RefusedToo { asked } => {
                format!("{}也拒绝同一个对象（只作验证，没有附加），并说得更详细。", asked.zh())
            }
            Self::RefusedOtherwise { asked, program, mistake } => {
                format!("{}也拒绝同一个对象。{}", asked.zh(), mistake.say(program, Lang::Zh))
            }
            Self::HasIt { asked } => format!(
                "{}接受同一个对象（只作验证，没有附加）：各个内核的函数、结构体和允许程序做的事并不相同，而那个内核有这个程序所要的东西。",
                asked.zh()
            ),
            Self::Accepted { asked } => format!(
                "{}接受同一个对象（只作验证，没有附加）：较新的验证器能看懂更多写法。要在这个内核上也能运行，请改写成较旧的验证器也能看懂的形式。",
                asked.zh()
            ),
        }
    }
}

impl Asked {
    /// `Linux 7.3.4 (7.x)`.
    fn en(&self) -> String {
        format!("Linux {} ({})", self.number(), self.kernel)
    }

    fn zh(&self) -> String {
        format!("Linux {}（{}）", self.number(), self.kernel)
    }

    /// `7.3.4` of `7.3.4+deb13-cloud-amd64`.
    fn number(&self) -> &str {
        let end = self.release.find(|c: char| !c.is_ascii_digit() && c != '.');
        &self.release[..end.unwrap_or(self.release.len())]
    }
}
