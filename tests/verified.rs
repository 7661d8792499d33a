//! The verifier's work on each lesson's solution, on every kernel, against the
//! numbers in `verified.tsv`: instructions that it looked at, and states that it kept.
//!
//! On the release that a number is of it must be the same, so that a change of a
//! lesson, of the compiler or of the headers shows. On another release it must be
//! within a factor of two. `RENEW=1` writes the table anew.

mod support;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use support::{
    command::{bpflab, to_end},
    guests::{KERNELS, can_use_guests},
    lessons, root,
    story::Story,
};

/// Lesson, kernel and program.
type Key = (String, String, String);

#[derive(Debug, Clone, PartialEq)]
struct Work {
    release: String,
    instructions: u64,
    states: u64,
}

fn measured(folder: &Path) -> Vec<(Key, Work)> {
    let lesson = folder.file_name().expect("a name").to_string_lossy().into_owned();
    let file = folder.join("solution.bpf.c").display().to_string();
    let kernels = KERNELS.join(",");
    // Globals that the lesson would set do not matter to the verifier's count here,
    // and nothing needs to happen.
    let ran = to_end(&mut bpflab(&["run", &file, "--kernel", &kernels, "--for", "10ms", "--format", "json"]));
    let story = Story::parse(&ran.stdout);
    let mut found = Vec::new();
    for kernel in KERNELS {
        let of = story.on(kernel);
        let Some(loaded) = of.of("loaded").next() else { continue };
        let release = of.one("placed")["release"].as_str().expect("a release").to_owned();
        for program in loaded["programs"].as_array().expect("programs") {
            let work = &program["verified"];
            // One that was left out on this kernel has none.
            let (Some(instructions), Some(states)) = (work["instructions"].as_u64(), work["states"].as_u64())
            else {
                continue;
            };
            let name = program["name"].as_str().expect("a name").to_owned();
            let key = (lesson.clone(), kernel.to_owned(), name);
            found.push((key, Work { release: release.clone(), instructions, states }));
        }
    }
    assert!(!found.is_empty(), "{lesson} loads nowhere:\n{story:?}");
    found
}

fn kept(text: &str) -> BTreeMap<Key, Work> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split('\t').collect();
            let [lesson, kernel, program, release, instructions, states] = words.as_slice() else {
                panic!("six columns: {line}");
            };
            let number = |word: &str| word.parse().expect("a number");
            let work = Work {
                release: (*release).to_owned(),
                instructions: number(instructions),
                states: number(states),
            };
            (((*lesson).to_owned(), (*kernel).to_owned(), (*program).to_owned()), work)
        })
        .collect()
}

#[test]
fn the_verifier_works_as_hard_as_it_did() {
    if !can_use_guests() {
        return;
    }
    let mut folders: Vec<_> = fs::read_dir(lessons())
        .expect("lessons")
        .map(|entry| entry.expect("a folder").path())
        .filter(|path| path.join("solution.bpf.c").is_file())
        .collect();
    folders.sort();
    let now: BTreeMap<Key, Work> = folders.iter().flat_map(|folder| measured(folder)).collect();
    let table = root().join("tests/verified.tsv");
    if std::env::var_os("RENEW").is_some() {
        let mut text = "# lesson\tkernel\tprogram\trelease\tinstructions\tstates\n".to_owned();
        for ((lesson, kernel, program), Work { release, instructions, states }) in &now {
            writeln!(text, "{lesson}\t{kernel}\t{program}\t{release}\t{instructions}\t{states}")
                .expect("a line");
        }
        fs::write(&table, text).expect("the table is written");
    }
    let before = kept(&fs::read_to_string(&table).expect("the table"));
    let missing: Vec<&Key> = before.keys().filter(|key| !now.contains_key(*key)).collect();
    assert!(missing.is_empty(), "not loaded any more: {missing:#?}");
    let near = |a: u64, b: u64| a <= 2 * b.max(8) && b <= 2 * a.max(8);
    let moved = now.iter().filter(|(key, work)| match before.get(*key) {
        None => true,
        Some(old) if old.release == work.release => old != *work,
        Some(old) => !near(old.instructions, work.instructions),
    });
    let moved: Vec<String> =
        moved.map(|(key, work)| format!("{key:?}: {:?} -> {work:?}", before.get(key))).collect();
    assert!(moved.is_empty(), "RENEW=1 writes these down, if they are meant:\n{}", moved.join("\n"));
}
