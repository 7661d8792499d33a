//! The invariants of ARCHITECTURE.md that can be held by reading the sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A file is split at this length.
const MOST_LINES: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder whose names end so.
fn files(folder: &str, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let made = ["node_modules", "dist", "test-results", "playwright-report"].contains(&name.as_str());
            if path.is_dir() && !made {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) && !name.contains(".gen.") {
                let text = fs::read_to_string(&path).expect("a source is text");
                found.push((path.strip_prefix(root()).expect("below").to_owned(), text));
            }
        }
    }
    assert!(!found.is_empty(), "nothing in {folder}");
    found
}

/// Without the tests at a file's end, and without comments.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]").next().unwrap_or_default();
    let uncommented = body.lines().filter(|line| !line.trim_start().starts_with("//"));
    uncommented.collect::<Vec<_>>().join("\n")
}

/// The module of the library that a file belongs to: `run` for `server/run/queue.rs`.
fn module(path: &Path) -> String {
    let first = path.components().nth(1).expect("below server/").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// Modules named by `crate::x` and by `crate::{x::…, y}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            found.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            continue;
        };
        let (mut depth, mut name) = (0, String::new());
        for letter in list.chars() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    found.insert(std::mem::take(&mut name));
                }
                letter if depth == 0 && !letter.is_whitespace() => name.push(letter),
                _ => {}
            }
        }
        found.insert(name);
    }
    let first = |path: String| path.split("::").next().unwrap_or_default().to_owned();
    found.into_iter().map(first).filter(|name| !name.is_empty()).collect()
}

/// Who may know whom. What anyone may know is not named: words (`say`), findings
/// (`diagnostic`) and `dice` know nothing of the lab.
const KNOWS: &[(&str, &[&str])] = &[
    ("say", &[]),
    ("diagnostic", &[]),
    ("dice", &[]),
    ("kernel", &[]),
    ("lesson", &["kernel"]),
    ("image", &[]),
    ("compile", &["kernel"]),
    ("explain", &["kernel"]),
    ("backend", &["kernel", "image"]),
    ("run", &["compile", "backend", "explain", "kernel"]),
    ("grade", &["lesson", "run"]),
    ("home", &["lesson", "kernel"]),
    ("lab", &["lesson", "compile", "backend", "run", "kernel", "image", "explain"]),
    ("wire", &["run", "backend", "kernel"]),
    ("web", &["lesson", "home", "grade", "run", "backend", "compile", "kernel", "lab", "wire"]),
    (
        "cli",
        &["lesson", "grade", "run", "backend", "compile", "explain", "kernel", "image", "lab", "wire", "web"],
    ),
];

#[test]
fn imports_point_one_way() {
    let knows: BTreeMap<&str, &[&str]> = KNOWS.iter().copied().collect();
    for (path, text) in files("server", &[".rs"]) {
        let own = module(&path);
        if own == "lib" || own == "main" {
            continue;
        }
        let allowed = knows.get(own.as_str()).unwrap_or_else(|| panic!("{own} has no place in the order"));
        for other in imports(&code(&text)) {
            let fine = other == own
                || allowed.contains(&other.as_str())
                || ["say", "diagnostic", "dice"].contains(&other.as_str());
            assert!(fine, "{} imports {other}, which {own} must not know", path.display());
        }
    }
}

#[test]
fn only_serve_knows_the_web() {
    for (path, text) in files("server", &[".rs"]) {
        if module(&path) != "web" && path != Path::new("server/cli/serve.rs") {
            assert!(!imports(&code(&text)).contains("web"), "{} imports web", path.display());
        }
        for word in ["axum", "askama", "hyper", "tower_http"] {
            let uses = code(&text).contains(&format!("{word}::"));
            assert!(!uses || module(&path) == "web", "{} knows {word}", path.display());
        }
    }
}

#[test]
fn domain_types_are_not_serialised() {
    let serialise = regex::Regex::new(r"\bSerialize\b").expect("a pattern");
    for (path, text) in files("server", &[".rs"]) {
        // What the lab keeps for itself beside images and snapshots is nobody's wire.
        let kept = ["image", "backend"].contains(&module(&path).as_str());
        let writes = kept || ["web", "wire", "cli"].contains(&module(&path).as_str());
        let derives = serialise.is_match(&code(&text));
        assert!(writes || !derives, "{} derives Serialize", path.display());
        let passes = code(&text).contains("serde_json::Value") || code(&text).contains("serde_json::{Value");
        assert!(!passes || path.ends_with("guest/qmp.rs"), "{} passes JSON on", path.display());
    }
}

#[test]
fn the_server_links_no_libbpf() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "-p", "bpflab", "-e", "normal,build", "--prefix", "none"])
        .current_dir(root())
        .output()
        .expect("cargo");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("names");
    assert!(tree.contains("bpflab-worker v") && tree.contains("axum v"), "{tree}");
    for name in ["libbpf-sys", "libbpf-rs", "libbpf-cargo"] {
        assert!(!tree.contains(name), "the server's tree has {name}");
    }
    for (path, text) in files("server", &[".rs"]) {
        assert!(!code(&text).contains("libbpf_"), "{} names libbpf", path.display());
    }
}

#[test]
fn the_server_has_no_unsafe_code() {
    let lib = fs::read_to_string(root().join("server/lib.rs")).expect("the library");
    assert!(lib.contains("#![forbid(unsafe_code)]"));
    let pattern = regex::Regex::new(r"\bunsafe\s*(\{|fn|impl|trait|extern)").expect("a pattern");
    for (path, text) in files("server", &[".rs"]) {
        assert!(!pattern.is_match(&code(&text)), "{} is unsafe", path.display());
    }
}

#[test]
fn every_unsafe_block_of_the_worker_says_why_it_is_sound() {
    for (path, text) in files("bpf/src", &[".rs"]).into_iter().chain(files("tests", &[".rs"])) {
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in
            lines.iter().enumerate().filter(|(_, line)| line.contains(concat!("unsafe", " {")))
        {
            let above = &lines[number.saturating_sub(12)..=number];
            let said = above.iter().any(|line| line.contains("SAFETY:"));
            assert!(said, "{}:{}: {line}", path.display(), number + 1);
        }
    }
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let endings = [".rs", ".ts", ".css", ".html", ".mjs", ".sh"];
    let mut long = Vec::new();
    for folder in ["server", "bpf", "static", "templates", "tests"] {
        for (path, text) in files(folder, &endings) {
            let lines = text.lines().count();
            if lines > MOST_LINES {
                long.push(format!("{}: {lines}", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn every_file_opens_with_what_it_is() {
    for folder in ["server", "bpf/src", "tests"] {
        for (path, text) in files(folder, &[".rs"]) {
            assert!(text.starts_with("//! "), "{}", path.display());
        }
    }
    let vague = ["util", "utils", "common", "manager", "helper", "helpers", "service", "data", "info"];
    for (path, _) in files("server", &[".rs"]).into_iter().chain(files("bpf/src", &[".rs"])) {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(!vague.contains(&stem.as_str()), "{} says nothing", path.display());
    }
}

#[test]
fn faults_are_handled_and_lints_are_not_silenced() {
    let bare = regex::Regex::new(r"#!?\[allow\(").expect("a pattern");
    for folder in ["server", "bpf/src"] {
        for (path, text) in files(folder, &[".rs"]) {
            let code = code(&text);
            assert!(!code.contains(".unwrap()"), "{} unwraps", path.display());
            assert!(!bare.is_match(&code), "{} allows without a reason", path.display());
            assert!(
                code.matches("tokio::spawn(").count()
                    == code.matches("AbortOnDropHandle::new(tokio::spawn(").count()
                    || path.ends_with("cli/run.rs")
                    || path.ends_with("cli/serve.rs"),
                "{} has a task that nobody owns",
                path.display()
            );
        }
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    let address = regex::Regex::new(r#"(?:https?:)?//[a-z0-9-]+\.[a-z]"#).expect("a pattern");
    for folder in ["templates", "static/src", "static/css"] {
        for (path, text) in files(folder, &[".html", ".ts", ".css"]) {
            for line in text.lines().filter(|line| !line.contains("www.w3.org/2000/svg")) {
                assert!(!address.is_match(line), "{}: {line}", path.display());
            }
        }
    }
    for (path, text) in files("static/src", &[".ts"]) {
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!text.contains(word), "{} makes markup of text: {word}", path.display());
        }
    }
}

#[test]
fn pictures_of_lessons_hold_no_script() {
    let mut seen = 0;
    for (path, text) in files("lessons", &[".svg"]) {
        let text = text.to_lowercase();
        for word in ["<script", "javascript:", " onload", " onclick", "<foreignobject", "href=\"http"] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
        seen += 1;
    }
    assert!(seen >= 4);
}
