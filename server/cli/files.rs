//! A program on disk and the headers that it includes.
//!
//! Knows how an include is written; whether a file may be sent is `Sources`' to say.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

use anyhow::Context as _;

use crate::{compile::Sources, say::Sentence};

/// More than any program's headers.
const MOST_FILES: usize = 1000;

/// Stands for all types of one kernel: the lab has those of the one that it runs on.
const TYPES: &str = "#include <vmlinux.h>\n";

/// In bytes: fewer are a selection by hand.
const WHOLE_KERNEL: u64 = 512 << 10;

/// libbpf's headers for programs.
const LIBBPF: [&str; 6] = [
    "bpf/bpf_core_read.h",
    "bpf/bpf_endian.h",
    "bpf/bpf_helper_defs.h",
    "bpf/bpf_helpers.h",
    "bpf/bpf_tracing.h",
    "bpf/usdt.bpf.h",
];

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
        if files.len() > MOST_FILES {
            break; // too many are refused below
        }
        let types = header.names_types();
        // Of one that is not there the compiler says so: it may stand in a comment.
        let Some((root, path)) = header.find(named.folders) else {
            if let Some(name) = types {
                files.entry(name).or_insert_with(|| TYPES.to_owned()); // unless the person named it
            }
            continue;
        };
        let name = path.to_string_lossy().into_owned();
        if files.contains_key(&name) {
            continue;
        }
        let file = root.join(&path);
        let is_whole = fs::metadata(&file).is_ok_and(|facts| facts.len() > WHOLE_KERNEL);
        let text = match is_types(&path) && is_whole {
            true => TYPES.to_owned(),
            false => fs::read_to_string(&file).with_context(|| name.clone())?,
        };
        left.extend(included(root, path.parent().unwrap_or(Path::new("")), &text));
        files.insert(name, text);
    }
    Ok(Sources::from_disk(files))
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
    /// Where it is looked for, if it is the kernel's types.
    fn names_types(&self) -> Option<String> {
        let path = self.beside.as_ref().unwrap_or(&self.word);
        is_types(path).then(|| path.to_string_lossy().into_owned())
    }

    fn find(self, folders: &'a [PathBuf]) -> Option<(&'a Path, PathBuf)> {
        // A device is no file.
        let beside = self.beside.filter(|path| self.root.join(path).is_file());
        beside.map(|path| (self.root, path)).or_else(|| {
            let folder = folders.iter().find(|folder| folder.join(&self.word).is_file())?;
            Some((folder.as_path(), self.word))
        })
    }
}

/// Whether a file is called as one of the kernel's types: `vmlinux.h`, `vmlinux_601.h`.
fn is_types(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vmlinux"))
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
        let is_labs = word == "vmlinux.h" || !quoted && LIBBPF.contains(&word);
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

    #[test]
    fn a_kernels_types_are_the_labs_wherever_they_are_looked_for_and_a_selection_is_the_programs() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("few/bpf")).expect("a folder");
        let large = " ".repeat(usize::try_from(WHOLE_KERNEL).expect("small") + 1);
        let program = "#include \"../types/vmlinux.h\"\n#include <vmlinux_601.h>\n#include <bpf/vmlinux.h>\n";
        for (name, text) in
            [("a.bpf.c", program), ("few/bpf/vmlinux.h", "struct few;"), ("few/vmlinux_601.h", &large)]
        {
            fs::write(at(name), text).expect("a file");
        }
        let named = Named { program: &at("a.bpf.c"), headers: &[], folders: &[at("few")] };
        let sources = gather(&named).expect("readable").expect("good");
        let wanted =
            [("../types/vmlinux.h", TYPES), ("bpf/vmlinux.h", "struct few;"), ("vmlinux_601.h", TYPES)];
        let found: Vec<(&str, &str)> =
            sources.headers().iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(found, wanted);
    }
}
