//! Why a running program's data was not changed, and its words in both languages.

use super::{Lang, parts::like};

/// A change that was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's words stand below")]
pub enum Unchanged {
    UnknownMap { name: String, known: Vec<String> },
    UnknownBuffer { name: String, known: Vec<String> },
    UnknownStruct { name: String, known: Vec<String> },
    UnknownProgram { name: String, known: Vec<String> },
    NotTestable { program: String, kind: String },
    BadInput { program: String, least: usize, most: usize },
    WrongKind { name: String, kind: String },
    Unnamed { name: String, wanted: String, known: Vec<String> },
    Misfit { name: String, part: String, field: String, ctype: String },
    NoSuchKey { name: String },
    Full { name: String },
    Frozen { name: String },
    Errno { name: String, errno: i32 },
    NotData,
    BadEntry { at: String },
}

impl Unchanged {
    /// One sentence, and what to do.
    pub fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.en(),
            Lang::Zh => self.zh(),
        }
    }

    fn en(&self) -> String {
        let list = |names: &[String]| if names.is_empty() { "none".into() } else { names.join(", ") };
        match self {
            Self::UnknownMap { name, known } => {
                format!("The program has no map named \"{name}\"; it has: {}.", list(&like(name, known)))
            }
            Self::UnknownBuffer { name, known } => {
                format!(
                    "The program has no ring buffer or perf buffer named \"{name}\"; it has: {}.",
                    list(&like(name, known))
                )
            }
            Self::UnknownStruct { name, known } => format!(
                "The program has no struct named \"{name}\" for its records; it defines: {}. Name one of these, or define it outside of functions.",
                list(&like(name, known))
            ),
            Self::UnknownProgram { name, known } => {
                format!("The object has no program named \"{name}\"; it has: {}.", list(&like(name, known)))
            }
            Self::NotTestable { program, kind } => format!(
                "This kernel does not run {program} by itself, since it is of type {kind}: make happen what it waits for instead. What can be run so: xdp, tc, socket, cgroup_skb, flow_dissector, sk_lookup, raw_tp and syscall programs."
            ),
            Self::BadInput { program, least, most } => {
                format!("{program} takes {least} to {most} bytes here.")
            }
            Self::WrongKind { name, kind } => format!(
                "\"{name}\" is of type {kind}, which cannot be changed this way. Hashes and tries take set, delete and clear; arrays set and clear; queues and stacks set without a key; arrays of programs, maps and devices take what they hold by its name; a user ring buffer takes records."
            ),
            Self::Unnamed { name, wanted, known } => {
                format!(
                    "There is no {wanted} that \"{name}\" could hold; there is: {}.",
                    list(&like(wanted, known))
                )
            }
            Self::Misfit { name, part, field, ctype } if field.is_empty() => {
                format!("That {part} does not fit \"{name}\", which takes {ctype}.")
            }
            Self::Misfit { name, part, field, ctype } => {
                format!("In that {part} of \"{name}\" the field {field} does not fit: {ctype}.")
            }
            Self::NoSuchKey { name } => format!("\"{name}\" has no such key."),
            Self::Full { name } => format!(
                "\"{name}\" has no room for that: delete an entry, or raise its max_entries. In an array, the index is past its end."
            ),
            Self::Frozen { name } => {
                format!("\"{name}\" is read-only from here: its flags, or a freeze, say so.")
            }
            Self::Errno { name, errno } => format!("The kernel refused that for \"{name}\": error {errno}."),
            Self::BadEntry { at } => format!(
                "\"{at}\" is no entry of a map that can be read: write MAP[KEY] and a value, MAP alone for a queue, and a struct as JSON: seen[{{\"id\": 1}}]."
            ),
            Self::NotData => {
                "That is no value: write a number, a text, a list, or an object with the struct's fields."
                    .into()
            }
        }
    }

    fn zh(&self) -> String {
        let list = |names: &[String]| if names.is_empty() { "无".into() } else { names.join("、") };
        match self {
            Self::UnknownMap { name, known } => {
                format!("程序里没有名为“{name}”的 map；现有：{}。", list(&like(name, known)))
            }
            Self::UnknownBuffer { name, known } => {
                format!(
                    "程序里没有名为“{name}”的 ring buffer 或 perf buffer；现有：{}。",
                    list(&like(name, known))
                )
            }
            Self::UnknownStruct { name, known } => format!(
                "程序里没有可供记录使用的 struct“{name}”；已定义的有：{}。请使用其中之一，或在函数之外定义它。",
                list(&like(name, known))
            ),
            Self::UnknownProgram { name, known } => {
                format!("目标文件里没有名为“{name}”的程序；现有：{}。", list(&like(name, known)))
            }
            Self::NotTestable { program, kind } => format!(
                "这个内核不能单独运行 {program}，因为它的类型是 {kind}：请让它等待的事情真的发生。可以这样运行的有：xdp、tc、socket、cgroup_skb、flow_dissector、sk_lookup、raw_tp 和 syscall 程序。"
            ),
            Self::BadInput { program, least, most } => {
                format!("{program} 在这里接受 {least} 到 {most} 字节。")
            }
            Self::WrongKind { name, kind } => format!(
                "“{name}”的类型是 {kind}，不能这样修改。哈希和前缀树可以设置、删除、清空；数组可以设置、清空；队列和栈可以不带键地设置；存放程序、map 或网络接口的数组按名字设置；用户环形缓冲区可以写入记录。"
            ),
            Self::Unnamed { name, wanted, known } => {
                format!("没有可以放进“{name}”的 {wanted}；现有：{}。", list(&like(wanted, known)))
            }
            Self::Misfit { name, part, field, ctype } if field.is_empty() => {
                format!("这个{}不适合“{name}”，它接受 {ctype}。", zh_part(part))
            }
            Self::Misfit { name, part, field, ctype } => {
                format!("“{name}”的这个{}里，字段 {field} 不合适：{ctype}。", zh_part(part))
            }
            Self::NoSuchKey { name } => format!("“{name}”里没有这个键。"),
            Self::Full { name } => {
                format!(
                    "“{name}”放不下了：请删除一个条目，或增大 max_entries。对数组来说，是下标超出了末尾。"
                )
            }
            Self::Frozen { name } => format!("“{name}”在这里是只读的：它的标志或冻结如此规定。"),
            Self::Errno { name, errno } => format!("内核拒绝了对“{name}”的操作：错误 {errno}。"),
            Self::BadEntry { at } => format!(
                "“{at}”不是能读懂的 map 条目：请写 MAP[键] 和值，队列只写 MAP，结构体用 JSON：seen[{{\"id\": 1}}]。"
            ),
            Self::NotData => "这不是一个值：请写数字、文本、列表，或带有结构体字段的对象。".into(),
        }
    }
}

fn zh_part(part: &str) -> &str {
    match part {
        "key" => "键",
        _ => "值",
    }
}
