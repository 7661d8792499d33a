//! What is said of `bpf_printk`, in both languages.

use super::Lang;

/// Of a format that a kernel's `bpf_printk` refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words stand below")]
pub struct Print {
    pub program: String,
    pub format: String,
    /// What in it is not taken; `None` where each part is, and the whole is not.
    pub culprit: Option<String>,
    pub errno: i32,
}

impl Print {
    /// One sentence, and what to do.
    pub fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.en(),
            Lang::Zh => self.zh(),
        }
    }

    /// What the helper answers.
    fn answer(&self) -> String {
        match self.errno {
            22 => "EINVAL".to_owned(),
            errno => format!("-{errno}"),
        }
    }

    fn en(&self) -> String {
        let (Self { program, .. }, format, answer) = (self, self.format.trim_end(), self.answer());
        let what = match &self.culprit {
            Some(culprit) => format!("\"{culprit}\" in \"{format}\""),
            None => format!("\"{format}\""),
        };
        let next = match &self.culprit {
            Some(culprit) if !culprit.is_ascii() => {
                "Write the text in ASCII, or send it through a ring buffer."
            }
            Some(_) => {
                "What every kernel takes is %d, %i, %u and %x, also with l or ll, %s and %p; none takes a floating-point number."
            }
            None => "Older kernels take three arguments at most, and one %s; use two calls.",
        };
        format!(
            "bpf_printk in {program} prints nothing here: this kernel does not take {what}, and the helper returns {answer} instead. {next}"
        )
    }

    fn zh(&self) -> String {
        let (Self { program, .. }, format, answer) = (self, self.format.trim_end(), self.answer());
        let what = match &self.culprit {
            Some(culprit) => format!("“{format}”里的“{culprit}”"),
            None => format!("“{format}”"),
        };
        let next = match &self.culprit {
            Some(culprit) if !culprit.is_ascii() => "请用 ASCII 书写这段文字，或改用环形缓冲区发送。",
            Some(_) => "每个内核都接受 %d、%i、%u、%x（也可加 l 或 ll）、%s 和 %p；浮点数则都不接受。",
            None => "较旧的内核最多接受三个参数和一个 %s；请分两次调用。",
        };
        format!(
            "{program} 里的 bpf_printk 在这里什么也不会打印：这个内核不接受{what}，辅助函数改为返回 {answer}。{next}"
        )
    }
}
