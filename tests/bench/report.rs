//! What was measured -> Markdown on standard output. Knows the goals.

use crate::{
    compiling, first_line,
    flood::Flood,
    hand::Hand,
    lab::Memory,
    table::{Samples, Table, short},
};

/// The lab's compiler is to be so many times faster than plain clang.
const COMPILE: f64 = 5.0;

/// The first line is to come in this part of the time at most.
const FIRST_LINE: f64 = 1.0 / 3.0;

/// This part of `cat`'s lines is to reach the client at least.
const CARRIED: f64 = 0.6;

/// What one flood may add to the server's resident memory, in KiB: the run's
/// buffer counts 8 MiB and takes about twice that, one websocket a few.
const MOST_GROWTH: u64 = 48 << 10;

/// How much higher it may be in the rest of the flood than in its first third,
/// in KiB: what grows with time passes it within seconds.
const MOST_CREEP: u64 = 8 << 10;

/// What "by hand" was.
pub(crate) fn ways(hand: &Hand) {
    println!("## bpflab against doing it by hand\n");
    println!("By hand: `{}` (Debian's, no precompiled header);", hand.command_line());
    println!("a C loader of 30 lines, built before, with the libbpf that the lab's worker carries;");
    println!(
        "`cat trace_pipe` of a tracefs instance (4096 KiB a CPU) that stands open before the clock starts."
    );
    println!("The lab: the release server, one websocket, a new text for each sample. The lab makes its");
    println!("instance, checks the object and removes everything in each run. In turns, sample by sample;");
    println!("medians (middle half).\n");
}

/// The first two goals.
pub(crate) fn times(
    compiling: &compiling::Measured,
    thread: &first_line::Measured,
    stimulus: &first_line::Measured,
) {
    let mut table = Table::new(&["what", "by hand", "the lab", "ratio", "goal", "samples"]);
    let fast = |hand: &Samples, lab: &Samples| hand.median() / lab.median();
    let mut row = |what: &str, hand: &Samples, lab: &Samples, ratio: f64, met: Option<(String, bool)>| {
        let goal = met.map_or_else(|| "–".to_owned(), |(goal, met)| judged(&goal, met));
        let count = format!("{} + {}", hand.count(), lab.count());
        table.row([what, &hand.shown("ms"), &lab.shown("ms"), &short(ratio), &goal, &count]);
    };
    let compiling::Measured { hand, lab, cached } = compiling;
    let ratio = fast(hand, lab);
    row(
        "compile (opensnoop), times faster",
        hand,
        lab,
        ratio,
        Some((format!("≥ {COMPILE}"), ratio >= COMPILE)),
    );
    row("the same source again (cached), times faster", hand, cached, fast(hand, cached), None);
    for (what, measured) in [
        ("Run → first line, a thread writes all the time, part of the time", thread),
        ("Run → first line, a stimulus writes once, part of the time", stimulus),
    ] {
        let ratio = measured.lab.median() / measured.hand.median();
        let goal = (format!("≤ {FIRST_LINE:.2}"), ratio <= FIRST_LINE);
        row(what, &measured.hand, &measured.lab, ratio, Some(goal));
    }
    println!("{}", table.shown());
}

/// Where the time to the first line goes.
pub(crate) fn stages(thread: &first_line::Measured, stimulus: &first_line::Measured) {
    println!(
        "Stages of the lab's runs to the first line, in ms (`ended.stages`; the last two by the client's clock)."
    );
    println!("`place` counts from the end of the compilation: the worker starts meanwhile.\n");
    let mut table = Table::new(&["stage", "a thread writes", "a stimulus writes"]);
    for ((name, one), (_, other)) in thread.stages.iter().zip(&stimulus.stages) {
        table.row([name, &one.shown("ms"), &other.shown("ms")]);
    }
    table.row(["observing → first line", &thread.line.shown("ms"), &stimulus.line.shown("ms")]);
    table.row(["(Stop → ended)", &thread.stop.shown("ms"), &stimulus.stop.shown("ms")]);
    table.row(["by hand: clang", &thread.hand_clang.shown("ms"), &stimulus.hand_clang.shown("ms")]);
    table.row(["by hand: load, attach", &thread.hand_load.shown("ms"), &stimulus.hand_load.shown("ms")]);
    println!("{}", table.shown());
    let again = thread.again + stimulus.again;
    if again > 0 {
        println!("{again} samples were taken again, since another server had the kernel.\n");
    }
}

/// The third goal; whether every line is accounted for.
pub(crate) fn floods(
    short_ones: &[(Flood, Flood)],
    (seconds, long): (u64, &Flood),
    (before, after): (Memory, Memory),
) -> bool {
    println!("A program that prints as fast as `lab-do write` writes. Rate: lines that arrived, by the time");
    println!("from the stimulus's start to the last line.\n");
    let mut table =
        Table::new(&["flood", "produced", "delivered", "declared lost", "difference", "seconds", "lines/s"]);
    let mut row = |what: &str, flood: &Flood| {
        table.row([
            what,
            &flood.produced.to_string(),
            &flood.delivered.to_string(),
            &flood.lost.to_string(),
            &flood.difference().to_string(),
            &format!("{:.2}", flood.seconds),
            &short(flood.rate()),
        ]);
    };
    let (mut hand, mut lab) = (Samples::default(), Samples::default());
    for (cat, carried) in short_ones {
        row("cat trace_pipe > /dev/null", cat);
        row("the lab, to a websocket client", carried);
        hand.add(cat.rate());
        lab.add(carried.rate());
    }
    row(&format!("the lab, {seconds} s"), long);
    println!("{}", table.shown());

    let ratio = lab.median() / hand.median();
    let peak = long.memory.iter().map(|memory| memory.now).chain([after.now]).max().unwrap_or_default();
    let third = long.memory.len() / 3;
    let early = long.memory.iter().take(third).map(|memory| memory.now).max().unwrap_or_default();
    let late = long.memory.iter().skip(third).map(|memory| memory.now).max().unwrap_or_default();
    let mut table = Table::new(&["what", "by hand", "the lab", "ratio", "goal", "samples"]);
    table.row([
        "trace lines carried",
        &hand.shown("lines/s"),
        &lab.shown("lines/s"),
        &format!("{ratio:.2}"),
        &judged(&format!("≥ {CARRIED}"), ratio >= CARRIED),
        &format!("{} + {}", hand.count(), lab.count()),
    ]);
    let exact = short_ones.iter().map(|(_, lab)| lab).chain([long]).all(|flood| flood.difference() == 0);
    table.row(["nothing dropped silently", "–", "–", "–", &judged("difference 0", exact), "all"]);
    let mib = |kib: u64| format!("{:.1} MiB", kib as f64 / 1024.0);
    table.row([
        &format!("the server's memory during {seconds} s"),
        "–",
        &format!(
            "before {}, highest {} (first third {}, rest {}), after {}, VmHWM {}",
            mib(before.now),
            mib(peak),
            mib(early),
            mib(late),
            mib(after.now),
            mib(after.peak)
        ),
        "–",
        &judged(
            &format!("grows ≤ {}, after a third ≤ {}", mib(MOST_GROWTH), mib(MOST_CREEP)),
            peak.saturating_sub(before.now) <= MOST_GROWTH && late.saturating_sub(early) <= MOST_CREEP,
        ),
        &long.memory.len().to_string(),
    ]);
    println!("{}", table.shown());
    exact
}

fn judged(goal: &str, met: bool) -> String {
    format!("{goal}: {}", if met { "met" } else { "MISSED" })
}
