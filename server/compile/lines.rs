//! The source lines in a program's BTF, which a kernel shows between the
//! instructions of its log.
//!
//! clang leaves them empty for a file of which it met a macro's function first
//! (`BPF_PROG`, `BPF_KPROBE`): they are put in here. The layout is that of the
//! kernel's Documentation/bpf/btf.rst. What is not laid out so stays as it is.

use std::collections::HashMap;

use super::{Sources, btf::u32_at, places};

/// A line longer than this is cut, in characters.
const MAX_LINE: usize = 200;

/// Where the header says what: of strings in BTF, of line records in BTF.ext.
const HEADER_LENGTH_AT: usize = 4;
const STRINGS_AT: usize = 16;
const LINES_AT: usize = 16;

/// In one record: the file's name, the line's text, `line << 10 | column`.
const FILE_AT: usize = 4;
const TEXT_AT: usize = 8;
const LINE_AT: usize = 12;
const LINE_SHIFT: u32 = 10;

/// Both sections with the lines of `sources` where clang left them empty;
/// `None` where nothing is to be changed.
pub(super) fn fill(btf: &[u8], ext: &[u8], sources: &Sources) -> Option<(Vec<u8>, Vec<u8>)> {
    let header = u32_at(btf, HEADER_LENGTH_AT)?;
    let start = header.checked_add(u32_at(btf, STRINGS_AT)?)?;
    let strings = btf.get(start..start.checked_add(u32_at(btf, STRINGS_AT + 4)?)?)?;
    if start + strings.len() != btf.len() {
        return None;
    }
    let (mut more, mut ext) = (Vec::new(), ext.to_vec());
    let mut known: HashMap<(usize, usize), Option<u32>> = HashMap::new();
    for at in records(&ext)? {
        if u32_at(&ext, at + TEXT_AT)? != 0 && !text_at(strings, u32_at(&ext, at + TEXT_AT)?)?.is_empty() {
            continue;
        }
        let (file, line) = (u32_at(&ext, at + FILE_AT)?, u32_at(&ext, at + LINE_AT)? >> LINE_SHIFT);
        let offset = match known.get(&(file, line)) {
            Some(offset) => *offset,
            None => {
                let offset = u32::try_from(strings.len() + more.len()).ok()?;
                let text = source_line(sources, text_at(strings, file)?, line);
                if let Some(text) = text {
                    more.extend_from_slice(text.as_bytes());
                    more.push(0);
                }
                *known.entry((file, line)).or_insert(text.map(|_| offset))
            }
        };
        if let Some(offset) = offset {
            ext[at + TEXT_AT..at + TEXT_AT + 4].copy_from_slice(&offset.to_le_bytes());
        }
    }
    if more.is_empty() {
        return None;
    }
    let length = u32::try_from(strings.len() + more.len()).ok()?;
    let mut btf = btf.to_vec();
    btf[STRINGS_AT + 4..STRINGS_AT + 8].copy_from_slice(&length.to_le_bytes());
    btf.extend_from_slice(&more);
    Some((btf, ext))
}

/// Where each line record of BTF.ext begins.
fn records(ext: &[u8]) -> Option<Vec<usize>> {
    let mut at = u32_at(ext, HEADER_LENGTH_AT)?.checked_add(u32_at(ext, LINES_AT)?)?;
    let end = at.checked_add(u32_at(ext, LINES_AT + 4)?)?.min(ext.len());
    let size = u32_at(ext, at)?;
    if size < LINE_AT + 4 {
        return None;
    }
    at += 4;
    let mut found = Vec::new();
    while at < end {
        // A section's name, how many records it has, and these.
        let count = u32_at(ext, at + 4)?;
        at += 8;
        for _ in 0..count {
            ext.get(at..at.checked_add(size)?)?;
            found.push(at);
            at += size;
        }
    }
    Some(found)
}

fn source_line<'s>(sources: &'s Sources, file: &str, line: usize) -> Option<&'s str> {
    let (program, text) = sources.program();
    let name = places::named(file).unwrap_or(file);
    let header =
        || sources.headers().iter().find(|(header, _)| header == name).map(|(_, text)| text.as_str());
    let is_program = file.rsplit('/').next().is_some_and(|last| last == program || last == "<stdin>");
    let text = if is_program { text } else { header()? };
    let line = text.lines().nth(line.checked_sub(1)?)?.trim();
    let cut = line.char_indices().nth(MAX_LINE).map_or(line.len(), |(at, _)| at);
    (!line.is_empty() && !line.contains('\0')).then_some(&line[..cut])
}

fn text_at(strings: &[u8], at: usize) -> Option<&str> {
    let rest = strings.get(at..)?;
    std::str::from_utf8(&rest[..rest.iter().position(|byte| *byte == 0)?]).ok()
}
