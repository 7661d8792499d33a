//! What a lesson's author would want to know before anyone runs it: what is
//! missing, stray, stale or does not lead anywhere.
//!
//! Knows a lesson's folder. A lesson that cannot be read at all is a `Fault`;
//! here it can, and could be better.

mod attached;
mod pictures;
mod prints;

use std::{collections::BTreeSet, fs, sync::LazyLock};

use regex::Regex;

use super::{
    Course, Expectation, Lesson, Page, Slug, draw,
    sections::{self, Section, sections},
};

/// Words of a lesson's English text, without code: shorter says too little,
/// longer is two lessons.
const WORDS: std::ops::RangeInclusive<usize> = 350..=1_600;

/// How many hints there are: from a nudge to nearly the answer.
const HINTS: std::ops::RangeInclusive<usize> = 2..=3;

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The lesson.
    pub lesson: Slug,
    /// The file, from the lessons' folder.
    pub file: String,
    /// From 1.
    pub line: Option<usize>,
    /// Whether the lesson is wrong with it, or only worse than it could be.
    pub is_error: bool,
    /// What, and what mends it.
    pub what: String,
}

/// All that can be said of a lesson without running it.
pub fn lint(lesson: &Lesson, course: &Course) -> Vec<Finding> {
    let mut lint = Lint { lesson, found: Vec::new() };
    let english = lint.text("lesson.md");
    let chinese = lint.text("lesson.zh.md");
    lint.length(&english);
    lint.translation(&english, &chinese);
    for (file, text, page) in
        [("lesson.md", &english, Some(&lesson.text.en)), ("lesson.zh.md", &chinese, lesson.text.zh.as_ref())]
    {
        if let Some(page) = page {
            lint.links(file, text, page, course);
            lint.tables(file, text);
            lint.emphasis(file, text, page);
        }
    }
    lint.files(&english, &chinese);
    lint.table(course);
    for (file, text) in [("starter.bpf.c", &lesson.starter), ("solution.bpf.c", &lesson.solution)] {
        for (line, what) in prints::wrong(text, lesson.needs.kernel) {
            lint.error(file, Some(line), what);
        }
    }
    lint.found
}

/// Writes into the Chinese text which English each section follows: for an
/// author who has just brought it up to date. `false` where nothing changed.
///
/// # Errors
/// The texts cannot be read or written, or their sections do not go together.
pub fn mark_translated(lesson: &Lesson) -> Result<bool, String> {
    let read =
        |name: &str| fs::read_to_string(lesson.folder.join(name)).map_err(|error| format!("{name}: {error}"));
    let (english, chinese) = (read("lesson.md")?, read("lesson.zh.md")?);
    let marked = sections::marked(&english, &chinese).ok_or_else(|| {
        let count = |text: &str| sections(text).len() - 1;
        format!(
            "lesson.zh.md: has {} sections, lesson.md has {}: give it the same",
            count(&chinese),
            count(&english)
        )
    })?;
    if marked == chinese {
        return Ok(false);
    }
    fs::write(lesson.folder.join("lesson.zh.md"), marked)
        .map_err(|error| format!("lesson.zh.md: {error}"))?;
    Ok(true)
}

struct Lint<'l> {
    lesson: &'l Lesson,
    found: Vec<Finding>,
}

impl Lint<'_> {
    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.lesson.folder.join(name)).unwrap_or_default()
    }

    fn say(&mut self, file: &str, line: Option<usize>, is_error: bool, what: String) {
        let folder = self.lesson.folder.file_name().unwrap_or_default().to_string_lossy();
        let lesson = self.lesson.slug.clone();
        self.found.push(Finding { lesson, file: format!("{folder}/{file}"), line, is_error, what });
    }

    fn error(&mut self, file: &str, line: Option<usize>, what: String) {
        self.say(file, line, true, what);
    }

    fn warn(&mut self, file: &str, line: Option<usize>, what: String) {
        self.say(file, line, false, what);
    }

    fn length(&mut self, english: &str) {
        let mut in_code = false;
        let prose = english.lines().filter(|line| {
            let fence = line.trim_start().starts_with("```");
            in_code ^= fence;
            !in_code && !fence
        });
        let words = prose.map(|line| line.split_whitespace().count()).sum::<usize>();
        if !WORDS.contains(&words) {
            let (least, most) = (WORDS.start(), WORDS.end());
            self.warn("lesson.md", None, format!("{words} words of text; a lesson has {least} to {most}"));
        }
    }

    fn translation(&mut self, english: &str, chinese: &str) {
        let file = "lesson.zh.md";
        if chinese.is_empty() {
            return self.warn(file, None, "is missing: write the lesson in Chinese as well".into());
        }
        let (from, to) = (sections(english), sections(chinese));
        if from.len() != to.len() {
            let (from, to) = (from.len() - 1, to.len() - 1);
            let what = format!("has {to} sections and lesson.md {from}: give both the same");
            return self.error(file, None, what);
        }
        let mend = format!("bpflab check {} --translated", self.lesson.slug);
        if to.iter().all(|section| section.follows.is_none()) {
            let what = format!("does not say which English text it follows; if it follows this one: {mend}");
            return self.warn(file, None, what);
        }
        let stale = |(from, to): &(&Section<'_>, &Section<'_>)| to.follows != Some(from.version().as_str());
        for (from, to) in from.iter().zip(&to).filter(stale) {
            let name = if from.title.is_empty() { "the beginning" } else { from.title };
            let what = format!("\"{name}\" has changed in English since: bring it up to date, then {mend}");
            self.warn(file, Some(to.line), what);
        }
    }

    fn links(&mut self, file: &str, text: &str, page: &Page, course: &Course) {
        static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\]\(([#/][^)\s]*)").expect("a pattern"));
        for (line, number) in text.lines().zip(1..) {
            for link in LINK.captures_iter(line) {
                let to = &link[1];
                let leads = match to.strip_prefix("/lessons/") {
                    Some(slug) => course.lesson(slug.split(['#', '/']).next().unwrap_or_default()).is_some(),
                    None => match to.strip_prefix('#') {
                        Some(anchor) => page.headings.iter().any(|heading| heading.id == anchor),
                        None => true,
                    },
                };
                if !leads {
                    self.error(file, Some(number), format!("the link {to} leads nowhere"));
                }
            }
        }
    }

    /// Asterisks that close nothing are shown as they are: after a colon a
    /// Chinese word must not follow them.
    fn emphasis(&mut self, file: &str, text: &str, page: &Page) {
        static NO_PROSE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"(?s)<code.*?</code>|<[^>]*>").expect("a pattern"));
        let shown = NO_PROSE.replace_all(&page.html, "");
        for (at, _) in shown.match_indices("**") {
            let after: String = shown[at..].chars().take(8).take_while(|c| *c != '\n').collect();
            let line = text.lines().position(|line| line.contains(&after)).map(|line| line + 1);
            self.error(
                file,
                line,
                format!(
                    "\"{after}\" is shown with its asterisks: close the emphasis before a punctuation mark"
                ),
            );
        }
    }

    /// A column that nobody named is read out as nothing.
    fn tables(&mut self, file: &str, text: &str) {
        let lines: Vec<&str> = text.lines().collect();
        for (at, pair) in lines.windows(2).enumerate() {
            let rule = pair[1].starts_with('|') && pair[1].chars().all(|c| "|-: ".contains(c));
            let cells = pair[0].trim().trim_matches('|').split('|');
            if rule && pair[0].starts_with('|') && cells.clone().any(|cell| cell.trim().is_empty()) {
                self.error(file, Some(at + 1), "a column of this table has no name: give it one".into());
            }
        }
    }

    fn files(&mut self, english: &str, chinese: &str) {
        let Ok(entries) = fs::read_dir(&self.lesson.folder) else { return };
        let mut names: Vec<(String, bool)> = entries
            .flatten()
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path().is_dir()))
            .collect();
        names.sort();
        let mut pictures = Vec::new();
        for (name, is_folder) in names {
            let known = ["lesson.toml", "lesson.md", "lesson.zh.md", "starter.bpf.c", "solution.bpf.c"];
            if !is_folder && (known.contains(&name.as_str()) || name.ends_with(".h")) {
                continue;
            }
            if is_folder || !name.ends_with(".svg") {
                self.error(&name, None, "does not belong to a lesson: take it away".into());
                continue;
            }
            pictures.push(name);
        }
        self.pictures(&pictures, english, chinese);
    }

    /// What `lesson.toml` says and nobody uses, or should say.
    fn table(&mut self, course: &Course) {
        let toml = self.text("lesson.toml");
        let line_of = |needle: &str| toml.lines().position(|line| line.contains(needle)).map(|at| at + 1);
        let lesson = self.lesson;
        if !HINTS.contains(&lesson.hints.len()) {
            let what = format!(
                "{} hints; from a nudge to nearly the answer there are two or three",
                lesson.hints.len()
            );
            self.warn("lesson.toml", line_of("[[hints]]"), what);
        }
        if lesson.checks.is_empty() {
            self.error("lesson.toml", None, "has no [[check]]: say what must be seen".into());
        }
        if lesson.sources.is_empty() {
            self.warn("lesson.toml", None, "names no sources: say where a reader finds more".into());
        }
        for before in &lesson.after {
            let known = course.lesson(before);
            if known.is_none_or(|before| before.number >= lesson.number) {
                let what = format!("after names {before}, which is no lesson before this one");
                self.error("lesson.toml", line_of("after ="), what);
            }
        }
        let used: BTreeSet<&str> = draw::names(&toml).collect();
        for name in lesson.draws.keys().filter(|name| !used.contains(name.as_str())) {
            let what = format!("{name} is drawn and not used: use it as {{{{{name}}}}}, or take it away");
            self.warn("lesson.toml", line_of(&format!("{name} =")), what);
        }
        for check in &lesson.checks {
            // What a program attaches to may be told by the lesson instead of its section.
            let Expectation::Attached { section } = &check.expects else { continue };
            if lesson.run.targets.is_empty() && attached::is_nowhere(section, &lesson.solution) {
                let what = format!(
                    "check \"{}\" can never pass: the solution has no section {section}; write it as in SEC()",
                    check.id
                );
                self.error("lesson.toml", line_of(&format!("id = \"{}\"", check.id)), what);
            }
        }
        for check in lesson.checks.iter().filter(|check| check.hint.is_none()) {
            let what = format!("check \"{}\" has no hint: say where to look when it fails", check.id);
            self.warn("lesson.toml", line_of(&format!("id = \"{}\"", check.id)), what);
        }
    }
}
