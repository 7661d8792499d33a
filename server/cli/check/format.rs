//! Whether a lesson's C is in the kernel's style: clang-format's word.
//!
//! Knows that program and its messages. Where it is not installed, says so once.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use crate::lesson::{Finding, Lesson};

/// The style that lessons are held to, unless their folder has its own.
const STYLE: &str = include_str!("../../../.clang-format");

/// Names under which distributions install it, newest first.
const NAMES: [&str; 3] = ["clang-format-19", "clang-format", "clang-format-18"];

/// clang-format, once it was found.
pub(super) struct Formatter {
    name: &'static str,
    style: tempfile::NamedTempFile,
}

impl Formatter {
    /// `None` where it is not installed.
    pub(super) fn find() -> Option<Self> {
        let works = |name: &&&str| {
            let mut asked = Command::new(name);
            asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
            asked.status().is_ok_and(|status| status.success())
        };
        let name = NAMES.iter().find(works)?;
        let mut style = tempfile::NamedTempFile::new().ok()?;
        style.write_all(STYLE.as_bytes()).ok()?;
        Some(Self { name, style })
    }

    /// The first line of each of a lesson's files that is not formatted.
    pub(super) fn wrong(&self, lesson: &Lesson) -> Vec<Finding> {
        let names = ["starter.bpf.c".to_owned(), "solution.bpf.c".to_owned()];
        names
            .into_iter()
            .chain(lesson.headers.keys().cloned())
            .filter_map(|name| self.file(lesson, &name))
            .collect()
    }

    fn file(&self, lesson: &Lesson, name: &str) -> Option<Finding> {
        let path = lesson.folder.join(name);
        let own = lesson.folder.ancestors().any(|folder| folder.join(".clang-format").is_file());
        let style = if own { "file".to_owned() } else { format!("file:{}", self.style.path().display()) };
        let style = format!("--style={style}");
        let said =
            Command::new(self.name).args([&style, "--dry-run", "--Werror"]).arg(&path).output().ok()?;
        if said.status.success() {
            return None;
        }
        let first = String::from_utf8_lossy(&said.stderr).lines().next().unwrap_or_default().to_owned();
        let line = line_of(&first, &path);
        let folder = lesson.folder.file_name().unwrap_or_default().to_string_lossy();
        Some(Finding {
            lesson: lesson.slug.clone(),
            file: format!("{folder}/{name}"),
            line,
            is_error: true,
            what: format!("is not in the kernel's style: {} -i {name}", self.name),
        })
    }
}

/// The line of `PATH:LINE:COLUMN: error: …`.
fn line_of(said: &str, path: &Path) -> Option<usize> {
    let rest = said.strip_prefix(&*path.to_string_lossy())?.strip_prefix(':')?;
    rest.split(':').next()?.parse().ok()
}
