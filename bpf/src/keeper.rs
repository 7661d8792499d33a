//! The keeper of a host run: makes what a dead process would leave behind,
//! and removes it whatever happens to the loader or the server.
//!
//! It holds the lock that makes host runs take turns (across servers too),
//! makes the tracefs instance, starts the loader, waits for the first of
//! "loader gone" and "server gone", and cleans up. It touches no BPF, and
//! reads nothing of the protocol: only the loader does.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, AsRawFd, OwnedFd},
    process::Child,
    time::{Duration, Instant},
};

use bpflab_worker::{Event, VERSION};
use nix::{
    fcntl::{Flock, FlockArg},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{prctl, signal},
};

use crate::{instance, instance::Instance, outlet::Outlet, stimulus, wake};

/// How often a waiting keeper looks at the lock.
const LOCK_EVERY: Duration = Duration::from_millis(50);

/// How long a loader may take to end by itself once the server is gone.
const GRACE: Duration = Duration::from_millis(200);

/// Serves one host run.
pub(crate) fn keep() -> crate::Result {
    ignore_terminal_signals()?;
    let mut outlet = Outlet::stdout()?;
    outlet.send(&Event::Hello { version: VERSION, release: wake::release()? })?;
    instance::enter_mounts()?;
    let Some(_turn) = take_turn(&mut outlet)? else { return Ok(()) };
    prctl::set_child_subreaper(true)?;
    Instance::sweep();
    stimulus::end_all()?;
    let made = Instance::make()?;
    let (alive, held_by_loader) = nix::unistd::pipe()?;
    let mut loader = start_loader(&made, held_by_loader)?;
    wait_for_an_end(alive, &mut loader)?;
    stimulus::end_all()?;
    reap_all();
    Ok(())
}

/// Ctrl-C in the terminal reaches every process of the group; the keeper ends
/// when the server does, not before it has cleaned up.
fn ignore_terminal_signals() -> nix::Result<()> {
    for number in [signal::SIGINT, signal::SIGTERM, signal::SIGHUP, signal::SIGPIPE] {
        // SAFETY: ignoring a signal runs no handler.
        unsafe { signal::signal(number, signal::SigHandler::SigIgn) }?;
    }
    Ok(())
}

/// Waits for the lock; `None` when the server left meanwhile.
///
/// The lock is on the kernel's own folder of instances: one for the kernel, in
/// whichever container a server runs, and nothing is left of it.
fn take_turn(outlet: &mut Outlet) -> crate::Result<Option<Flock<File>>> {
    let mut file = File::open(instance::folder())?;
    let mut said = false;
    loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(Some(lock)),
            Err((back, nix::Error::EWOULDBLOCK)) => file = back,
            Err((_, error)) => return Err(error.into()),
        }
        if !said {
            outlet.send(&Event::Waiting)?;
            said = true;
        }
        if server_is_gone(LOCK_EVERY)? {
            return Ok(None);
        }
    }
}

fn start_loader(made: &Instance, held: OwnedFd) -> io::Result<Child> {
    // The write end goes to the loader alone: its death is the read end's hangup.
    std::process::Command::new("/proc/self/exe")
        .arg("load")
        .arg(made.path())
        .arg(held.as_raw_fd().to_string())
        .spawn()
}

/// Returns when the loader is gone, by itself or because the server is.
fn wait_for_an_end(alive: OwnedFd, loader: &mut Child) -> crate::Result {
    let stdin = io::stdin();
    let mut fds =
        [PollFd::new(alive.as_fd(), PollFlags::empty()), PollFd::new(stdin.as_fd(), PollFlags::empty())];
    poll_again(&mut fds, PollTimeout::NONE)?;
    let deadline = Instant::now() + GRACE;
    while loader.try_wait()?.is_none() {
        if Instant::now() >= deadline {
            loader.kill()?;
            loader.wait()?;
            break;
        }
        poll_again(&mut fds[..1], PollTimeout::from(10u8))?;
    }
    Ok(())
}

/// Looks for up to `within` whether the server closed its end, without
/// reading anything from it.
fn server_is_gone(within: Duration) -> crate::Result<bool> {
    let stdin = io::stdin();
    let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::empty())];
    poll_again(&mut fds, PollTimeout::try_from(within)?)?;
    let gone = PollFlags::POLLHUP | PollFlags::POLLERR;
    Ok(fds[0].revents().is_some_and(|seen| seen.intersects(gone)))
}

fn poll_again(fds: &mut [PollFd<'_>], timeout: PollTimeout) -> nix::Result<()> {
    match poll(fds, timeout) {
        Ok(_) | Err(nix::Error::EINTR) => Ok(()),
        Err(error) => Err(error),
    }
}

/// As subreaper the keeper inherits what a stimulus left running.
fn reap_all() {
    while nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(-1), None).is_ok() {}
}
