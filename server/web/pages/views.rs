//! What the templates are filled with.

use std::collections::BTreeMap;

use askama::Template;
use serde::Serialize;

use super::super::{
    kernels::{self, KernelRow},
    site::Site,
};
use crate::{
    compile::{SOURCE_LIMITS, flags},
    dice, kernel,
    lesson::{Course, Facts, Lesson, SANDBOX, highlight_c, inline},
    say::{Lang, Sentence, labels::Labels},
};

/// What every page has.
pub(super) struct Frame {
    pub(super) lang: Lang,
    pub(super) nonce: String,
    pub(super) other_href: String,
    pub(super) v: String,
}

impl Frame {
    /// For a page whose address in English is `/` and `path`.
    pub(super) fn new(site: &Site, lang: Lang, path: &str) -> Self {
        let other_href = match lang {
            Lang::En => format!("/zh/{path}"),
            Lang::Zh => format!("/{path}"),
        };
        Self { lang, nonce: dice::word(), other_href, v: site.version.clone() }
    }
}

/// Where a language's pages begin.
pub(super) fn home(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "/",
        Lang::Zh => "/zh/",
    }
}

pub(super) fn href(lang: Lang, slug: &str) -> String {
    format!("{}lessons/{slug}", home(lang))
}

fn sentence(can_run: &Result<(), Sentence>, lang: Lang) -> String {
    can_run.as_ref().err().map(|why| why.say(lang)).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "course.html")]
pub(super) struct CoursePage {
    lang: &'static str,
    t: &'static Labels,
    nonce: String,
    other_href: String,
    home: &'static str,
    v: String,
    course_title: String,
    course_lead: String,
    parts: Vec<PartView>,
    can_run: bool,
    why_not: String,
}

struct PartView {
    title: String,
    minutes: u32,
    lessons: Vec<LessonRow>,
}

struct LessonRow {
    number: u32,
    href: String,
    title: String,
    summary: String,
    minutes: u32,
    error: Option<String>,
}

impl CoursePage {
    pub(super) fn new(frame: Frame, course: &Course, can_run: Result<(), Sentence>) -> Self {
        let lang = frame.lang;
        let mut parts: Vec<PartView> = course
            .parts
            .iter()
            .map(|part| {
                let lessons = course.lessons().filter(|lesson| lesson.part == part.id);
                let title = part.title.get(lang).to_owned();
                let lessons: Vec<_> = lessons.map(|lesson| LessonRow::new(lesson, lang)).collect();
                PartView { title, minutes: lessons.iter().map(|lesson| lesson.minutes).sum(), lessons }
            })
            .filter(|part| !part.lessons.is_empty())
            .collect();
        let broken: Vec<LessonRow> = course
            .faults()
            .map(|fault| LessonRow {
                number: fault.number,
                href: href(lang, &fault.slug),
                title: fault.slug.clone(),
                summary: String::new(),
                minutes: 0,
                error: Some(fault.why.clone()),
            })
            .collect();
        if !broken.is_empty() {
            parts.push(PartView {
                title: lang.labels().lesson_broken.to_owned(),
                minutes: 0,
                lessons: broken,
            });
        }
        Self {
            lang: lang.code(),
            t: lang.labels(),
            nonce: frame.nonce,
            other_href: frame.other_href,
            home: home(lang),
            v: frame.v,
            course_title: course.title.get(lang).to_owned(),
            course_lead: course.lead.get(lang).to_owned(),
            parts,
            why_not: sentence(&can_run, lang),
            can_run: can_run.is_ok(),
        }
    }
}

impl LessonRow {
    fn new(lesson: &Lesson, lang: Lang) -> Self {
        Self {
            number: lesson.number,
            href: href(lang, &lesson.slug),
            title: lesson.title.get(lang).to_owned(),
            summary: lesson.summary.get(lang).to_owned(),
            minutes: lesson.minutes,
            error: None,
        }
    }
}

#[derive(Template)]
#[template(path = "lesson.html")]
pub(super) struct LessonPage {
    lang: &'static str,
    t: &'static Labels,
    nonce: String,
    other_href: String,
    home: &'static str,
    v: String,
    title: String,
    summary: String,
    part_title: String,
    minutes: u32,
    after: Vec<NavLink>,
    html: String,
    previous: Option<NavLink>,
    next: Option<NavLink>,
    starter_html: String,
    solution_html: String,
    hints: Vec<String>,
    checks: Vec<CheckRow>,
    sources: Vec<String>,
    flags: String,
    config: String,
    can_run: bool,
    why_not: String,
    untranslated: bool,
    toc: Vec<NavLink>,
    /// The command that a learner may change; a lesson's own is not theirs.
    stimulus: Option<String>,
}

struct NavLink {
    href: String,
    title: String,
}

#[derive(Serialize)]
struct CheckRow {
    id: String,
    says: String,
}

/// What the page's script is told.
#[derive(Serialize)]
struct Config<'a> {
    lang: &'a str,
    lesson: &'a str,
    sandbox: bool,
    program: &'a str,
    headers: &'a BTreeMap<String, String>,
    records: &'a BTreeMap<String, String>,
    sets: Vec<String>,
    kernels: Vec<KernelRow>,
    default_kernel: &'a str,
    can_run: bool,
    why_not: Option<&'a str>,
    checks: &'a [CheckRow],
    strings: BTreeMap<&'a str, &'a str>,
    max_source: usize,
}

impl LessonPage {
    pub(super) fn new(
        frame: Frame,
        site: &Site,
        course: &Course,
        lesson: &Lesson,
        can_run: Result<(), Sentence>,
    ) -> Self {
        let lang = frame.lang;
        let facts = Facts::unknown(&lesson.draws);
        let checks: Vec<CheckRow> = lesson
            .checks
            .iter()
            .map(|check| CheckRow { id: check.id.clone(), says: facts.fill(check.says.get(lang)) })
            .collect();
        let why_not = sentence(&can_run, lang);
        let (page, untranslated) = lesson.text.get(lang);
        let (before, after) = course.neighbours(&lesson.slug);
        let link = |lesson: &Lesson| NavLink {
            href: href(lang, &lesson.slug),
            title: lesson.title.get(lang).to_owned(),
        };
        let part = course.parts.iter().find(|part| part.id == lesson.part);
        let toc = page.headings.iter();
        Self {
            config: config(site, lesson, lang, &checks, can_run.is_ok(), &why_not),
            lang: lang.code(),
            t: lang.labels(),
            nonce: frame.nonce,
            other_href: frame.other_href,
            home: home(lang),
            v: frame.v,
            title: lesson.title.get(lang).to_owned(),
            summary: lesson.summary.get(lang).to_owned(),
            part_title: part.map(|part| part.title.get(lang).to_owned()).unwrap_or_default(),
            minutes: lesson.minutes,
            after: lesson.after.iter().filter_map(|slug| course.lesson(slug)).map(link).collect(),
            html: page.html.clone(),
            previous: before.map(link),
            next: after.map(link),
            starter_html: highlight_c(&lesson.starter),
            solution_html: highlight_c(&lesson.solution),
            hints: lesson.hints.iter().map(|hint| inline(hint.get(lang))).collect(),
            checks,
            sources: lesson
                .sources
                .iter()
                .map(|source| format!("{} ({})", source.title, source.place))
                .collect(),
            flags: flags::shown(),
            can_run: can_run.is_ok(),
            why_not,
            untranslated,
            stimulus: is_sandbox(lesson).then(|| lesson.run.stimulus.clone()).flatten(),
            toc: toc.map(|h| NavLink { href: format!("#{}", h.id), title: h.title.clone() }).collect(),
        }
    }
}

fn is_sandbox(lesson: &Lesson) -> bool {
    lesson.slug == SANDBOX && lesson.checks.is_empty()
}

fn config(
    site: &Site,
    lesson: &Lesson,
    lang: Lang,
    checks: &[CheckRow],
    can_run: bool,
    why_not: &str,
) -> String {
    let backends = &site.runs.lab().backends;
    let config = Config {
        lang: lang.code(),
        lesson: &lesson.slug,
        sandbox: is_sandbox(lesson),
        program: &lesson.program,
        headers: &lesson.headers,
        records: &lesson.run.records,
        sets: sets(lesson),
        kernels: kernels::rows(site, lang),
        default_kernel: backends.default_kernel(),
        can_run,
        why_not: Some(why_not).filter(|why| !why.is_empty()),
        checks,
        strings: lang.labels().script().into_iter().collect(),
        max_source: SOURCE_LIMITS.bytes,
    };
    // Inside a script element only `</` ends it: no `<` at all is the simplest proof.
    serde_json::to_string(&config).expect("the page's settings always serialise").replace('<', "\\u003c")
}

/// What the lesson sets before the program loads, as the page's form says the same.
fn sets(lesson: &Lesson) -> Vec<String> {
    let facts = Facts::unknown(&lesson.draws);
    let targets = lesson.run.targets.iter().map(|(name, to)| format!("{name} → {}", kernel::words(to)));
    let globals = lesson.run.globals.iter().map(|(name, value)| format!("{name} = {}", facts.fill(value)));
    let sizes = lesson.run.map_sizes.iter().map(|(name, size)| format!("{name} × {size}"));
    targets.chain(globals).chain(sizes).collect()
}

#[derive(Template)]
#[template(path = "message.html")]
pub(super) struct MessagePage {
    lang: &'static str,
    t: &'static Labels,
    nonce: String,
    other_href: String,
    home: &'static str,
    v: String,
    status: u16,
    title: String,
    says: String,
    back_href: &'static str,
    back_title: &'static str,
}

impl MessagePage {
    pub(super) fn new(frame: Frame, status: u16, says: &Sentence) -> Self {
        let labels = frame.lang.labels();
        Self {
            lang: frame.lang.code(),
            t: labels,
            nonce: frame.nonce,
            other_href: frame.other_href,
            home: home(frame.lang),
            v: frame.v,
            status,
            title: match status {
                404 => labels.not_found,
                400..500 => labels.not_taken_home,
                _ => labels.lesson_broken,
            }
            .to_owned(),
            says: says.say(frame.lang),
            back_href: home(frame.lang),
            back_title: labels.all_lessons,
        }
    }
}
