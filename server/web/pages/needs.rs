//! The page of what each lesson needs, made from the lessons themselves, and
//! which kernels have it, made from what they were found to have.

use std::sync::Arc;

use askama::Template;

use super::{
    super::site::Site,
    views::{Frame, home, href},
};
use crate::{
    kernel::{Features, HOST, Kernel},
    lab,
    lesson::{Course, Lesson},
    say::{Lang, labels::Labels},
};

#[derive(Template)]
#[template(path = "needs.html")]
pub(super) struct NeedsPage {
    lang: &'static str,
    t: &'static Labels,
    pub(super) nonce: String,
    other_href: String,
    home: &'static str,
    v: String,
    kernels: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    href: String,
    title: String,
    kernel: String,
    programs: String,
    more: String,
    helpers: String,
    hooks: String,
    cells: Vec<Cell>,
}

struct Cell {
    met: bool,
    why: String,
}

/// A guest's kernel and what it was found to have.
type Known = (String, String, Arc<Features>);

impl NeedsPage {
    pub(super) async fn new(frame: Frame, site: &Site, course: &Course) -> Self {
        let lang = frame.lang;
        let backends = &site.lab().backends;
        let mut known: Vec<Known> = Vec::new();
        let guests = backends.kernels().into_iter().filter(|kernel| kernel.name != HOST);
        for kernel in guests.filter(Kernel::is_ready) {
            if let Ok((release, features)) = backends.features(&kernel.name).await {
                known.push((kernel.name, release, features));
            }
        }
        Self {
            lang: lang.code(),
            t: lang.labels(),
            nonce: frame.nonce,
            other_href: frame.other_href,
            home: home(lang),
            v: frame.v,
            kernels: known.iter().map(|(name, ..)| name.clone()).collect(),
            rows: course.lessons().map(|lesson| Row::new(lesson, &known, lang)).collect(),
        }
    }
}

impl Row {
    fn new(lesson: &Lesson, known: &[Known], lang: Lang) -> Self {
        let needs = &lesson.needs;
        let (mut programs, mut more, mut helpers) = (Vec::new(), Vec::new(), Vec::new());
        for feature in &needs.features {
            match feature.split_once(':') {
                None => programs.push(feature.as_str()),
                Some(("helper", name)) => helpers.push(name),
                Some(_) => more.push(feature.clone()),
            }
        }
        // What no kernel has by itself comes first.
        let guest = needs.guest.then(|| "guest".to_owned());
        let more: Vec<String> = guest.into_iter().chain(needs.extra.clone()).chain(more).collect();
        Self {
            href: href(lang, &lesson.slug),
            title: lesson.title.get(lang).to_owned(),
            kernel: needs.kernel.map(|kernel| kernel.to_string()).unwrap_or_default(),
            programs: programs.join(", "),
            more: more.join(", "),
            helpers: helpers.join(", "),
            hooks: needs.hooks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            cells: known.iter().map(|kernel| Cell::new(lesson, kernel, lang)).collect(),
        }
    }
}

impl Cell {
    fn new(lesson: &Lesson, (kernel, release, features): &Known, lang: Lang) -> Self {
        let why = lab::lacks(lesson, kernel, release, features, lang);
        Self { met: why.is_empty(), why: why.join(" ") }
    }
}
