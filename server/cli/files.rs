//! A program on disk and the headers that it includes.
//!
//! Knows how an include is written; whether a file may be sent is `Sources`' to say.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

use anyhow::Context as _;

use crate::{
    compile::{SOURCE_LIMITS, Sources},
    say::Sentence,
};

/// What is to be sent.
pub(super) struct Named<'a> {
    pub(super) program: &'a Path,
    /// Headers, each under its bare name.
    pub(super) headers: &'a [PathBuf],
    /// Folders in which headers are looked for that are not beside the file that includes them.
    pub(super) folders: &'a [PathBuf],
}

/// The program, the headers that were named, and those that the files include: found beside
/// them, each by its path from the program's folder, or in one of the folders, by its path
/// from there.
///
/// # Errors
/// A file cannot be read; or, inside, a sentence for whoever named them.
pub(super) fn gather(named: &Named<'_>) -> anyhow::Result<Result<Sources, Sentence>> {
    let mut files = BTreeMap::new();
    let mut left = Vec::new();
    let top = named.program.parent().unwrap_or(Path::new(""));
    for path in [named.program].into_iter().chain(named.headers.iter().map(PathBuf::as_path)) {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        left.extend(included(top, Path::new(""), &text));
        if files.insert(name.clone(), text).is_some() {
            return Ok(Err(Sentence::FileTwice { name }));
        }
    }
    while let Some(header) = left.pop() {
        if files.len() > SOURCE_LIMITS.files {
            break; // too many are refused below
        }
        // Of one that is not there the compiler says so: it may stand in a comment.
        let Some((root, path)) = header.find(named.folders) else { continue };
        let name = path.to_string_lossy().into_owned();
        if files.contains_key(&name) {
            continue;
        }
        let text = fs::read_to_string(root.join(&path)).with_context(|| name.clone())?;
        left.extend(included(root, path.parent().unwrap_or(Path::new("")), &text));
        files.insert(name, text);
    }
    Ok(Sources::new(files))
}

/// A header as a file includes it.
struct Header<'a> {
    /// From where on the path that it is sent by counts.
    root: &'a Path,
    /// That path, where it may be beside the file: in quotes.
    beside: Option<PathBuf>,
    /// As it stands there.
    word: PathBuf,
}

impl<'a> Header<'a> {
    fn find(self, folders: &'a [PathBuf]) -> Option<(&'a Path, PathBuf)> {
        // A device is no file.
        let beside = self.beside.filter(|path| self.root.join(path).is_file());
        beside.map(|path| (self.root, path)).or_else(|| {
            let folder = folders.iter().find(|folder| folder.join(&self.word).is_file())?;
            Some((folder.as_path(), self.word))
        })
    }
}

/// Headers of a file in `folder` below `root`. The kernel's types and libbpf's are the lab's:
/// whoever wants others names the file.
fn included<'a>(root: &'a Path, folder: &Path, text: &str) -> Vec<Header<'a>> {
    let header = |line: &str| {
        let rest = line.trim_start().strip_prefix('#')?.trim_start().strip_prefix("include")?.trim_start();
        let (quoted, rest) = match rest.strip_prefix('"') {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix('<')?),
        };
        let word = rest.split(['"', '>']).next()?;
        let is_labs = word == "vmlinux.h" || !quoted && word.starts_with("bpf/");
        (word.ends_with(".h") && !is_labs).then_some(())?;
        let beside = if quoted { plain(&folder.join(word)) } else { None };
        Some(Header { root, beside, word: plain(Path::new(word))? })
    };
    text.lines().filter_map(header).collect()
}

/// Without `.`, and with `..` at its beginning only; nothing for an absolute path.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => plain.push(name),
            Component::ParentDir if plain.file_name().is_some() => _ = plain.pop(),
            Component::ParentDir => plain.push(".."),
            _ => return None,
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_from_where_they_are_included() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("common/more")).expect("a folder");
        for name in ["in", "other/scx", "other/bpf"] {
            fs::create_dir_all(at(name)).expect("a folder");
        }
        for (name, text) in [
            (
                "in/a.bpf.c",
                "#include \"vmlinux.h\"\n # include \"../common/one.h\"\n#include \"none.h\"\n#include <scx/a.h>\nint x;",
            ),
            ("other/scx/a.h", "#include \"b.h\"\n#include <bpf/bpf_helpers.h>"),
            ("other/scx/b.h", "#include <scx/a.h>"),
            ("other/bpf/bpf_helpers.h", "#error the lab has its own"),
            ("common/one.h", "#include \"more/two.h\"\n#include \"../beside.h\"\n#include \"/etc/out.h\""),
            ("common/more/two.h", "#include \"two.h\""),
            ("beside.h", ""),
            ("not_included.h", ""),
            ("vmlinux.h", "#error the lab has its own"),
        ] {
            fs::write(at(name), text).expect("a file");
        }
        let names = |folders: &[PathBuf]| -> Vec<String> {
            let named = Named { program: &at("in/a.bpf.c"), headers: &[], folders };
            let sources = gather(&named).expect("readable").expect("good");
            sources.headers().iter().map(|(name, _)| name.clone()).collect()
        };
        assert_eq!(names(&[]), ["../beside.h", "../common/more/two.h", "../common/one.h"]);
        let all = ["../beside.h", "../common/more/two.h", "../common/one.h", "scx/a.h", "scx/b.h"];
        assert_eq!(names(&[at("other")]), all);
    }
}
