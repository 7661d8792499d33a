//! What a program names to be attached to and that is not there, in both languages.

use super::Lang;

/// What a program names to be attached to, and that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Absent {
    Function {
        program: String,
        section: String,
        function: String,
        nearest: Vec<String>,
    },
    StaticFunction {
        program: String,
        section: String,
        function: String,
    },
    UncalledFunction {
        program: String,
        section: String,
        function: String,
    },
    File {
        program: String,
        section: String,
        path: String,
    },
    Binary {
        program: String,
        section: String,
        path: String,
    },
    Symbol {
        program: String,
        section: String,
        path: String,
        symbol: String,
        known: u64,
        nearest: Vec<String>,
    },
    Forbidden {
        program: String,
        section: String,
        function: String,
    },
    Unlisted {
        program: String,
        section: String,
        function: String,
    },
    Changed {
        program: String,
        section: String,
        function: String,
        names: Vec<String>,
    },
    Permission {
        program: String,
        section: String,
    },
    Counter {
        program: String,
        section: String,
        event: String,
    },
    Room {
        program: String,
        section: String,
    },
    Fields {
        program: String,
        section: String,
    },
    Arguments {
        program: String,
        section: String,
    },
    Element {
        program: String,
        section: String,
    },
    Sleep {
        program: String,
        section: String,
    },
    Members {
        table: String,
        section: String,
    },
    Name {
        table: String,
        section: String,
    },
    Use {
        table: String,
        section: String,
    },
    Mark {
        program: String,
        section: String,
        path: String,
        mark: String,
        nearest: Vec<String>,
    },
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
            | Self::UncalledFunction { section, .. }
            | Self::File { section, .. }
            | Self::Binary { section, .. }
            | Self::Symbol { section, .. }
            | Self::Forbidden { section, .. }
            | Self::Unlisted { section, .. }
            | Self::Changed { section, .. }
            | Self::Counter { section, .. }
            | Self::Permission { section, .. }
            | Self::Room { section, .. }
            | Self::Fields { section, .. }
            | Self::Arguments { section, .. }
            | Self::Element { section, .. }
            | Self::Sleep { section, .. }
            | Self::Members { section, .. }
            | Self::Name { section, .. }
            | Self::Use { section, .. }
            | Self::Mark { section, .. } => section,
        }
    }

    /// The struct of functions that it is about.
    pub fn table(&self) -> Option<&str> {
        match self {
            Self::Members { table, .. } | Self::Name { table, .. } | Self::Use { table, .. } => Some(table),
            _ => None,
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
            Self::File { program, path, .. } => format!(
                "{program} was not attached: there is no file {path} where it runs. Write its whole path, such as /usr/bin/bash; of a library the name is enough, such as libc.so.6."
            ),
            Self::Binary { program, path, .. } => format!(
                "{program} was not attached: {path} is neither a program nor a library, but something else, such as a script. Attach to the program that runs it."
            ),
            Self::Symbol { program, path, symbol, known: 0, .. } => format!(
                "{program} was not attached: there is no function {symbol} in {path}, which names none at all: its symbols were taken out. Attach to a library that it calls, or to an offset."
            ),
            Self::Symbol { program, path, symbol, known, nearest, .. } => format!(
                "{program} was not attached: there is no function {symbol} in {path}. {}",
                match nearest.as_slice() {
                    [] => format!("None of the {known} that it names is like it: it may be in a library, inlined, or without a symbol."),
                    names => format!("Nearest: {}.", names.join(", ")),
                }
            ),
            Self::Forbidden { program, function, .. } => format!(
                "{program} was not attached: this kernel has {function}, and lets no probe touch it (noinstr, or NOKPROBE_SYMBOL): it runs where a probe would disturb the kernel, or is part of probing itself. Attach to a function that calls it or that it calls, or to a tracepoint nearby."
            ),
            Self::Unlisted { program, function, .. } => format!(
                "{program} was not attached: this kernel has {function}, and it is not among the functions that can be traced (available_filter_functions): it was compiled without a place for probes (notrace). Attach to a function that calls it or that it calls, or to a tracepoint nearby."
            ),
            Self::Changed { program, section, function, names } => {
                let mend = match section.starts_with('k') {
                    true => "Name that one in the section; its arguments may be fewer, or in other registers.",
                    false => "Only a kprobe takes such a name: its types are no longer those of the source.",
                };
                format!(
                    "{program} was not attached: the compiler that built this kernel changed {function}, and there is only {}. {mend}",
                    names.join(", ")
                )
            }
            Self::Permission { program, section } => format!(
                "{program} was not attached to SEC(\"{section}\"): this kernel does not permit it (EPERM). On a machine's own kernel that takes root, or CAP_BPF and CAP_PERFMON, and a kernel that is not locked down; or choose a guest's."
            ),
            Self::Room { program, section } => format!(
                "{program} was not attached to SEC(\"{section}\"): it is full. The kernel takes at most 64 programs for one event or for one kind on a cgroup, fewer at one function (38 with fentry, fexit and LSM), one XDP program on an interface (lab0 and lab1 are the two ends of one cable), one of each lwt kind on a route, and one flow dissector in a network namespace: put several into one, which calls functions, or leave out all but one (attach: none)."
            ),
            Self::Fields { program, section } => format!(
                "{program} was not attached to SEC(\"{section}\"): it reads its context further than this tracepoint's fields go. Which there are stands in its file \"format\" below /sys/kernel/tracing/events; use the struct that belongs to it."
            ),
            Self::Arguments { program, section } => format!(
                "{program} was not attached to SEC(\"{section}\"): it reads more arguments than this tracepoint has. A raw tracepoint's context holds its arguments alone, 8 bytes each, and no registers: take them with BPF_PROG(), as many as the tracepoint's TP_PROTO in the kernel's source has."
            ),
            Self::Element { program, section } => format!(
                "{program} was not attached to SEC(\"{section}\"): it reads further than a key or a value of the map goes. Read ctx->key and ctx->value as the types that the map declares."
            ),
            Self::Sleep { program, section } => format!(
                "{program} was not attached to SEC(\"{section}\"): the kernel lets no program sleep while it goes through this. Write iter/ in place of iter.s/, and leave out what sleeps, such as bpf_copy_from_user()."
            ),
            Self::Members { table, .. } => format!(
                "{table} was not attached: the kernel does not take the struct as it is. A tcp_congestion_ops needs ssthresh, undo_cwnd and cong_avoid (or cong_control), and a name of its own; another struct has rules of its own, which the kernel's source names."
            ),
            Self::Name { table, .. } => format!(
                "{table} was not attached: another struct with the same .name is already in the kernel. Give each a name of its own, or leave out all but one (attach: none)."
            ),
            Self::Use { table, .. } => format!(
                "{table} was not attached: the kernel has no use for a struct of this type. It is there for tests of the kernel, which call its functions themselves."
            ),
            Self::Counter { program, event, .. } => format!(
                "{program} was not attached: no processor counts {event} here (a guest without KVM has no such counters). Use the software clock, which is everywhere: perf:cpu-clock:99."
            ),
            Self::Mark { program, path, mark, nearest, .. } => format!(
                "{program} was not attached: there is no place in {path} that is marked {mark} (USDT). {}",
                match nearest.as_slice() {
                    [] => "readelf --notes lists those that there are.".to_owned(),
                    names => format!("Nearest: {}.", names.join(", ")),
                }
            ),
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Function { program, function, nearest, .. } => format!(
                "{program} 未能附加：本文件的其他程序都没有可供替换的函数 {function}。{}",
                match nearest.as_slice() {
                    [] =>
                        "请在同一个文件里写一个带 __noinline 的全局函数，以及调用它的程序：替换的就是它们。"
                            .to_owned(),
                    names => format!("可以替换的有：{}。", names.join("、")),
                }
            ),
            Self::StaticFunction { program, function, .. } => format!(
                "{program} 未能附加：{function} 是 static 函数，验证器把它当作调用者的一部分。只有全局函数可以替换：请去掉 static，并写上 __noinline。"
            ),
            Self::UncalledFunction { program, function, .. } => format!(
                "{program} 未能附加：没有程序调用 {function}，因此没有可替换的东西。如果源码里确实调用了它，那是编译器省去了调用：请在函数前写 __noinline，并在 return 之前写 asm volatile(\"\" : \"+r\"(RESULT));，使编译器无法预先算出 RESULT。"
            ),
            Self::File { program, path, .. } => format!(
                "{program} 未能附加：运行的地方没有文件 {path}。请写完整路径，例如 /usr/bin/bash；库只写名字即可，例如 libc.so.6。"
            ),
            Self::Binary { program, path, .. } => format!(
                "{program} 未能附加：{path} 既不是程序也不是库，而是别的文件，例如脚本。请附加到运行它的程序上。"
            ),
            Self::Symbol { program, path, symbol, known: 0, .. } => format!(
                "{program} 未能附加：{path} 里没有函数 {symbol}；它的符号已被去除，一个函数名也没有。请附加到它调用的库上，或使用偏移。"
            ),
            Self::Symbol { program, path, symbol, known, nearest, .. } => format!(
                "{program} 未能附加：{path} 里没有函数 {symbol}。{}",
                match nearest.as_slice() {
                    [] => format!(
                        "它列出的 {known} 个函数名都不相近：该函数可能在某个库里、被内联了，或没有符号。"
                    ),
                    names => format!("最接近的有：{}。", names.join("、")),
                }
            ),
            Self::Forbidden { program, function, .. } => format!(
                "{program} 未能附加：这个内核有 {function}，但不许任何探针触碰它（noinstr 或 NOKPROBE_SYMBOL）：它运行在探针会扰乱内核的地方，或者它本身就是探测机制的一部分。请附加到调用它或被它调用的函数，或附近的 tracepoint。"
            ),
            Self::Unlisted { program, function, .. } => format!(
                "{program} 未能附加：这个内核有 {function}，但它不在可跟踪的函数之列（available_filter_functions）：编译时没有给探针留位置（notrace）。请附加到调用它或被它调用的函数，或附近的 tracepoint。"
            ),
            Self::Changed { program, section, function, names } => {
                let mend = match section.starts_with('k') {
                    true => "请在 SEC 中写这个名字；它的参数可能更少，或在别的寄存器里。",
                    false => "只有 kprobe 接受这样的名字：它的类型已不同于源码。",
                };
                format!(
                    "{program} 未能附加：编译这个内核时 {function} 被编译器改写了，只剩下 {}。{mend}",
                    names.join("、")
                )
            }
            Self::Permission { program, section } => format!(
                "{program} 未能附加到 SEC(\"{section}\")：这个内核不允许（EPERM）。在机器自己的内核上，这需要 root，或 CAP_BPF 与 CAP_PERFMON，并且内核未被锁定（lockdown）；也可以换用虚拟机内核。"
            ),
            Self::Room { program, section } => format!(
                "{program} 未能附加到 SEC(\"{section}\")：那里已经满了。内核对一个事件、或一个 cgroup 的每种类型最多接受 64 个程序；对一个函数（fentry、fexit、LSM）更少，为 38 个；一个网络接口只有一个 XDP 程序（lab0 与 lab1 是同一根网线的两端）；一条路由上每种 lwt 只有一个程序；一个网络命名空间只有一个 flow dissector：请把几个合成一个程序，在其中分别调用各个函数，或只留一个（其余用 attach 设为 none）。"
            ),
            Self::Fields { program, section } => format!(
                "{program} 未能附加到 SEC(\"{section}\")：它读取上下文的位置超出了这个 tracepoint 的字段。有哪些字段，见 /sys/kernel/tracing/events 下它的 format 文件；请使用与它对应的结构体。"
            ),
            Self::Arguments { program, section } => format!(
                "{program} 未能附加到 SEC(\"{section}\")：它读取的参数比这个 tracepoint 的多。raw tracepoint 的上下文里只有参数，每个 8 字节，没有寄存器：请用 BPF_PROG() 取参数，个数以内核源码中该 tracepoint 的 TP_PROTO 为准。"
            ),
            Self::Element { program, section } => format!(
                "{program} 未能附加到 SEC(\"{section}\")：它读取的位置超出了 map 的键或值。请按 map 声明的类型读取 ctx->key 和 ctx->value。"
            ),
            Self::Sleep { program, section } => format!(
                "{program} 未能附加到 SEC(\"{section}\")：内核在这种遍历中不允许程序睡眠。请把 iter.s/ 写成 iter/，并去掉会睡眠的调用，例如 bpf_copy_from_user()。"
            ),
            Self::Members { table, .. } => format!(
                "{table} 未能附加：内核不接受这个结构体。tcp_congestion_ops 必须有 ssthresh、undo_cwnd 和 cong_avoid（或 cong_control），以及自己的名字；其他结构体各有规则，见内核源码。"
            ),
            Self::Name { table, .. } => format!(
                "{table} 未能附加：内核里已有一个 .name 相同的结构体。请给每个起不同的名字，或只留一个（其余用 attach 设为 none）。"
            ),
            Self::Use { table, .. } => format!(
                "{table} 未能附加：内核不使用这种类型的结构体。它只供内核自己的测试使用，由测试直接调用其中的函数。"
            ),
            Self::Counter { program, event, .. } => format!(
                "{program} 未能附加：这里没有处理器能统计 {event}（没有 KVM 的虚拟机没有这类计数器）。请用处处都有的软件时钟：perf:cpu-clock:99。"
            ),
            Self::Mark { program, path, mark, nearest, .. } => format!(
                "{program} 未能附加：{path} 里没有标记为 {mark} 的位置（USDT）。{}",
                match nearest.as_slice() {
                    [] => "用 readelf --notes 可以列出已有的标记。".to_owned(),
                    names => format!("最接近的有：{}。", names.join("、")),
                }
            ),
        }
    }
}
