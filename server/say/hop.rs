//! What is said of one step on a value's way to where the verifier did not like it.

use super::Lang;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words stand below")]
pub struct Hop {
    pub kind: HopKind,
    /// The instruction, as the log has it.
    pub how: String,
}

/// What becomes of the value in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum HopKind {
    Made,
    PassedOn,
    Changed,
}

impl Hop {
    /// Half a sentence, and the instruction.
    pub fn say(&self, lang: Lang) -> String {
        let how = &self.how;
        match (lang, self.kind) {
            (Lang::En, HopKind::Made) => format!("What it uses there was made here: {how}"),
            (Lang::En, HopKind::PassedOn) => format!("It was passed on here: {how}"),
            (Lang::En, HopKind::Changed) => format!("It was changed here: {how}"),
            (Lang::Zh, HopKind::Made) => format!("它在那里使用的东西是在这里得到的：{how}"),
            (Lang::Zh, HopKind::PassedOn) => format!("它在这里被传递：{how}"),
            (Lang::Zh, HopKind::Changed) => format!("它在这里被改变：{how}"),
        }
    }
}
