//! The command line: what CONTRACT.md fixes, and nothing of HTTP.

mod check;
mod doctor;
mod files;
mod images;
mod kernels;
mod needs;
mod new;
mod presets;
mod report;
mod run;
mod serve;
mod shell;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};

use crate::{
    backend::Backends,
    compile::{self},
    lab::Folders,
    run::{Outcome, RunEvent},
    say::Lang,
};

/// Learn eBPF by running it.
#[derive(Debug, Parser)]
#[command(name = "bpflab", version, about, max_term_width = 100)]
struct Arguments {
    /// The folder of lessons [default: ./lessons, else the installed one]
    #[arg(long, global = true, value_name = "DIR")]
    lessons: Option<PathBuf>,
    /// Where headers and such are kept [default: the cache folder]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Language of messages [default: from LANG]
    #[arg(long, global = true, value_name = "LANG")]
    lang: Option<LangName>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LangName {
    En,
    Zh,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the lessons and run programs, in a browser
    Serve(serve::Arguments),
    /// Run one program and print what it does
    Run(Box<run::Arguments>),
    /// Prove the lessons: the starter fails, the solution passes
    Check(check::Arguments),
    /// Make a folder for a lesson, which passes its check from the first minute
    New(new::Arguments),
    /// Open a terminal in a guest
    Shell(shell::Arguments),
    /// Say what this machine can do, and what mends what is missing
    Doctor(doctor::Arguments),
    /// The places to run
    Kernels(kernels::Arguments),
    /// What each lesson needs, and which kernels have it
    Needs(needs::Arguments),
    /// Build the guests' images that are missing
    Images(images::Arguments),
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person.
    Text,
    /// One object a line.
    Json,
}

/// What every command knows.
#[derive(Debug)]
struct Context {
    folders: Folders,
    lang: Lang,
}

/// Exit statuses of the contract.
mod status {
    /// All completed.
    pub(super) const OK: u8 = 0;
    /// Something about the program, or a failed check.
    pub(super) const FAILED: u8 = 1;
    /// Wrong usage; clap's own.
    pub(super) const USAGE: u8 = 2;
    /// Unavailable or lost.
    pub(super) const UNAVAILABLE: u8 = 69;
    /// Cancelled.
    pub(super) const CANCELLED: u8 = 130;
}

/// Parses, runs, and answers with the contract's exit status.
pub fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    if words.get(1).is_some_and(|word| word == compile::CONFINED) {
        let error = compile::confined(&words[2..]);
        eprintln!("bpflab: {error}");
        return ExitCode::from(127);
    }
    let arguments = Arguments::parse();
    leave_quietly();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| "warn,bpflab=info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let lang = match arguments.lang {
        Some(LangName::En) => Lang::En,
        Some(LangName::Zh) => Lang::Zh,
        None => std::env::var("LANG").ok().as_deref().and_then(Lang::from_locale).unwrap_or_default(),
    };
    let context = Context { folders: Folders::new(arguments.lessons, arguments.data), lang };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("bpflab: {error}");
            return ExitCode::from(status::UNAVAILABLE);
        }
    };
    let result = runtime.block_on(async {
        match arguments.command {
            Command::Serve(arguments) => serve::serve(arguments, &context).await,
            Command::Run(arguments) => run::run(*arguments, &context).await,
            Command::Check(arguments) => check::check(arguments, &context).await,
            Command::New(arguments) => new::new(&arguments, &context),
            Command::Shell(arguments) => shell::shell(arguments, &context).await,
            Command::Doctor(arguments) => doctor::doctor(arguments, &context).await,
            Command::Images(arguments) => images::images(arguments, &context).await,
            Command::Kernels(arguments) => kernels::kernels(arguments, &context).await,
            Command::Needs(arguments) => needs::needs(arguments, &context).await,
        }
    });
    match result {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("bpflab: {error:#}");
            ExitCode::from(status::UNAVAILABLE)
        }
    }
}

/// Whoever reads our output may have read enough, as `head` does: then this ends,
/// and no panic is shown. (The signal that ends other programs here would also
/// end a server whose compiler has closed its input.)
fn leave_quietly() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload().downcast_ref::<String>();
        if said.is_some_and(|said| said.starts_with("failed printing to stdout")) {
            std::process::exit(status::OK.into());
        }
        usual(panic);
    }));
}

/// The status of one kernel's end.
fn status_of(end: &RunEvent) -> u8 {
    match end {
        RunEvent::Unavailable(_) => status::UNAVAILABLE,
        RunEvent::Ended { outcome, .. } => match outcome {
            Outcome::Completed => status::OK,
            Outcome::CompileFailed
            | Outcome::Rejected
            | Outcome::AttachFailed
            | Outcome::Unmet
            | Outcome::TimedOut
            | Outcome::WorkerDied => status::FAILED,
            Outcome::Cancelled => status::CANCELLED,
            Outcome::Lost => status::UNAVAILABLE,
        },
        _ => status::OK,
    }
}

/// Of several kernels' statuses: 69 beats 130 beats 1 beats 0.
fn worst(statuses: impl IntoIterator<Item = u8>) -> u8 {
    let order = [status::OK, status::FAILED, status::CANCELLED, status::UNAVAILABLE];
    let rank = |status: &u8| order.iter().position(|own| own == status);
    statuses.into_iter().max_by_key(rank).unwrap_or(status::OK)
}

/// A length of time such as `2s`, `500ms` or `1m`.
fn duration(word: &str) -> Result<std::time::Duration, String> {
    let split = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let (number, unit) = word.split_at(split);
    let number: f64 =
        number.parse().map_err(|_| format!("{word} is no length of time; write 2s or 500ms"))?;
    let seconds = match unit {
        "ms" => number / 1e3,
        "s" | "" => number,
        "m" => number * 60.0,
        _ => return Err(format!("{unit} is no unit; write ms, s or m")),
    };
    if !(0.001..=1800.0).contains(&seconds) {
        return Err("a run lasts from 1ms to 30m".into());
    }
    Ok(std::time::Duration::from_secs_f64(seconds))
}

/// The kernels that a command names: several by commas, `all` for every guest.
fn kernel_names(named: Option<&str>, backends: &Backends) -> Vec<String> {
    let guests: Vec<String> = backends.guests().kernels().into_iter().map(|kernel| kernel.name).collect();
    let words = named.unwrap_or(backends.default_kernel()).split(',').map(str::trim);
    let mut names: Vec<String> = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        let meant = if word == ALL { guests.clone() } else { vec![word.to_owned()] };
        names.extend(meant.into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>());
    }
    names
}

/// Every guest that `kernels.toml` names.
const ALL: &str = "all";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_the_contracts() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
        assert!(
            Arguments::try_parse_from(["bpflab", "run", "a.bpf.c", "--kernel", "host", "--for", "2s"])
                .is_ok()
        );
        assert!(
            Arguments::try_parse_from(["bpflab", "check", "hello", "--seed", "3", "--report", "json"])
                .is_ok()
        );
    }

    #[test]
    fn the_worst_status_wins_in_the_contracts_order() {
        assert_eq!(worst([1, 130, 0]), 130);
        assert_eq!(worst([130, 69, 1]), 69);
        assert_eq!(worst([0, 1]), 1);
        assert_eq!(worst([]), 0);
    }
}
