//! `bpflab images`: builds the guests' images that are missing.
//!
//! Says what is being done; what the tools say only when one fails.

mod newer;

use std::{
    io::{self, Write as _},
    path::Path,
    sync::Mutex,
    time::{Duration, Instant},
};

use clap::Args;
use serde::Serialize;

use super::{Context, Format, status};
use crate::{
    image::{self, Built, Error, KernelRecipe, Progress, Recipe, RootRecipe, What, Wish},
    say::{Lang, Sentence},
};

/// Arguments of `bpflab images`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Kernels, by commas [default: all of the recipe]
    #[arg(long, value_name = "NAME,…|all")]
    kernel: Option<String>,
    /// What some lessons' guests have besides, by commas: built only where it is named
    #[arg(long, value_name = "NAME,…|all")]
    extra: Option<String>,
    /// Look for newer kernels than those that are built, and take those that every lesson passes on
    #[arg(long)]
    newer: bool,
    /// With --newer: take them as they are, unproved
    #[arg(long, requires = "newer")]
    unproved: bool,
    /// How to print what is done
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// One part of the work, as JSON.
#[derive(Serialize)]
struct Step<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    number: usize,
    of: usize,
    what: &'static str,
    name: Option<&'a str>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'a str>,
}

/// All of it, as JSON.
#[derive(Serialize)]
struct Summary<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    built: Vec<&'a str>,
    off: &'a [String],
    failed: Vec<&'a str>,
    seconds: f64,
}

/// Builds, and answers 69 when an image that should be there is not.
pub(super) async fn images(arguments: Arguments, context: &Context) -> anyhow::Result<u8> {
    let (data, lang, format) = (context.folders.data.clone(), context.lang, arguments.format);
    // Of files and processes, all of it blocking.
    let (status, tried) = tokio::task::spawn_blocking(move || build(&arguments, &data, lang)).await??;
    let Some((tried, recipe)) = tried else { return Ok(status) };
    let proved = newer::prove(&tried, &recipe, format, context).await?;
    Ok(if status == status::OK { proved } else { status })
}

/// Builds; what is newer is built aside where it is to be proved.
fn build(
    arguments: &Arguments,
    data: &Path,
    lang: Lang,
) -> anyhow::Result<(u8, Option<(newer::Tried, Recipe)>)> {
    let teller = Teller { format: arguments.format, lang, out: Mutex::new(io::stdout()) };
    let recipe = match Recipe::read(&Recipe::locate()) {
        Ok(recipe) => recipe,
        Err(error) => return Ok((teller.stopped(&error), None)),
    };
    let chosen = kernels(&recipe, arguments.kernel.as_deref())
        .and_then(|kernels| Ok((kernels, extras(&recipe, arguments.extra.as_deref())?)));
    let (kernels, extras) = match chosen {
        Ok(chosen) => chosen,
        Err(sentence) => {
            eprintln!("bpflab: {}", sentence.say(lang));
            return Ok((status::USAGE, None));
        }
    };
    let began = Instant::now();
    let build = |data: &Path, newer| {
        let again = arguments.kernel.is_some();
        let wish = Wish { kernels: kernels.clone(), extras: extras.clone(), newer, again };
        image::build(&recipe, data, &wish, &|progress| teller.progress(&progress))
    };
    let done = match arguments.newer && !arguments.unproved {
        // What is not there at all is built as always.
        true => build(data, false).and_then(|missing| {
            let aside = image::aside(&recipe, data, &kernels)?;
            let mut built = build(aside.path(), true)?;
            built.failed.extend(missing.failed);
            Ok((built, Some(aside)))
        }),
        false => build(data, arguments.newer).map(|built| (built, None)),
    };
    let (built, aside) = match done {
        Ok(done) => done,
        Err(error) => return Ok((teller.stopped(&error), None)),
    };
    let status = teller.summary(&built, began.elapsed())?;
    let tried = aside.map(|aside| newer::Tried::new(aside, &built.images));
    Ok((status, tried.map(|tried| (tried, recipe))))
}

/// The roots that words by commas name.
fn extras<'a>(recipe: &'a Recipe, named: Option<&str>) -> Result<Vec<&'a RootRecipe>, Sentence> {
    let words = named.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
    let mut found = Vec::new();
    for word in words {
        match word {
            "all" => found = recipe.extras().iter().collect(),
            name => found.push(recipe.extra(name).ok_or_else(|| recipe.no_extra(name))?),
        }
    }
    Ok(found)
}

fn kernels<'a>(recipe: &'a Recipe, named: Option<&str>) -> Result<Vec<&'a KernelRecipe>, Sentence> {
    let all = recipe.kernels();
    let words = named.unwrap_or("all").split(',').map(str::trim);
    let names: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    if names.is_empty() {
        return Err(Sentence::NoKernel);
    }
    if names.contains(&"all") {
        return Ok(all.iter().collect());
    }
    let find = |name: &&str| {
        all.iter().find(|kernel| kernel.name == **name).ok_or_else(|| Sentence::UnknownKernel {
            name: (*name).to_owned(),
            known: all.iter().map(|kernel| kernel.name.clone()).collect(),
        })
    };
    names.iter().map(find).collect()
}

/// Prints; the builder's threads share it.
struct Teller {
    format: Format,
    lang: Lang,
    out: Mutex<io::Stdout>,
}

impl Teller {
    fn progress(&self, progress: &Progress) {
        // Nobody may be reading any more; the images are wanted all the same.
        let _ = match self.format {
            Format::Text => self.line(&self.text(progress)),
            Format::Json => match json(progress, self.lang) {
                Some(step) => self.object(&step),
                None => Ok(()),
            },
        };
    }

    fn text(&self, progress: &Progress) -> String {
        let part = |number: &usize, of: &usize, what: &What| {
            format!("[{number}/{}] {}", of.max(number), named(what).say(self.lang))
        };
        match progress {
            Progress::Waiting => Sentence::ImageWaiting.say(self.lang),
            Progress::Began { number, of, what } => format!("{} …", part(number, of, what)),
            Progress::Done { number, of, what, took } => {
                format!("{}: {:.1} s", part(number, of, what), took.as_secs_f64())
            }
            Progress::Current { number, of, what, version } => {
                let current = Sentence::ImageCurrent { version: version.clone() };
                format!("{}: {}", part(number, of, what), current.say(self.lang))
            }
            Progress::Off { number, of, what, why } => {
                format!("{}: {}", part(number, of, what), why.say(self.lang))
            }
            Progress::Failed { number, of, what, error } => {
                format!(
                    "{}: {}{}",
                    part(number, of, what),
                    error.sentence().say(self.lang),
                    indented(error.log())
                )
            }
        }
    }

    fn summary(&self, built: &Built, took: Duration) -> anyhow::Result<u8> {
        match self.format {
            Format::Json => {
                let (names, failed) = (built.images.iter().map(name), built.failed.iter().map(name));
                self.object(&Summary {
                    kind: "images",
                    built: names.collect(),
                    off: &built.off,
                    failed: failed.collect(),
                    seconds: took.as_secs_f64(),
                })?;
            }
            Format::Text if built.images.is_empty() && built.failed.is_empty() => {
                self.line(&Sentence::ImageNothing.say(self.lang))?;
            }
            Format::Text if built.images.is_empty() => {}
            Format::Text => {
                let count = built.images.len();
                let done = Sentence::ImageBuilt { count, seconds: took.as_secs() };
                self.line(&done.say(self.lang))?;
            }
        }
        Ok(if built.failed.is_empty() { status::OK } else { status::UNAVAILABLE })
    }

    fn stopped(&self, error: &Error) -> u8 {
        eprintln!("bpflab: {}{}", error.sentence().say(self.lang), indented(error.log()));
        status::UNAVAILABLE
    }

    fn object(&self, object: &impl Serialize) -> io::Result<()> {
        self.line(&serde_json::to_string(object)?)
    }

    fn line(&self, line: &str) -> io::Result<()> {
        let mut out = self.out.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        writeln!(out, "{line}")?;
        out.flush()
    }
}

fn indented(log: &str) -> String {
    log.lines().map(|line| format!("\n    {line}")).collect()
}

fn named(what: &What) -> Sentence {
    match what {
        What::List { suite } => Sentence::ImagePartList { suite: suite.clone() },
        What::Kernel { name } => Sentence::ImagePartKernel { name: name.clone() },
        What::Root => Sentence::ImagePartRoot,
        What::Extra { name } => Sentence::ImagePartExtra { name: name.clone() },
    }
}

fn name(what: &What) -> &str {
    match what {
        What::List { suite } => suite,
        What::Kernel { name } | What::Extra { name } => name,
        What::Root => "root",
    }
}

fn json(progress: &Progress, lang: Lang) -> Option<Step<'_>> {
    let (number, of, what, state, seconds, why, log) = match progress {
        Progress::Waiting => return None,
        Progress::Began { number, of, what } => (number, of, what, "began", None, None, None),
        Progress::Done { number, of, what, took } => {
            (number, of, what, "done", Some(took.as_secs_f64()), None, None)
        }
        Progress::Current { number, of, what, .. } => (number, of, what, "current", None, None, None),
        Progress::Off { number, of, what, why } => (number, of, what, "off", None, Some(why.say(lang)), None),
        Progress::Failed { number, of, what, error } => {
            (number, of, what, "failed", None, Some(error.sentence().say(lang)), Some(error.log()))
        }
    };
    let (what, name) = match what {
        What::List { suite } => ("list", Some(suite.as_str())),
        What::Kernel { name } => ("kernel", Some(name.as_str())),
        What::Root => ("root", None),
        What::Extra { name } => ("extra", Some(name.as_str())),
    };
    Some(Step { kind: "step", number: *number, of: *of, what, name, state, seconds, why, log })
}
