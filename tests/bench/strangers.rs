//! Programs that nobody here wrote: the samples, tools and tests of the kernel's own source, and
//! projects that Debian has the source of. Each is run as it is, as a newcomer would, and what
//! became of it is counted: what their own loaders would have set is not set. A refusal that has
//! no words of the lab's is named.
//!
//! Knows where they are and what `bpflab run` says. Judges nothing: these are counts.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    thread,
};

use anyhow::{Context as _, ensure};
use bpflab::compile::data_folder;
use serde_json::Value;

use crate::{say, table::Table};

/// Programs that are from one place.
struct Collection {
    /// Debian's package, and its suite.
    package: &'static str,
    suite: &'static str,
    /// The package is a source package, rather than one that holds a source.
    is_source: bool,
    /// Folders, and how the names of programs in them end.
    places: &'static [(&'static str, &'static str)],
    /// Where their headers are.
    headers: &'static [&'static str],
}

const COLLECTIONS: [Collection; 3] = [
    Collection {
        package: "linux-source-6.12",
        suite: "trixie",
        is_source: false,
        places: &[
            ("samples/bpf", ".bpf.c"),
            ("tools/bpf/runqslower", ".bpf.c"),
            ("tools/perf/util/bpf_skel", ".bpf.c"),
            ("tools/testing/selftests/bpf/progs", ".c"),
        ],
        headers: &["tools/testing/selftests/bpf"],
    },
    Collection {
        package: "bpftune",
        suite: "trixie",
        is_source: true,
        places: &[("src", ".bpf.c")],
        headers: &["include"],
    },
    Collection {
        package: "xdp-tools",
        suite: "sid",
        is_source: true,
        places: &[
            ("lib/util", ".bpf.c"),
            ("xdp-bench", ".bpf.c"),
            ("xdp-forward", ".bpf.c"),
            ("xdp-monitor", ".bpf.c"),
            ("xdp-trafficgen", ".bpf.c"),
        ],
        headers: &["headers", "lib/util"],
    },
];

/// The guest that they run in: the first collection's kernel.
const KERNEL: &str = "6.12";

/// As many at a time as this machine's guests have processors for.
const AT_ONCE: usize = 2;

/// Something for most hooks to see.
const STIMULUS: &str = "ls / >/dev/null; touch /tmp/a; rm /tmp/a; ping -c1 -W1 127.0.0.1 >/dev/null; \
                        curl -s http://127.0.0.1:1/; true";

/// Findings that say no more than the kernel's number, or that it is not yet explained, or that
/// the run did not come to its end.
const UNEXPLAINED: [&str; 6] =
    ["rejected", "attach-failed", "open-failed", "load-failed", "guest-mute", "guest-late"];

/// What became of a program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// Attached, and something of it was shown.
    Shown,
    /// Attached; it had nothing to show, and the lab said so.
    Attached,
    /// It ended before, for what this finding says.
    Refused(String),
}

/// Prints what became of all, by where they are from, and why not.
pub(crate) fn measure() -> anyhow::Result<()> {
    let top = data_folder().join("strangers");
    let mut programs = Vec::new();
    for collection in &COLLECTIONS {
        match fetch(collection, &top) {
            Ok(folder) => programs.extend(programs_of(collection, &folder)?.map(|path| (collection, path))),
            // A mirror may not have it today; the others are counted all the same.
            Err(error) => say(&format!("left out: {error}")),
        }
    }
    ensure!(!programs.is_empty(), "there is no program to try");
    let left = Mutex::new(programs.iter());
    let fates = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(program) = left.lock().ok().and_then(|mut left| left.next()) else { return };
                    let (collection, path) = program;
                    let fate = run(collection, &top.join(collection.package), path);
                    if let Ok(mut fates) = fates.lock() {
                        fates.insert(path.clone(), fate);
                        if fates.len() % 25 == 0 {
                            say(&format!("{} of {} programs", fates.len(), programs.len()));
                        }
                    }
                }
            });
        }
    });
    let fates = fates.into_inner().map_err(|_| anyhow::anyhow!("a run was lost"))?;
    ensure!(fates.len() == programs.len(), "a run was lost");
    report(&top, &fates);
    Ok(())
}

fn fetch(collection: &Collection, top: &Path) -> anyhow::Result<PathBuf> {
    let Collection { package, suite, is_source, .. } = collection;
    let folder = top.join(package);
    say(&format!("fetching {package}"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/strangers.sh");
    fs::create_dir_all(top)?;
    let kind = if *is_source { "source" } else { "package" };
    let done = Command::new(script).arg(&folder).args([suite, package, kind]).status()?;
    ensure!(done.success(), "{package} cannot be fetched");
    Ok(folder)
}

/// Those with a program in them that a test does not mean to be refused, and that need no
/// module of the tests' own.
fn programs_of(
    collection: &Collection,
    folder: &Path,
) -> anyhow::Result<impl Iterator<Item = PathBuf> + use<>> {
    let mut found = Vec::new();
    for (place, end) in collection.places {
        for entry in fs::read_dir(folder.join(place)).with_context(|| format!("no {place}"))? {
            let path = entry?.path();
            let text = fs::read_to_string(&path).unwrap_or_default();
            let is_wanted = path.to_string_lossy().ends_with(end)
                && text.contains("SEC(\"license\")")
                && !["__failure", "__msg(", "bpf_testmod"].iter().any(|word| text.contains(word))
                && !path.file_stem().is_some_and(|stem| stem.to_string_lossy().contains("fail"));
            if is_wanted {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found.into_iter())
}

fn run(collection: &Collection, folder: &Path, program: &Path) -> Fate {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bpflab"));
    command.arg("run").arg(program).args(["--kernel", KERNEL]);
    for headers in collection.headers {
        command.arg("-I").arg(folder.join(headers));
    }
    command.args(["--format", "json", "--stimulus", STIMULUS]);
    let Ok(ran) = command.output() else { return Fate::Refused("not started".to_owned()) };
    let story: Vec<Value> = String::from_utf8_lossy(&ran.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let has = |kind: &str| story.iter().any(|object| object["type"] == kind);
    let ended = story.iter().find(|object| object["type"] == "ended");
    let outcome = ended.and_then(|ended| ended["outcome"].as_str()).unwrap_or("usage");
    let error = story.iter().find(|object| object["type"] == "diagnostic" && object["severity"] == "error");
    let showed = ["trace", "record", "output", "global"].iter().any(|kind| has(kind))
        || story.iter().any(|object| object["type"] == "map" && object["shown"] != 0)
        || story.iter().any(|object| object["verdicts"].is_array());
    match (outcome, error) {
        ("completed", _) if showed => Fate::Shown,
        ("completed", _) => Fate::Attached,
        (_, Some(error)) => Fate::Refused(error["id"].as_str().unwrap_or(outcome).to_owned()),
        (outcome, None) => Fate::Refused(outcome.to_owned()),
    }
}

fn report(folder: &Path, fates: &BTreeMap<PathBuf, Fate>) {
    let name = |path: &Path| path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let mut places: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut whys: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, fate) in fates {
        let place = path.parent().map(&name).unwrap_or_default();
        let counts = places.entry(place).or_default();
        match fate {
            Fate::Shown => counts[0] += 1,
            Fate::Attached => counts[1] += 1,
            Fate::Refused(why) => {
                counts[2] += 1;
                whys.entry(why).or_default().push(name(path));
            }
        }
    }
    let mut table = Table::new(&["programs of", "attached and shown", "attached", "not", "of them"]);
    for (place, [shown, attached, not]) in &places {
        let all = shown + attached + not;
        let share = format!("{:.2}", (shown + attached) as f64 / all as f64);
        table.row([place, &shown.to_string(), &attached.to_string(), &not.to_string(), &share]);
    }
    println!("\n{}", table.shown());
    let mut table = Table::new(&["not attached, since", "programs", "such as"]);
    let mut whys: Vec<(&str, Vec<String>)> = whys.into_iter().collect();
    whys.sort_by_key(|(_, programs)| std::cmp::Reverse(programs.len()));
    for (why, programs) in &whys {
        // Those that nothing is said of are all named: they are work.
        let most = if UNEXPLAINED.contains(why) { programs.len() } else { 2 };
        let some: Vec<&str> = programs.iter().take(most).filter_map(|path| path.rsplit('/').next()).collect();
        table.row([why, &programs.len().to_string(), &some.join(" ")]);
    }
    println!("\n{}", table.shown());
}
