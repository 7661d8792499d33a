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
            22 => "-EINVAL".to_owned(),
            errno => format!("-{errno}"),
        }
    }

    /// The format and what in it is not taken, as they stand in a source.
    fn written(&self) -> (String, Option<String>) {
        let written = |text: &str| text.escape_debug().to_string();
        (written(self.format.trim_end()), self.culprit.as_deref().map(written))
    }

    /// Whether it is a letter, and no conversion, that is not taken.
    fn is_letter(&self) -> bool {
        self.culprit.as_ref().is_some_and(|culprit| !culprit.starts_with('%'))
    }

    fn en(&self) -> String {
        let (program, (format, culprit), answer) = (&self.program, self.written(), self.answer());
        let what = match &culprit {
            Some(culprit) => format!("\"{culprit}\" in \"{format}\""),
            None => format!("\"{format}\""),
        };
        let next = match culprit {
            Some(_) if self.is_letter() => {
                "Write the text in ASCII that prints, or send it through a ring buffer."
            }
            Some(_) => {
                "What every kernel takes is %d, %i, %u and %x, also with l or ll, %s and %p; none takes a floating-point number."
            }
            None => {
                "It has more conversions than values, or, before Linux 5.13, more than three or more than one %s: use several calls."
            }
        };
        format!(
            "bpf_printk in {program} prints nothing here: this kernel does not take {what}, and the helper returns {answer} instead. {next}"
        )
    }

    fn zh(&self) -> String {
        let (program, (format, culprit), answer) = (&self.program, self.written(), self.answer());
        let what = match &culprit {
            Some(culprit) => format!("“{format}”里的“{culprit}”"),
            None => format!("“{format}”"),
        };
        let next = match culprit {
            Some(_) if self.is_letter() => "请用可打印的 ASCII 书写这段文字，或改用环形缓冲区发送。",
            Some(_) => "每个内核都接受 %d、%i、%u、%x（也可加 l 或 ll）、%s 和 %p；浮点数则都不接受。",
            None => "转换说明多于实际的值；或者在 Linux 5.13 之前，多于三个，或 %s 多于一个：请分几次调用。",
        };
        format!(
            "{program} 里的 bpf_printk 在这里什么也不会打印：这个内核不接受{what}，辅助函数改为返回 {answer}。{next}"
        )
    }
}
