//! What is said of a map's size, in both languages.

use super::Lang;

/// Of the entries that a map has room for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's words stand below")]
pub enum Size {
    /// Nobody said it, and the lab took the usual one.
    Usual { map: String, entries: u32, unit: Unit },
    /// What was written is none.
    Bad { map: String, words: String },
}

/// What a map's size counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    Bytes,
    Stacks,
    Entries,
}

impl Unit {
    /// Of a map's kind, as libbpf names it.
    pub fn of(kind: &str) -> Self {
        match kind {
            "ringbuf" | "user_ringbuf" => Self::Bytes,
            "stack_trace" => Self::Stacks,
            _ => Self::Entries,
        }
    }
}

impl Size {
    /// One sentence, and what to do.
    pub fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.en(),
            Lang::Zh => self.zh(),
        }
    }

    fn en(&self) -> String {
        match self {
            Self::Usual { map, entries, unit } => {
                let unit = match unit {
                    Unit::Bytes => "bytes",
                    Unit::Stacks => "stacks",
                    Unit::Entries => "entries",
                };
                format!(
                    "\"{map}\" does not say how large it is, so it has the usual size here: {entries} {unit}. A loader of your own has to give it one; in the source, max_entries does."
                )
            }
            Self::Bad { map, words } => format!(
                "\"{words}\" is no number of entries for \"{map}\": write one from 1 to {}.",
                u32::MAX
            ),
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Usual { map, entries, unit } => {
                let unit = match unit {
                    Unit::Bytes => "字节",
                    Unit::Stacks => "个栈",
                    Unit::Entries => "个条目",
                };
                format!(
                    "“{map}”没有写明大小，因此这里采用常用的大小：{entries} {unit}。你自己的加载器必须为它设置大小；也可以在源码里写 max_entries。"
                )
            }
            Self::Bad { map, words } => {
                format!("“{words}”不能作为“{map}”的条目数：请写 1 到 {} 之间的数。", u32::MAX)
            }
        }
    }
}
