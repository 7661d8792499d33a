//! A guest's memory as a file without a name, and the copy of it that a
//! snapshot keeps on disk. Knows holes; knows nothing of what is in it.

use std::{
    ffi::CStr,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
};

use rustix::fs::{MemfdFlags, SealFlags, SeekFrom as Place};
use sha2::{Digest as _, Sha256};

/// Bytes copied at once.
const CHUNK: usize = 1 << 20;

/// An empty file in memory.
pub(super) fn unnamed(name: &CStr) -> io::Result<File> {
    let made = rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    Ok(File::from(made))
}

/// Memory of this many bytes, nothing of it used.
pub(super) fn blank(bytes: u64) -> io::Result<File> {
    let file = unnamed(c"bpflab-guest")?;
    file.set_len(bytes)?;
    Ok(file)
}

/// A file without a name that holds these bytes, to be read from its start.
pub(super) fn holding(bytes: &[u8]) -> io::Result<File> {
    let mut file = unnamed(c"bpflab-state")?;
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

/// No one can write to it from here on: many guests start from it, and none
/// may change what another sees. Nobody may have it mapped for writing.
pub(super) fn seal(file: &File) -> io::Result<()> {
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    Ok(rustix::fs::fcntl_add_seals(file, seals)?)
}

/// Copies all that is not a hole; both files end up equally long. Pages of
/// zeros are left out as well: a kernel leaves many. Returns a digest of the rest.
pub(super) fn copy(from: &mut File, to: &mut File) -> io::Result<String> {
    let length = from.metadata()?.len();
    to.set_len(length)?;
    let mut digest = Sha256::new();
    digest.update(length.to_le_bytes());
    let mut chunk = vec![0; CHUNK];
    let mut at = 0;
    while at < length {
        let start = match rustix::fs::seek(&*from, Place::Data(at)) {
            Ok(start) => start,
            Err(rustix::io::Errno::NXIO) => break, // only a hole is left
            Err(error) => return Err(error.into()),
        };
        let end = rustix::fs::seek(&*from, Place::Hole(start))?;
        at = start;
        while at < end {
            from.seek(SeekFrom::Start(at))?;
            let want = usize::try_from((end - at).min(CHUNK as u64)).unwrap_or(CHUNK);
            from.read_exact(&mut chunk[..want])?;
            for (page, offset) in chunk[..want].chunks(4096).zip((at..).step_by(4096)) {
                if page.iter().any(|byte| *byte != 0) {
                    digest.update(offset.to_le_bytes());
                    digest.update(page);
                    to.seek(SeekFrom::Start(offset))?;
                    to.write_all(page)?;
                }
            }
            at += want as u64;
        }
    }
    Ok(hex(&digest.finalize()))
}

/// As text.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_same_bytes_and_no_more_of_them() {
        let mut from = blank(8 << 20).unwrap();
        from.seek(SeekFrom::Start(5 << 20)).unwrap();
        from.write_all(b"something").unwrap();
        let mut to = blank(0).unwrap();
        copy(&mut from, &mut to).unwrap();
        assert_eq!(to.metadata().unwrap().len(), 8 << 20);
        let mut read = [0; 9];
        to.seek(SeekFrom::Start(5 << 20)).unwrap();
        to.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"something");
        assert_eq!(rustix::fs::seek(&to, Place::Data(0)).unwrap(), 5 << 20, "the rest is a hole");
    }

    #[test]
    fn sealed_memory_cannot_be_written() {
        let mut memory = blank(4096).unwrap();
        seal(&memory).unwrap();
        assert!(memory.write_all(b"x").is_err());
        assert!(memory.set_len(0).is_err());
    }
}
