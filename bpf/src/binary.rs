//! What a program or library in a file can be attached to: its functions, and
//! the places that its author has marked (USDT).
//!
//! Reads what libbpf reads to attach, so that what is listed here can be
//! attached to. Knows no process.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use bpflab_worker::{AttachFailure, Target, nearest};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, ReadCache, SymbolFlags, elf::STT_FUNC};

/// Names offered for one that does not exist.
const MAX_NEAREST: usize = 5;

/// Where libbpf looks for a name without a folder: libraries, then programs.
const LIBRARIES: [&str; 3] = ["/usr/lib64", "/usr/lib", "/lib/x86_64-linux-gnu"];
const PROGRAMS: [&str; 4] = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"];

/// Where marks are listed, and the bytes of three addresses before each mark's names.
const MARKS: &str = ".note.stapsdt";
const ADDRESSES: usize = 24;

/// What is wrong with the place in a file that a program is to be attached to;
/// `None` when nothing is, or when it is no place in a file.
pub(crate) fn absent(section: &str, wanted: Option<&Target>) -> Option<AttachFailure> {
    let (path, place) = place(section, wanted)?;
    let Some(file) = find(&path).and_then(|found| File::open(found).ok()) else {
        return Some(AttachFailure::NoFile { path });
    };
    let cache = ReadCache::new(file);
    let Ok(binary) = object::File::parse(&cache) else {
        return Some(AttachFailure::NotBinary { path });
    };
    let (name, known) = match place {
        Place::Function(symbol) => {
            let name = symbol.split(['+', '@']).next().unwrap_or_default().to_owned();
            (name, functions(&binary))
        }
        Place::Mark(name) => (name, marks(&binary)),
    };
    if known.iter().any(|one| is_like(one.as_bytes(), name.as_bytes())) {
        return None;
    }
    let nearest = nearest(&name, known.iter().map(String::as_str), MAX_NEAREST);
    let is_mark = name.contains(':');
    Some(AttachFailure::NotInFile { path, name, is_mark, known: known.len() as u64, nearest })
}

/// The file that a program is to be attached in, if there is such a file.
pub(crate) fn file(section: &str, wanted: Option<&Target>) -> Option<PathBuf> {
    find(&place(section, wanted)?.0)
}

fn place(section: &str, wanted: Option<&Target>) -> Option<(String, Place)> {
    match wanted {
        None => in_section(section),
        Some(Target::Uprobe { path, symbol }) => Some((path.clone(), Place::Function(symbol.clone()))),
        Some(Target::Usdt { path, provider, name }) => {
            Some((path.clone(), Place::Mark(format!("{provider}:{name}"))))
        }
        Some(
            Target::Interface { .. }
            | Target::Cgroup
            | Target::Kprobe { .. }
            | Target::Call { .. }
            | Target::Tracepoint { .. }
            | Target::RawTracepoint { .. }
            | Target::Clock { .. }
            | Target::Counter { .. }
            | Target::Nothing,
        ) => None,
    }
}

/// A place in a file.
#[derive(Debug, PartialEq)]
enum Place {
    /// `NAME`, `NAME+OFFSET`, `NAME@VERSION`, or a pattern of names.
    Function(String),
    /// `PROVIDER:NAME`.
    Mark(String),
}

/// `uprobe/PATH:FUNCTION`, `uprobe.multi/PATH:PATTERN`, `usdt/PATH:PROVIDER:NAME`.
fn in_section(section: &str) -> Option<(String, Place)> {
    let (kind, rest) = section.split_once('/')?;
    let (path, place) = rest.split_once(':')?;
    let place = place.to_owned();
    let place = match kind.trim_end_matches(".s") {
        "uprobe" | "uretprobe" | "uprobe.multi" | "uretprobe.multi" => Place::Function(place),
        "usdt" if place.contains(':') => Place::Mark(place),
        _ => return None,
    };
    Some((path.to_owned(), place))
}

/// Whether a name fits a pattern, as libbpf's glob_match() (src/libbpf.c) reads it: `*` is any
/// run of characters, `?` any one.
pub(crate) fn is_like(name: &[u8], pattern: &[u8]) -> bool {
    match (name, pattern) {
        (_, [b'*', rest @ ..]) => (0..=name.len()).any(|at| is_like(&name[at..], rest)),
        ([one, name @ ..], [wanted, rest @ ..]) => (*wanted == b'?' || one == wanted) && is_like(name, rest),
        (name, pattern) => name.is_empty() && pattern.is_empty(),
    }
}

fn find(path: &str) -> Option<PathBuf> {
    let is_library = path.ends_with(".so") || path.contains(".so.");
    let folders: &[&str] = match is_library {
        _ if path.contains('/') => &[""],
        true => &LIBRARIES,
        false => &PROGRAMS,
    };
    folders.iter().map(|folder| Path::new(folder).join(path)).find(|found| found.is_file())
}

/// libbpf takes these alone: not those that are chosen when a process starts
/// (`memcpy` of the C library), which have another type.
fn functions<'d>(binary: &object::File<'d, &'d ReadCache<File>>) -> Vec<String> {
    let is_function = |flags| match flags {
        SymbolFlags::Elf { st_info, .. } => st_info.st_type() == STT_FUNC,
        _ => false, // of other formats, which libbpf does not read
    };
    let all = binary.symbols().chain(binary.dynamic_symbols());
    let functions = all.filter(|symbol| !symbol.is_undefined() && is_function(symbol.flags()));
    let mut names: Vec<String> =
        functions.filter_map(|symbol| Some(symbol.name().ok()?.to_owned())).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// `PROVIDER:NAME` of each.
fn marks<'d>(binary: &object::File<'d, &'d ReadCache<File>>) -> Vec<String> {
    let notes = binary.section_by_name(MARKS).and_then(|section| section.data().ok()).unwrap_or_default();
    let mut names: Vec<String> = Notes(notes).filter_map(mark).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn mark(note: &[u8]) -> Option<String> {
    let mut words = note.get(ADDRESSES..)?.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    Some(format!("{}:{}", words.next()?, words.next()?))
}

/// What each note of a section says: three numbers (the size of its name, of
/// what it says, and its kind), then both, each filled up to four bytes.
struct Notes<'d>(&'d [u8]);

impl<'d> Iterator for Notes<'d> {
    type Item = &'d [u8];

    fn next(&mut self) -> Option<&'d [u8]> {
        let size = |at: usize| -> Option<usize> {
            let bytes = self.0.get(at..at + 4)?.try_into().ok()?;
            usize::try_from(u32::from_ne_bytes(bytes)).ok()
        };
        let begin = 12 + size(0)?.next_multiple_of(4);
        let end = begin + size(4)?;
        let said = self.0.get(begin..end)?;
        self.0 = self.0.get(end.next_multiple_of(4)..).unwrap_or_default();
        Some(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_names_a_file_and_a_place_in_it() {
        let function = |name: &str| Place::Function(name.to_owned());
        let bash = |place| Some(("/bin/bash".to_owned(), place));
        assert_eq!(in_section("uprobe//bin/bash:readline+0x4"), bash(function("readline+0x4")));
        assert_eq!(in_section("uretprobe.s//bin/bash:readline"), bash(function("readline")));
        assert_eq!(in_section("usdt//bin/bash:a:b"), bash(Place::Mark("a:b".into())));
        assert_eq!(in_section("uprobe/libc.so.6:malloc"), Some(("libc.so.6".into(), function("malloc"))));
        assert_eq!(in_section("uprobe.multi//bin/bash:read*"), bash(function("read*")));
        for other in ["uprobe", "uprobe//bin/bash", "kprobe/x", "kprobe/x:y"] {
            assert_eq!(in_section(other), None, "{other}");
        }
    }

    #[test]
    fn a_pattern_fits_as_libbpf_reads_it() {
        for (name, pattern, fits) in [
            ("readline", "readline", true),
            ("readline", "read*", true),
            ("readline", "*l?ne", true),
            ("readline", "*", true),
            ("", "*", true),
            ("readline", "read", false),
            ("readline", "?readline", false),
            ("readline", "write*", false),
        ] {
            assert_eq!(is_like(name.as_bytes(), pattern.as_bytes()), fits, "{name} {pattern}");
        }
    }

    #[test]
    fn notes_that_lie_about_their_size_end_the_list() {
        let note = |name: u32, said: u32, bytes: &[u8]| -> Vec<u8> {
            [&name.to_ne_bytes()[..], &said.to_ne_bytes(), &3u32.to_ne_bytes(), bytes].concat()
        };
        let whole = note(2, 5, b"x\0\0\0hello\0\0\0");
        assert_eq!(Notes(&whole).collect::<Vec<_>>(), [b"hello"]);
        let twice = [whole.clone(), note(u32::MAX, u32::MAX, b"x")].concat();
        assert_eq!(Notes(&twice).collect::<Vec<_>>(), [b"hello"]);
        assert_eq!(mark(b"short"), None);
        assert_eq!(mark(&[&[0; ADDRESSES][..], b"who\0what\0"].concat()).as_deref(), Some("who:what"));
    }
}
