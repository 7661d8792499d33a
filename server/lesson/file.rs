//! `lesson.toml` and the files beside it -> [`Lesson`].
//!
//! Knows the format and its rules; unknown fields are refused, so that a
//! misspelt one is not silently without effect.

mod checks;
mod sound;

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use toml::Spanned;

use checks::CheckTable;

use super::{Draw, Glossary, Lesson, Page, Part, Prose, Setup, Source, markdown};
use crate::{
    kernel::{Needs, target, types_of},
    say::{Lang, Text},
};

/// Largest file of a lesson, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// What every lesson's folder has.
const FILES: &str = "a lesson has lesson.toml, lesson.md, starter.bpf.c and solution.bpf.c";

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
    part: Spanned<String>,
    minutes: u32,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    needs: NeedsTable,
    #[serde(default)]
    run: RunTable,
    #[serde(default)]
    draw: BTreeMap<String, Spanned<DrawEntry>>,
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
    kernel: Option<Spanned<String>>,
    features: Vec<Spanned<String>>,
    hooks: Vec<Spanned<String>>,
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
    attach: BTreeMap<String, Spanned<String>>,
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
pub(super) fn read(
    folder: &Path,
    number: u32,
    slug: &str,
    parts: &[Part],
    glossary: &Glossary,
) -> Result<Lesson, String> {
    let toml = text(&folder.join("lesson.toml"))?;
    let file: File = toml::from_str(&toml).map_err(|error| {
        let what = in_one_line(error.message());
        match error.span() {
            Some(span) => at_line(line_of(toml.as_bytes(), span.start), &what),
            None => format!("lesson.toml: {what}"),
        }
    })?;
    let line = |byte: usize| line_of(toml.as_bytes(), byte);
    if !parts.iter().any(|part| part.id == *file.part.get_ref()) {
        let known: Vec<&str> = parts.iter().map(|part| part.id.as_str()).collect();
        let what =
            format!("course.toml has no part \"{}\": it has {}", file.part.get_ref(), known.join(", "));
        return Err(at_line(line(file.part.span().start), &what));
    }
    let places: Vec<usize> = file.check.iter().map(|check| line(check.place())).collect();
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
        part: file.part.into_inner(),
        minutes: file.minutes,
        after: file.after,
        needs: file.needs.read(&solution, &toml)?,
        run: Setup {
            seconds: file.run.seconds.unwrap_or(DEFAULT_SECONDS),
            headers: file.run.headers,
            stimulus: file.run.stimulus,
            globals: file.run.globals,
            targets: (file.run.attach.iter())
                .map(|(program, words)| {
                    let target = target(words.get_ref()).map_err(|why| {
                        let what = format!("{program}: {}", why.say(Lang::En));
                        at_line(line(words.span().start), &what)
                    })?;
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
            .map(|(name, entry)| {
                let at = line(entry.span().start);
                let draw = entry.into_inner().read();
                draw.map_err(|what| at_line(at, &format!("{name}: {what}"))).map(|draw| (name, draw))
            })
            .collect::<Result<_, String>>()?,
        checks: (file.check.into_iter().zip(&places))
            .map(|(check, line)| check.read().map_err(|what| at_line(*line, &what)))
            .collect::<Result<_, String>>()?,
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
    let run = &lesson.run;
    let tests = run.tests.iter().map(|(_, digits)| digits);
    let of_run = run.stimulus.iter().chain(run.globals.values()).chain(tests);
    sound::all_is_drawn(of_run, &lesson.checks, &lesson.draws, &toml)?;
    sound::all_can_fail(&lesson.checks, &lesson.draws, &places)?;
    Ok(lesson)
}

impl NeedsTable {
    /// What the author wrote, and what the solution has besides.
    fn read(self, solution: &str, toml: &str) -> Result<Needs, String> {
        let words = self.features.iter().chain(&self.hooks).chain(&self.kernel);
        let words: Vec<Spanned<String>> = words.cloned().collect();
        let plain = |words: Vec<Spanned<String>>| words.into_iter().map(Spanned::into_inner).collect();
        let mut features: Vec<String> = plain(self.features);
        let own = types_of(solution).into_iter().filter(|own| !features.contains(own)).collect::<Vec<_>>();
        features.extend(own);
        let hooks: Vec<String> = plain(self.hooks);
        let needs =
            Needs::parse(self.kernel.as_ref().map(|kernel| kernel.get_ref().as_str()), features, &hooks);
        let extra = self.extra;
        // Nothing else has one.
        let guest = self.guest || extra.is_some();
        needs.map(|needs| Needs { guest: guest || needs.guest, extra, ..needs }).map_err(|why| {
            // The sentence quotes the one that is meant.
            let meant = words.iter().find(|word| why.contains(&format!("\"{}\"", word.get_ref())));
            let line = meant.map_or(1, |word| line_of(toml.as_bytes(), word.span().start));
            at_line(line, &format!("needs: {why}"))
        })
    }
}

impl DrawEntry {
    fn read(self) -> Result<Draw, String> {
        match self {
            Self::Named(name) if name == "word" => Ok(Draw::Word),
            Self::Named(name) => Err(format!("a draw is \"word\" or {{ from, to }}, not \"{name}\"")),
            Self::Number { from, to } if from <= to => Ok(Draw::Number { from, to }),
            Self::Number { from, to } => {
                Err(format!("a draw from {from} to {to} is empty: the smaller number comes first"))
            }
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

/// A sentence about a line of `lesson.toml`.
fn at_line(line: usize, what: &str) -> String {
    format!("lesson.toml:{line}: {what}")
}

/// A sentence about the first line of `lesson.toml` that is meant.
fn at(toml: &str, is_meant: impl Fn(&str) -> bool, what: &str) -> String {
    match toml.lines().position(is_meant) {
        Some(line) => at_line(line + 1, what),
        None => format!("lesson.toml: {what}"),
    }
}

/// The line, from 1, that a byte is in.
fn line_of(bytes: &[u8], byte: usize) -> usize {
    1 + bytes.iter().take(byte).filter(|byte| **byte == b'\n').count()
}

/// What a parser says on several lines.
fn in_one_line(said: &str) -> String {
    said.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}

/// A file as text; the error names it, and the line where it knows one. A link
/// may lead out of the folder, so none is followed.
fn text(path: &Path) -> Result<String, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let fail = |error: std::io::Error| format!("{name}: {error}");
    let size = match fs::symlink_metadata(path) {
        Ok(facts) if facts.is_symlink() => {
            return Err(format!("{name}: is a link: put the file itself there"));
        }
        Ok(facts) => facts.len(),
        Err(_) => return Err(format!("{name}: is missing: {FILES}")),
    };
    let mut bytes = Vec::new();
    fs::File::open(path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes)).map_err(fail)?;
    if size > MAX_FILE {
        let line = line_of(&bytes, bytes.len());
        return Err(format!(
            "{name}:{line}: larger than {MAX_FILE} bytes, which are over on this line, and it has {size}: shorten it"
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let wrong = error.utf8_error().valid_up_to();
        let (line, byte) = (line_of(error.as_bytes(), wrong), error.as_bytes()[wrong]);
        format!(
            "{name}:{line}: is not UTF-8: byte {} of the file is 0x{byte:02x}; save it as UTF-8",
            wrong + 1
        )
    })
}
