//! The host helper: lets a server without root reach this machine's kernel.
//!
//! A person starts it with sudo. It serves one user over a socket, one keeper
//! a connection, and ends when the server does: the server's first connection
//! stays open and carries nothing.

use std::{
    fs,
    os::{
        fd::{AsFd, OwnedFd},
        unix::{
            fs::{PermissionsExt, chown},
            net::{UnixListener, UnixStream},
        },
    },
    path::Path,
    process::{Child, Command, Stdio},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{getsockopt, sockopt::PeerCredentials},
};

/// How often ended keepers are reaped while nothing else happens, in milliseconds.
const REAP_EVERY: u16 = 1000;

/// Listens at `socket` for the user `uid` alone.
pub(crate) fn serve(socket: &Path, uid: &str) -> crate::Result {
    let uid: u32 = uid.parse()?;
    let _ = fs::remove_file(socket); // a stale one; bind says whether it is gone
    let listener = UnixListener::bind(socket)?;
    fs::set_permissions(socket, fs::Permissions::from_mode(0o600))?;
    chown(socket, Some(uid), None)?;
    println!("bpflab-worker: ready for user {uid}; ends when the server does");
    let mut server: Option<UnixStream> = None;
    let mut keepers: Vec<Child> = Vec::new();
    loop {
        let mut fds = vec![PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        if let Some(server) = &server {
            fds.push(PollFd::new(server.as_fd(), PollFlags::empty()));
        }
        match poll(&mut fds, PollTimeout::from(REAP_EVERY)) {
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let seen =
            |index: usize| fds.get(index).and_then(PollFd::revents).is_some_and(|flags| !flags.is_empty());
        let (connecting, server_left) = (seen(0), seen(1));
        drop(fds);
        keepers.retain_mut(|keeper| matches!(keeper.try_wait(), Ok(None)));
        if server_left {
            break;
        }
        if !connecting {
            continue;
        }
        let (stream, _) = listener.accept()?;
        if getsockopt(&stream, PeerCredentials)?.uid() != uid {
            continue; // someone else: closed without a word
        }
        if server.is_none() {
            server = Some(stream);
        } else {
            keepers.push(keep(stream)?);
        }
    }
    fs::remove_file(socket)?;
    for mut keeper in keepers {
        keeper.wait()?; // its socket is closed too: it cleans up and ends
    }
    Ok(())
}

fn keep(stream: UnixStream) -> crate::Result<Child> {
    let input: OwnedFd = stream.try_clone()?.into();
    let output: OwnedFd = stream.into();
    Ok(Command::new("/proc/self/exe")
        .arg("keep")
        .stdin(Stdio::from(input))
        .stdout(Stdio::from(output))
        .spawn()?)
}
