//! The verifier's findings in Chinese.

use super::{Mistake as M, Newer, Pointee};

fn pointee(what: Pointee) -> &'static str {
    match what {
        Pointee::MapValue => "指向 map 值的指针（map 中没有该键时为 NULL）",
        Pointee::Record => "预留的记录（环形缓冲区已满时为 NULL）",
        Pointee::Socket => "指向套接字的指针（找不到时为 NULL）",
        Pointee::Kernel => "可能为 NULL 的内核指针",
        Pointee::Other => "可能为 NULL 的指针",
    }
}

pub(super) fn say(mistake: &M, program: &str) -> String {
    let (wrong, mend) = match mistake {
        M::NullCheck { what } => (
            format!("没有检查就使用了{}", pointee(*what)),
            "先与 NULL 比较，为 NULL 时离开：if (!p) return 0;".to_owned(),
        ),
        M::NotAPointer { is_pid_like: true } => (
            "把一个数字当作指针来读取".into(),
            "从别处读来的地址在这里只是数字：用 bpf_probe_read_kernel()（或 BPF_CORE_READ()）读取其后的内容，读取用户程序的内存则用 bpf_probe_read_user()。".into(),
        ),
        M::NotAPointer { is_pid_like: false } => (
            "通过不是指针的东西读写内存".into(),
            "用 bpf_probe_read_kernel() 或 bpf_probe_read_user() 读取某个地址后的内存；指针要原样传递，不要做会丢失其类型的运算。".into(),
        ),
        M::PacketBounds { size } => (
            match size {
                None => "读取的内容可能越过数据包的末尾".to_owned(),
                Some(size) => format!("读取的 {size} 个字节可能越过数据包的末尾"),
            },
            "读取前先与 data_end 比较：if ((void *)(header + 1) > data_end) return …；每跨过一段长度可变的内容后都要再比较一次。".into(),
        ),
        M::PacketMoved { helper } => (
            format!("使用了在 {helper}() 之前取得的数据包指针，而这个调用可能已经移动了数据包"),
            "这类调用之后，要从上下文重新读取 data 和 data_end，并重新比较。".into(),
        ),
        M::ValueBounds { size: Some(size) } => (
            format!("访问越出了只有 {size} 个字节的内存"),
            "使用下标或偏移之前，先与数组或结构体的大小比较。".into(),
        ),
        M::ValueBounds { size: None } => (
            "访问越出了允许使用的内存".into(),
            "使用下标或偏移之前，先与数组或结构体的大小比较。".into(),
        ),
        M::StructBounds { name, offset, size } => (
            format!("在偏移 {offset} 处读取 {size} 个字节，越过了 struct {name} 的末尾"),
            "内核按它自己的指针类型检查，不看强制类型转换。后面的内容要通过更大类型的指针，用 bpf_probe_read_kernel() 或 BPF_CORE_READ() 读取。".into(),
        ),
        M::MemberBounds { member, name, offset, size } => (
            format!("在 struct {name} 的偏移 {offset} 处读取 {size} 个字节，越过了成员 {member} 的末尾"),
            "内核按它自己的指针类型检查，不看强制类型转换：那里是另一个成员。如果数据属于另一种结构体，请通过那种类型的指针，用 bpf_probe_read_kernel() 或 BPF_CORE_READ() 读取。".into(),
        ),
        M::Unbounded => (
            "使用了没有上界的偏移或长度".into(),
            "在使用之前紧挨着给出上界，并让编译器保留它：if (n >= MAX) return 0; 或在 MAX 是 2 的幂时写 n &= MAX - 1。".into(),
        ),
        M::NegativeIndex => (
            "下标或长度可能为负".into(),
            "把它改为无符号类型，或在使用前检查它是否小于零。".into(),
        ),
        M::StackBounds { offset } => (
            format!("访问越出了栈（偏移 {offset}；栈共 512 字节，从 -512 到 -1）"),
            "检查局部数组的下标，或把较大的数据放进只有一个条目的 map。".into(),
        ),
        M::StackUninitialised => (
            "交出了从未写入过的栈内存".into(),
            "在声明变量时给出初值：struct event e = {}; 这样字段之间的空隙也会被清零。".into(),
        ),
        M::RegisterUninitialised { register: 0 } => (
            "结束时没有结果：没有向 R0 放入任何值".into(),
            "让函数的每一条路径都返回一个值。".into(),
        ),
        M::RegisterUninitialised { register } => (
            format!("在向 R{register} 放入任何值之前就使用了它"),
            if *register <= 5 {
                "一次调用之后 R1 到 R5 中什么也不剩，不能再使用；在 C 里，请让到达这里的每一条路径都给变量赋值。".to_owned()
            } else {
                "让到达这里的每一条路径都给变量赋值。".to_owned()
            },
        ),
        M::Endless => (
            "含有验证器看不到终点的循环".into(),
            "给循环一个常量上界（for (int i = 0; i < 16; i++)），或在内核支持时使用 bpf_loop() 或 bpf_for()。".into(),
        ),
        M::TooManyPaths => (
            "其中的路径多于验证器愿意检查的数量".into(),
            "缩短循环，合并分支，或把循环体移到供 bpf_loop() 调用的函数里。".into(),
        ),
        M::WrongArgument { argument, got, wanted } => (
            format!("某次调用的第 {argument} 个参数是 {got}，而该调用需要 {wanted}"),
            "查看该辅助函数的说明：map 以 &map 传入，键和值以指向本程序变量的指针传入，上下文原样传入。".into(),
        ),
        M::Context { offset } => (
            format!("在偏移 {offset} 处访问了上下文中不允许访问的位置"),
            "每种程序类型只能读上下文中的某些字段，能写的更少；对于 tracepoint，请查看它的 format。内核结构体的字段要用 BPF_CORE_READ() 读取。".into(),
        ),
        M::ModifiedContext => (
            "在一个计算出来的地址上使用了上下文".into(),
            "按名字、在常量偏移处读取上下文的字段；ctx 要保持原样。".into(),
        ),
        M::NoSuchArgument { function } => (
            format!("读取了 {function} 所没有的参数"),
            "请把 BPF_PROG() 中 ctx 之后的参数与该函数在这个内核中的声明相对照。".into(),
        ),
        M::Helper { helper } => (
            format!("在这个内核上，这种类型的程序不能调用 {helper}"),
            "辅助函数与程序类型相关，并随内核版本出现：请换一种类型或换一个辅助函数；“bpflab kernels”列出了每个内核所支持的。".into(),
        ),
        M::Reference => (
            "在某条路径上结束时没有归还所取得的东西".into(),
            "预留的记录要提交或丢弃，查到的套接字要释放，取得的任务或对象要放回：每一条通向结束的路径都要如此。".into(),
        ),
        M::Lock => (
            "在某条路径上持有锁时就结束了，或再次加锁".into(),
            "在每一条离开的路径上调用 bpf_spin_unlock()。".into(),
        ),
        M::LockedCall => (
            "持有锁时调用了函数".into(),
            "加锁与解锁之间不能有调用：请在之前或之后计算。".into(),
        ),
        M::Leak => (
            "会泄露内核地址".into(),
            "保存或返回指针所指的内容，或你自己的数字，而不是指针本身。".into(),
        ),
        M::ReturnValue { got, wanted } => (
            format!("可能返回 {got}，而这种程序应返回 {wanted}"),
            "让每一条路径都返回内核在此处认识的值之一。".into(),
        ),
        M::NoReturnValue => (
            "返回了验证器不知道其值的东西".into(),
            "返回一个常量，或先检查该值是否允许返回。".into(),
        ),
        M::Misaligned => (
            "在不是其大小整数倍的地址上读写".into(),
            "逐字节处理，使用对齐合适的类型，或用 __builtin_memcpy() 复制。".into(),
        ),
        M::StackTotal { bytes } => (
            format!("各函数合计需要 {bytes} 字节的栈，而只有 512 字节"),
            "把较大的变量放进每 CPU 只有一个条目的 map，只保留指向它们的指针。".into(),
        ),
        M::NotSleepable { function } => (
            format!("它被标记为可以睡眠，而内核不允许程序在 {function} 处睡眠"),
            "请去掉 section 中的 “.s”（把 fentry.s/ 写成 fentry/），并用 bpf_probe_read_user() 代替 bpf_copy_from_user() 读取程序的内存。哪里可以睡眠，各个内核并不相同。".into(),
        ),
        M::NotAMember { member, table } => (
            format!("它要充当 struct {table} 的 {member}，而这个内核不允许程序这样做"),
            format!("请从结构体中去掉 {member}，并删去这个程序。"),
        ),
        M::NotInItsMaps { what } => (
            format!("它使用的 map 的值里有 {what}，而这种类型的程序不允许使用"),
            "跟踪程序和 socket filter 可能在任何地方运行，甚至在它正被使用的时候。请把它放在单独的 map 里，供其他类型的程序（如 tc、XDP 或 cgroup 的程序）使用；这里请用原子加法（__sync_fetch_and_add）计数。".into(),
        ),
        M::NeedsDevice => (
            "它询问网卡所知道的数据包信息，却没有绑定到网卡".into(),
            "这样的程序要为某个设备加载（加载程序用 bpf_program__set_ifindex() 和标志 BPF_F_XDP_DEV_BOUND_ONLY），并由该设备的驱动回答。本实验室不把程序绑定到设备。".into(),
        ),
        M::OtherMap => (
            "某次调用中，定时器来自一个 map，而传入的却是另一个 map 的地址".into(),
            "两者必须属于同一个 map：bpf_timer_init(&value->timer, &map, CLOCK)，其中 map 就是查到 value 的那个。".into(),
        ),
        M::NotAStruct => (
            "它请求新建的对象，其类型不是程序的 BTF 所描述的结构体".into(),
            "请写 bpf_obj_new(typeof(*p))，其中 p 指向本程序中定义（而不只是声明）的结构体。".into(),
        ),
        M::Core { what } => (
            format!("这个内核没有 {what}"),
            "先询问：bpf_core_field_exists() 或 bpf_core_type_exists()；并在旁边用名字带 ___ 的结构体描述另一个内核的版本。".into(),
        ),
        M::ReadOnly => (
            "向只能读取的内存写入".into(),
            "常量和内核借出供读取的内存要保持原样：请先复制到自己的变量中。".into(),
        ),
        M::Unreachable => (
            "含有无法到达的指令，或没有结尾".into(),
            "这通常来自某条路径没有返回值的函数，或被编译器利用了的未定义行为：请查看编译器的警告。".into(),
        ),
        M::MaySleep => (
            "在不能睡眠的地方调用了可能睡眠的函数".into(),
            "使用可以睡眠的 section（如 fentry.s/ 或 lsm.s/），或换一个不会睡眠的辅助函数。".into(),
        ),
        M::KernelWrite => (
            "向内核的结构体写入".into(),
            "内核内存可以读取，但不能这样写入：请把结果保存在自己的 map 或变量中。".into(),
        ),
        M::NotAlike { own, replaced } => (
            format!("{own} 与它要替换的 {replaced} 参数或返回值不同"),
            format!("请按 {replaced} 的声明来写 {own}：类型相同，顺序也相同。"),
        ),
        M::NotSeparate => (
            "它要替换的函数没有被单独验证过，只按调用者的用法验证".into(),
            "static 函数是这样，参数不是内核在那里认识的类型的程序也是这样。请把要改变的部分写成带 __noinline、以数为参数的全局函数，再替换它。".into(),
        ),
        M::NotModifiable { function } => (
            format!("{function} 的返回值不允许程序改变"),
            "内核只在询问安全模块的地方，以及编译时标明可以注入错误的地方，让 fmod_ret 作出决定。".into(),
        ),
        M::NoCode { function } => (
            format!("这个内核的类型信息里有 {function}，但没有以它命名的代码"),
            "编译这个内核时，它被放进了调用者里（内联），或被改写并改名（例如带 .isra.0）：请附加到它的某个调用者，或改用 kprobe 试一次，那时会列出最接近的函数。".into(),
        ),
        M::PointerReturned { by_function: false } => (
            "以指针作为返回值，而调用方只接受一个数：该指针会泄露内核地址".into(),
            "请返回常量，或指针所指的内容。".into(),
        ),
        M::PointerReturned { by_function: true } => (
            "某个全局函数返回了指针：这样的函数单独验证，调用者只能从它得到一个数".into(),
            "请把它改为 static，使它随每次调用一起验证，这样就可以返回指针；或返回指针所指的内容。".into(),
        ),
        M::Newer(Newer::Helper { name }) => (
            format!("调用了 {name}，而这个内核还没有它"),
            format!("请选择有它的内核，或换一种写法；“bpflab kernels --helpers {name}”列出哪些内核有它。"),
        ),
        M::Newer(Newer::Callback { helper }) => (
            format!(
                "把一个函数交给了 {}，而这个内核没有会回调函数的辅助函数",
                helper.as_deref().unwrap_or("辅助函数")
            ),
            "这类辅助函数从 Linux 5.13 起才有：请选择更新的内核，或写一个有常量上界的循环（for (int i = 0; i < 16; i++)）。".into(),
        ),
        M::Newer(Newer::Atomic) => (
            "使用了这个内核不认识的原子操作：它只有不使用结果的原子加法".into(),
            "请写 __sync_fetch_and_add(&n, 1); 而不使用其结果，或用每 CPU map 分别计数，或选择 Linux 5.12 或更新的内核。".into(),
        ),
    };
    let name = if program.is_empty() { "该程序".to_owned() } else { format!(" {program}") };
    format!("验证器拒绝了{name}：{wrong}。{mend}")
}
