//! `cargo bench --bench lab`: the lab against doing it by hand, on the same
//! programs and the same machine, in one run. Prints Markdown.
//!
//! A program of its own, not a timed test: the real release server, the real
//! worker, this kernel and a guest's. Needs root, clang, a C compiler, the built
//! worker and the images. `cargo bench --bench lab -- guests` is the guests alone,
//! `-- loading` what CO-RE programs take to load there, `-- records` the records of a guest;
//! `-- strangers`, which nothing else includes, programs of the kernel's own source.

mod compiling;
mod first_line;
mod flood;
mod guests;
mod hand;
mod lab;
mod loading;
mod programs;
mod records;
mod report;
mod screen;
mod strangers;
mod table;

use std::{
    io::IsTerminal as _,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, bail, ensure};
use bpflab::{
    backend::find_worker,
    compile::{Compilers, Confinement, Types, data_folder},
};

use first_line::{By, Writer};
use hand::{Hand, TRACEFS};
use lab::{Client, Server};

/// Set in the process that has a mount namespace of its own.
const INSIDE: &str = "BPFLAB_BENCH_INSIDE";

/// Of one flood of several, and how many there are.
const FLOOD: (u64, usize) = (3, 5);

/// Of the flood during which the server's memory is watched.
const LONG_FLOOD: u64 = 30;

fn main() -> ExitCode {
    match begin() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn begin() -> anyhow::Result<bool> {
    ensure!(
        rustix::process::getuid().is_root(),
        "the host kernel needs root: sudo -E cargo bench --bench lab"
    );
    if std::env::var_os(INSIDE).is_none() {
        // tracefs may be mounted nowhere, and what is mounted here is ours alone.
        let own = std::env::current_exe()?;
        let mut again = Command::new("unshare");
        again.args(["--mount", "--propagation", "private"]).arg(own);
        again.args(std::env::args().skip(1)).env(INSIDE, "1");
        return Err(again.exec().into());
    }
    if !Path::new(TRACEFS).join("trace_pipe").exists() {
        let mounted = Command::new("mount").args(["-t", "tracefs", "tracefs", TRACEFS]).status()?;
        ensure!(mounted.success(), "tracefs cannot be mounted");
    }
    // One thread: the client must not take the server's processors.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure())
}

/// Words after `--` that leave everything else out.
const GUESTS_ONLY: &str = "guests";
const LOADING_ONLY: &str = "loading";
const RECORDS_ONLY: &str = "records";
const STRANGERS_ONLY: &str = "strangers";

async fn measure() -> anyhow::Result<bool> {
    let only = |part: &str| std::env::args().any(|word| word == part);
    let once = (programs::ONCE.0.to_owned(), programs::ONCE.1.to_owned());
    if only(STRANGERS_ONLY) {
        strangers::measure()?;
        return Ok(true);
    }
    if only(LOADING_ONLY) {
        guests::loading().await?;
        return Ok(true);
    }
    if only(GUESTS_ONLY) {
        let course = tempfile::tempdir()?;
        programs::write_course(course.path(), &[once])?;
        let server = Server::start(course.path()).await?;
        let met = guests::measure(&server).await?;
        server.end().await?;
        return Ok(met);
    }
    let worker = find_worker().map_err(|error| anyhow::anyhow!("{error}; run make worker"))?;
    let compilers = Compilers::prepare(Confinement::Namespaces, &data_folder(), &worker).await?;
    let compiler = compilers.get(&Types::Running).await?;
    let hand = Hand::prepare(clang(compilers.version())?, compiler.headers().folder(), &worker).await?;
    let course = tempfile::tempdir()?;
    if only(RECORDS_ONLY) {
        programs::write_course(course.path(), &[once])?;
        let server = Server::start(course.path()).await?;
        let met = records::measure(&server, &hand).await?;
        server.end().await?;
        return Ok(met);
    }
    let (seconds, times) = FLOOD;
    let mut lessons = vec![once];
    for seconds in [seconds, LONG_FLOOD] {
        lessons.push((programs::flood_lesson(seconds), programs::flood_command(seconds)));
    }
    programs::write_course(course.path(), &lessons)?;

    say("compiling");
    let compiling = compiling::measure(&compiler, &hand).await?;
    drop((compiler, compilers));

    let server = Server::start(course.path()).await?;
    let mut client = Client::connect(&server).await?;
    say("first line, from a thread that writes all the time");
    let thread = {
        let writer = Writer::start()?;
        first_line::measure(By::Thread(writer.tid), &hand, &mut client).await?
    };
    say("first line, from a stimulus");
    let stimulus = first_line::measure(By::Stimulus, &hand, &mut client).await?;

    let mut floods = Vec::new();
    for number in 1..=times {
        say(&format!("flood {number} of {times}"));
        let hand = flood::by_hand(seconds, &hand).await?;
        floods.push((hand, flood::by_lab(seconds, &server, &mut client).await?));
    }
    say("flood of 30 seconds");
    let before = server.memory()?;
    let long = flood::by_lab(LONG_FLOOD, &server, &mut client).await?;
    let after = server.memory()?;
    drop(client);

    report::ways(&hand);
    report::times(&compiling, &thread, &stimulus);
    report::stages(&thread, &stimulus);
    let host = report::floods(&floods, (LONG_FLOOD, &long), (before, after));
    say("guests");
    let guests = guests::measure(&server).await?;
    say("records");
    let records = records::measure(&server, &hand).await?;
    server.end().await?;
    Ok(host && guests && records)
}

/// The program of the version that the lab compiles with.
fn clang(version: &str) -> anyhow::Result<String> {
    let number = version.split("version ").nth(1).and_then(|rest| rest.split('.').next());
    let name = format!("clang-{}", number.context("clang says no version")?);
    if !Path::new("/usr/bin").join(&name).exists() {
        bail!("{name} is not in /usr/bin");
    }
    Ok(name)
}

/// Progress, for whoever waits.
fn say(what: &str) {
    if std::io::stderr().is_terminal() || std::env::var_os("CI").is_some() {
        eprintln!("bench: {what} …");
    }
}
