//! Types that relocations are done against, other than all of the running
//! kernel's: libbpf reads them from a file.
//!
//! Does not know which types an object needs.

use std::{
    fs::File,
    io::Write as _,
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
};

use nix::sys::memfd::{MFdFlags, memfd_create};

/// Raw BTF in a file of this process's own, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Types {
    path: PathBuf,
    _file: File,
}

impl Types {
    /// Writes the file; `None` for no types.
    pub(crate) fn new(btf: &[u8]) -> crate::Result<Option<Self>> {
        if btf.is_empty() {
            return Ok(None);
        }
        let mut file = File::from(memfd_create(c"types", MFdFlags::MFD_CLOEXEC)?);
        file.write_all(btf)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        Ok(Some(Self { path, _file: file }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
