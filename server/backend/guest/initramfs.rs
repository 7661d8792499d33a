//! What a guest's kernel unpacks into memory first: the modules, and the
//! worker as `/init`. Knows the `newc` form of cpio; two archives may simply
//! follow each other.

use std::{fs, io, io::Write as _, path::Path};

use super::memory;

/// Modules, then the worker, as one file without a name.
pub(super) fn make(modules: &Path, worker: &[u8]) -> io::Result<fs::File> {
    let mut file = memory::unnamed(c"bpflab-initramfs")?;
    file.write_all(&fs::read(modules)?)?;
    file.write_all(&entry("init", 0o100_755, worker))?;
    file.write_all(&entry("TRAILER!!!", 0, b""))?;
    Ok(file)
}

/// One file of an archive: a header of thirteen hexadecimal numbers, its
/// name, its content, both padded to four bytes.
fn entry(name: &str, mode: u32, content: &[u8]) -> Vec<u8> {
    let (links, size, name_size) = (1, content.len(), name.len() + 1);
    let mut out = format!(
        "070701{:08x}{mode:08x}{:08x}{:08x}{links:08x}{:08x}{size:08x}{:08x}{:08x}{:08x}{:08x}{name_size:08x}{:08x}",
        0, 0, 0, 0, 0, 0, 0, 0, 0
    )
    .into_bytes();
    out.extend_from_slice(name.as_bytes());
    out.push(0);
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_what_cpio_reads() {
        let bytes = entry("init", 0o100_755, b"hello");
        assert_eq!(&bytes[..6], b"070701");
        assert_eq!(bytes.len(), 110 + 6 + 8, "header, padded name, padded content");
        assert_eq!(&bytes[54..62], b"00000005", "the content's size");
        assert_eq!(&bytes[94..102], b"00000005", "the name's size, its NUL included");
    }
}
