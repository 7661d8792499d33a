//! `bpflab shell`: a terminal in a guest, with a program attached if one is
//! given. What the program prints appears between what the shell says.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::PathBuf,
};

use bpflab_worker::Window;
use clap::Args;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::MissedTickBehavior,
};

use super::{Context, files, presets::Presets, report, status, status_of};
use crate::{
    compile::Sources,
    kernel::HOST,
    lab,
    run::{About, Batch, Handle, Holding, LIMITS, RunEvent, Runs, Submission, Unjudged, Watcher},
    say::Sentence,
};

/// Arguments of `bpflab shell`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A program to attach first, ending in .c
    file: Option<PathBuf>,
    /// A folder in which headers are looked for that are not beside what includes them; may be given again
    #[arg(long, short = 'I', value_name = "DIR")]
    include: Vec<PathBuf>,
    /// The guest's kernel
    #[arg(long, value_name = "K")]
    kernel: Option<String>,
    #[command(flatten)]
    presets: Presets,
}

/// What is loaded when no program is given.
const IDLE: (&str, &str) = ("idle.bpf.c", include_str!("../lab/idle.bpf.c"));

/// Typed bytes read at once.
const CHUNK: usize = 1024;

/// Opens the shell and stays until it or the run ends.
pub(super) async fn shell(arguments: Arguments, context: &Context) -> anyhow::Result<u8> {
    let usage = |why: Sentence| {
        eprintln!("bpflab: {}", why.say(context.lang));
        Ok(status::USAGE)
    };
    let gathered = match &arguments.file {
        Some(program) => files::gather(&files::Named { program, headers: &[], folders: &arguments.include })?,
        None => Sources::new(BTreeMap::from([(IDLE.0.to_owned(), IDLE.1.to_owned())])),
    };
    let sources = match gathered {
        Ok(sources) => sources,
        Err(why) => return usage(why),
    };
    let mut submission = Submission::plain(sources, Vec::new(), lab::span(None, LIMITS.terminal));
    if let Err(why) = arguments.presets.put(&mut submission) {
        return usage(why);
    }
    let lab = lab::prepare(&context.folders, &lab::Setup::local()).await;
    let kernel = arguments.kernel.unwrap_or_else(|| lab.backends.default_kernel().to_owned());
    if kernel == HOST {
        return usage(Sentence::TerminalNeedsGuest);
    }
    submission.kernels = vec![kernel.clone()];
    lab::with_terminal(&mut submission);
    let runs = Runs::new(lab);
    let handle = match runs.start(submission, About::default(), || Box::new(Unjudged)) {
        Ok(handle) => handle,
        Err(refused) => return usage(refused.0),
    };
    let mut watcher = handle.watch(0);
    let ended = session(&handle, &kernel, &mut watcher, context).await;
    handle.stop();
    runs.shut_down().await;
    let status = ended?;
    // Leaving the shell is how such a run is meant to end.
    Ok(if status == status::CANCELLED { status::OK } else { status })
}

async fn session(
    handle: &Handle,
    kernel: &str,
    watcher: &mut Watcher,
    context: &Context,
) -> anyhow::Result<u8> {
    let mut text = report::Text::new(false, context.lang);
    let mut holding: Option<Holding> = None;
    let mut raw: Option<Raw> = None;
    let mut keys = keys();
    let mut resized = signal(SignalKind::window_change())?;
    let mut tail = Vec::new();
    let mut reads_input = true;
    let mut again = tokio::time::interval(SAY_END_AGAIN);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let is_open = holding.is_some();
        let screen = async {
            match &mut holding {
                Some(holding) => holding.read().await,
                None => std::future::pending().await,
            }
        };
        let happening = tokio::select! {
            batch = watcher.next() => Happening::Story(batch),
            bytes = screen => Happening::Screen(bytes),
            typed = keys.recv(), if reads_input && is_open => Happening::Typed(typed),
            _ = again.tick(), if !reads_input => Happening::Typed(None),
            _ = resized.recv() => Happening::Resized,
        };
        match happening {
            Happening::Story(None) => return Ok(status::OK),
            Happening::Story(Some(batch)) => {
                show(&mut text, &batch, raw.is_some())?;
                for entry in &batch.entries {
                    if let RunEvent::Terminal { open: true } = &*entry.event
                        && let Some(terminal) = handle.terminal(kernel)
                    {
                        let (held, said, _) = terminal.hold(0);
                        print(&said)?;
                        holding = Some(held);
                        raw = Raw::enter();
                        handle.resize(kernel, window());
                        let minutes = LIMITS.terminal.as_secs() / 60;
                        eprint!("bpflab: at most {minutes} minutes; \"exit\" ends it\r\n");
                    }
                    if entry.event.is_end() {
                        return Ok(status_of(&entry.event));
                    }
                }
            }
            Happening::Screen(None) => holding = None,
            Happening::Screen(Some(bytes)) => {
                print(&bytes)?;
                // It may come in pieces.
                tail.extend_from_slice(&bytes);
                let over = tail.len().saturating_sub(SHELL_ENDED.len());
                tail.drain(..over);
                if tail == SHELL_ENDED {
                    handle.stop();
                }
            }
            Happening::Typed(typed) => {
                // The end of a script's input: whoever reads, in the end the
                // shell, sees a Ctrl-D, and again, since one that comes before
                // the shell has taken its terminal is lost.
                reads_input = typed.is_some();
                if let Some(holding) = &holding {
                    holding.write(typed.as_deref().unwrap_or(&[END_OF_TRANSMISSION])).await?;
                }
            }
            Happening::Resized => handle.resize(kernel, window()),
        }
    }
}

/// What can happen.
enum Happening {
    Story(Option<Batch>),
    Screen(Option<Vec<u8>>),
    /// `None` when there will be no more.
    Typed(Option<Vec<u8>>),
    Resized,
}

/// What is typed, until its end. Read by a thread of its own: the runtime
/// would not end before one of its threads has read something more.
fn keys() -> mpsc::Receiver<Vec<u8>> {
    let (sender, keys) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut typed = [0; CHUNK];
        while let Ok(got @ 1..) = io::stdin().read(&mut typed)
            && sender.blocking_send(typed[..got].to_vec()).is_ok()
        {}
    });
    keys
}

/// The worker's last word on a terminal whose shell has ended.
const SHELL_ENDED: &[u8] = b"[the shell has ended]\r\n";

/// From one Ctrl-D to the next.
const SAY_END_AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

/// Ctrl-D.
const END_OF_TRANSMISSION: u8 = 4;

/// Prints the story; in a raw terminal each line needs its own return.
fn show(text: &mut report::Text, batch: &Batch, raw: bool) -> anyhow::Result<()> {
    let mut lines = Vec::new();
    text.write(&mut lines, batch)?;
    let mut out = io::stderr().lock();
    for line in String::from_utf8_lossy(&lines).lines() {
        write!(out, "{line}{}", if raw { "\r\n" } else { "\n" })?;
    }
    Ok(())
}

fn print(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

fn window() -> Window {
    match tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_row > 0 => Window { rows: size.ws_row, columns: size.ws_col },
        _ => Window { rows: 24, columns: 80 },
    }
}

/// Keys go through as they are, until drop.
struct Raw(Termios);

impl Raw {
    fn enter() -> Option<Self> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return None;
        }
        let before = tcgetattr(&stdin).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&stdin, OptionalActions::Now, &raw).ok()?;
        Some(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0); // nothing else can be done
    }
}
