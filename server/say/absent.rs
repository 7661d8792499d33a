//! What a program names to be attached to and that is not there, in both languages.

use super::Lang;

/// What a program names to be attached to, and that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Absent {
    Function { program: String, section: String, function: String, nearest: Vec<String> },
    StaticFunction { program: String, section: String, function: String },
    UncalledFunction { program: String, section: String, function: String },
}

impl Absent {
    /// What, and what mends it.
    pub fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.en(),
            Lang::Zh => self.zh(),
        }
    }

    /// The SEC that names it.
    pub fn section(&self) -> &str {
        match self {
            Self::Function { section, .. }
            | Self::StaticFunction { section, .. }
            | Self::UncalledFunction { section, .. } => section,
        }
    }

    fn en(&self) -> String {
        match self {
            Self::Function { program, function, nearest, .. } => format!(
                "{program} was not attached: no other program of this file has a function {function} that could be replaced. {}",
                match nearest.as_slice() {
                    [] => "Write a global function with __noinline and a program that calls it: they are changed by a replacement in the same file.".to_owned(),
                    names => format!("There are: {}.", names.join(", ")),
                }
            ),
            Self::StaticFunction { program, function, .. } => format!(
                "{program} was not attached: {function} is static, so the verifier takes it for a part of its callers. A global function can be replaced: leave \"static\" out, and write __noinline."
            ),
            Self::UncalledFunction { program, function, .. } => format!(
                "{program} was not attached: no program calls {function}, so there is nothing to replace. If the source does call it, the compiler has taken the call away: write __noinline before the function, and asm volatile(\"\" : \"+r\"(RESULT)); before its return, so that RESULT is not worked out beforehand."
            ),
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Function { program, function, nearest, .. } => format!(
                "{program} 未能挂载：本文件的其他程序都没有可供替换的函数 {function}。{}",
                match nearest.as_slice() {
                    [] =>
                        "请在同一个文件里写一个带 __noinline 的全局函数，以及调用它的程序：替换的就是它们。"
                            .to_owned(),
                    names => format!("可以替换的有：{}。", names.join("、")),
                }
            ),
            Self::StaticFunction { program, function, .. } => format!(
                "{program} 未能挂载：{function} 是 static 函数，验证器把它当作调用者的一部分。只有全局函数可以替换：请去掉 static，并写上 __noinline。"
            ),
            Self::UncalledFunction { program, function, .. } => format!(
                "{program} 未能挂载：没有程序调用 {function}，因此没有可替换的东西。如果源码里确实调用了它，那是编译器省去了调用：请在函数前写 __noinline，并在 return 之前写 asm volatile(\"\" : \"+r\"(RESULT));，使编译器无法预先算出 RESULT。"
            ),
        }
    }
}
