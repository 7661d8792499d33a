//! At which step of loading libbpf gave up, in both languages.

use super::{Lang, en, zh};

/// What libbpf could not do before the kernel saw a program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Step {
    Section { program: String, section: String, nearest: Vec<String> },
    KernelFunction { name: String },
    KernelVariable { name: String },
    Configuration { name: Option<String> },
    Map { name: String, errno: i32 },
    Extern { name: String },
    StaticMap { name: String },
    MapWithoutType { name: String },
    MapField { name: String, field: String, nearest: Option<String> },
    ExternMap,
    Pinning { name: String },
    Unused { program: String },
    Unloaded { program: String },
}

impl Step {
    /// What, and what mends it.
    pub fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.en(),
            Lang::Zh => self.zh(),
        }
    }

    fn en(&self) -> String {
        match self {
            Self::Section { program, section, nearest } => {
                let offer = match nearest.as_slice() {
                    [] => "Section names begin with a kind, such as tp/, kprobe/, fentry/, xdp or tc.".to_owned(),
                    names => format!("Nearest: {}.", names.join(", ")),
                };
                format!("libbpf knows no kind of program for SEC(\"{section}\"), in which {program} is. {offer}")
            }
            Self::KernelFunction { name } => format!(
                "This kernel has no function {name} that programs may call (a kfunc). Kfuncs come and go with versions: \
                 choose another kernel, or declare it __ksym __weak and ask bpf_ksym_exists({name}) before the call."
            ),
            Self::KernelVariable { name } => format!(
                "This kernel has no symbol {name}. Declare it __ksym __weak, and look whether its address is NULL."
            ),
            Self::Configuration { name: Some(name) } => {
                format!("This kernel's configuration does not tell {name}. Declare it __kconfig __weak: it is 0 then.")
            }
            Self::Configuration { name: None } => {
                "This kernel's configuration cannot be read here, which a __kconfig variable needs. Declare it __weak: \
                 it is 0 then."
                    .to_owned()
            }
            Self::Map { name, errno: number } => format!(
                "The kernel did not make the map {name}: {}. {}",
                en::errno(*number),
                match *number {
                    E2BIG | ENOMEM => "It would be too large: make max_entries smaller.",
                    _ => "Its type asks for certain sizes of key and value, for a number of entries, or for flags: the kernel's documentation of the type says which.",
                }
            ),
            Self::Extern { name } => format!(
                "{name} is declared extern, and the program does not define it. A run compiles one file: put the definition \
                 into it. What the kernel defines is marked __ksym, its configuration __kconfig."
            ),
            Self::StaticMap { name } => {
                format!("The map {name} is static, and libbpf takes no such maps. Leave the word static out.")
            }
            Self::MapWithoutType { name } => {
                format!("The map {name} has no type. Add a line, such as __uint(type, BPF_MAP_TYPE_HASH);")
            }
            Self::MapField { name, field, nearest } => {
                let offer = nearest.as_ref().map(|nearest| format!(" Did you mean {nearest}?")).unwrap_or_default();
                format!("A map has no field {field}, which {name} sets.{offer}")
            }
            Self::ExternMap => {
                "A map is declared extern, and the program does not define it. A run compiles one file: put the map's definition into it, without the word extern."
                    .to_owned()
            }
            Self::Pinning { name } => format!(
                "The map {name} is pinned in a way that libbpf does not know. There are LIBBPF_PIN_NONE and LIBBPF_PIN_BY_NAME; here maps need no pinning, so leave the line out."
            ),
            Self::Unused { program } => format!(
                "{program} is a function for a struct of functions (SEC(\"struct_ops\")), and no struct names it. Name it in one, such as: SEC(\".struct_ops\") struct tcp_congestion_ops own = {{ .init = (void *){program}, … }};"
            ),
            Self::Unloaded { program } => format!(
                "The kernel refused {program} before its verifier looked at it: invalid argument. Most often it was built without programs of this type. Choose another kernel, or another type that sees the same."
            ),
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Section { program, section, nearest } => {
                let offer = match nearest.as_slice() {
                    [] => "段名以程序种类开头，例如 tp/、kprobe/、fentry/、xdp 或 tc。".to_owned(),
                    names => format!("最接近的有：{}。", names.join("、")),
                };
                format!("libbpf 不认识 SEC(\"{section}\")（{program} 所在的段）是哪种程序。{offer}")
            }
            Self::KernelFunction { name } => format!(
                "这个内核没有可供程序调用的函数 {name}（kfunc）。kfunc 会随版本增减：换一个内核，或把它声明为 __ksym __weak，\
                 调用之前用 bpf_ksym_exists({name}) 判断。"
            ),
            Self::KernelVariable { name } => {
                format!("这个内核没有符号 {name}。把它声明为 __ksym __weak，并判断地址是否为 NULL。")
            }
            Self::Configuration { name: Some(name) } => {
                format!("这个内核的配置没有给出 {name}。把它声明为 __kconfig __weak，此时值为 0。")
            }
            Self::Configuration { name: None } => {
                "这里读不到内核配置，而 __kconfig 变量需要它。把变量声明为 __weak，此时值为 0。".to_owned()
            }
            Self::Map { name, errno: number } => format!(
                "内核没有创建 map {name}：{}。{}",
                zh::errno(*number),
                match *number {
                    E2BIG | ENOMEM => "它太大了：把 max_entries 改小。",
                    _ => "每种 map 对键和值的大小、条目数或标志各有要求，见内核文档中该类型的说明。",
                }
            ),
            Self::Extern { name } => format!(
                "{name} 声明为 extern，而程序没有定义它。一次运行只编译一个文件：把定义写进这个文件。内核里定义的要标 __ksym，内核配置要标 __kconfig。"
            ),
            Self::StaticMap { name } => {
                format!("map {name} 声明为 static，libbpf 不接受这样的 map：去掉 static。")
            }
            Self::MapWithoutType { name } => {
                format!("map {name} 没有类型。加一行，例如 __uint(type, BPF_MAP_TYPE_HASH);")
            }
            Self::MapField { name, field, nearest } => {
                let offer = nearest.as_ref().map(|nearest| format!("是不是 {nearest}？")).unwrap_or_default();
                format!("map 没有 {field} 这个字段，而 {name} 设置了它。{offer}")
            }
            Self::ExternMap => {
                "有一个 map 声明为 extern，而程序没有定义它。一次运行只编译一个文件：把 map 的定义写进这个文件，并去掉 extern。"
                    .to_owned()
            }
            Self::Pinning { name } => format!(
                "map {name} 的 pinning 值是 libbpf 不认识的。只有 LIBBPF_PIN_NONE 和 LIBBPF_PIN_BY_NAME；这里的 map 不需要固定，去掉这一行即可。"
            ),
            Self::Unused { program } => format!(
                "{program} 是供函数结构体使用的函数（SEC(\"struct_ops\")），却没有结构体用到它。请在结构体中写上它，例如：SEC(\".struct_ops\") struct tcp_congestion_ops own = {{ .init = (void *){program}, … }};"
            ),
            Self::Unloaded { program } => format!(
                "内核在验证器检查之前就拒绝了 {program}：参数无效。多半是这个内核编译时没有这种类型的程序。请换一个内核，或换一种能看到同样内容的类型。"
            ),
        }
    }
}

/// The map would take more than there is, or than may be.
const E2BIG: i32 = 7;
const ENOMEM: i32 = 12;
