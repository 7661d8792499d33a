//! The files of a submission, checked: one program and local headers.

use std::collections::BTreeMap;

use super::places;
use crate::say::Sentence;

/// What a submission's files may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// All files together, in bytes.
    pub bytes: usize,
    /// Files.
    pub files: usize,
}

/// 64 KiB is the contract's; sixteen files are more than a lesson ever has.
pub const LIMITS: Limits = Limits { bytes: 64 << 10, files: 16 };

/// What one's own disk gives, which nobody else waits for: the headers of a whole project.
const ON_DISK: Limits = Limits { bytes: 4 << 20, files: 128 };

/// Folders around a header, and itself.
const DEPTH: usize = 4;

/// Folders out of the program's own that a header's path may lead.
const OUTWARDS: usize = 3;

/// One program and its local headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    program: (String, String),
    headers: Vec<(String, String)>,
}

impl Sources {
    /// Checks the files: the one whose name ends in `.c` is the program, the
    /// others are headers beside it.
    ///
    /// # Errors
    /// A sentence for the learner.
    pub fn new(files: BTreeMap<String, String>) -> Result<Self, Sentence> {
        Self::within(LIMITS, files)
    }

    /// The same of files of one's own, which may be more and larger.
    ///
    /// # Errors
    /// As above.
    pub fn from_disk(files: BTreeMap<String, String>) -> Result<Self, Sentence> {
        Self::within(ON_DISK, files)
    }

    fn within(limits: Limits, files: BTreeMap<String, String>) -> Result<Self, Sentence> {
        let bytes = files.values().map(String::len).sum();
        if bytes > limits.bytes {
            return Err(Sentence::TooMuchSource { bytes, limit: limits.bytes });
        }
        if files.len() > limits.files {
            return Err(Sentence::TooManyFiles { files: files.len(), limit: limits.files });
        }
        let is_folder = |name: &str| {
            files.keys().any(|other| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
        };
        if let Some(name) = files.keys().find(|name| !is_good(name) || is_folder(name)) {
            return Err(Sentence::BadFileName { name: name.chars().take(80).collect() });
        }
        let (mut programs, headers): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|(name, _)| name.ends_with(".c"));
        match (programs.pop(), programs.len()) {
            (None, _) => Err(Sentence::NoSource),
            (Some(program), 0) if program.1.trim().is_empty() => {
                let _ = program;
                Err(Sentence::NoSource)
            }
            (Some(program), 0) => Ok(Self { program, headers }),
            (Some(_), more) => Err(Sentence::NotOneProgram { programs: more + 1 }),
        }
    }

    /// Name and text of the program.
    pub fn program(&self) -> (&str, &str) {
        (&self.program.0, &self.program.1)
    }

    /// Names and texts of the headers.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// All that was sent, as one text.
    pub fn text(&self) -> String {
        let texts = self.headers.iter().chain([&self.program]).map(|(_, text)| text.as_str());
        texts.collect::<Vec<_>>().join("\n")
    }

    /// Whether `#include "vmlinux.h"` is the first directive: only then is the
    /// precompiled header the same as the text.
    pub(super) fn begins_with_vmlinux(&self) -> bool {
        let mut rest = self.program.1.trim_start();
        loop {
            if let Some(comment) = rest.strip_prefix("//") {
                rest = comment.split_once('\n').map_or("", |(_, after)| after).trim_start();
            } else if let Some(comment) = rest.strip_prefix("/*") {
                rest = comment.split_once("*/").map_or("", |(_, after)| after).trim_start();
            } else {
                break;
            }
        }
        let Some(directive) = rest.strip_prefix('#') else { return false };
        let Some(file) = directive.trim_start().strip_prefix("include") else { return false };
        let file = file.trim_start();
        (file.starts_with("\"vmlinux.h\"") || file.starts_with("<vmlinux.h>"))
            && !self.headers.iter().any(|(name, _)| name == "vmlinux.h")
    }
}

/// A name, or a header's path from the program's folder: a few folders out, and a few in.
fn is_good(name: &str) -> bool {
    let out = places::outwards(name);
    let parts: Vec<&str> = name.split('/').skip(out).collect();
    name.len() <= 128
        && out <= OUTWARDS
        && parts.iter().all(|part| is_plain(part))
        && (name.ends_with(".h") && parts.len() <= DEPTH || name.ends_with(".c") && !name.contains('/'))
}

fn is_plain(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && name.len() <= 64 && !name.starts_with(['.', '-']) && name.bytes().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Result<Sources, Sentence> {
        Sources::new(files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect())
    }

    #[test]
    fn only_a_first_vmlinux_uses_the_precompiled_header() {
        let begins = |text| of(&[("a.bpf.c", text)]).unwrap().begins_with_vmlinux();
        assert!(begins("// x\n/* y */\n# include \"vmlinux.h\"\nint a;"));
        assert!(begins("#include <vmlinux.h>\n"));
        assert!(!begins("#include <linux/bpf.h>\n#include \"vmlinux.h\"\n"));
        assert!(!begins("#define X\n#include \"vmlinux.h\"\n"));
        assert!(!begins("struct key { int a; };"));
    }

    #[test]
    fn names_that_are_paths_are_refused() {
        for name in ["../a.c", "/etc/passwd.c", ".c", "a.o", "-o.c", "a b.c", "", "in/a.c"] {
            assert!(matches!(of(&[(name, "int x;")]), Err(Sentence::BadFileName { .. })), "{name}");
        }
    }

    #[test]
    fn a_header_may_lie_in_a_folder_or_in_one_beside_and_nowhere_else() {
        let with = |header| of(&[("a.bpf.c", "int x;"), (header, "")]);
        for name in ["common/maps.bpf.h", "../a.h", "../../../common/a.h"] {
            assert!(with(name).is_ok(), "{name}");
        }
        let bad =
            ["/a.h", "a//b.h", "a/../b.h", "a/.b.h", "a/b/c/d/e.h", "a/b", "a/", "..", "../", "../.in/a.h"];
        for name in bad.into_iter().chain(["../../../../a.h", "/../a.h", "./../a.h"]) {
            assert!(matches!(with(name), Err(Sentence::BadFileName { .. })), "{name}");
        }
        let both = of(&[("a.bpf.c", "int x;"), ("a.h", ""), ("a.h/b.h", "")]);
        assert!(matches!(both, Err(Sentence::BadFileName { .. })), "a file is no folder");
    }

    #[test]
    fn too_much_source_is_counted_over_all_files() {
        let half = "x".repeat(40 << 10);
        let got = of(&[("a.bpf.c", &half), ("b.h", &half)]);
        assert!(matches!(got, Err(Sentence::TooMuchSource { bytes: 81_920, .. })));
    }
}
