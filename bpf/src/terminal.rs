//! A shell for the learner, beside the running program: bash on a pty, its
//! bytes on a port of their own, so that trace never delays a key.
//!
//! Only in a guest, where the learner may be root. Knows no protocol but the
//! size of the window.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    process::{Child, Command},
};

use bpflab_worker::Window;
use nix::{
    libc,
    pty::{Winsize, openpty},
    sys::signal::{SigHandler, SigSet, Signal, signal},
};

/// Bytes carried at once.
const CHUNK: usize = 4 << 10;

/// What the shell says first.
const GREETING: &[u8] = b"A shell in this guest, as root. Nothing in it outlives the run.\r\n";

/// A terminal that is open; closed, with what runs in it, on drop.
pub(crate) struct Terminal {
    pty: OwnedFd,
    shell: Child,
}

impl Terminal {
    /// Starts the shell and carries its bytes.
    pub(crate) fn open(window: Window) -> crate::Result<Self> {
        let port = OpenOptions::new().read(true).write(true).open(crate::guest::terminal_port()?)?;
        let pair = openpty(&size(window), None)?;
        let shell = start(pair.slave)?;
        let to_port = (File::from(pair.master.try_clone()?), port.try_clone()?);
        let from_port = (port, File::from(pair.master.try_clone()?));
        // Threads of this process are the lab's own, and marked as such; they end with it.
        std::thread::Builder::new().name("terminal-out".into()).spawn(move || {
            let (mut pty, mut port) = to_port;
            let _ = port.write_all(GREETING);
            carry(&mut pty, &mut port);
            let _ = port.write_all(b"\r\n[the shell has ended]\r\n"); // nobody may be listening
        })?;
        std::thread::Builder::new().name("terminal-in".into()).spawn(move || {
            let (mut port, mut pty) = from_port;
            carry(&mut port, &mut pty);
        })?;
        Ok(Self { pty: pair.master, shell })
    }

    /// The window has this size now.
    pub(crate) fn resize(&self, window: Window) {
        let size = size(window);
        // SAFETY: the kernel reads a whole winsize, which outlives the call.
        // A size that it refuses leaves the old one.
        unsafe { libc::ioctl(self.pty.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.shell.kill(); // it may have ended by itself
    }
}

/// Until one end is closed. A port whose other end is away reads as nothing:
/// then it is asked again, at leisure.
fn carry(from: &mut File, to: &mut File) {
    let mut chunk = [0; CHUNK];
    loop {
        match from.read(&mut chunk) {
            Ok(0) => std::thread::sleep(std::time::Duration::from_millis(50)),
            Ok(got) if to.write_all(&chunk[..got]).is_ok() => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => return,
        }
    }
}

fn start(slave: OwnedFd) -> crate::Result<Child> {
    let mut command = Command::new("/bin/bash");
    command
        .args(["--login", "-i"])
        .stdin(slave.try_clone()?)
        .stdout(slave.try_clone()?)
        .stderr(slave)
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", "/root")
        .env("USER", "root")
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        // Who is root needs none; commands of another machine begin with it all the same.
        .env("BASH_FUNC_sudo%%", r#"() { "$@"; }"#)
        .env("PS1", r"guest:\w# ")
        .current_dir("/root");
    // SAFETY: system calls on the child's own signals and descriptors, nothing else.
    unsafe {
        command.pre_exec(|| {
            // What is ignored stays so through exec, and then Ctrl-C ends nothing.
            for number in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGPIPE]
            {
                signal(number, SigHandler::SigDfl)?;
            }
            SigSet::empty().thread_set_mask()?;
            nix::unistd::setsid()?;
            crate::stimulus::join_cgroup();
            if libc::ioctl(0, libc::TIOCSCTTY, 0) < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(())
        });
    }
    Ok(command.spawn()?)
}

fn size(window: Window) -> Winsize {
    Winsize { ws_row: window.rows, ws_col: window.columns, ws_xpixel: 0, ws_ypixel: 0 }
}
