//! Third: trace lines per second that reach a websocket client while a
//! program prints as fast as it can, against `cat trace_pipe > /dev/null`.
//!
//! On both sides the rate is all lines that arrived, by the time from the
//! stimulus's start to the last line. The program counts its own calls, so
//! that delivered + declared lost can be held against what was produced.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};

use crate::{
    hand::{self, Hand, Instance, Turn},
    lab::{Client, Memory, Server, told},
    programs,
};

/// How often the server's memory is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// What one flood brought.
pub(crate) struct Flood {
    pub(crate) produced: u64,
    pub(crate) delivered: u64,
    pub(crate) lost: u64,
    pub(crate) seconds: f64,
    /// The server's, from the first line on; empty by hand.
    pub(crate) memory: Vec<Memory>,
}

impl Flood {
    /// Lines a second.
    pub(crate) fn rate(&self) -> f64 {
        self.delivered as f64 / self.seconds
    }

    /// What nobody accounts for: 0, or something is dropped silently.
    pub(crate) fn difference(&self) -> i128 {
        i128::from(self.produced) - i128::from(self.delivered) - i128::from(self.lost)
    }
}

pub(crate) async fn by_hand(seconds: u64, hand: &Hand) -> anyhow::Result<Flood> {
    let _turn = Turn::take().await?;
    let instance = Instance::make()?;
    let object = hand.compile(&programs::flood()).await?;
    let loader = hand.load(&object).await?;
    let cat = instance.cat(Stdio::null())?;
    let began = Instant::now();
    let mut stimulus = hand.stimulus(&programs::flood_command(seconds))?;
    stimulus.wait().await?;
    let took = instance.is_read().await? - began;
    let produced = loader.end().await?;
    let counts = instance.counts()?;
    hand::end(cat).await?;
    Ok(Flood {
        produced,
        delivered: counts.read,
        lost: counts.lost,
        seconds: took.as_secs_f64(),
        memory: Vec::new(),
    })
}

/// The clock starts at `observing`: a turn that was waited for costs nothing.
pub(crate) async fn by_lab(seconds: u64, server: &Server, client: &mut Client) -> anyhow::Result<Flood> {
    client.run(&programs::flood(), Some(&programs::flood_lesson(seconds)), &["host"]).await?;
    let mut count = Count::default();
    let mut memory = Vec::new();
    let mut look = tokio::time::interval(LOOK);
    while !count.ended {
        let message = tokio::select! {
            message = client.next() => message?,
            _ = look.tick() => {
                memory.push(server.memory()?);
                continue;
            }
        };
        count.take(&message)?;
    }
    let (began, last) = (count.began.context("never observing")?, count.last.context("no line")?);
    ensure!(count.outcome.as_deref() == Some("completed"), "the run ended as {:?}", count.outcome);
    Ok(Flood {
        produced: count.produced.context("the global calls was never told")?,
        delivered: count.delivered,
        lost: count.lost,
        seconds: (last - began).as_secs_f64(),
        memory,
    })
}

#[derive(Default)]
struct Count {
    began: Option<Instant>,
    last: Option<Instant>,
    produced: Option<u64>,
    delivered: u64,
    lost: u64,
    outcome: Option<String>,
    ended: bool,
}

impl Count {
    /// Lines are only counted, not read: this client must not be what is measured.
    fn take(&mut self, message: &str) -> anyhow::Result<()> {
        let now = Instant::now();
        let mut traced = 0;
        for line in message.split('\n') {
            if line.starts_with("{\"type\":\"trace\"") {
                traced += 1;
                continue;
            }
            let told = told(line)?;
            match told.kind.as_str() {
                "observing" => self.began = Some(now),
                "lost" if told.stream.as_deref() == Some("trace") => {
                    self.lost += told.count.context("lost without a count")?;
                }
                "global" if told.name.as_deref() == Some("calls") => {
                    self.produced = Some(told.value.context("calls without a value")?.parse()?);
                }
                "ended" => {
                    self.outcome = told.outcome;
                    self.ended = true;
                }
                _ => {}
            }
        }
        if traced > 0 {
            self.last = Some(now);
            self.delivered += traced;
        }
        Ok(())
    }
}
