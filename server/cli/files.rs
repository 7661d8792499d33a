//! A program on disk and the headers that it includes from beside it.
//!
//! Knows quoted includes; whether a file may be sent is `Sources`' to say.

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

/// The program, the headers that were named, and those that the files include
/// and that are found beside them, each by its path from the program's folder;
/// one that was named goes by its bare name.
///
/// # Errors
/// A file cannot be read; or, inside, a sentence for whoever named them.
pub(super) fn gather(program: &Path, headers: &[PathBuf]) -> anyhow::Result<Result<Sources, Sentence>> {
    let mut files = BTreeMap::new();
    let mut left = Vec::new();
    for path in [program].into_iter().chain(headers.iter().map(PathBuf::as_path)) {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        left.extend(included(Path::new(""), &text));
        if files.insert(name.clone(), text).is_some() {
            return Ok(Err(Sentence::FileTwice { name }));
        }
    }
    let top = program.parent().unwrap_or(Path::new(""));
    while let Some(path) = left.pop() {
        let name = path.to_string_lossy().into_owned();
        if files.contains_key(&name) || files.len() > SOURCE_LIMITS.files {
            continue; // too many are refused below
        }
        // Of one that is not there the compiler says so: it may stand in a comment. A device is none.
        if !top.join(&path).is_file() {
            continue;
        }
        let text = fs::read_to_string(top.join(&path)).with_context(|| name.clone())?;
        left.extend(included(path.parent().unwrap_or(Path::new("")), &text));
        files.insert(name, text);
    }
    Ok(Sources::new(files))
}

/// Headers in quotes, from where the file lies that includes them: those between
/// angle brackets are the lab's.
fn included(folder: &Path, text: &str) -> Vec<PathBuf> {
    let header = |line: &str| {
        let rest = line.trim_start().strip_prefix('#')?.trim_start().strip_prefix("include")?;
        let header = rest.trim_start().strip_prefix('"')?.split('"').next()?;
        // The kernel's types are the lab's; whoever wants others names the file.
        (header.ends_with(".h") && header != "vmlinux.h").then(|| plain(&folder.join(header))).flatten()
    };
    text.lines().filter_map(header).collect()
}

/// Without `.` and `..`; nothing where that leads out of where it began.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => plain.push(name),
            Component::ParentDir if plain.pop() => {}
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
        for (name, text) in [
            ("a.bpf.c", "#include \"vmlinux.h\"\n # include \"common/one.h\"\n#include \"none.h\"\nint x;"),
            ("common/one.h", "#include \"more/two.h\"\n#include \"../beside.h\"\n#include \"../../out.h\""),
            ("common/more/two.h", "#include \"two.h\""),
            ("beside.h", ""),
            ("not_included.h", ""),
            ("vmlinux.h", "#error the lab has its own"),
        ] {
            fs::write(at(name), text).expect("a file");
        }
        let sources = gather(&at("a.bpf.c"), &[]).expect("readable").expect("good");
        let names: Vec<&str> = sources.headers().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["beside.h", "common/more/two.h", "common/one.h"]);
    }
}
