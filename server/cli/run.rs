//! `bpflab run`: one file, no page.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{
    Context, Format, duration, files, kernel_names,
    presets::{Presets, assignment},
    report, status, status_of, worst,
};
use crate::{
    compile::Confinement,
    kernel::Needs,
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
    /// Headers that it needs besides those that it includes from its own folder
    headers: Vec<PathBuf>,
    /// A folder in which headers are looked for that are not beside what includes them; may be given again
    #[arg(long, short = 'I', value_name = "DIR")]
    include: Vec<PathBuf>,
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
    #[command(flatten)]
    presets: Presets,
    /// Run a program by itself on a packet, or its context, in hexadecimal
    #[arg(long, value_name = "NAME=HEX", value_parser = assignment)]
    test: Vec<(String, String)>,
    /// A program to show in its forms: as compiled, as the kernel keeps it, and as machine code
    #[arg(long, value_name = "NAME")]
    show: Vec<String>,
    /// What the guest has besides; `bpflab images --extra NAME` builds it
    #[arg(long, value_name = "NAME")]
    extra: Option<String>,
    /// How to print the story
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Runs the file and tells its story.
pub(super) async fn run(arguments: Arguments, context: &Context) -> anyhow::Result<u8> {
    let usage = |why: Sentence| {
        eprintln!("bpflab: {}", why.say(context.lang));
        Ok(status::USAGE)
    };
    let named =
        files::Named { program: &arguments.file, headers: &arguments.headers, folders: &arguments.include };
    let sources = match files::gather(&named)? {
        Ok(sources) => sources,
        Err(why) => return usage(why),
    };
    let span = lab::span(arguments.exactly, arguments.at_most.unwrap_or(LIMITS.command_line));
    let mut submission = Submission::plain(sources, Vec::new(), span);
    if let Err(why) = arguments.presets.put(&mut submission) {
        return usage(why);
    }
    for (program, digits) in arguments.test {
        match run::test(program, &digits, 1) {
            Ok(test) => submission.tests.push(test),
            Err(why) => return usage(why),
        }
    }
    let mut lab = lab::prepare(&context.folders, &lab::Setup::local()).await;
    lab.second_opinions = true;
    if lab.compilers.as_ref().is_ok_and(|compiler| compiler.confinement() == Confinement::Landlock) {
        eprintln!("bpflab: {}", Sentence::SandboxIsLandlock.say(context.lang));
    }
    submission.kernels = kernel_names(arguments.kernel.as_deref(), &lab.backends);
    if arguments.kernel.is_none() {
        eprintln!("bpflab: running on {}", lab.backends.default_kernel());
    }
    submission.headers = arguments.types;
    submission.shows = arguments.show;
    submission.stimulus = arguments.stimulus;
    submission.needs = Needs { guest: arguments.extra.is_some(), extra: arguments.extra, ..Needs::default() };
    let runs = Runs::new(lab);
    let handle = match runs.start(submission, About::default(), || Box::new(Unjudged)) {
        Ok(handle) => handle,
        Err(refused) => return usage(refused.0),
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
