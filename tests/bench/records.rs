//! Records per second that reach a websocket client while a program submits as
//! fast as it can, against a bare libbpf consumer in the same guest.
//!
//! Both read a ring buffer of their own, of the same size, that the same
//! program fills, in turns, in one guest. The rate is all records that came, by
//! the time from the first to the last. The program counts what the buffer
//! took, so that delivered + declared lost can be held against that.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::{
    hand::Hand,
    lab::{Client, Server, told},
    programs,
    screen::Screen,
    table::{Samples, Table, short},
};

/// The kernel that is measured, and that learners get by default.
const KERNEL: &str = "6.1";

/// Seconds of one flood, and how many there are of each.
const FLOOD: (u64, usize) = (3, 5);

/// No record for so long, and the flood is over. The worker looks at globals
/// ten times a second.
const QUIET: Duration = Duration::from_secs(1);

/// Names of the two writers.
const BY_HAND: &str = "flood-by-hand";
const BY_LAB: &str = "flood-by-lab";

/// What one flood brought.
struct Flood {
    taken: u64,
    refused: u64,
    came: u64,
    seconds: f64,
}

impl Flood {
    /// Records a second.
    fn rate(&self) -> f64 {
        self.came as f64 / self.seconds
    }
}

/// Measures and prints; whether every record is accounted for.
pub(crate) async fn measure(server: &Server, hand: &Hand) -> anyhow::Result<bool> {
    let object = std::fs::read(hand.compile(&programs::records(BY_HAND)).await?)?;
    let mut client = Client::connect(server).await?;
    let mut screen = Screen::open(&mut client, &programs::records(BY_LAB), KERNEL).await?;
    screen.put("/tmp/consumer", &hand.consumer()?).await?;
    screen.put("/tmp/by-hand.o", &object).await?;
    screen.ask("chmod +x /tmp/consumer", &mut |_| Ok(())).await?;
    let mut floods = Vec::new();
    let mut count = Count::default();
    let (seconds, times) = FLOOD;
    for _ in 0..times {
        let bare = by_hand(&mut screen, seconds, &mut count).await?;
        ensure!(bare.came == bare.taken, "the consumer read {} of {}", bare.came, bare.taken);
        floods.push((bare, by_lab(&mut screen, seconds, &mut count).await?));
    }
    screen.stop().await?;
    while !count.ended {
        count.hear(&client.next().await?)?;
    }
    report(&floods, &count);
    Ok(count.difference() == 0)
}

async fn by_hand(screen: &mut Screen<'_>, seconds: u64, count: &mut Count) -> anyhow::Result<Flood> {
    let command = format!("/tmp/consumer {BY_HAND} {seconds} /tmp/by-hand.o");
    let said = screen.ask(&command, &mut |message| count.hear(message)).await?;
    let numbers = said.strip_prefix("consumed ").with_context(|| format!("the consumer says {said:?}"))?;
    let numbers: Vec<u64> = numbers.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let &[came, ns, tried, refused] = numbers.as_slice() else { anyhow::bail!("four numbers: {said}") };
    Ok(Flood { taken: tried - refused, refused, came, seconds: ns as f64 / 1e9 })
}

async fn by_lab(screen: &mut Screen<'_>, seconds: u64, count: &mut Count) -> anyhow::Result<Flood> {
    let before = std::mem::take(count);
    count.totals = before.totals;
    screen.ask(&format!("/tmp/consumer {BY_LAB} {seconds}"), &mut |message| count.hear(message)).await?;
    let over = Instant::now();
    while count.last.unwrap_or(over).elapsed() < QUIET {
        // It may be that nothing comes at all any more.
        if let Ok(message) = tokio::time::timeout(QUIET, screen.client.next()).await {
            count.hear(&message?)?;
        }
    }
    let (first, last) = count.first.zip(count.last).context("no record")?;
    let Totals { tried, refused, .. } = count.totals;
    let refused = refused - before.totals.refused;
    Ok(Flood {
        taken: tried - before.totals.tried - refused,
        refused,
        came: count.delivered,
        seconds: (last - first).as_secs_f64(),
    })
}

/// What the run says, over all floods.
#[derive(Default, Clone, Copy)]
struct Totals {
    tried: u64,
    refused: u64,
    delivered: u64,
    lost: u64,
}

/// What the run says in one flood.
#[derive(Default)]
struct Count {
    first: Option<Instant>,
    last: Option<Instant>,
    delivered: u64,
    totals: Totals,
    ended: bool,
}

impl Count {
    /// Records are only counted, not read: this client must not be what is measured.
    fn hear(&mut self, message: &str) -> anyhow::Result<()> {
        let now = Instant::now();
        let mut records = 0;
        for line in message.split('\n') {
            if line.starts_with("{\"type\":\"record\"") {
                records += 1;
                continue;
            }
            let told = told(line)?;
            match (told.kind.as_str(), told.name.as_deref()) {
                ("lost", _) => {
                    ensure!(told.stream.as_deref() == Some("record:events"), "lost: {line}");
                    self.totals.lost += told.count.context("lost without a count")?;
                }
                ("global", Some("tried")) => {
                    self.totals.tried = told.value.context("no value")?.parse()?;
                }
                ("global", Some("refused")) => {
                    self.totals.refused = told.value.context("no value")?.parse()?;
                }
                ("ended", _) => self.ended = true,
                _ => {}
            }
        }
        if records > 0 {
            self.first.get_or_insert(now);
            self.last = Some(now);
            self.delivered += records;
            self.totals.delivered += records;
        }
        Ok(())
    }

    /// What nobody accounts for: 0, or something is dropped silently.
    fn difference(&self) -> i128 {
        let Totals { tried, refused, delivered, lost } = self.totals;
        i128::from(tried) - i128::from(refused) - i128::from(delivered) - i128::from(lost)
    }
}

fn report(floods: &[(Flood, Flood)], count: &Count) {
    println!("\n## Records ({KERNEL})\n");
    println!(
        "A program that submits a hundred records at each write, while one process writes as fast as it"
    );
    println!(
        "can, to a ring buffer of 256 KiB. By hand: `ring_buffer__poll` and a callback that counts, static,"
    );
    println!(
        "with the libbpf that the lab's worker carries. In turns, in one guest; the lab's worker and program"
    );
    println!("are there in both turns. Rate: records that came, by the time from the first to the last.\n");
    let mut table =
        Table::new(&["flood", "refused by the full buffer", "taken", "came", "seconds", "records/s"]);
    let (mut hand, mut lab) = (Samples::default(), Samples::default());
    let mut ratios = Samples::default();
    for (bare, carried) in floods {
        for (what, flood) in [("bare libbpf", bare), ("the lab, to a websocket client", carried)] {
            table.row([
                what,
                &flood.refused.to_string(),
                &flood.taken.to_string(),
                &flood.came.to_string(),
                &format!("{:.2}", flood.seconds),
                &short(flood.rate()),
            ]);
        }
        hand.add(bare.rate());
        lab.add(carried.rate());
        ratios.add(carried.rate() / bare.rate());
    }
    println!("{}", table.shown());
    let mut table = Table::new(&["what", "bare libbpf", "the lab", "ratio", "goal", "samples"]);
    let samples = format!("{} + {}", hand.count(), lab.count());
    let ratio = ratios.shown("×");
    table.row(["records carried", &hand.shown("/s"), &lab.shown("/s"), &ratio, "–", &samples]);
    let difference = count.difference();
    let Totals { tried, refused, delivered, lost } = count.totals;
    let sum =
        format!("{} taken = {delivered} delivered + {lost} declared lost + {difference}", tried - refused);
    let judged = format!("difference 0: {}", if difference == 0 { "met" } else { "MISSED" });
    table.row(["nothing dropped silently", "–", &sum, "–", &judged, "all"]);
    println!("{}", table.shown());
}
