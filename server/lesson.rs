//! Courses and lessons as loaded content, immutable once loaded.
//!
//! A lesson is a folder; its number gives the order and nothing else does. A
//! lesson that cannot be read is kept with its fault, so that the others are
//! still there. Knows nothing of running.

mod check;
mod course;
mod draw;
mod file;
mod glossary;
mod highlight;
mod lint;
mod markdown;
mod picture;
mod sandbox;
mod sections;

pub use check::{Amount, Check, Expectation, Limit, Whose};
pub use course::{Course, Entry, Fault, Part};
pub use draw::{Draw, Draws, Facts};
pub use glossary::{Glossary, Term, Words};
pub use lint::{Finding, lint, mark_translated};
pub use markdown::{Heading, highlight_c, inline};
pub use picture::picture;
pub use sandbox::{SANDBOX, sandbox};

use std::collections::BTreeMap;

use bpflab_worker::Target;

use crate::{
    kernel::Needs,
    say::{Lang, Text},
};

/// The name of a lesson in addresses and on the command line, such as `hello`.
pub type Slug = String;

/// One lesson, whole.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// Without the number.
    pub slug: Slug,
    /// The folder's number.
    pub number: u32,
    /// Its folder, for pictures.
    pub folder: std::path::PathBuf,
    /// Title.
    pub title: Text,
    /// What the learner can do afterwards.
    pub summary: Text,
    /// The part it belongs to.
    pub part: String,
    /// Time that it takes.
    pub minutes: u32,
    /// Lessons that should have been read before.
    pub after: Vec<Slug>,
    /// Oldest kernel, features and hooks that it needs.
    pub needs: Needs,
    /// How it is run.
    pub run: Setup,
    /// What is drawn afresh for each run.
    pub draws: BTreeMap<String, Draw>,
    /// What must be seen.
    pub checks: Vec<Check>,
    /// From a nudge to nearly the answer.
    pub hints: Vec<Text>,
    /// Where facts come from.
    pub sources: Vec<Source>,
    /// The text as HTML, with its headings; Chinese where it is written.
    pub text: Prose,
    /// Name of the program's file in the editor.
    pub program: String,
    /// What the learner starts from.
    pub starter: String,
    /// What passes.
    pub solution: String,
    /// Headers beside the program, by name.
    pub headers: BTreeMap<String, String>,
}

/// Rendered text of a lesson.
#[derive(Debug, Clone)]
pub struct Prose {
    /// English.
    pub en: Page,
    /// Chinese, once it is written.
    pub zh: Option<Page>,
}

/// Rendered text in one language.
#[derive(Debug, Clone)]
pub struct Page {
    /// Safe HTML: authors' raw HTML is limited to `details` and `summary`.
    pub html: String,
    /// Second-level headings, in order.
    pub headings: Vec<Heading>,
}

impl Prose {
    /// The page in `lang`, and whether it is a stand-in.
    pub fn get(&self, lang: Lang) -> (&Page, bool) {
        match (lang, &self.zh) {
            (Lang::Zh, Some(page)) => (page, false),
            (Lang::Zh, None) => (&self.en, true),
            (Lang::En, _) => (&self.en, false),
        }
    }
}

/// How a lesson is run.
#[derive(Debug, Clone)]
pub struct Setup {
    /// A check's time limit.
    pub seconds: u64,
    /// The kernel whose types it is compiled against; else each kernel's own.
    pub headers: Option<String>,
    /// Shell command, a template.
    pub stimulus: Option<String>,
    /// Globals to set before load; values are templates.
    pub globals: BTreeMap<String, String>,
    /// What programs attach to, by function name, where it is not as usual.
    pub targets: BTreeMap<String, Target>,
    /// How many entries maps have, by name, where it is not as the program says.
    pub map_sizes: BTreeMap<String, u32>,
    /// By buffer: the struct that its records are, where their size does not tell.
    pub records: BTreeMap<String, String>,
    /// Programs that are run by themselves, and on what, in hexadecimal; templates.
    pub tests: Vec<(String, String)>,
}

/// Where a fact comes from.
#[derive(Debug, Clone)]
pub struct Source {
    /// Title.
    pub title: String,
    /// In words.
    pub place: String,
}
