//! What does nearly the same where a kernel lacks a feature, in both languages.

use super::Lang;

/// What does nearly the same where a kernel lacks a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Instead {
    OneKprobeEach,
    KprobeAndKretprobe,
    OneUprobeEach,
    FentryAndFexit,
    Lsm,
    Tc,
    TcOrCgroup,
    WatchTheScheduler,
    HashByThread,
    HashByCgroup,
    HashOfKnown,
    MapFromOutside,
    ArrayOfOne,
    FmodRet,
}

impl Instead {
    /// One sentence.
    pub fn say(self, lang: Lang) -> String {
        let words = match lang {
            Lang::En => self.en(),
            Lang::Zh => self.zh(),
        };
        words.to_owned()
    }

    fn en(self) -> &'static str {
        match self {
            Self::OneKprobeEach => "On this kernel, write one SEC(\"kprobe/FUNCTION\") for each function.",
            Self::KprobeAndKretprobe => {
                "On this kernel, write a kprobe and a kretprobe, and keep what goes from one to the other in a hash."
            }
            Self::OneUprobeEach => {
                "On this kernel, write one SEC(\"uprobe/PATH:FUNCTION\") for each function."
            }
            Self::FentryAndFexit => {
                "On this kernel, write a fentry and a fexit, and keep what goes from one to the other in a hash."
            }
            Self::Lsm => {
                "On this kernel, SEC(\"lsm/HOOK\") decides for everyone: compare bpf_get_current_cgroup_id() yourself."
            }
            Self::Tc => "On this kernel, SEC(\"tc\") does the same at the same place.",
            Self::TcOrCgroup => {
                "On this kernel, a tc or a cgroup_skb program sees the same packets, at another place on their way."
            }
            Self::WatchTheScheduler => {
                "On this kernel no program decides who runs; SEC(\"tp_btf/sched_switch\") and SEC(\"tp_btf/sched_wakeup\") see what was decided."
            }
            Self::HashByThread => {
                "On this kernel, use a BPF_MAP_TYPE_LRU_HASH with the thread's number, (__u32)bpf_get_current_pid_tgid(), as its key."
            }
            Self::HashByCgroup => {
                "On this kernel, use a BPF_MAP_TYPE_HASH with bpf_get_current_cgroup_id() as its key."
            }
            Self::HashOfKnown => {
                "On this kernel, use a BPF_MAP_TYPE_LRU_HASH with what was seen as its keys: it takes more memory, and never takes one for another."
            }
            Self::MapFromOutside => {
                "On this kernel, keep in an array or a hash what is to reach the program: its entries can be set from outside while it runs."
            }
            Self::ArrayOfOne => {
                "On this kernel, use a BPF_MAP_TYPE_ARRAY with one large value, and numbers of places in it instead of pointers."
            }
            Self::FmodRet => {
                "To make a call fail, SEC(\"fmod_ret/security_HOOK\") decides instead of the function that asks security modules (security_inode_unlink, security_file_open, …), on kernels from 5.10 on; SEC(\"lsm/HOOK\") does it too."
            }
        }
    }

    fn zh(self) -> &'static str {
        match self {
            Self::OneKprobeEach => "在这个内核上，请为每个函数各写一个 SEC(\"kprobe/函数\")。",
            Self::KprobeAndKretprobe => {
                "在这个内核上，请写一个 kprobe 和一个 kretprobe，用哈希保存两者之间要传递的东西。"
            }
            Self::OneUprobeEach => "在这个内核上，请为每个函数各写一个 SEC(\"uprobe/路径:函数\")。",
            Self::FentryAndFexit => {
                "在这个内核上，请写一个 fentry 和一个 fexit，用哈希保存两者之间要传递的东西。"
            }
            Self::Lsm => {
                "在这个内核上，SEC(\"lsm/钩子\") 对所有人生效：请自己比较 bpf_get_current_cgroup_id()。"
            }
            Self::Tc => "在这个内核上，SEC(\"tc\") 在同样的位置做同样的事。",
            Self::TcOrCgroup => "在这个内核上，tc 或 cgroup_skb 程序能在路径上的另一处看到同样的包。",
            Self::WatchTheScheduler => {
                "在这个内核上，程序不能决定谁运行；SEC(\"tp_btf/sched_switch\") 和 SEC(\"tp_btf/sched_wakeup\") 能看到调度的结果。"
            }
            Self::HashByThread => {
                "在这个内核上，请用 BPF_MAP_TYPE_LRU_HASH，以线程号 (__u32)bpf_get_current_pid_tgid() 为键。"
            }
            Self::HashByCgroup => {
                "在这个内核上，请用 BPF_MAP_TYPE_HASH，以 bpf_get_current_cgroup_id() 为键。"
            }
            Self::HashOfKnown => {
                "在这个内核上，请用 BPF_MAP_TYPE_LRU_HASH，以见过的内容为键：占用的内存更多，但绝不会误判。"
            }
            Self::MapFromOutside => {
                "在这个内核上，请把要交给程序的内容放进数组或哈希：运行期间可以从外部设置其中的条目。"
            }
            Self::ArrayOfOne => {
                "在这个内核上，请用只有一个大值的 BPF_MAP_TYPE_ARRAY，并用其中的位置编号代替指针。"
            }
            Self::FmodRet => {
                "要让某个调用失败，可在 5.10 及更新的内核上用 SEC(\"fmod_ret/security_钩子\")，它代替询问安全模块的函数（security_inode_unlink、security_file_open 等）作出决定；SEC(\"lsm/钩子\") 也可以。"
            }
        }
    }

    /// For a feature as a lesson names it.
    pub fn of(feature: &str) -> Option<Self> {
        Some(match feature {
            "kprobe.multi" => Self::OneKprobeEach,
            "kprobe.session" => Self::KprobeAndKretprobe,
            "uprobe.multi" => Self::OneUprobeEach,
            "fsession" => Self::FentryAndFexit,
            "lsm_cgroup" => Self::Lsm,
            "tcx" | "netkit" => Self::Tc,
            "netfilter" => Self::TcOrCgroup,
            "sched_ext" => Self::WatchTheScheduler,
            "map:task_storage" => Self::HashByThread,
            "map:cgrp_storage" => Self::HashByCgroup,
            "map:bloom_filter" => Self::HashOfKnown,
            "map:user_ringbuf" => Self::MapFromOutside,
            "map:arena" => Self::ArrayOfOne,
            _ => return None,
        })
    }
}
