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
            "tcx" => Self::Tc,
            "netfilter" => Self::TcOrCgroup,
            _ => return None,
        })
    }
}
