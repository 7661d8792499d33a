//! The sentences in Chinese.

use super::{
    Example, Found, Lang, Matters, Printed, Sentence,
    parts::{like, names_function},
};

fn offer(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!("相近的名字：{}。", names.join("、")),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "无".to_owned() } else { names.join("、") }
}

pub(super) fn errno(number: i32) -> String {
    let words = match number {
        1 => "不允许该操作",
        2 => "不存在",
        7 => "太大",
        12 => "内存不足",
        13 => "权限不足",
        16 => "忙",
        17 => "已存在",
        22 => "参数无效",
        28 => "空间不足",
        95 => "不支持",
        524 => "该内核不支持",
        _ => return format!("错误 {number}"),
    };
    format!("{words}（错误 {number}）")
}

fn need(feature: &str) -> String {
    match feature.split_once(':') {
        None => format!("{feature} 程序"),
        Some(("map", name)) => format!("{name} 类型的 map"),
        Some(("helper", name)) => format!("helper {name}"),
        Some(("kfunc", name)) => format!("kfunc {name}"),
        Some(("security", name)) => format!("安全模块 {name}"),
        Some(_) => feature.to_owned(),
    }
}

fn lines(wanted: Found) -> String {
    match wanted {
        Found::AtLeast(count) => format!("需要至少 {count} 行匹配"),
        Found::AtMost(0) => "不应有任何一行匹配".to_owned(),
        Found::AtMost(count) => format!("最多应有 {count} 行匹配"),
        Found::Exactly(count) => format!("应恰好有 {count} 行匹配"),
    }
}

fn matter(what: Matters) -> &'static str {
    match what {
        Matters::KernelFunctions => "观察内核函数的课程无法在该内核上运行。",
        Matters::Tracepoints => "几乎所有课程都需要 tracepoint。",
        Matters::UserFunctions => "观察用户态程序的课程无法在该内核上运行。",
        Matters::Sampling => "采样调用栈的课程无法在该内核上运行。",
        Matters::Listing => "列举内核对象的课程无法在该内核上运行。",
        Matters::Policy => "实施策略的课程无法在该内核上运行。",
        Matters::Packets => "读取或丢弃数据包的课程无法在该内核上运行。",
        Matters::Sockets => "操控 socket 的课程无法在该内核上运行。",
        Matters::Cgroups => "管理一组进程的课程无法在该内核上运行。",
        Matters::Replacing => "替换内核或程序一部分的课程无法在该内核上运行。",
    }
}

pub(super) fn say(sentence: &Sentence) -> String {
    use Sentence as S;
    match sentence {
        S::TooMuchSource { bytes, limit } => {
            format!("源代码有 {bytes} 字节，最多接受 {limit} 字节：请缩短，或把表格放进 map。")
        }
        S::NoSource => "没有源代码：请提交一个以 .c 结尾的文件。".into(),
        S::TooManyFiles { files, limit } => {
            format!("共有 {files} 个文件，最多接受 {limit} 个：请合并一些头文件。")
        }
        S::BadFileName { name } => {
            format!("“{name}”不能用作文件名：只能用字母、数字、点、连字符和下划线，并以 .c 或 .h 结尾；头文件（程序不行）可以放在目录里，向下或向上最多三层，例如 common/maps.h、../common/maps.h。")
        }
        S::FileTwice { name } => {
            format!("有两个名为 {name} 的文件，而一次运行只有一个目录：请改名其中一个。")
        }
        S::NotOneProgram { programs } => {
            format!(
                "有 {programs} 个以 .c 结尾的文件，而一次运行只接受一个：请合并成一个文件，或把其余的改名为 .h。"
            )
        }
        S::UnknownKernel { name, known } => format!("这里没有名为“{name}”的内核；现有：{}。", list(known)),
        S::NoKernel => "没有指定内核：请至少指定一个。".into(),
        S::QueueFull { waiting } => format!("已有 {waiting} 个运行在排队，请一分钟后再试。"),
        S::CompilerLimit { cpu_s, memory_mib, wall_s } => format!(
            "编译器超出了限额（{cpu_s} 秒 CPU 时间、{memory_mib} MiB 内存、总共 {wall_s} 秒）：请检查是否有无限展开的宏或 include。"
        ),
        S::CompilerFailed => "编译器失败了，但没有说明原因：请修改最近添加的内容后再运行。".into(),
        S::ObjectTooLarge { limit } => {
            format!("编译出的目标文件超过 {limit} 字节：请检查过大的数组或重复的内联汇编。")
        }
        S::NoProgram => {
            "源代码里没有 BPF 程序：请给某个函数加上 section，例如 SEC(\"tp/syscalls/sys_enter_write\")。"
                .into()
        }
        S::HostProgramType { program, section } => {
            format!(
                "本机内核只接受观测类程序，而 SEC(\"{section}\")（{program}）不止于此：请在虚拟机（guest）中运行。"
            )
        }
        S::HostHelper { helper } => {
            format!("本机内核不接受调用 {helper} 的程序，因为它会影响其他进程：请在虚拟机（guest）中运行。")
        }
        S::HostPinned { map } => {
            format!(
                "map {map} 会被 pin 住并在运行结束后留存，本机内核不接受：请去掉 pin，或在虚拟机（guest）中运行。"
            )
        }
        S::HostUnreadable => "无法完整读取该目标文件，因此本机内核不接受：请在虚拟机（guest）中运行。".into(),
        S::GlobalUnknown { name, known } => {
            format!("程序里没有名为“{name}”的全局变量；现有：{}。", list(&like(name, known)))
        }
        S::GlobalDoesNotFit { name, ctype } => format!("这个值不适合“{name}”，它的类型是 {ctype}。"),
        S::NotHex { program } => format!("无法读取 {program} 的输入：请用十六进制写出每个字节，每字节两位。"),
        S::Cause(why) => why.say(Lang::Zh),
        S::Doctor(found) => found.say(Lang::Zh),
        S::Instead(what) => what.say(Lang::Zh),
        S::Absent(absent) => absent.say(Lang::Zh),
        S::Step(step) => step.say(Lang::Zh),
        S::Size(size) => size.say(Lang::Zh),
        S::Print(print) => print.say(Lang::Zh),
        S::Unchanged(why) => why.say(Lang::Zh),
        S::GlobalReadOnly { name } => format!("“{name}”是常量：只能在加载前设置，运行时不能修改。"),
        S::GlobalNoStimulus { name } => format!("“{name}”应设为触发进程的 pid，但这次运行没有触发进程。"),
        S::OpenFailed { errno: number } => {
            format!("libbpf 无法解析该目标文件：{}。详情见 libbpf 日志。", errno(*number))
        }
        S::ThrownOut { why } => format!(
            "内核已停用你的调度器，改回由自己调度{}。调度器要求了不允许的事，或让可运行的任务等得太久时，内核就会这样做。",
            if why.is_empty() { String::new() } else { format!("：{why}") }
        ),
        S::Refused { program, mistake } => mistake.say(program, Lang::Zh),
        S::Told(told) => told.say(Lang::Zh),
        S::Hop(hop) => hop.say(Lang::Zh),
        S::Rejected { program, verdict } if program.is_empty() => format!("验证器拒绝了该程序：{verdict}（这条结论尚无解释；这是它的原话。）"),
        S::Rejected { program, verdict } => format!("验证器拒绝了 {program}：{verdict}（这条结论尚无解释；这是它的原话。）"),
        S::LoadFailed { errno: number } => {
            format!("内核没有接受该目标文件：{}。libbpf 日志说明了是哪一步。", errno(*number))
        }
        S::VerifierTooLarge { program } => {
            format!(
                "验证器放弃了 {program}：可能的执行路径太多（上限一百万条指令）。请给循环设界，或缩短循环。"
            )
        }
        S::GplOnly { program, verdict } => format!(
            "验证器拒绝了 {program}：{verdict}。这只供 GPL 兼容许可证的程序使用：请在 “license” section 中声明。"
        ),
        S::NoSuchHook { program, section, asked, nearest } => {
            let inlined = match names_function(asked.as_deref().unwrap_or(section)) {
                true => "被编译器放进调用者里（内联）的函数也不存在。",
                false => "",
            };
            let hook = asked.clone().unwrap_or_else(|| format!("SEC(\"{section}\") 对应的钩子"));
            format!("{program} 未能附加：该内核没有 {hook}。{}{inlined}", offer(nearest))
        }
        S::NoSuchInterface { program, name, known } => {
            format!("{program} 未能附加：这里没有网络接口“{name}”。可用的有：{}。", list(&like(name, known)))
        }
        S::BadTarget { target } => format!(
            "“{target}”不是可以附加的目标。可以写 if:lab0（后面可加 :ingress 或 :egress）、cgroup、kprobe:FUNCTION、kretprobe:FUNCTION、fentry:FUNCTION、fexit:FUNCTION、tracepoint:CATEGORY/NAME、raw_tp:NAME、uprobe:PATH:SYMBOL、usdt:PATH:PROVIDER:NAME、perf:cpu-clock:99（或 cycles、instructions、cache-misses 等），或 none（不加载它）。"
        ),
        S::Aim(aim) => aim.say(Lang::Zh),
        S::NoCookie { program, section } => format!(
            "{program} 未能附加到 SEC(\"{section}\")：共享库这类文件可装入内存任意位置，经过的是其中哪个标记，内核从 5.15 起才能分辨。请换用较新的内核。"
        ),
        S::AttachErrno { program, section, errno: number } => {
            format!("{program} 未能附加到 SEC(\"{section}\")：{}。", errno(*number))
        }
        S::NeverFired { programs } => format!(
            "已加载并附加，但钩子从未触发：机器上没有发生 {} 所等待的事。钩子对吗？触发进程做了那件事吗？",
            list(programs)
        ),
        S::OnlyTheLabFired => "只有实验台自身触发了该程序的输出；你或机器上的其他进程都没有触发它。".into(),
        S::FiredButSilent { runs } => format!(
            "程序运行了 {runs} 次，却没有任何可见结果：过滤条件从不成立、键从未找到，或从未执行到 bpf_printk。"
        ),
        S::FiredAndDecided { runs, programs } => format!(
            "它运行了 {runs} 次，{} 每次的返回值就是它的作用：放行、拒绝或作出选择。它不必打印什么；作用体现在触发进程所遇到的结果里。xdp、tc 和 cgroup_skb 程序的判决会被计数；其他的可在 map 中计数。",
            list(programs)
        ),
        S::StimulusTimedOut { seconds } => format!("触发进程在 {seconds} 秒后仍未结束，因此运行被终止。"),
        S::StageTimedOut { seconds } => {
            format!("这一步超过了 {seconds} 秒，因此运行被终止。请再试一次；若仍如此，说明机器太忙。")
        }
        S::AttachTimedOut { seconds } => format!(
            "附加超过了 {seconds} 秒，因此运行被终止。程序从附加的那一刻起就会运行：如果它在一个不断触发的钩子上每次都运行很久，内核就没有时间做别的事了。请让它做得更少，或附加到更少触发的地方；如果不是这个原因，说明机器太忙。"
        ),
        S::WorkerDied => "负责加载程序的进程在运行中途结束了。请再运行一次。".into(),
        S::WorkerMissing { looked } => format!("worker 尚未构建（查找了 {looked}）：请运行 “make worker”。"),
        S::WorkerStale => "worker 与服务器版本不一致：请运行 “make worker”。".into(),
        S::WorkerFault => "与 worker 的连接失败。请再运行一次；服务器日志有更多信息。".into(),
        S::NoClang => "没有安装 14 以上版本的 clang：请运行 “make setup”。".into(),
        S::NoSandbox { why } => format!(
            "这台机器无法隔离编译器（{why}），因此不会编译学习者提交的代码。需要 bubblewrap 和用户命名空间：“make setup” 会安装缺少的部分并说明还需要做什么。"
        ),
        S::SandboxIsLandlock => {
            "这里没有用户命名空间：编译器由 Landlock 限制，编译自己的文件已经足够。".into()
        }
        S::CacheUnusable { path } => {
            format!("编译器所用的用户无法读取 {path}：请用 --data 指定另一个任何人都能进入的目录。")
        }
        S::HeadersFailed { why } => format!("无法生成内核头文件：{why}"),
        S::HostNeedsRoot => {
            "服务器不是以 root 运行，无法直接使用本机内核：请在另一个终端运行 “make host”，然后重启服务器。"
                .into()
        }
        S::HostNeedsLoopback => "只有当服务器监听回环地址（127.0.0.1）时才提供本机内核。".into(),
        S::HostNeedsSingleUser => "本机内核只供一位受信任的人使用，不用于课堂。".into(),
        S::HostHelperGone => "连接本机内核的辅助进程已退出：请再次运行 “make host”，然后重启服务器。".into(),
        S::NoQemu => "没有安装 QEMU，所以没有虚拟机：请运行 “make setup”。".into(),
        S::NoMemory { free_mib, need_mib } => {
            format!("这台机器只剩 {free_mib} MiB 内存，而一台虚拟机最多会用 {need_mib} MiB：请关闭其他程序，或减少预热的虚拟机（serve --warm-memory），然后重新运行。")
        }
        S::ImageMissing { kernel } => format!("内核 {kernel} 的镜像还没有构建：请运行 “make images”。"),
        S::GuestDiskFull => {
            "磁盘已满，无法创建虚拟机：请在数据目录（“bpflab doctor” 会给出路径）腾出空间，然后重新运行。"
                .into()
        }
        S::GuestDidNotBoot { why } => {
            format!(
                "虚拟机没有启动；它的控制台最后输出：“{why}”。请重新运行；如果仍然如此，“make images” 会重建损坏的部分。"
            )
        }
        S::GuestDidNotAnswer { seconds } => {
            format!("虚拟机在 {seconds} 秒内没有应答：这台机器太忙，或者太慢而无法模拟。请在空闲时重新运行。")
        }
        S::GuestFault { why } => {
            format!("无法启动虚拟机（{why}）。请重新运行；“bpflab doctor” 会说明缺少什么。")
        }
        S::GuestPanicked { why } => {
            format!("虚拟机的内核停止了：“{why}”。程序或触发命令弄坏了它所在的内核；消失的只是这次运行的虚拟机。")
        }
        S::GuestEnded => "虚拟机在运行结束之前就退出了：里面有什么东西关机、重启，或结束了实验台的 worker。".into(),
        S::GuestMute => "时间到时虚拟机已不再应答：里面有什么东西占满了处理器或内存，或停止了实验台的 worker。它已从外部被结束。".into(),
        S::GuestLate => "时间到时虚拟机还没有结束，因此从外部结束了它；它最后的输出可能缺失。".into(),
        S::GuestLied => "虚拟机发来了 worker 绝不会发送的内容，因此运行被切断：里面有什么东西冒充了 worker。".into(),
        S::LeftOut { program, section } => {
            let hook = section.strip_prefix('?').unwrap_or(section);
            format!("{program} 没有加载：这个内核没有 {hook}，而段名里的 “?” 表示它可以缺失。")
        }
        S::StimulusNeedsGuest => "网页里的命令只在虚拟机里运行，不在本机内核上：请选择一个虚拟机，或把命令留空，在自己的终端里操作。".into(),
        S::StimulusIsTheLessons => "课程自带触发命令：请去掉 “stimulus”，或不带课程运行。".into(),
        S::TerminalNeedsGuest => "终端只存在于虚拟机里，不在本机内核上：请选择一个虚拟机，或不带终端运行。".into(),
        S::TerminalNotThere => "这次运行在该内核上没有（或不再有）终端。".into(),
        S::SawTrace { matching, total, wanted, example } => {
            let what = format!("{total} 行 trace 中有 {matching} 行匹配；{}。", lines(*wanted));
            match example {
                Some(Example::Other(line)) => format!("{what}例如这一行不匹配：“{line}”"),
                Some(Example::Matching(line)) => format!("{what}例如这一行匹配了：“{line}”"),
                None => what,
            }
        }
        S::SawOutput { of, matching, total, wanted, example } => {
            let of = match of {
                Printed::ByStimulus => "触发命令输出的",
                Printed::ByIterator => "迭代器写出的",
                Printed::Records => "收到的记录",
            };
            let what = format!("{of} {total} 行中有 {matching} 行匹配；{}。", lines(*wanted));
            match example {
                Some(Example::Other(line)) => format!("{what}例如这一行不匹配：“{line}”"),
                Some(Example::Matching(line)) => format!("{what}例如这一行匹配了：“{line}”"),
                None => what,
            }
        }
        S::SawValue { what, value: Some(value) } => format!("{what} 最后是 {value}。"),
        S::SawValue { what, value: None } => format!("没有 {what}。"),
        S::SawEntries(map, Some(entries)) => format!("{map} 最后有 {entries} 个这样的条目。"),
        S::SawEntries(map, None) => format!("程序没有名为 {map} 的 map。"),
        S::SawSections { sections } => format!("已附加：{}。", list(sections)),
        S::SawNothing => "还没来得及检查这一项，运行就结束了。".into(),
        S::NoSuchPage => "没有这个页面。".into(),
        S::NoSuchLesson { slug } => format!("没有名为“{slug}”的课程。"),
        S::BrokenLesson { slug, why } => format!("课程“{slug}”无法显示：{why}"),
        S::NoSession => "要运行程序，请打开服务器启动时打印的链接；阅读则不需要。".into(),
        S::ForeignOrigin => "该请求来自其他网站的页面，已被拒绝。".into(),
        S::ForeignHost => {
            "本服务器不使用这个名字。请使用 127.0.0.1 或 localhost，或用 --host NAME 启动。".into()
        }
        S::BadRequest { why } => format!("无法读取该请求：{why}"),
        S::MessageNotJson { why } => format!("无法读取该消息：{why}"),
        S::MessageUnknown { kind } => format!("没有“{kind}”这种消息。"),
        S::MessageTooBig { limit } => format!("一条消息最多 {limit} 字节。"),
        S::UnknownRun => "这次运行已结束并被清除，或从未存在。".into(),
        S::ShuttingDown => "服务器正在关闭。".into(),
        S::ProbeWorked { kind } => format!("{kind} 程序可以加载和附加。"),
        S::ProbeLoads { kind } => format!("{kind} 程序可以加载（不在机器自己的内核上尝试附加）。"),
        S::ProbeNotTried { kind } => format!("无法在这里尝试 {kind} 程序。"),
        S::ProbeNoLoad { kind, errno: number, matters } => {
            format!("{kind} 程序无法加载：{}。{}", errno(*number), matter(*matters))
        }
        S::ProbeNoAttach { kind, errno: number, matters } => {
            format!("{kind} 程序可以加载但无法附加：{}。{}", errno(*number), matter(*matters))
        }
        S::ImageNotBuilt { name } => format!("还没有 Linux {name} 的镜像；用 `make images` 构建。"),
        S::ImageDamaged { file } => format!("镜像文件 {file} 已损坏；用 `make images` 重新构建。"),
        S::ImageSuiteLeft { name, suites } => {
            format!("无法构建 Linux {name}：镜像站上已经没有 {}。", list(suites))
        }
        S::ImageNoRecipe { path } => format!("{path} 处没有镜像配方；可用 BPFLAB_VM_IMAGES 指定其目录。"),
        S::ImageBadRecipe { why } => format!("镜像配方无法使用：{why}"),
        S::ImageNoTools { tools } => {
            format!("构建镜像需要 {}，这里没有找到；`./setup.sh run` 会安装缺少的东西。", list(tools))
        }
        S::ImageNoSubordinates { command } => {
            format!("构建根文件系统需要一段从属用户号，而您没有：{command}")
        }
        S::ImageNoNamespaces { why } => {
            format!("这里无法使用用户命名空间（{why}），因此构建根文件系统需要 root：sudo make images")
        }
        S::ImageNoMirror => {
            "这台机器的 apt 没有配置 Debian 镜像站；请指定一个：BPFLAB_MIRROR=地址 make images".into()
        }
        S::ImageMirrorSilent { suite } => {
            format!("镜像站没有给出 {suite} 的内容；请稍后再试，或用 BPFLAB_MIRROR 指定另一个。")
        }
        S::ImageMirrorLacks { suite } => format!("镜像站上没有 {suite}；可用 BPFLAB_MIRROR 指定另一个。"),
        S::ImageNoSpace { folder, needed_mib } => {
            format!("{folder} 空间不足：构建镜像在那里需要 {needed_mib} MiB。")
        }
        S::ImageStepFailed { what } => format!("{what} 失败。"),
        S::ImageFolder { path, why } => format!("{path} 无法使用：{why}"),
        S::ImagePartList { suite } => format!("{suite} 的软件包列表"),
        S::ImagePartKernel { name } => format!("Linux {name}"),
        S::ImagePartRoot => "所有内核共用的根文件系统".into(),
        S::NewerIsTried { kernel } => {
            format!("{kernel} 有更新的版本：先在它上面验证每一课，再提供给学习者。")
        }
        S::NewerIsTaken { kernel } => {
            format!("新的 {kernel} 已就位；正在运行的服务器在重启后使用它。")
        }
        S::NewerIsLeft { kernel } => format!(
            "没有采用新的 {kernel}，因为并非每一课都在它上面通过（见上文）；学习者继续使用原来的版本。请修好课程后再试，或直接采用：bpflab images --newer --unproved。"
        ),
        S::ImagePartExtra { name } => format!("带有 {name} 的根文件系统"),
        S::ExtraNotBuilt { name } => format!("这一课的虚拟机里要有 {name}，它只在需要时才构建：请先运行一次“bpflab images --extra {name}”（一两分钟），然后再运行。"),
        S::UnknownExtra { name, known } => format!("这里没有名为“{name}”的附加内容；现有：{}。", list(known)),
        S::ImageWaiting => "另一个构建正在进行，等待其完成。".into(),
        S::ImageCurrent { version } => format!("{version} 已是最新"),
        S::ImageNothing => "没有需要构建的内容。".into(),
        S::ImageBuilt { count, seconds } => format!("构建了 {count} 个，用时 {seconds} 秒。"),
        S::UnmetGuest => {
            "这里需要只有虚拟机（guest）才有的东西：它的磁盘、接口 lab0 和 lab1、其中的程序，或一个允许程序改变其决定的内核。请选择一个虚拟机内核。".into()
        }
        S::UnmetKernel { needs, release } => {
            format!("这里需要 Linux {needs} 或更新的内核，而该内核是 {release}。")
        }
        S::UnmetFeature { feature } => format!("该内核在这里缺少所需的：{}。", need(feature)),
        S::UnmetHook { hook, nearest } => {
            format!("该内核没有可供程序附加的 hook {hook}。{}", offer(nearest))
        }
        S::KernelsWithIt { kernels } => format!("有它的内核：{}。", list(kernels)),
        S::OtherKernels { kernels } => format!("满足全部要求的内核：{}。", list(kernels)),
    }
}
