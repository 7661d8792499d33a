//! Guests: how much faster a restored one answers than a booted one, what Run
//! takes up to the first line in a warm guest, what a waiting one costs, and
//! whether twenty at once end well.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use bpflab::{
    backend::Trial,
    lab::{self, Folders, Setup},
};

use crate::{
    compiling::ms,
    lab::{Client, Server, Stages, told},
    loading, programs,
    table::{Samples, Table, short},
};

/// The kernel that is measured, and that learners get by default.
const KERNEL: &str = "6.1";

/// Boots and restores of it.
const BOOTS: usize = 5;
const RESTORES: usize = 15;

/// Runs of each program.
const RUNS: usize = 12;

/// From one run to the next: the pool is full again.
const BETWEEN: Duration = Duration::from_secs(4);

/// Guests at once.
const AT_ONCE: usize = 20;

/// The goals of the issue.
const RESTORED: f64 = 1.0 / 15.0;
const HELLO_MS: f64 = 200.0;
const CORE_MS: f64 = 400.0;
const IDLE_MIB: f64 = 32.0;

/// Measures and prints; whether all goals were met.
pub(crate) async fn measure(server: &Server) -> anyhow::Result<bool> {
    println!("\n## Guests ({KERNEL}, {})\n", accelerator().await?);
    let mut table = Table::new(&["what", "measured", "goal", "samples"]);
    let (boot, restored) = boots().await?;
    let ratio = restored.median() / boot.median();
    let mut met = vec![ratio <= RESTORED];
    table.row(["cold boot → the worker answers", &boot.shown("ms"), "–", &boot.count().to_string()]);
    table.row(["restored → the worker answers", &restored.shown("ms"), "–", &restored.count().to_string()]);
    table.row(["restored / cold", &short(ratio), &judged("≤ 1/15", met[0]), ""]);

    let mut stages = Table::new(&["stage", "hello", "a CO-RE kprobe"]);
    let mut client = Client::connect(server).await?;
    tokio::time::sleep(BETWEEN * 3).await;
    let hello = runs(&mut client, programs::guest_hello).await?;
    let core = runs(&mut client, programs::guest_core).await?;
    for (what, runs, goal) in
        [("Run → first line: hello", &hello, HELLO_MS), ("Run → first line: a CO-RE kprobe", &core, CORE_MS)]
    {
        met.push(runs.first.median() <= goal);
        let goal = judged(&format!("≤ {goal:.0} ms"), *met.last().unwrap_or(&false));
        table.row([what, &runs.first.shown("ms"), &goal, &runs.first.count().to_string()]);
    }
    for (name, of_hello) in &hello.stages {
        let of_core = core.stages.get(name).context("the same stages")?;
        stages.row([name, &of_hello.shown("ms"), &of_core.shown("ms")]);
    }

    tokio::time::sleep(BETWEEN).await;
    let idle = idle(server)?;
    met.push(idle.at(1.0) <= IDLE_MIB);
    let goal = judged("≤ 32 MiB each", idle.at(1.0) <= IDLE_MIB);
    table.row(["private memory of a waiting guest", &idle.shown("MiB"), &goal, &idle.count().to_string()]);

    let (completed, took) = at_once(server).await?;
    met.push(completed == AT_ONCE);
    let what = format!("{completed} of {AT_ONCE} completed in {:.1} s", took.as_secs_f64());
    table.row(["runs at once", &what, &judged("all", completed == AT_ONCE), "1"]);
    let panics = server.panics().await?;
    met.push(panics == 0);
    table.row(["kernels in trouble meanwhile", &panics.to_string(), &judged("none", panics == 0), ""]);
    println!("{}\n{}", table.shown(), stages.shown());
    loading().await?;
    Ok(met.iter().all(|met| *met))
}

/// What CO-RE programs take to load.
pub(crate) async fn loading() -> anyhow::Result<()> {
    loading::measure(&lab::prepare(&Folders::new(None, None), &Setup::local()).await, KERNEL).await
}

fn judged(goal: &str, met: bool) -> String {
    format!("{goal}: {}", if met { "met" } else { "MISSED" })
}

async fn accelerator() -> anyhow::Result<&'static str> {
    let lab = lab::prepare(&Folders::new(None, None), &Setup::local()).await;
    Ok(lab.backends.guests().kvm().await?.accelerator().name())
}

/// Milliseconds of boots and restores, one at a time.
async fn boots() -> anyhow::Result<(Samples, Samples)> {
    let lab = lab::prepare(&Folders::new(None, None), &Setup::local()).await;
    let (mut boot, mut restored) = (Samples::default(), Samples::default());
    for _ in 0..BOOTS {
        boot.add(lab.backends.guests().trial(KERNEL, Trial::Boot).await?.as_secs_f64() * 1e3);
    }
    for _ in 0..RESTORES {
        restored.add(lab.backends.guests().trial(KERNEL, Trial::Restore).await?.as_secs_f64() * 1e3);
    }
    let panics = lab.backends.guests().panics(KERNEL);
    ensure!(panics == 0, "{panics} kernels were in trouble");
    Ok((boot, restored))
}

#[derive(Default)]
struct Runs {
    first: Samples,
    stages: HashMap<&'static str, Samples>,
}

/// Each with a text of its own, so that no cache knows it.
async fn runs(client: &mut Client, program: impl Fn(usize) -> String) -> anyhow::Result<Runs> {
    let mut runs = Runs::default();
    for number in 0..=RUNS {
        tokio::time::sleep(BETWEEN).await;
        let (first, stages) = run(client, &program(number)).await?;
        if number == 0 {
            continue; // the compiler's own first time
        }
        runs.first.add(first);
        let Stages { queued, compile, place, load, attach } = stages;
        let named = [
            ("queued", queued),
            ("compile", compile),
            ("place", place),
            ("load", load),
            ("attach", attach),
            ("the rest", first - queued - compile - place - load - attach),
        ];
        for (name, value) in named {
            runs.stages.entry(name).or_default().add(value);
        }
    }
    Ok(runs)
}

async fn run(client: &mut Client, program: &str) -> anyhow::Result<(f64, Stages)> {
    let began = client.run(program, None, &[KERNEL]).await?;
    let mut first = None;
    loop {
        let message = client.next().await?;
        let now = ms(began);
        for line in message.lines() {
            // The lab's own writes print, which the story says at its end.
            if line.contains("\"type\":\"diagnostic\"") {
                continue;
            }
            let told = told(line)?;
            match told.kind.as_str() {
                "trace" if first.is_none() => {
                    first = Some(now);
                    client.stop(&told.run).await?;
                }
                "ended" => {
                    let first =
                        first.with_context(|| format!("ended ({:?}) without a line", told.outcome))?;
                    return Ok((first, told.stages.unwrap_or_default()));
                }
                _ => {}
            }
        }
    }
}

/// What each of the server's waiting guests has for itself, in MiB.
fn idle(server: &Server) -> anyhow::Result<Samples> {
    let mut samples = Samples::default();
    for pid in server.guests()? {
        let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        let kib: u64 = rollup
            .lines()
            .filter(|line| line.starts_with("Private_"))
            .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
            .sum();
        samples.add(kib as f64 / 1024.0);
    }
    ensure!(samples.count() > 0, "no guest waits");
    Ok(samples)
}

/// How many of so many runs completed, and how long all took.
async fn at_once(server: &Server) -> anyhow::Result<(usize, Duration)> {
    let mut clients = Vec::new();
    for _ in 0..AT_ONCE {
        clients.push(Client::connect(server).await?);
    }
    let began = Instant::now();
    let mut runs = tokio::task::JoinSet::new();
    for (number, mut client) in clients.into_iter().enumerate() {
        runs.spawn(async move {
            let program = programs::writes_of_tool(9000 + number);
            client.run(&program, Some(programs::ONCE.0), &[KERNEL]).await?;
            loop {
                for line in client.next().await?.lines() {
                    let told = told(line)?;
                    if told.kind == "ended" {
                        return anyhow::Ok(told.outcome.as_deref() == Some("completed"));
                    }
                }
            }
        });
    }
    let mut completed = 0;
    while let Some(run) = runs.join_next().await {
        match run? {
            Ok(true) => completed += 1,
            Ok(false) => {}
            Err(error) => eprintln!("bench: {error:#}"),
        }
    }
    Ok((completed, began.elapsed()))
}
