//! How one try went, inside the probe.
//!
//! Does not know what was tried.

use std::{
    io,
    os::fd::{FromRawFd, OwnedFd},
};

use bpflab_worker::Tried;
use nix::{errno::Errno, libc::c_int};

/// What a try gives, or why it gives nothing.
pub(crate) type Answer<T = ()> = Result<T, No>;

/// Why a try gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum No {
    /// The kernel said this: a positive errno. A number and no [`Errno`], which
    /// does not know 524 (ENOTSUPP), a usual answer of BPF's.
    Kernel(i32),
    /// It would not be safe, or what it needs could not be made.
    Untried,
}

/// The protocol's word for it.
pub(super) fn tried(answer: Answer) -> Tried {
    answer.map_or_else(Tried::from, |()| Tried::Worked)
}

/// Takes what libbpf returns: a new file descriptor, or a negative errno.
pub(super) fn owned(returned: c_int) -> Answer<OwnedFd> {
    check(returned)?;
    // SAFETY: every caller passes on the file descriptor that libbpf just made for it.
    Ok(unsafe { OwnedFd::from_raw_fd(returned) })
}

/// Takes what libbpf returns where nothing is made.
pub(super) fn check(returned: c_int) -> Answer<c_int> {
    if returned < 0 { Err(No::Kernel(-returned)) } else { Ok(returned) }
}

impl No {
    /// The kernel's errno, or that there is no such thing.
    pub(crate) fn errno(self) -> i32 {
        match self {
            Self::Kernel(errno) => errno,
            Self::Untried => nix::libc::EOPNOTSUPP,
        }
    }
}

impl From<No> for Tried {
    fn from(no: No) -> Self {
        match no {
            No::Kernel(errno) => Self::Errno(errno),
            No::Untried => Self::NotTried,
        }
    }
}

impl From<io::Error> for No {
    fn from(error: io::Error) -> Self {
        error.raw_os_error().map_or(Self::Untried, Self::Kernel)
    }
}

impl From<Errno> for No {
    fn from(errno: Errno) -> Self {
        Self::Kernel(errno as i32)
    }
}
