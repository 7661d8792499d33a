//! The sandbox: a page like a lesson's, on which nothing is asked and nothing
//! is checked. It belongs to the lab and not to a course.

use std::{collections::BTreeMap, path::PathBuf};

use super::{Glossary, Lesson, Page, Prose, Setup, markdown};
use crate::{
    kernel::Needs,
    say::{Lang, Text},
};

/// Its name in addresses.
pub const SANDBOX: &str = "sandbox";

/// Makes the program that is there at first do something.
const STIMULUS: &str = "cat /etc/hostname; ls /usr >/dev/null";

/// The sandbox as a lesson without a task.
pub fn sandbox(glossary: &Glossary) -> Lesson {
    let page = |text: &str, lang: Lang| -> Page {
        let rendered = markdown::render(text, "/", |_| false, glossary.reader(lang));
        rendered.expect("our own text is right: a test renders it")
    };
    let both = |en: &str, zh: &str| Text { en: en.into(), zh: zh.into() };
    Lesson {
        slug: SANDBOX.to_owned(),
        number: 0,
        folder: PathBuf::new(),
        title: both("Sandbox", "沙盒"),
        summary: both("Any program, on any kernel.", "任何程序，任何内核。"),
        part: String::new(),
        minutes: 0,
        after: Vec::new(),
        needs: Needs::default(),
        run: Setup {
            seconds: 0,
            headers: None,
            stimulus: Some(STIMULUS.to_owned()),
            globals: BTreeMap::new(),
            targets: BTreeMap::new(),
            map_sizes: BTreeMap::new(),
            records: BTreeMap::new(),
            tests: Vec::new(),
        },
        draws: BTreeMap::new(),
        checks: Vec::new(),
        hints: Vec::new(),
        sources: Vec::new(),
        text: Prose {
            en: page(include_str!("sandbox/en.md"), Lang::En),
            zh: Some(page(include_str!("sandbox/zh.md"), Lang::Zh)),
        },
        program: format!("{SANDBOX}.bpf.c"),
        starter: include_str!("sandbox/starter.bpf.c").to_owned(),
        solution: String::new(),
        headers: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_texts_have_the_same_sections_in_both_languages() {
        let text = sandbox(&Glossary::default()).text;
        let zh = text.zh.expect("it is written");
        assert_eq!(text.en.headings.len(), zh.headings.len());
        assert!(text.en.html.contains("lab0") && zh.html.contains("lab0"));
    }
}
