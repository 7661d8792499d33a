//! `bpflab run`: one file, no page.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::Args;

use super::{Context, Format, duration, kernel_names, report, status, status_of, worst};
use crate::{
    compile::{Confinement, Sources},
    kernel::{Needs, target},
    lab,
    run::{self, About, LIMITS, Runs, Submission, Unjudged},
    say::Sentence,
    wire::Writer,
};

/// Arguments of `bpflab run`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The program, ending in .c
    file: PathBuf,
    /// Headers that it includes from beside it
    headers: Vec<PathBuf>,
    /// Where to run: 6.1, host, several by commas, or all guests
    #[arg(long, value_name = "K")]
    kernel: Option<String>,
    /// Compile once, against this kernel's types, and load that everywhere
    #[arg(long = "headers", value_name = "K")]
    types: Option<String>,
    /// A shell command that makes something happen, started once all is attached
    #[arg(long, value_name = "COMMAND")]
    stimulus: Option<String>,
    /// How long to observe, counted from attach
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    exactly: Option<Duration>,
    /// How long to wait for the stimulus to end [default: 10s]
    #[arg(long = "at-most", value_name = "TIME", value_parser = duration, conflicts_with = "exactly")]
    at_most: Option<Duration>,
    /// Set a global variable before load; @stimulus is the stimulus's pid
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    global: Vec<(String, String)>,
    /// What a program attaches to: NAME=if:lab0[:ingress|egress], cgroup, kprobe:FUNC, kretprobe:FUNC, fentry:FUNC, fexit:FUNC, tracepoint:CATEGORY/NAME, raw_tp:NAME, uprobe:PATH:SYMBOL, usdt:PATH:PROVIDER:NAME, perf:cpu-clock:99 (or cycles, instructions, …), none (not loaded)
    #[arg(long, value_name = "NAME=TARGET", value_parser = assignment)]
    attach: Vec<(String, String)>,
    /// How many entries a map has, where it is not as the program says: what its own loader would set
    #[arg(long, value_name = "NAME=ENTRIES", value_parser = assignment)]
    map_size: Vec<(String, String)>,
    /// Run a program by itself on a packet, or its context, in hexadecimal
    #[arg(long, value_name = "NAME=HEX", value_parser = assignment)]
    test: Vec<(String, String)>,
    /// A program to show in its forms: as compiled, as the kernel keeps it, and as machine code
    #[arg(long, value_name = "NAME")]
    show: Vec<String>,
    /// The struct that a buffer's records are, where the lab does not find it by its size
    #[arg(long, value_name = "MAP=STRUCT", value_parser = assignment)]
    record: Vec<(String, String)>,
    /// What the guest has besides; `bpflab images --extra NAME` builds it
    #[arg(long, value_name = "NAME")]
    extra: Option<String>,
    /// How to print the story
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

fn assignment(word: &str) -> Result<(String, String), String> {
    let (name, value) = word.split_once('=').ok_or_else(|| format!("{word}: write name=value"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs the file and tells its story.
pub(super) async fn run(arguments: Arguments, context: &Context) -> anyhow::Result<u8> {
    let mut files = BTreeMap::new();
    for path in [&arguments.file].into_iter().chain(&arguments.headers) {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if files.insert(name.clone(), text).is_some() {
            eprintln!("bpflab: {}", Sentence::FileTwice { name }.say(context.lang));
            return Ok(status::USAGE);
        }
    }
    let sources = match Sources::new(files) {
        Ok(sources) => sources,
        Err(why) => {
            eprintln!("bpflab: {}", why.say(context.lang));
            return Ok(status::USAGE);
        }
    };
    let mut targets = BTreeMap::new();
    for (program, words) in arguments.attach {
        match target(&words) {
            Ok(target) => drop(targets.insert(program, target)),
            Err(why) => {
                eprintln!("bpflab: {}", why.say(context.lang));
                return Ok(status::USAGE);
            }
        }
    }
    let mut sizes = Vec::new();
    for (map, words) in arguments.map_size {
        match run::entries(&map, &words) {
            Ok(size) => sizes.push((map, size)),
            Err(why) => {
                eprintln!("bpflab: {}", why.say(context.lang));
                return Ok(status::USAGE);
            }
        }
    }
    let mut tests = Vec::new();
    for (program, digits) in arguments.test {
        match run::test(program, &digits, 1) {
            Ok(test) => tests.push(test),
            Err(why) => {
                eprintln!("bpflab: {}", why.say(context.lang));
                return Ok(status::USAGE);
            }
        }
    }
    let mut lab = lab::prepare(&context.folders, &lab::Setup::local()).await;
    lab.second_opinions = true;
    if lab.compilers.as_ref().is_ok_and(|compiler| compiler.confinement() == Confinement::Landlock) {
        eprintln!("bpflab: {}", Sentence::SandboxIsLandlock.say(context.lang));
    }
    let kernels = kernel_names(arguments.kernel.as_deref(), &lab.backends);
    if arguments.kernel.is_none() {
        eprintln!("bpflab: running on {}", lab.backends.default_kernel());
    }
    let submission = Submission {
        sources,
        kernels,
        headers: arguments.types,
        globals: arguments.global.into_iter().collect(),
        targets,
        maps: run::of_maps(arguments.record, sizes),
        tests,
        shows: arguments.show,
        stimulus: arguments.stimulus,
        terminal: None,
        needs: Needs { guest: arguments.extra.is_some(), extra: arguments.extra, ..Needs::default() },
        span: lab::span(arguments.exactly, arguments.at_most.unwrap_or(LIMITS.command_line)),
    };
    let runs = Runs::new(lab);
    let handle = match runs.start(submission, About::default(), || Box::new(Unjudged)) {
        Ok(handle) => handle,
        Err(refused) => {
            eprintln!("bpflab: {}", refused.0.say(context.lang));
            return Ok(status::USAGE);
        }
    };
    let stopper = handle.clone();
    let interrupted = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stopper.stop();
        }
    });
    let mut watcher = handle.watch(0);
    let writer = Writer::new(handle.id.to_string(), handle.about.clone(), context.lang);
    let several = handle.kernels().len() > 1;
    let mut text = report::Text::new(several, context.lang);
    let mut ends = Vec::new();
    while let Some(batch) = watcher.next().await {
        let ended = batch.entries.iter().filter(|entry| entry.event.is_end());
        ends.extend(ended.map(|entry| status_of(&entry.event)));
        match arguments.format {
            Format::Json => report::json(&writer, &batch)?,
            Format::Text => text.print(&batch)?,
        }
    }
    interrupted.abort();
    runs.shut_down().await;
    Ok(worst(ends))
}
