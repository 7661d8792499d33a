//! The verifier's work on each lesson's solution, on every kernel, against the
//! numbers in `verified.tsv`: instructions that it looked at, states that it kept, and the
//! microseconds that this took in the run that wrote them.
//!
//! On the release that a number is of it must be the same, so that a change of a
//! lesson, of the compiler or of the headers shows. On another release it must be
//! within a factor of two. `RENEW=1` writes the table anew. Times are a machine's: they
//! are printed, all together for each kernel, and no test fails of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

use serde_json::Value;

use super::root;

/// Lesson, kernel and program.
type Key = (String, String, String);

#[derive(Debug, Clone, PartialEq)]
struct Work {
    release: String,
    instructions: u64,
    states: u64,
    us: Option<u64>,
}

impl Work {
    /// The same whatever the machine.
    fn is(&self, other: &Self) -> bool {
        let Self { release, instructions, states, us: _ } = self;
        (release, instructions, states) == (&other.release, &other.instructions, &other.states)
    }
}

/// What a result of `bpflab check` says of its programs.
fn measured(result: &Value) -> impl Iterator<Item = (Key, Work)> {
    let word = |of: &Value, name: &str| of[name].as_str().expect("a word").to_owned();
    let (lesson, kernel) = (word(result, "lesson"), word(result, "kernel"));
    let release = word(result, "release");
    let programs = result["programs"].as_array().expect("programs").iter();
    programs.filter_map(move |program| {
        // One that was left out on this kernel has none.
        let (instructions, states) = (program["instructions"].as_u64()?, program["states"].as_u64()?);
        let key = (lesson.clone(), kernel.clone(), word(program, "name"));
        Some((key, Work { release: release.clone(), instructions, states, us: program["us"].as_u64() }))
    })
}

fn kept(text: &str) -> BTreeMap<Key, Work> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split('\t').collect();
            let [lesson, kernel, program, release, instructions, states, us] = words.as_slice() else {
                panic!("seven columns: {line}");
            };
            let number = |word: &str| word.parse().expect("a number");
            let work = Work {
                release: (*release).to_owned(),
                instructions: number(instructions),
                states: number(states),
                us: us.parse().ok(),
            };
            (((*lesson).to_owned(), (*kernel).to_owned(), (*program).to_owned()), work)
        })
        .collect()
}

/// That the verifier works as hard on these solutions, each on a kernel, as it did.
pub(crate) fn compare<'r>(solutions: impl Iterator<Item = &'r Value>) {
    let now: BTreeMap<Key, Work> = solutions.flat_map(measured).collect();
    let table = root().join("tests/verified.tsv");
    if std::env::var_os("RENEW").is_some() {
        let mut text = "# lesson\tkernel\tprogram\trelease\tinstructions\tstates\tus\n".to_owned();
        for ((lesson, kernel, program), Work { release, instructions, states, us }) in &now {
            let us = us.map_or_else(|| "-".to_owned(), |us| us.to_string());
            writeln!(text, "{lesson}\t{kernel}\t{program}\t{release}\t{instructions}\t{states}\t{us}")
                .expect("a line");
        }
        fs::write(&table, text).expect("the table is written");
    }
    let before = kept(&fs::read_to_string(&table).expect("the table"));
    for kernel in now.keys().map(|(_, kernel, _)| kernel).collect::<BTreeSet<_>>() {
        let all = |table: &BTreeMap<Key, Work>| -> u64 {
            table.iter().filter(|((_, of, _), _)| of == kernel).filter_map(|(_, work)| work.us).sum()
        };
        println!(
            "the verifier on {kernel}: {} ms, and {} in the table",
            all(&now) / 1000,
            all(&before) / 1000
        );
    }
    let missing: Vec<&Key> = before.keys().filter(|key| !now.contains_key(*key)).collect();
    assert!(missing.is_empty(), "not loaded any more: {missing:#?}");
    let near = |a: u64, b: u64| a <= 2 * b.max(8) && b <= 2 * a.max(8);
    let moved = now.iter().filter(|(key, work)| match before.get(*key) {
        None => true,
        Some(old) if old.release == work.release => !old.is(work),
        Some(old) => !near(old.instructions, work.instructions),
    });
    let moved: Vec<String> =
        moved.map(|(key, work)| format!("{key:?}: {:?} -> {work:?}", before.get(key))).collect();
    assert!(moved.is_empty(), "RENEW=1 writes these down, if they are meant:\n{}", moved.join("\n"));
}
