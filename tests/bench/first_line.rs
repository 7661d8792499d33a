//! Second: from Run, sent on the websocket, to the first trace line received;
//! against clang, loader and `cat trace_pipe` by hand.

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    time::timeout,
};

use crate::{
    compiling::ms,
    hand::{self, Hand, Instance, Turn},
    lab::{Client, PATIENCE, Stages, told},
    programs,
    table::Samples,
};

/// So many of each; about a second the pair.
const SAMPLES: usize = 15;

/// A sample during which another server had the kernel is taken again, so often at most.
const MORE: usize = 30;

/// How often the thread writes that the program watches.
const BEAT: Duration = Duration::from_millis(1);

/// What makes the first line.
#[derive(Clone, Copy)]
pub(crate) enum By {
    /// A thread of ours that writes all the time: the line comes at once.
    Thread(u32),
    /// A stimulus, let go when all is attached, as in every lesson.
    Stimulus,
}

impl By {
    fn program(self, number: usize) -> String {
        match self {
            Self::Thread(tid) => programs::writes_of_thread(tid, number),
            Self::Stimulus => programs::writes_of_tool(number),
        }
    }
}

/// Milliseconds.
#[derive(Default)]
pub(crate) struct Measured {
    pub(crate) hand: Samples,
    pub(crate) hand_clang: Samples,
    pub(crate) hand_load: Samples,
    pub(crate) lab: Samples,
    pub(crate) stages: [(&'static str, Samples); 5],
    /// From `observing` to the first line, as received.
    pub(crate) line: Samples,
    /// From Stop to `ended`: detach and clean up.
    pub(crate) stop: Samples,
    /// Taken again, since another server had the kernel.
    pub(crate) again: usize,
}

/// Numbers of samples never repeat within a run of the bench, so that neither
/// the lab's cache nor an old line answers.
pub(crate) async fn measure(by: By, hand: &Hand, client: &mut Client) -> anyhow::Result<Measured> {
    let mut measured = Measured {
        stages: ["queued", "compile", "place", "load", "attach"].map(|name| (name, Samples::default())),
        ..Measured::default()
    };
    let mut number = match by {
        By::Thread(_) => 1000,
        By::Stimulus => 2000,
    };
    let mut warm = false;
    while measured.lab.count() < SAMPLES {
        number += 1;
        let by_hand = by_hand(by, number, hand).await?;
        let Some(lab) = by_lab(by, number, client).await? else {
            measured.again += 1;
            ensure!(measured.again < MORE, "other servers have the kernel all the time");
            continue;
        };
        if std::mem::replace(&mut warm, true) {
            measured.add(&by_hand, &lab);
        }
    }
    Ok(measured)
}

impl Measured {
    fn add(&mut self, hand: &ByHand, lab: &ByLab) {
        self.hand.add(hand.all);
        self.hand_clang.add(hand.clang);
        self.hand_load.add(hand.load);
        self.lab.add(lab.all);
        self.line.add(lab.line);
        self.stop.add(lab.stop);
        let Stages { queued, compile, place, load, attach } = lab.stages;
        for ((_, samples), value) in self.stages.iter_mut().zip([queued, compile, place, load, attach]) {
            samples.add(value);
        }
    }
}

struct ByHand {
    all: f64,
    clang: f64,
    load: f64,
}

async fn by_hand(by: By, number: usize, hand: &Hand) -> anyhow::Result<ByHand> {
    let _turn = Turn::take().await?;
    // A person has these open in another terminal.
    let instance = Instance::make()?;
    let mut cat = instance.cat(Stdio::piped())?;
    let mut lines = BufReader::new(cat.stdout.take().context("cat's output is piped")?).lines();
    let source = by.program(number);
    let began = Instant::now();
    let object = hand.compile(&source).await?;
    let clang = ms(began);
    let loader = hand.load(&object).await?;
    let load = ms(began) - clang;
    let stimulus = match by {
        By::Thread(_) => None,
        By::Stimulus => Some(hand.stimulus(programs::ONCE.1)?),
    };
    let wanted = programs::sample(number);
    loop {
        let line = timeout(PATIENCE, lines.next_line()).await.context("no line by hand")??;
        if line.context("cat has ended")?.ends_with(&wanted) {
            break;
        }
    }
    let all = ms(began);
    hand::end(cat).await?;
    if let Some(mut stimulus) = stimulus {
        stimulus.wait().await?;
    }
    loader.end().await?;
    Ok(ByHand { all, clang, load })
}

struct ByLab {
    all: f64,
    line: f64,
    stop: f64,
    stages: Stages,
}

/// `None` when another server had the kernel meanwhile.
async fn by_lab(by: By, number: usize, client: &mut Client) -> anyhow::Result<Option<ByLab>> {
    let lesson = match by {
        By::Thread(_) => None,
        By::Stimulus => Some(programs::ONCE.0),
    };
    let wanted = programs::sample(number);
    let began = client.run(&by.program(number), lesson, &["host"]).await?;
    let (mut observing, mut first, mut stopped) = (None, None, None);
    let mut waited = false;
    loop {
        let message = client.next().await?;
        let now = ms(began);
        for line in message.lines() {
            let told = told(line)?;
            match told.kind.as_str() {
                "queued" => waited = true,
                "observing" => observing = Some(now),
                "trace" if first.is_none() && told.text.as_ref() == Some(&wanted) => {
                    first = Some(now);
                    stopped = Some(Instant::now());
                    client.stop(&told.run).await?;
                }
                "ended" => {
                    let (Some(observing), Some(first), Some(stopped)) = (observing, first, stopped) else {
                        anyhow::bail!("ended ({:?}) without a line", told.outcome);
                    };
                    let stages = told.stages.unwrap_or_default();
                    let lab = ByLab { all: first, line: first - observing, stop: ms(stopped), stages };
                    return Ok((!waited).then_some(lab));
                }
                _ => {}
            }
        }
    }
}

/// A thread of ours that writes one byte to /dev/null at every beat.
pub(crate) struct Writer {
    pub(crate) tid: u32,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let mut null = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
        let (say, said) = mpsc::channel();
        let until = over.clone();
        let thread = std::thread::spawn(move || {
            let _ = say.send(std::fs::read_link("/proc/thread-self")); // the receiver waits below
            while !until.load(Ordering::Relaxed) {
                let _ = std::io::Write::write(&mut null, b"x"); // /dev/null takes everything
                std::thread::sleep(BEAT);
            }
        });
        let own = said.recv()??; // 12/task/34
        let tid = own.file_name().and_then(|name| name.to_str()).context("a thread's number")?.parse()?;
        Ok(Self { tid, over, thread: Some(thread) })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // it cannot panic
        }
    }
}
