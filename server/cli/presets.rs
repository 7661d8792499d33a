//! What a command line sets before a program loads: targets, globals, sizes.
//!
//! Knows the words; what they do to a run is `Submission`'s.

use clap::Args;

use crate::{
    kernel::target,
    run::{self, Submission},
    say::Sentence,
    wire,
};

/// Set before load.
#[derive(Debug, Args)]
pub(super) struct Presets {
    /// Set a global variable, a field or an element of it before load: least=10, ports=80,443, config.pid=@stimulus (the stimulus's pid)
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    global: Vec<(String, String)>,
    /// What a program attaches to: NAME=if:lab0[:ingress|egress], cgroup, kprobe:FUNC, kretprobe:FUNC, fentry:FUNC, fexit:FUNC, tracepoint:CATEGORY/NAME, raw_tp:NAME, uprobe:PATH:SYMBOL, usdt:PATH:PROVIDER:NAME, perf:cpu-clock:99 (or cycles, instructions, …), none (not loaded)
    #[arg(long, value_name = "NAME=TARGET", value_parser = assignment)]
    attach: Vec<(String, String)>,
    /// How many entries a map has, where it is not as the program says: what its own loader would set
    #[arg(long, value_name = "NAME=ENTRIES", value_parser = assignment)]
    map_size: Vec<(String, String)>,
    /// What a map holds from the start: counts[7]=1, names[@stimulus]=1, calls[0]=PROGRAM; structs as JSON: seen[{"id":1}]={"n":2}
    #[arg(long, value_name = "MAP[KEY]=VALUE", value_parser = entry)]
    map_entry: Vec<(String, String)>,
    /// The struct that a buffer's records are, where the lab does not find it by its size
    #[arg(long, value_name = "MAP=STRUCT", value_parser = assignment)]
    record: Vec<(String, String)>,
}

/// A word of the form NAME=VALUE.
pub(super) fn assignment(word: &str) -> Result<(String, String), String> {
    let (name, value) = word.split_once('=').ok_or_else(|| format!("{word}: write name=value"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The same, with a key in brackets, in which there may be a `=` too.
fn entry(word: &str) -> Result<(String, String), String> {
    let (at, value) = match word.split_once("]=") {
        Some((at, value)) => (format!("{at}]"), value.to_owned()),
        None => assignment(word)?,
    };
    Ok((at, value))
}

impl Presets {
    /// Puts them into a submission.
    ///
    /// # Errors
    /// A sentence about the first that cannot be read.
    pub(super) fn put(self, submission: &mut Submission) -> Result<(), Sentence> {
        let targets = self.attach.into_iter().map(|(program, words)| Ok((program, target(&words)?)));
        submission.targets = targets.collect::<Result<_, Sentence>>()?;
        let sizes = self.map_size.into_iter().map(|(map, words)| {
            let size = run::entries(&map, &words)?;
            Ok((map, size))
        });
        submission.maps = run::of_maps(self.record, sizes.collect::<Result<Vec<_>, Sentence>>()?);
        let entries = self.map_entry.iter().map(|(at, value)| wire::entry(at, value));
        submission.entries = entries.collect::<Result<_, Sentence>>()?;
        submission.globals = self.global.into_iter().collect();
        Ok(())
    }
}
