//! Runs a piece of work in a forked child and returns what it wrote, within a
//! deadline.
//!
//! Does not know what the work is.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::AsFd,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::OFlag,
    libc,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{prctl, signal, wait::waitpid},
    unistd::{ForkResult, Pid, fork, getpid, getppid, pipe2},
};

/// How long a killed child may take to close its files: detaching waits for
/// grace periods even then.
const GRACE: Duration = Duration::from_secs(2);

/// What `work` wrote before it ended, died or was killed at the deadline;
/// nothing when there could be no child.
pub(super) fn run(deadline: Duration, work: impl FnOnce(&mut File) -> io::Result<()>) -> Vec<u8> {
    let Ok((read, write)) = pipe2(OFlag::O_CLOEXEC) else { return Vec::new() };
    let parent = getpid();
    // SAFETY: the worker has one thread, so the child finds no lock held by another.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => {
            let end = End;
            drop(read);
            let _ = die_with(parent).and_then(|()| work(&mut File::from(write)));
            // An explicit end, so that no path returns into the worker's own code.
            drop(end);
            unreachable!("the child has ended")
        }
        Ok(ForkResult::Parent { child }) => {
            drop(write);
            collect(File::from(read), child, deadline)
        }
        Err(_) => Vec::new(),
    }
}

/// Ends the process when dropped, also by a panic: a child that unwound any
/// further would go on as a second worker.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        // SAFETY: it does not return, and runs nothing of this process's.
        unsafe { libc::_exit(0) }
    }
}

fn die_with(parent: Pid) -> io::Result<()> {
    prctl::set_pdeathsig(signal::Signal::SIGKILL)?;
    // It may have died just before that.
    if getppid() == parent { Ok(()) } else { Err(Errno::ESRCH.into()) }
}

fn collect(mut from: File, child: Pid, deadline: Duration) -> Vec<u8> {
    let mut written = Vec::new();
    let mut gone = read_until(&mut from, &mut written, Instant::now() + deadline);
    if !gone {
        let _ = signal::kill(child, signal::Signal::SIGKILL);
        gone = read_until(&mut from, &mut written, Instant::now() + GRACE);
    }
    // A child that not even SIGKILL ends is left to whoever inherits it: waiting could hang.
    if gone {
        while waitpid(child, None) == Err(Errno::EINTR) {}
    }
    written
}

/// Reads on; whether the other end was closed in time.
fn read_until(from: &mut File, into: &mut Vec<u8>, end: Instant) -> bool {
    let mut chunk = [0; 4096];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(from.as_fd(), PollFlags::POLLIN)], timeout) {
            Ok(0) | Err(Errno::EINTR) => continue,
            Ok(_) => {}
            Err(_) => return false,
        }
        match from.read(&mut chunk) {
            Ok(0) => return true,
            Ok(count) => into.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}
