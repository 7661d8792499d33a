//! `lesson.toml` and the files beside it -> [`Lesson`].
//!
//! Knows the format and its rules; unknown fields are refused, so that a
//! misspelt one is not silently without effect.

mod checks;

use std::{
    collections::BTreeMap,
    fs,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use checks::CheckTable;

use super::{Amount, Draw, Expectation, Glossary, Lesson, Page, Prose, Setup, Source, draw, markdown};
use crate::{
    kernel::{Needs, target, types_of},
    say::{Lang, Text},
};

/// Largest file of a lesson, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// What a lesson's time limit is without one of its own, in seconds.
const DEFAULT_SECONDS: u64 = 20;

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct Both {
    en: String,
    zh: String,
}

impl From<Both> for Text {
    fn from(Both { en, zh }: Both) -> Self {
        Self { en, zh }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: Both,
    summary: Both,
    part: String,
    minutes: u32,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    needs: NeedsTable,
    #[serde(default)]
    run: RunTable,
    #[serde(default)]
    draw: BTreeMap<String, DrawEntry>,
    #[serde(default)]
    check: Vec<CheckTable>,
    #[serde(default)]
    hints: Vec<Both>,
    #[serde(default)]
    sources: Vec<SourceTable>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct NeedsTable {
    kernel: Option<String>,
    features: Vec<String>,
    hooks: Vec<String>,
    guest: bool,
    extra: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RunTable {
    seconds: Option<u64>,
    headers: Option<String>,
    stimulus: Option<String>,
    globals: BTreeMap<String, String>,
    attach: BTreeMap<String, String>,
    map_sizes: BTreeMap<String, NonZeroU32>,
    records: BTreeMap<String, String>,
    test: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum DrawEntry {
    Named(String),
    #[serde(rename_all = "snake_case")]
    Number {
        from: u64,
        to: u64,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceTable {
    title: String,
    #[serde(rename = "where")]
    place: String,
}

/// Reads a lesson's folder. `Err` is a sentence for its author, with the file.
pub(super) fn read(folder: &Path, number: u32, slug: &str, glossary: &Glossary) -> Result<Lesson, String> {
    let toml = text(&folder.join("lesson.toml"))?;
    let file: File = toml::from_str(&toml).map_err(|error| format!("lesson.toml: {error}"))?;
    let (program, starter, solution, headers) = sources(folder, slug)?;
    let pictures = |name: &str| fs::symlink_metadata(folder.join(name)).is_ok_and(|facts| facts.is_file());
    let page = |name: &str, lang: Lang| -> Result<Page, String> {
        let markdown = text(&folder.join(name))?;
        markdown::render(&markdown, &format!("/lessons/{slug}/"), pictures, glossary.reader(lang))
            .map_err(|wrong| wrong.sentence(name, &markdown))
    };
    let zh = folder.join("lesson.zh.md").is_file().then(|| page("lesson.zh.md", Lang::Zh)).transpose()?;
    let lesson = Lesson {
        slug: slug.to_owned(),
        number,
        folder: folder.to_owned(),
        title: file.title.into(),
        summary: file.summary.into(),
        part: file.part,
        minutes: file.minutes,
        after: file.after,
        needs: file.needs.read(&solution)?,
        run: Setup {
            seconds: file.run.seconds.unwrap_or(DEFAULT_SECONDS),
            headers: file.run.headers,
            stimulus: file.run.stimulus,
            globals: file.run.globals,
            targets: (file.run.attach.iter())
                .map(|(program, words)| {
                    let target = target(words).map_err(|why| why.say(Lang::En))?;
                    Ok((program.clone(), target))
                })
                .collect::<Result<_, String>>()?,
            map_sizes: (file.run.map_sizes.into_iter()).map(|(map, size)| (map, size.get())).collect(),
            records: file.run.records,
            tests: file.run.test.into_iter().collect(),
        },
        draws: file
            .draw
            .into_iter()
            .map(|(name, entry)| Ok((name, entry.read()?)))
            .collect::<Result<_, String>>()?,
        checks: file.check.into_iter().map(CheckTable::read).collect::<Result<_, String>>()?,
        hints: file.hints.into_iter().map(Text::from).collect(),
        sources: file
            .sources
            .into_iter()
            .map(|SourceTable { title, place }| Source { title, place })
            .collect(),
        text: Prose { en: page("lesson.md", Lang::En)?, zh },
        program,
        starter,
        solution,
        headers,
    };
    known_names(&lesson, &toml)?;
    can_fail(&lesson, &toml)?;
    Ok(lesson)
}

impl NeedsTable {
    /// What the author wrote, and what the solution has besides.
    fn read(self, solution: &str) -> Result<Needs, String> {
        let mut features = self.features;
        let own = types_of(solution).into_iter().filter(|own| !features.contains(own)).collect::<Vec<_>>();
        features.extend(own);
        let needs = Needs::parse(self.kernel.as_deref(), features, &self.hooks);
        let extra = self.extra;
        // Nothing else has one.
        let guest = self.guest || extra.is_some();
        needs
            .map(|needs| Needs { guest: guest || needs.guest, extra, ..needs })
            .map_err(|why| format!("lesson.toml: needs: {why}"))
    }
}

impl DrawEntry {
    fn read(self) -> Result<Draw, String> {
        match self {
            Self::Named(name) if name == "word" => Ok(Draw::Word),
            Self::Named(name) => {
                Err(format!("lesson.toml: a draw is \"word\" or {{ from, to }}, not \"{name}\""))
            }
            Self::Number { from, to } if from <= to => Ok(Draw::Number { from, to }),
            Self::Number { from, to } => Err(format!("lesson.toml: a draw from {from} to {to} is empty")),
        }
    }
}

type Sources = (String, String, String, BTreeMap<String, String>);

/// The program as the editor names it, starter, solution, and headers beside them.
fn sources(folder: &Path, slug: &str) -> Result<Sources, String> {
    let starter = text(&folder.join("starter.bpf.c"))?;
    let solution = text(&folder.join("solution.bpf.c"))?;
    let mut headers = BTreeMap::new();
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "h")) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        headers.insert(name, text(path)?);
    }
    Ok((format!("{slug}.bpf.c"), starter, solution, headers))
}

/// A template may only use what is drawn, and the stimulus's pid.
fn known_names(lesson: &Lesson, toml: &str) -> Result<(), String> {
    let templates = lesson
        .run
        .stimulus
        .iter()
        .chain(lesson.run.globals.values())
        .chain(lesson.checks.iter().flat_map(|check| [&check.says.en, &check.says.zh]));
    for name in templates.flat_map(|template| draw::names(template)) {
        if name != "pid" && !lesson.draws.contains_key(name) {
            let what = format!("{{{{{name}}}}} is used and not drawn: give it a line in [draw]");
            return Err(at(toml, &format!("{{{{{name}}}}}"), &what));
        }
    }
    Ok(())
}

/// A check that passes whatever happens proves nothing.
fn can_fail(lesson: &Lesson, toml: &str) -> Result<(), String> {
    let mut ids = std::collections::BTreeSet::new();
    for check in &lesson.checks {
        let place = format!("id = \"{}\"", check.id);
        if !ids.insert(&check.id) {
            return Err(at(toml, &place, &format!("two checks are named \"{}\": rename one", check.id)));
        }
        let least = match &check.expects {
            Expectation::Trace { amount: Amount::AtLeast(least), .. }
            | Expectation::Record { amount: Amount::AtLeast(least), .. }
            | Expectation::Output { amount: Amount::AtLeast(least), .. } => least,
            _ => continue,
        };
        let drawn = draw::names(least).next().and_then(|name| lesson.draws.get(name));
        if least == "0" || matches!(drawn, Some(Draw::Number { from: 0, .. })) {
            let what = format!("check \"{}\" can never fail: at least 0 are always there", check.id);
            return Err(at(toml, &place, &what));
        }
    }
    Ok(())
}

/// A sentence about the line of `lesson.toml` that has `needle`.
fn at(toml: &str, needle: &str, what: &str) -> String {
    match toml.lines().position(|line| line.contains(needle)) {
        Some(line) => format!("lesson.toml:{}: {what}", line + 1),
        None => format!("lesson.toml: {what}"),
    }
}

/// A file as text; the error names it. A link may lead out of the folder, so
/// none is followed.
fn text(path: &Path) -> Result<String, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match fs::symlink_metadata(path) {
        Ok(facts) if facts.is_symlink() => {
            return Err(format!("{name}: is a link: put the file itself there"));
        }
        Ok(facts) if facts.len() > MAX_FILE => return Err(format!("{name}: larger than {MAX_FILE} bytes")),
        Ok(_) => {}
        Err(_) => return Err(format!("{name}: is missing")),
    }
    let bytes = fs::read(path).map_err(|error| format!("{name}: {error}"))?;
    String::from_utf8(bytes).map_err(|_| format!("{name}: is not UTF-8"))
}
