//! Names of the functions of processes by the addresses in a stack.
//!
//! A stack does not say whose it is, an address means something only in one process, and
//! where programs are not put at random places many have code at the same one. So the living
//! processes are asked in which of them this can be a stack: callers go on behind a call. Where
//! two that know as much of it answer differently, it stays numbers. Reads the files that are
//! mapped. Does not know the kernel's own functions.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bpflab_worker::Value;
use nix::libc::O_NONBLOCK;
use object::{Object as _, ObjectSegment as _, ObjectSymbol as _, ReadCache, SymbolKind};

/// Processes that are asked, the newest first; a guest has some sixty.
const MAX_PROCESSES: usize = 256;

/// So long what processes said is believed: one look at a map finds many stacks.
const BELIEVED: Duration = Duration::from_millis(50);

/// A larger file is not read, in bytes: the largest libraries have a tenth of it.
const MAX_FILE: u64 = 1 << 30;

/// Files whose functions are kept.
const MAX_FILES: usize = 64;

/// Innermost addresses that must fit before a process is believed to be the one.
const SURE: usize = 2;

/// Each address as `NAME+0x12 [FILE]`, `0x1234 [FILE]`, or a number where no
/// living process has code there. The innermost comes first.
pub(crate) fn names(stack: &[u64]) -> Vec<Value> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.ask();
    let Known { processes, files, .. } = &mut *known;
    // What is behind the first callers may be no address at all, where code keeps no frames.
    let (sure, rest) = stack.split_at(stack.len().min(SURE));
    let mut found: Vec<(usize, &Process)> = Vec::new();
    for process in processes.iter() {
        if (0..).zip(sure).all(|(depth, at)| process.fits(*at, depth, files)) {
            let more = rest.iter().filter(|at| process.fits(**at, SURE, files));
            found.push((more.count(), process));
        }
    }
    let most = found.iter().map(|(count, _)| *count).max();
    let mut answers: Vec<Vec<Value>> = found
        .iter()
        .filter(|(count, _)| Some(*count) == most)
        .map(|(_, process)| {
            (0..).zip(stack).map(|(depth, at)| process.name(*at, depth, files)).collect::<Vec<Value>>()
        })
        .collect();
    answers.dedup();
    match answers.as_mut_slice() {
        [agreed] => std::mem::take(agreed),
        _ => stack.iter().map(|at| Value::Pointer(*at)).collect(),
    }
}

static KNOWN: Mutex<Known> = Mutex::new(Known { asked: None, processes: Vec::new(), files: BTreeMap::new() });

/// Files' functions, by path and inode, of those that could be read.
type Files = BTreeMap<(String, u64), Arc<Functions>>;

struct Known {
    asked: Option<Instant>,
    processes: Vec<Process>,
    files: Files,
}

impl Known {
    fn ask(&mut self) {
        if self.asked.is_some_and(|asked| asked.elapsed() < BELIEVED) {
            return;
        }
        let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
        let mut pids: Vec<u32> =
            folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok()).collect();
        pids.sort_unstable_by(|a, b| b.cmp(a));
        self.processes = pids.into_iter().take(MAX_PROCESSES).filter_map(Process::read).collect();
        self.asked = Some(Instant::now());
    }
}

/// Where a process has code.
struct Process {
    pid: u32,
    segments: Vec<Segment>,
}

/// A part of a file that is mapped to be run.
#[derive(Debug, PartialEq)]
struct Segment {
    start: u64,
    end: u64,
    /// In the file.
    offset: u64,
    inode: u64,
    /// As the process sees it, or `[vdso]`.
    path: String,
}

impl Segment {
    /// Where an address in it lies in the file.
    fn in_file(&self, at: u64) -> u64 {
        at - self.start + self.offset
    }
}

impl Process {
    fn read(pid: u32) -> Option<Self> {
        let maps = fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
        Some(Self { pid, segments: maps.lines().filter_map(segment).collect() })
    }

    fn segment(&self, at: u64) -> Option<&Segment> {
        self.segments.iter().find(|segment| (segment.start..segment.end).contains(&at))
    }

    /// Whether a stack of this process can have the address there.
    fn fits(&self, at: u64, depth: usize, files: &mut Files) -> bool {
        let Some(segment) = self.segment(at) else { return false };
        // A file that cannot be read says nothing against it.
        depth == 0 || self.file(segment, files).is_none_or(|file| file.goes_on_at(segment.in_file(at)))
    }

    fn file(&self, segment: &Segment, files: &mut Files) -> Option<Arc<Functions>> {
        let key = (segment.path.clone(), segment.inode);
        if files.len() >= MAX_FILES && !files.contains_key(&key) {
            files.clear();
        }
        if let Some(known) = files.get(&key) {
            return Some(known.clone());
        }
        // One that cannot be read is tried again: its process may have just ended.
        let read = Arc::new(Functions::read(&format!("/proc/{}/root{}", self.pid, segment.path))?);
        files.insert(key, read.clone());
        Some(read)
    }

    fn name(&self, at: u64, depth: usize, files: &mut Files) -> Value {
        let Some(segment) = self.segment(at) else { return Value::Pointer(at) };
        let file = segment.path.rsplit('/').next().unwrap_or(&segment.path);
        let in_file = segment.in_file(at);
        let functions = self.file(segment, files);
        // A caller's address is the one that it will go on at, perhaps behind its end.
        let behind = u64::from(depth > 0);
        let name = functions.as_ref().and_then(|functions| functions.name(in_file, behind));
        Value::Text(match name {
            Some(name) => format!("{name} [{file}]"),
            None => format!("{in_file:#x} [{file}]"),
        })
    }
}

/// `START-END r-xp OFFSET DEVICE INODE PATH`
fn segment(line: &str) -> Option<Segment> {
    let mut words = line.split_ascii_whitespace();
    let hex = |word: &str| u64::from_str_radix(word, 16).ok();
    let (start, end) = words.next()?.split_once('-')?;
    words.next().filter(|rights| rights.as_bytes().get(2) == Some(&b'x'))?;
    let offset = hex(words.next()?)?;
    let inode = words.nth(1)?.parse().ok()?;
    let path = words.next()?.to_owned();
    Some(Segment { start: hex(start)?, end: hex(end)?, offset, inode, path })
}

/// A file's functions, by address.
struct Functions {
    file: File,
    /// Where in memory each piece of the file is meant to be: offset, size, address.
    pieces: Vec<(u64, u64, u64)>,
    /// Address, size, name.
    all: Vec<(u64, u64, String)>,
}

impl Functions {
    fn read(path: &str) -> Option<Self> {
        // What lies there now is whatever its owner put there: a pipe would keep us waiting.
        let file = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(path).ok()?;
        let about = file.metadata().ok()?;
        if !about.is_file() || about.len() > MAX_FILE {
            return None;
        }
        let own = file.try_clone().ok()?;
        let cache = ReadCache::new(file);
        let file = object::File::parse(&cache).ok()?;
        let piece = |piece: object::Segment<'_, '_, _>| {
            let (offset, size) = piece.file_range();
            (offset, size, piece.address())
        };
        let symbols = file.symbols().chain(file.dynamic_symbols());
        let functions = symbols.filter(|one| one.kind() == SymbolKind::Text && !one.is_undefined());
        let mut all: Vec<_> = functions
            .filter_map(|one| Some((one.address(), one.size(), one.name().ok()?.to_owned())))
            .collect();
        all.sort_unstable();
        Some(Self { file: own, pieces: file.segments().map(piece).collect(), all })
    }

    /// Whether a caller can go on here: a call stands before it.
    fn goes_on_at(&self, in_file: u64) -> bool {
        let mut before = [0; LONGEST_CALL];
        let start = in_file.checked_sub(before.len() as u64);
        start
            .is_none_or(|start| self.file.read_exact_at(&mut before, start).is_err() || ends_in_call(&before))
    }

    /// `NAME+0x12`; nothing behind a function's end is its own.
    fn name(&self, in_file: u64, behind: u64) -> Option<String> {
        let piece =
            self.pieces.iter().find(|(offset, size, _)| (*offset..offset + size).contains(&in_file))?;
        let at = (in_file - piece.0).wrapping_add(piece.2);
        let inside = at.checked_sub(behind)?;
        let before = self.all.partition_point(|(start, ..)| *start <= inside);
        let (start, size, name) = self.all.get(before.checked_sub(1)?)?;
        (inside - start < *size).then(|| format!("{name}+{:#x}", at - start))
    }
}

/// Bytes of the longest call: a prefix, the opcode, how the address is made of what, and four
/// bytes of distance.
const LONGEST_CALL: usize = 8;

/// Whether the bytes end in a call of an x86-64: `e8` and a distance, or `ff /2`.
fn ends_in_call(bytes: &[u8; LONGEST_CALL]) -> bool {
    let from_end = |count: usize| bytes[LONGEST_CALL - count];
    from_end(5) == 0xe8
        || (2..=7).any(|length| from_end(length) == 0xff && from_end(length - 1) >> 3 & 7 == 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_goes_on_behind_a_call() {
        for (bytes, is_call) in [
            ([0, 0, 0, 0xe8, 1, 2, 3, 4], true),
            ([0, 0, 0, 0, 0, 0, 0xff, 0xd0], true),
            ([0, 0, 0xff, 0x15, 1, 2, 3, 4], true),
            ([0, 0xff, 0x94, 0x24, 1, 2, 3, 4], true),
            ([0, 0, 0, 0, 0, 0, 0xff, 0xe0], false),
            ([0xe8, 1, 2, 3, 4, 0, 0, 0], false),
        ] {
            assert_eq!(ends_in_call(&bytes), is_call, "{bytes:x?}");
        }
    }

    #[inline(never)]
    fn here() -> u64 {
        here as *const () as u64
    }

    #[test]
    fn an_address_of_a_living_process_has_a_name() {
        let Value::Text(name) = &names(&[here() + 1])[0] else { panic!("no name") };
        assert!(name.contains("here") && name.contains("+0x1 ["), "{name}");
    }

    #[test]
    fn an_address_of_nobody_stays_a_number() {
        assert_eq!(names(&[8, here()]), [Value::Pointer(8), Value::Pointer(here())]);
        assert!(names(&[]).is_empty());
    }

    #[test]
    fn only_code_counts_and_a_file_has_a_name() {
        let code = "7f00-7f10 r-xp 00001000 fe:01 42      /usr/lib/libc.so.6";
        let path = "/usr/lib/libc.so.6".to_owned();
        let expected = Segment { start: 0x7f00, end: 0x7f10, offset: 0x1000, inode: 42, path };
        assert_eq!(segment(code), Some(expected));
        assert_eq!(segment(&code.replace("r-xp", "rw-p")), None);
        assert_eq!(segment("7f00-7f10 r-xp 00001000 fe:01 0"), None);
        assert_eq!(segment("not a line"), None);
    }
}
