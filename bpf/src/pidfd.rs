//! Processes by descriptor, and what they have open.
//!
//! Knows the system calls. Does not know why someone asks.

use std::{
    io,
    os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd},
};

use nix::libc;

/// A descriptor that becomes readable when the process ends.
pub(crate) fn open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: two integers go in; a new descriptor or -1 comes back.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })
}

/// Another process's descriptor, as one of ours.
pub(crate) fn take(process: BorrowedFd<'_>, number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: three integers go in; a new descriptor or -1 comes back.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), number, 0) })
}

fn owned(answer: libc::c_long) -> io::Result<OwnedFd> {
    match RawFd::try_from(answer) {
        // SAFETY: the kernel just made it, for us alone.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(io::Error::last_os_error()),
    }
}
