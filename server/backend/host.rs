//! The machine's own kernel, for one trusted person.
//!
//! Offered when the server listens on loopback, to one user. A server that is
//! not root reaches the kernel through a helper that a person starts with sudo.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    net::UnixStream,
    process::Command,
    time::{Instant, sleep},
};

use super::{Error, Worker, worker::Place};
use crate::{
    kernel::{Accelerator, HOST, Kernel, State},
    say::Sentence,
};

/// How long a fresh helper may take to listen.
const HELPER_WAIT: Duration = Duration::from_secs(2);

/// How the server is set up, as far as the host kernel cares.
#[derive(Debug, Clone)]
pub struct HostSettings {
    /// It listens on loopback only, or on nothing.
    pub loopback: bool,
    /// One person uses it.
    pub single_user: bool,
    /// Where the helper listens, if one was started.
    pub helper: PathBuf,
}

impl HostSettings {
    /// For a command line without a server.
    pub fn local() -> Self {
        Self { loopback: true, single_user: true, helper: helper_socket() }
    }
}

/// Where a person's helper listens.
fn helper_socket() -> PathBuf {
    PathBuf::from(format!("/run/bpflab-host-{}.sock", rustix::process::getuid().as_raw()))
}

/// The host, usable or not.
#[derive(Debug)]
pub struct Host {
    program: Result<PathBuf, Sentence>,
    way: Result<Way, Sentence>,
}

#[derive(Debug)]
enum Way {
    /// We are root.
    Child,
    /// A helper is there. Its first connection stays open and tells it that we live.
    Helper { socket: PathBuf, _alive: std::os::unix::net::UnixStream },
}

impl Host {
    /// Finds out whether and how the host can be used.
    pub fn new(settings: &HostSettings) -> Self {
        let program = super::find_worker().map_err(|error| error.sentence());
        let way = match &program {
            Err(why) => Err(why.clone()),
            Ok(_) if !settings.loopback => Err(Sentence::HostNeedsLoopback),
            Ok(_) if !settings.single_user => Err(Sentence::HostNeedsSingleUser),
            Ok(_) if rustix::process::getuid().is_root() => Ok(Way::Child),
            Ok(_) => match std::os::unix::net::UnixStream::connect(&settings.helper) {
                Ok(alive) => Ok(Way::Helper { socket: settings.helper.clone(), _alive: alive }),
                Err(_) => Err(Sentence::HostNeedsRoot),
            },
        };
        Self { program, way }
    }

    /// The worker program, which also knows the kernel's types.
    ///
    /// # Errors
    /// It is not built; says where it was looked for.
    pub fn program(&self) -> Result<&Path, Sentence> {
        self.program.as_deref().map_err(Sentence::clone)
    }

    /// As a place to run.
    pub fn kernel(&self) -> Kernel {
        let release = rustix::system::uname().release().to_string_lossy().into_owned();
        let state = match &self.way {
            Ok(_) => State::Ready,
            Err(why) => State::Off(why.clone()),
        };
        // A panic of this kernel's would be the end of who counts.
        let (release, accelerator, panics) = (Some(release), Accelerator::None, 0);
        Kernel { name: HOST.to_owned(), release, state, accelerator, panics }
    }

    pub(super) async fn worker(&self) -> Result<Worker, Error> {
        match (&self.way, &self.program) {
            (Err(why), _) => Err(Error::Off(why.clone())),
            (Ok(_), Err(why)) => Err(Error::Off(why.clone())),
            (Ok(Way::Child), Ok(program)) => child(program),
            (Ok(Way::Helper { socket, .. }), Ok(_)) => helped(socket).await,
        }
    }
}

fn child(program: &Path) -> Result<Worker, Error> {
    let mut keeper = Command::new(program)
        .arg("keep")
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0) // a Ctrl-C in our terminal is ours; the keeper cleans up first
        .spawn()?;
    match (keeper.stdin.take(), keeper.stdout.take()) {
        (Some(stdin), Some(stdout)) => Ok(Worker::new(stdin, stdout, Place::Child(keeper))),
        _ => Err(std::io::Error::other("a worker without pipes").into()),
    }
}

async fn helped(socket: &Path) -> Result<Worker, Error> {
    let deadline = Instant::now() + HELPER_WAIT;
    loop {
        match UnixStream::connect(socket).await {
            Ok(stream) => {
                let (events, commands) = stream.into_split();
                return Ok(Worker::new(commands, events, Place::Elsewhere));
            }
            Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(20)).await,
            Err(_) => return Err(Error::Off(Sentence::HostHelperGone)),
        }
    }
}
