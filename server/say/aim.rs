//! What is said of a program whose target is missing or not for it, in both
//! languages.

use super::Lang;

/// What is wrong with what a program attaches to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Neither its section nor anybody else says it.
    Unsaid,
    /// What was asked for is not for such a program.
    Unsuited,
}

/// A program that was not attached, and what can be written for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words stand below")]
pub struct Aim {
    pub program: String,
    pub section: String,
    /// None, where only the section or the object's maps can say it.
    pub forms: Vec<String>,
    pub why: Why,
}

impl Aim {
    /// One sentence, and what to do.
    pub fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.en(),
            Lang::Zh => self.zh(),
        }
    }

    fn en(&self) -> String {
        let Self { program, section, forms, why } = self;
        match (why, forms.as_slice()) {
            (Why::Unsaid, []) => format!(
                "{program} was not attached: SEC(\"{section}\") does not say to what. For programs of this type only the section can say it, or the object's own maps."
            ),
            (Why::Unsaid, forms) => format!(
                "{program} was not attached: SEC(\"{section}\") does not say to what. Say it with \"attach\": {}.",
                forms.join(", ")
            ),
            (Why::Unsuited, []) => format!(
                "{program} was not attached: \"attach\" is of no use for a program in SEC(\"{section}\"). Its section says what it attaches to, or the object's own maps do."
            ),
            (Why::Unsuited, forms) => format!(
                "{program} was not attached: what was asked for is not for a program in SEC(\"{section}\"), which takes: {}.",
                forms.join(", ")
            ),
        }
    }

    fn zh(&self) -> String {
        let Self { program, section, forms, why } = self;
        match (why, forms.as_slice()) {
            (Why::Unsaid, []) => format!(
                "{program} 未能附加：SEC(\"{section}\") 没有说明附加到哪里。这类程序的目标只能由 section 或目标文件自己的 map 给出。"
            ),
            (Why::Unsaid, forms) => format!(
                "{program} 未能附加：SEC(\"{section}\") 没有说明附加到哪里。请用“attach”给出目标：{}。",
                forms.join("、")
            ),
            (Why::Unsuited, []) => format!(
                "{program} 未能附加：SEC(\"{section}\") 里的程序不能用“attach”指定目标，目标由 section 或目标文件自己的 map 给出。"
            ),
            (Why::Unsuited, forms) => format!(
                "{program} 未能附加：所指定的目标不适合 SEC(\"{section}\") 里的程序，它可以附加到：{}。",
                forms.join("、")
            ),
        }
    }
}
