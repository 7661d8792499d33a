//! The invariants of ARCHITECTURE.md that can be read off the sources.
//!
//! Looks at text and at cargo's tree; runs nothing of the lab.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What each module of the server may use. `say`, `dice` and `diagnostic` are
/// leaves that everything may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("say", &[]),
    ("dice", &[]),
    ("diagnostic", &[]),
    ("kernel", &[]),
    ("lesson", &[]),
    ("compile", &["kernel"]),
    ("explain", &["kernel"]),
    ("backend", &["kernel"]),
    ("run", &["compile", "backend", "explain", "kernel"]),
    ("grade", &["lesson", "run"]),
    ("lab", &["lesson", "compile", "backend", "run", "kernel"]),
    ("wire", &["run", "kernel"]),
    ("web", &["lesson", "compile", "backend", "run", "grade", "lab", "wire", "kernel"]),
    ("cli", &["lesson", "compile", "backend", "run", "grade", "lab", "wire", "web", "kernel"]),
];

const LEAVES: &[&str] = &["say", "dice", "diagnostic"];

/// Files are looked at again at this length.
const MAX_LINES: usize = 400;

/// The protocol is one file by design, to be read from end to end.
const THE_PROTOCOL: (&str, usize) = ("bpf/src/lib.rs", 500);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("dist") {
            found.extend(files_below(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The top-level modules that a file names after `crate::`, nested uses included.
fn used_modules(text: &str) -> BTreeSet<String> {
    let word = |from: &str| -> String {
        from.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut used = BTreeSet::new();
    for after in text.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            None => {
                used.insert(word(after));
            }
            Some(list) => {
                // One level of braces is what `use crate::{a, b::{c}}` needs.
                let mut depth = 0;
                let mut piece = String::new();
                for c in list.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            used.insert(word(&piece));
                            piece.clear();
                            continue;
                        }
                        _ => {}
                    }
                    piece.push(c);
                }
                used.insert(word(&piece));
            }
        }
    }
    used.remove("");
    used
}

#[test]
fn imports_point_one_way() {
    let server = root().join("server");
    let known: BTreeSet<&str> = MAY_USE.iter().map(|(module, _)| *module).collect();
    let mut seen = BTreeSet::new();
    for path in files_below(&server, ".rs") {
        let inside = path.strip_prefix(&server).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let module = first.trim_end_matches(".rs").to_owned();
        if module == "lib" || module == "main" {
            continue;
        }
        let (_, may) = MAY_USE
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("{module} is new: say here and in ARCHITECTURE.md what it may use"));
        for used in used_modules(&fs::read_to_string(&path).unwrap()) {
            if used == module || LEAVES.contains(&used.as_str()) || !known.contains(used.as_str()) {
                continue;
            }
            assert!(may.contains(&used.as_str()), "{} uses {used}, which {module} must not", inside.display());
            seen.insert((module.clone(), used));
        }
    }
    assert!(seen.contains(&("run".to_owned(), "compile".to_owned())), "the reading itself works");
    assert!(seen.contains(&("grade".to_owned(), "lesson".to_owned())), "also of nested uses");
}

#[test]
fn the_server_links_no_libbpf_and_has_no_unsafe_code() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal,build", "--package", "bpflab"])
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("bpflab-worker"), "the tree was read: {tree}");
    assert!(!tree.contains("libbpf"), "{tree}");
    let library = fs::read_to_string(root().join("server/lib.rs")).unwrap();
    assert!(library.contains("#![forbid(unsafe_code)]"));
}

#[test]
fn no_file_has_grown_past_a_second_look() {
    let mut all = Vec::new();
    for (folder, ending) in [
        ("server", ".rs"),
        ("bpf", ".rs"),
        ("tests", ".rs"),
        ("static/src", ".ts"),
        ("static/css", ".css"),
        ("templates", ".html"),
    ] {
        all.extend(files_below(&root().join(folder), ending));
    }
    assert!(all.len() > 50, "the files were found");
    for path in all {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let most = if path.ends_with(THE_PROTOCOL.0) { THE_PROTOCOL.1 } else { MAX_LINES };
        assert!(lines <= most, "{} has {lines} lines: is there a second idea in it?", path.display());
    }
}

#[test]
fn every_rust_file_says_what_it_is() {
    for folder in ["server", "bpf/src"] {
        for path in files_below(&root().join(folder), ".rs") {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//! "), "{} does not open with what it is", path.display());
        }
    }
}

#[test]
fn domain_types_do_not_serialise() {
    for folder in ["say", "lesson", "compile", "explain", "backend", "run", "grade"] {
        for path in files_below(&root().join("server").join(folder), ".rs") {
            let text = fs::read_to_string(&path).unwrap();
            let derives = text.lines().filter(|line| line.contains("derive(") && line.contains("Serialize"));
            assert_eq!(derives.count(), 0, "{}", path.display());
        }
    }
}
