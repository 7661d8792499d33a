//! The types that relocations are done against, where those are not all of the
//! running kernel's: libbpf reads them from a file.
//!
//! A program that is observed may carry types of its own. They stand beside the
//! kernel's then, so that CO-RE finds the fields of its structs too.

use std::{
    collections::BTreeSet,
    ffi::CString,
    fs::File,
    io::Write as _,
    os::{fd::AsRawFd as _, unix::ffi::OsStrExt as _},
    path::{Path, PathBuf},
    ptr::NonNull,
};

use bpflab_worker::{KernelTypes, Load};
use libbpf_rs::libbpf_sys;
use nix::sys::memfd::{MFdFlags, memfd_create};
use object::{Object as _, ObjectSection as _};

use crate::{binary, logs, object::last_errno};

/// Raw BTF in a file of this process's own, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Types {
    path: PathBuf,
    _file: File,
}

impl Types {
    /// What a run's object is relocated against; `None` for all of the running
    /// kernel's types, and those of its modules.
    pub(crate) fn of(load: &Load) -> crate::Result<Option<Self>> {
        match &load.types {
            KernelTypes::All => Ok(None),
            KernelTypes::Needed(btf) => Self::new(btf).map(Some),
            KernelTypes::Partly(btf) => {
                let together = with_observed(btf, &observed(load));
                let _ = logs::take(); // that a file has no types is no news to a learner
                together.map(|btf| Self::new(&btf)).transpose()
            }
        }
    }

    fn new(btf: &[u8]) -> crate::Result<Self> {
        let mut file = File::from(memfd_create(c"types", MFdFlags::MFD_CLOEXEC)?);
        file.write_all(btf)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        Ok(Self { path, _file: file })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The files whose functions and marks the object's programs attach to.
fn observed(load: &Load) -> BTreeSet<PathBuf> {
    let elf = object::File::parse(&*load.object).ok();
    let sections = elf.iter().flat_map(|elf| elf.sections());
    let sections = sections.filter_map(|section| Some(section.name().ok()?.to_owned()));
    let by_section = sections.filter_map(|section| binary::file(&section, None));
    let by_target = load.targets.iter().filter_map(|(_, target)| binary::file("", Some(target)));
    by_section.chain(by_target).collect()
}

/// The kernel's types and those that the files carry, as raw BTF; `None` where
/// no file carries any.
fn with_observed(kernel: &[u8], files: &BTreeSet<PathBuf>) -> Option<Vec<u8>> {
    let carried: Vec<Btf> = files.iter().filter_map(|file| Btf::in_program(file).ok()).collect();
    if carried.is_empty() {
        return None;
    }
    let together = Btf::new(kernel).ok()?;
    carried.iter().try_for_each(|more| together.add(more)).ok()?;
    Some(together.bytes())
}

/// libbpf's own, which libbpf-rs can only read.
struct Btf(NonNull<libbpf_sys::btf>);

impl Btf {
    fn new(bytes: &[u8]) -> Result<Self, i32> {
        let length = u32::try_from(bytes.len()).map_err(|_| nix::libc::E2BIG)?;
        // SAFETY: the bytes are copied before the call returns.
        Self::owned(unsafe { libbpf_sys::btf__new(bytes.as_ptr().cast(), length) })
    }

    /// What stands in the section `.BTF` of a program or library.
    fn in_program(file: &Path) -> Result<Self, i32> {
        let path = CString::new(file.as_os_str().as_bytes()).map_err(|_| nix::libc::EINVAL)?;
        // SAFETY: the path lives through the call; BTF.ext is not asked for.
        Self::owned(unsafe { libbpf_sys::btf__parse_elf(path.as_ptr(), std::ptr::null_mut()) })
    }

    fn owned(raw: *mut libbpf_sys::btf) -> Result<Self, i32> {
        NonNull::new(raw).map(Self).ok_or_else(last_errno)
    }

    fn add(&self, more: &Self) -> Result<(), i32> {
        // SAFETY: both are libbpf's, and live.
        match unsafe { libbpf_sys::btf__add_btf(self.0.as_ptr(), more.0.as_ptr()) } {
            added if added < 0 => Err(-added),
            _ => Ok(()),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut length = 0;
        // SAFETY: the answer is `length` bytes that live as long as this, or null.
        let bytes = unsafe { libbpf_sys::btf__raw_data(self.0.as_ptr(), &raw mut length) };
        if bytes.is_null() {
            return Vec::new();
        }
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts(bytes.cast(), length as usize) }.to_vec()
    }
}

impl Drop for Btf {
    fn drop(&mut self) {
        // SAFETY: owned, and used no more.
        unsafe { libbpf_sys::btf__free(self.0.as_ptr()) }
    }
}
