//! The stimulus: a shell command that makes something happen, held back until
//! every program is attached.
//!
//! Its process exists from before load, so that its pid can be given to the
//! program as a global, and keeps that pid when it becomes the shell. It runs
//! as a user of its own, in a mount namespace with an empty `/tmp`, so that
//! nothing of it outlives the run.

use std::{
    fs, io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::process::{CommandExt, ExitStatusExt},
    },
    path::Path,
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    mount::{MsFlags, mount},
    sys::{prctl, resource, signal, wait},
    unistd::{ForkResult, Gid, Pid, Uid},
};

use crate::pidfd;

/// The small tool a stimulus may call; see [`crate::act`].
pub(crate) const TOOL: &str = "lab-do";

/// The stimulus's user and group: a number that nothing else on a machine
/// uses, so that ending "everything of this user" ends this run's processes
/// and no one else's.
pub(crate) const USER: u32 = 0x0062_706c;

/// The cgroup of a guest's run: its stimulus and its terminal are in it, and
/// programs for cgroups are attached to it.
pub(crate) const CGROUP: &str = "/sys/fs/cgroup/lab";

/// Processes a stimulus may have at once: enough for a shell script, and a
/// fork bomb stays small.
const MAX_PROCESSES: u64 = 128;

/// Largest file a stimulus may write, in bytes; its `/tmp` is memory.
const MAX_FILE: u64 = 64 << 20;

/// How long it may take until all of a run stands still.
const STILL: Duration = Duration::from_millis(100);

/// Where the tool lies in the stimulus's own `/tmp`.
const TOOL_FOLDER: &str = "/tmp/.bpflab";

/// A stimulus that waits to be let go.
pub(crate) struct Held(Child);

/// A stimulus under way.
pub(crate) struct Stimulus {
    pid: u32,
    child: Child,
    exit: OwnedFd,
    /// Non-blocking.
    pub(crate) stdout: ChildStdout,
    /// Non-blocking.
    pub(crate) stderr: ChildStderr,
}

impl Held {
    /// Starts the process; it waits.
    pub(crate) fn start(command: &str) -> io::Result<Self> {
        Command::new("/proc/self/exe")
            .args(["stimulus", command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map(Self)
    }

    /// Its pid, before and after it became the shell.
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Waits until it only waits: what it does to get ready is the lab's own doing,
    /// in a process that programs take for the stimulus. One that has ended
    /// instead has said why, and tells it when it is let go.
    pub(crate) fn prepared(&mut self) -> io::Result<()> {
        let stdout = self.0.stdout.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        io::Read::read(stdout, &mut [0]).map(drop)
    }

    /// Lets it go.
    pub(crate) fn release(mut self) -> crate::Result<Stimulus> {
        let stdout = self.0.stdout.take().ok_or("stdout is piped")?;
        let stderr = self.0.stderr.take().ok_or("stderr is piped")?;
        set_nonblocking(stdout.as_fd())?;
        set_nonblocking(stderr.as_fd())?;
        let pid = self.0.id();
        let exit = pidfd::open(pid)?;
        let mut gate = self.0.stdin.take().ok_or("stdin is piped")?;
        io::Write::write_all(&mut gate, b"g")?;
        Ok(Stimulus { pid, child: self.0, exit, stdout, stderr })
    }
}

impl Stimulus {
    /// Its pid.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Readable when it has ended.
    pub(crate) fn exit(&self) -> BorrowedFd<'_> {
        self.exit.as_fd()
    }

    /// Exit status, or 128 + the signal that ended it, once it has ended.
    pub(crate) fn status(&mut self) -> io::Result<Option<i32>> {
        let status = self.child.try_wait()?;
        Ok(status.map(|s| s.code().unwrap_or_else(|| 128 + s.signal().unwrap_or(0))))
    }
}

/// The held process itself: prepares, waits for the word, becomes the shell.
pub(crate) fn hold(command: &str) -> crate::Result {
    prctl::set_pdeathsig(signal::SIGKILL)?;
    prctl::set_name(c"stimulus")?;
    join_cgroup();
    prepare_mounts()?;
    resource::setrlimit(resource::Resource::RLIMIT_NPROC, MAX_PROCESSES, MAX_PROCESSES)?;
    resource::setrlimit(resource::Resource::RLIMIT_FSIZE, MAX_FILE, MAX_FILE)?;
    resource::setrlimit(resource::Resource::RLIMIT_CORE, 0, 0)?;
    become_user()?;
    prctl::set_no_new_privs()?;
    // The keeper ignores these, and what is ignored stays so through exec.
    for number in [signal::SIGINT, signal::SIGTERM, signal::SIGHUP, signal::SIGPIPE] {
        // SAFETY: the default action runs no handler of ours.
        unsafe { signal::signal(number, signal::SigHandler::SigDfl) }?;
    }
    nix::unistd::write(io::stdout(), b"r")?; // see Held::prepared
    let mut word = [0];
    if nix::unistd::read(io::stdin(), &mut word)? == 0 {
        return Ok(()); // the loader is gone: nothing was attached
    }
    let error = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .env_clear()
        .env("PATH", format!("{TOOL_FOLDER}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"))
        .env("HOME", "/tmp")
        .env("LANG", "C.UTF-8")
        .current_dir("/tmp")
        .exec();
    Err(error.into())
}

/// Ends every process of the stimulus's user, at once and without a race: the
/// kernel signals them all under one lock, so that none forks away.
pub(crate) fn end_all() -> crate::Result {
    // SAFETY: the caller has one thread, and the child only makes system calls.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Child => {
            // That there is nobody to end is no error.
            let ended = become_user().map(|()| signal::kill(Pid::from_raw(-1), signal::SIGKILL));
            std::process::exit(i32::from(ended.is_err()));
        }
        ForkResult::Parent { child } => {
            wait::waitpid(child, None)?;
            Ok(())
        }
    }
}

/// Enters the run's cgroup; a machine that belongs to someone has none.
pub(crate) fn join_cgroup() {
    let _ = fs::write(Path::new(CGROUP).join("cgroup.procs"), "0");
}

/// Has all of a guest's run stand still, for which it is given a moment.
///
/// While programs are detached the kernel rewrites the functions that they were attached
/// to, a breakpoint first. QEMU's emulation throws away what it translated of the old bytes
/// before it stores the new ones: another processor that runs such a function in between
/// translates the breakpoint and keeps it, and the kernel dies of it later (int3; QEMU 7.2).
pub(crate) fn hold_still() {
    let cgroup = Path::new(CGROUP);
    let is = |word: &str| {
        let events = fs::read_to_string(cgroup.join("cgroup.events")).unwrap_or_default();
        events.lines().any(|line| line == word)
    };
    // Where it cannot be, it is as it was.
    if !is("populated 1") || fs::write(cgroup.join("cgroup.freeze"), "1").is_err() {
        return;
    }
    let by = Instant::now() + STILL;
    while !is("frozen 1") && Instant::now() < by {
        thread::sleep(Duration::from_millis(1));
    }
}

fn become_user() -> crate::Result {
    let (uid, gid) = (Uid::from_raw(USER), Gid::from_raw(USER));
    nix::unistd::setgroups(&[])?;
    nix::unistd::setresgid(gid, gid, gid)?;
    nix::unistd::setresuid(uid, uid, uid)?;
    Ok(())
}

fn prepare_mounts() -> crate::Result {
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS)?;
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    // Opened in the new namespace, and before a tmpfs may hide it: only such a file can be bound.
    let own = fs::read_link("/proc/self/exe").and_then(fs::File::open);
    for folder in ["/tmp", "/var/tmp", "/dev/shm"] {
        if Path::new(folder).is_dir() {
            mount(Some("tmpfs"), folder, Some("tmpfs"), MsFlags::empty(), Some("mode=1777,size=64m"))?;
        }
    }
    fs::create_dir(TOOL_FOLDER)?;
    let tool = Path::new(TOOL_FOLDER).join(TOOL);
    let Ok(own) = own else {
        // The worker was built anew while this one ran: its file has no name any more.
        fs::copy("/proc/self/exe", &tool)?;
        return Ok(());
    };
    fs::File::create(&tool)?;
    let own = format!("/proc/self/fd/{}", own.as_raw_fd());
    mount(Some(own.as_str()), &tool, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    Ok(())
}

fn set_nonblocking(fd: BorrowedFd<'_>) -> nix::Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    fcntl(fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map(drop)
}

/// Marks a descriptor that this process was given as not to be passed on.
pub(crate) fn keep_to_ourselves(fd: i32) -> crate::Result {
    use nix::fcntl::{FcntlArg, FdFlag, fcntl};
    // SAFETY: the keeper passed this descriptor and keeps it open for our lifetime.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    fcntl(fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    debug_assert!(fd.as_raw_fd() > 2);
    Ok(())
}
