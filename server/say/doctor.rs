//! What `bpflab doctor` finds of a machine, in both languages.

use super::Lang;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's words stand below")]
pub enum Doctor {
    Clang {
        version: String,
    },
    Sandbox,
    Host {
        release: String,
    },
    HostOff {
        why: String,
    },
    Headers {
        path: String,
    },
    Architecture {
        name: String,
    },
    ArchitectureRight {
        name: String,
    },
    NothingRuns,
    Qemu {
        version: String,
    },
    Kvm,
    KvmMissing,
    KvmClosed,
    KvmHangs {
        seconds: u64,
    },
    Kernel {
        kernel: String,
        release: String,
        programs: usize,
        maps: usize,
        helpers: usize,
        hooks: usize,
    },
    KernelOff {
        kernel: String,
        why: String,
    },
    Memory {
        warm_mib: u64,
        places: usize,
        run_mib: u64,
    },
    Disk {
        folder: String,
        free_mib: u64,
    },
    /// Below which cgroup guests have theirs, and whether it bounds their memory.
    Cgroup(Option<(String, bool)>),
    Extra {
        name: String,
    },
    ExtraMissing {
        name: String,
    },
    GuestSilent,
}

impl Doctor {
    /// In words.
    pub fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.en(),
            Lang::Zh => self.zh(),
        }
    }

    fn en(&self) -> String {
        match self {
        Self::Clang { version } => format!("The compiler is {version}."),
        Self::Sandbox => "The compiler runs in namespaces of its own that hold no file but its own and the headers.".into(),
        Self::Host { release } => format!("The machine's own kernel ({release}) can be used."),
        Self::HostOff { why } => format!("The machine's own kernel cannot be used: {why}"),
        Self::Headers { path } => format!("This kernel's headers are in {path}."),
        Self::Architecture { name } => {
            format!("This machine is {name}; bpflab is made for x86_64 so far, and nothing else was tried.")
        }
        Self::ArchitectureRight { name } => format!("This machine is {name}, for which bpflab is made."),
        Self::NothingRuns => "Nothing can run here until what is said above is mended.".into(),
        Self::Qemu { version } => format!("Guests are run by {version}."),
        Self::Kvm => "Guests run by hardware (KVM): one has booted so.".into(),
        Self::KvmMissing => {
            "Guests are emulated (TCG), since there is no /dev/kvm: slower, and all else is the same.".into()
        }
        Self::KvmClosed => {
            "Guests are emulated (TCG), since /dev/kvm is there but the user that QEMU runs as may not open it: slower, and all else is the same.".into()
        }
        Self::KvmHangs { seconds } => format!(
            "Guests are emulated (TCG), since /dev/kvm is there but a guest did not boot under it within {seconds} s: slower, and all else is the same."
        ),
        Self::Kernel { kernel, release, programs, maps, helpers, hooks } => format!(
            "Linux {kernel} ({release}) runs in a guest: {programs} program types, {maps} map types, {helpers} helpers, {hooks} hooks."
        ),
        Self::KernelOff { kernel, why } => format!("Linux {kernel} cannot be used: {why}"),
        Self::Memory { warm_mib, places, run_mib } => format!(
            "Waiting guests may take {warm_mib} MiB of memory (serve --warm-memory); {places} runs at once fit, at {run_mib} MiB at most for each."
        ),
        Self::Disk { folder, free_mib } => format!("{folder} has {free_mib} MiB left for images and snapshots."),
        Self::Extra { name } => format!("Guests can have {name}, for the lessons that need it."),
        Self::ExtraMissing { name } => format!(
            "Guests have no {name}, and lessons that need it are skipped: bpflab images --extra {name} builds it."
        ),
        Self::GuestSilent => "its guest did not say what it can do; the reason stands on standard error.".into(),
        Self::Cgroup(Some((folder, true))) => {
            format!("Each guest has a cgroup of its own below {folder}, which bounds its memory and its processes.")
        }
        Self::Cgroup(Some((folder, false))) => {
            format!("Each guest has a cgroup of its own below {folder}, but memory is not bounded by it, since that controller is not handed down: limits of its own on memory and processor time hold it.")
        }
        Self::Cgroup(None) => {
            "Guests have no cgroup of their own: each is held by limits on its memory and its processor time.".into()
        }
        }
    }

    fn zh(&self) -> String {
        match self {
        Self::Clang { version } => format!("编译器是 {version}。"),
        Self::Sandbox => "编译器运行在自己的命名空间中，除自身和头文件外看不到任何文件。".into(),
        Self::Host { release } => format!("可以使用本机内核（{release}）。"),
        Self::HostOff { why } => format!("无法使用本机内核：{why}"),
        Self::Headers { path } => format!("该内核的头文件在 {path}。"),
        Self::Architecture { name } => {
            format!("这台机器是 {name}；bpflab 目前只为 x86_64 制作，其他架构未经尝试。")
        }
        Self::ArchitectureRight { name } => format!("这台机器是 {name}，正是 bpflab 所支持的架构。"),
        Self::NothingRuns => "在解决上述问题之前，这里什么都无法运行。".into(),
        Self::Qemu { version } => format!("虚拟机由 {version} 运行。"),
        Self::Kvm => "虚拟机使用硬件虚拟化（KVM）：已有一台这样启动成功。".into(),
        Self::KvmMissing => "虚拟机以软件模拟方式（TCG）运行，因为没有 /dev/kvm：只是较慢，其余相同。".into(),
        Self::KvmClosed => {
            "虚拟机以软件模拟方式（TCG）运行，因为 /dev/kvm 存在，但运行 QEMU 的用户无权打开它：只是较慢，其余相同。".into()
        }
        Self::KvmHangs { seconds } => format!(
            "虚拟机以软件模拟方式（TCG）运行，因为 /dev/kvm 存在，但用它启动的虚拟机在 {seconds} 秒内没有启动成功：只是较慢，其余相同。"
        ),
        Self::Kernel { kernel, release, programs, maps, helpers, hooks } => format!(
            "Linux {kernel}（{release}）可在虚拟机中运行：{programs} 种程序类型、{maps} 种 map 类型、{helpers} 个 helper、{hooks} 个 hook。"
        ),
        Self::KernelOff { kernel, why } => format!("Linux {kernel} 无法使用：{why}"),
        Self::Memory { warm_mib, places, run_mib } => format!(
            "待命的虚拟机最多占用 {warm_mib} MiB 内存（serve --warm-memory）；可同时进行 {places} 次运行，每次最多 {run_mib} MiB。"
        ),
        Self::Disk { folder, free_mib } => format!("{folder} 还有 {free_mib} MiB 可用于镜像和快照。"),
        Self::Extra { name } => format!("虚拟机可以带上 {name}，供需要它的课程使用。"),
        Self::ExtraMissing { name } => {
            format!("虚拟机还没有 {name}，需要它的课程会被跳过：运行 bpflab images --extra {name} 即可构建。")
        }
        Self::GuestSilent => "它的虚拟机没有说明自己支持什么；原因见标准错误输出。".into(),
        Self::Cgroup(Some((folder, true))) => {
            format!("每台虚拟机在 {folder} 下有自己的 cgroup，限制其内存和进程数。")
        }
        Self::Cgroup(Some((folder, false))) => {
            format!("每台虚拟机在 {folder} 下有自己的 cgroup，但内存控制器没有下放，所以由它自身的内存和处理器时间上限来约束。")
        }
        Self::Cgroup(None) => {
            "虚拟机没有自己的 cgroup：每台都受内存和处理器时间上限的约束。".into()
        }
        }
    }
}
