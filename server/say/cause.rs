//! What usually lies behind a compiler's words, in both languages.

use super::Lang;

/// Why a BPF program did not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's words stand below")]
pub enum Cause {
    NoHeader {
        header: String,
    },
    Include {
        header: String,
    },
    /// Its line was read as something else.
    Macro {
        name: String,
        header: String,
    },
    Define {
        name: String,
        value: String,
    },
    Library {
        name: String,
        instead: String,
    },
    Collides {
        name: String,
    },
    BuiltIn {
        name: String,
    },
    Stack,
    LegacyMaps,
    NotInKernel {
        name: String,
    },
}

impl Cause {
    /// One or two sentences.
    pub fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.en(),
            Lang::Zh => self.zh(),
        }
    }

    fn en(&self) -> String {
        match self {
            Self::NoHeader { header } => format!(
                "There is no {header} here: the kernel's types are in \"vmlinux.h\", and the rest is in <bpf/bpf_helpers.h>, <bpf/bpf_tracing.h>, <bpf/bpf_core_read.h>, <bpf/bpf_endian.h> and <bpf/usdt.bpf.h>. There is no C library in the kernel."
            ),
            Self::Include { header } if header == "vmlinux.h" => {
                "The kernel's types come from #include \"vmlinux.h\", as the first line.".into()
            }
            Self::Include { header } => format!("That comes from #include <{header}>."),
            Self::Macro { name, header } => format!(
                "{name} is a macro of #include <{header}>; without that it is read as a function's name."
            ),
            Self::Define { name, value } => format!(
                "{name} is a #define in the kernel, and vmlinux.h has types only: write #define {name} {value}."
            ),
            Self::Library { name, instead } => {
                format!("There is no C library in the kernel, so no {name}(): use {instead}.")
            }
            Self::Collides { name } => format!(
                "vmlinux.h has all the kernel's names, and {name} is one of them: give yours another name, or use the kernel's."
            ),
            Self::BuiltIn { name } => format!(
                "clang can write {name}() out only for a size that it knows and that is small: use a constant size, or a loop with a constant bound."
            ),
            Self::NotInKernel { name } => format!(
                "The types are those of the kernel that this is compiled for, and it does not say what {name} is: choose a kernel that has it (bpflab run --headers K compiles against another kernel's types)."
            ),
            Self::LegacyMaps => {
                "libbpf no longer reads struct bpf_map_def in SEC(\"maps\"). Write the map as: struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1024); __type(key, __u32); __type(value, __u64); } name SEC(\".maps\");".into()
            }
            Self::Stack => {
                "A function has 512 bytes of stack: put large variables into a map of one entry for each CPU (BPF_MAP_TYPE_PERCPU_ARRAY).".into()
            }
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::NoHeader { header } => format!(
                "这里没有 {header}：内核的类型在 \"vmlinux.h\" 里，其余的在 <bpf/bpf_helpers.h>、<bpf/bpf_tracing.h>、<bpf/bpf_core_read.h>、<bpf/bpf_endian.h> 和 <bpf/usdt.bpf.h> 里。内核里没有 C 库。"
            ),
            Self::Include { header } if header == "vmlinux.h" => {
                "内核的类型来自第一行的 #include \"vmlinux.h\"。".into()
            }
            Self::Include { header } => format!("它来自 #include <{header}>。"),
            Self::Macro { name, header } => format!(
                "{name} 是 #include <{header}> 里的宏；没有包含它时，会被当成函数名。"
            ),
            Self::Define { name, value } => {
                format!("{name} 在内核里是 #define，而 vmlinux.h 只有类型：请自己写 #define {name} {value}。")
            }
            Self::Library { name, instead } => {
                format!("内核里没有 C 库，因此没有 {name}()：请用 {instead}。")
            }
            Self::Collides { name } => {
                format!("vmlinux.h 里有内核的全部名字，{name} 就是其中之一：请换一个名字，或直接用内核的。")
            }
            Self::BuiltIn { name } => {
                format!("clang 只能展开大小已知且较小的 {name}()：请用常量大小，或有常量上限的循环。")
            }
            Self::NotInKernel { name } => format!(
                "这里用的是所编译内核的类型，而它没有 {name} 的定义：换一个有它的内核（bpflab run --headers K 用另一个内核的类型编译）。"
            ),
            Self::LegacyMaps => {
                "libbpf 不再读取 SEC(\"maps\") 里的 struct bpf_map_def。请写成：struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1024); __type(key, __u32); __type(value, __u64); } name SEC(\".maps\");".into()
            }
            Self::Stack => {
                "一个函数只有 512 字节的栈：请把大变量放进每个 CPU 一个条目的 map（BPF_MAP_TYPE_PERCPU_ARRAY）。".into()
            }
        }
    }
}
