//! One QEMU process: its command line, its confinement, its streams.
//!
//! It gets everything it may touch as open descriptors; it finds no file but
//! QEMU's own, has no network, and may start nothing. Does not know what a
//! snapshot is for.

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::OwnedFd,
    process::Stdio,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use command_fds::{CommandFdExt as _, FdMapping};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use tokio::{
    io::AsyncReadExt as _,
    net::{UnixStream, unix::pipe::Receiver},
    process::{Child, Command},
};

use super::{
    Error, accelerator::Accelerator, cgroup::Cgroup, console::Console, entry::Processors, qmp::Monitor, room,
};

/// Memory of a guest, in MiB: 5.10 to 7.x boot in 128, and a lesson's Python,
/// a compressor and a full overlay still fit.
pub(super) const MEMORY_MIB: u64 = 256;

/// Two, so that per-CPU sums and races are real.
const CPUS: u32 = 2;

/// The scratch disk, in bytes; what is not written takes no room.
const SCRATCH_BYTES: u64 = 64 << 20;

/// TCG's memory for translated code, in MiB, taken as it is used: a waiting guest
/// has used little of it. With 16, all of it was thrown away again and again: a lesson's run
/// took a third more processor time, Python nearly twice. More than 64 saves little.
pub(super) const TRANSLATED_MIB: u64 = 64;

/// QEMU's address space, in bytes: the guest's memory, its own, its libraries.
const ADDRESS_SPACE: u64 = 3 << 30;

/// Processor time of one QEMU, in seconds: the longest run (30 minutes, with
/// a terminal) on both CPUs, so that one that nobody ends still ends.
const CPU_SECONDS: u64 = 2 * 1800 + 600;

/// From QEMU's start to its monitor's greeting: 50 ms when the machine is idle.
const GREETING: Duration = Duration::from_secs(15);

/// The user a root server runs QEMU as: nobody.
pub(super) const NOBODY: u32 = 65534;

/// What the kernel is told. `oops=panic panic=-1` and `-no-reboot` make every
/// trouble of the kernel the end of its QEMU. The timer check fails by chance
/// where the machine is busy, and the watchdog for stuck processors measures the
/// machine, not the guest; RCU is expedited since detaching waits for it. Programs lie
/// where they lay before (`norandmaps`): TCG keeps translated code by its address, and
/// would translate the shell and its library anew for each process.
pub(super) const KERNEL_LINE: &str = "console=ttyS0 loglevel=4 oops=panic panic=-1 rcupdate.rcu_expedited=1 edd=off no_timer_check \
                           random.trust_cpu=on nowatchdog norandmaps lsm=landlock,lockdown,yama,integrity,apparmor,bpf";

/// Where descriptors lie in QEMU.
mod fd {
    pub(super) const GO: i32 = 8;
    pub(super) const READY: i32 = 9;
    pub(super) const MEMORY: i32 = 10;
    pub(super) const ROOT: i32 = 11;
    pub(super) const SCRATCH: i32 = 12;
    pub(super) const WORKER: i32 = 13;
    pub(super) const TERMINAL: i32 = 14;
    pub(super) const CONSOLE: i32 = 15;
    pub(super) const MONITOR: i32 = 16;
    pub(super) const KERNEL: i32 = 17;
    pub(super) const INITRAMFS: i32 = 18;
}

/// How QEMU is kept away from everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walls {
    /// Namespaces besides QEMU's own sandbox. What a server needs.
    Namespaces,
    /// QEMU's own sandbox alone, for one's own programs where there are no
    /// user namespaces.
    Seccomp,
}

/// What a QEMU is started with.
pub(super) struct Machine {
    pub(super) accelerator: Accelerator,
    pub(super) walls: Walls,
    /// The guest's memory, and whether what it writes stays in the file.
    pub(super) memory: Arc<File>,
    pub(super) shared: bool,
    /// The root image.
    pub(super) root: Arc<File>,
    /// A file without a name lies in this folder.
    pub(super) scratch: std::path::PathBuf,
    pub(super) start: Start,
    /// Where trouble of its kernel is counted.
    pub(super) panics: Arc<AtomicU64>,
}

/// Where a machine begins.
pub(super) enum Start {
    /// At power-on.
    Boot { kernel: File, initramfs: File, line: String },
    /// Where another was saved, once the monitor is told the state.
    Restore(Processors),
}

impl Start {
    fn processors(&self) -> Processors {
        match self {
            Self::Boot { .. } => Processors::InTurn,
            Self::Restore(processors) => *processors,
        }
    }
}

/// A QEMU; killed on drop.
#[derive(Debug)]
pub(crate) struct Qemu {
    pub(crate) process: Child,
    pub(crate) monitor: Monitor,
    pub(crate) console: Console,
    pub(crate) cgroup: Option<Cgroup>,
    /// The worker's port.
    pub(crate) worker: UnixStream,
    /// The terminal's port.
    pub(crate) terminal: UnixStream,
}

/// The program; `None` when it is not installed.
pub(super) fn program() -> Option<std::path::PathBuf> {
    let path = std::path::PathBuf::from("/usr/bin/qemu-system-x86_64");
    path.is_file().then_some(path)
}

impl Qemu {
    /// Starts one, up to the monitor's greeting.
    pub(super) async fn start(machine: Machine) -> Result<Self, Error> {
        let program = program().ok_or(Error::NoQemu)?;
        room::check()?;
        let scratch = tempfile::tempfile_in(&machine.scratch)?;
        scratch.set_len(SCRATCH_BYTES)?;
        let (worker, worker_end) = pair()?;
        let (terminal, terminal_end) = pair()?;
        let (console, console_end) = pair()?;
        let (monitor, monitor_end) = pair()?;
        let (ready, tell) = io::pipe()?;
        let (go_on, mut go) = io::pipe()?;
        let mut passed = vec![
            map(OwnedFd::from(go_on), fd::GO),
            map(OwnedFd::from(tell), fd::READY),
            map(machine.memory.try_clone()?.into(), fd::MEMORY),
            map(machine.root.try_clone()?.into(), fd::ROOT),
            map(scratch.into(), fd::SCRATCH),
            map(worker_end, fd::WORKER),
            map(terminal_end, fd::TERMINAL),
            map(console_end, fd::CONSOLE),
            map(monitor_end, fd::MONITOR),
        ];
        let cgroup = Cgroup::new();
        let mut command = walls(machine.walls, machine.accelerator, cgroup.as_ref());
        let processors = machine.start.processors();
        command.arg(&program).args(arguments(machine.accelerator, machine.shared, processors));
        match machine.start {
            Start::Boot { kernel, initramfs, line } => {
                command.args(["-kernel".into(), inherited(fd::KERNEL)]);
                command.args(["-initrd".into(), inherited(fd::INITRAMFS)]);
                command.args(["-append", &line]);
                passed.push(map(kernel.into(), fd::KERNEL));
                passed.push(map(initramfs.into(), fd::INITRAMFS));
            }
            Start::Restore(_) => {
                command.args(["-incoming", "defer"]);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
            .as_std_mut()
            .fd_mappings(passed)
            .map_err(|_| io::Error::other("two files by one descriptor"))?;
        let mut process = command.spawn()?;
        drop(command); // it holds our copies of QEMU's ends
        let greeting = async {
            if machine.walls == Walls::Namespaces {
                // Closed without a word, it failed and says why.
                Receiver::from_owned_fd(ready.into())?.read_u8().await.map_err(|_| Error::Ended)?;
                go.write_all(b"\n")?;
            }
            Monitor::greet(monitor).await
        };
        let greeting = tokio::time::timeout(GREETING, greeting).await;
        match greeting.unwrap_or(Err(Error::Ended)) {
            Ok(monitor) => {
                let console = Console::read(console, machine.panics);
                Ok(Self { process, monitor, console, cgroup, worker, terminal })
            }
            Err(error) => Err(last_words(&mut process).await.unwrap_or(error)),
        }
    }

    /// Ends it and waits until it is gone.
    pub(super) async fn end(mut self) {
        let _ = self.process.kill().await; // it may have ended by itself
    }
}

/// What a QEMU that does not start says of it.
async fn last_words(process: &mut Child) -> Option<Error> {
    let mut said = String::new();
    let stderr = process.stderr.take()?;
    let mut stderr = stderr.take(4096);
    let reading = stderr.read_to_string(&mut said);
    // One that neither speaks nor ends is killed by its drop.
    let _ = tokio::time::timeout(Duration::from_secs(1), reading).await;
    let said = said.trim();
    (!said.is_empty()).then(|| Error::Qemu(said.to_owned()))
}

fn map(parent: OwnedFd, child: i32) -> FdMapping {
    FdMapping { parent_fd: parent, child_fd: child }
}

/// The file behind a descriptor, as a path for options that take no number.
fn inherited(number: i32) -> String {
    format!("/proc/self/fd/{number}")
}

/// Our end, which does not block, and QEMU's.
fn pair() -> Result<(UnixStream, OwnedFd), Error> {
    let (ours, theirs) =
        rustix::net::socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .map_err(io::Error::from)?;
    let ours = std::os::unix::net::UnixStream::from(ours);
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, theirs))
}

/// Everything up to QEMU's own name.
fn walls(walls: Walls, accelerator: Accelerator, cgroup: Option<&Cgroup>) -> Command {
    if accelerator == Accelerator::Tcg {
        // It asks for huge pages for the code that it makes, and a waiting guest fills a part of
        // each: 3 MiB more. QEMU has the word from us, so it holds for this process as well;
        // where the kernel does not take it, a guest weighs more.
        let _ = rustix::thread::disable_transparent_huge_pages(true);
    }
    let mut command = match cgroup {
        Some(cgroup) => joined(cgroup),
        None => Command::new("prlimit"),
    };
    command
        .arg(format!("--as={ADDRESS_SPACE}"))
        .arg(format!("--cpu={CPU_SECONDS}"))
        .args(["--core=0", "--nofile=256", &format!("--fsize={SCRATCH_BYTES}")])
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .current_dir("/")
        .process_group(0) // a Ctrl-C in our terminal is ours
        .kill_on_drop(true);
    let (root, nobody) = (rustix::process::getuid().is_root(), NOBODY.to_string());
    if root || walls == Walls::Seccomp {
        command.arg("setpriv");
    }
    if walls == Walls::Seccomp {
        command.args(["--pdeathsig", "KILL"]);
    }
    if root {
        command.args(["--reuid", &nobody, "--regid", &nobody]);
        match accelerator.group() {
            Some(group) => command.args(["--groups", &group.to_string()]),
            None => command.arg("--clear-groups"),
        };
    }
    if walls == Walls::Seccomp {
        return command;
    }
    command.args(["bwrap", "--unshare-all", "--cap-drop", "ALL", "--uid", &nobody, "--gid", &nobody]);
    // One heap for all threads: each of its own would hold half a MiB that is never used again.
    command.args(["--clearenv", "--setenv", "MALLOC_ARENA_MAX", "1", "--die-with-parent", "--new-session"]);
    command.args(["--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib"]);
    command.args(["--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev"]);
    command.args(["--dev-bind-try", "/dev/kvm", "/dev/kvm", "--remount-ro", "/", "--chdir", "/"]);
    // As the first process of its namespace, the shell's life is bound to
    // bubblewrap's before it says anything. One of which nobody hears, since we
    // were killed meanwhile, gets no answer and ends. Bubblewrap itself must not
    // be killed before it lets its child go (no --pdeathsig, no --info-fd that
    // breaks): the child would wait for ever.
    command.args(["--as-pid-1", "/usr/bin/sh", "-c", &start_word(), "sh"]);
    command
}

/// Enters the cgroup, then becomes the next of the walls.
fn joined(cgroup: &Cgroup) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", r#"echo 0 >"$1/cgroup.procs"; shift; exec "$@""#, "sh"]);
    command.arg(cgroup.path()).arg("prlimit");
    command
}

/// Waits for our word, then becomes what follows.
fn start_word() -> String {
    let (go, ready) = (fd::GO, fd::READY);
    format!(r#"echo >&{ready} && read -r word <&{go} && exec {go}<&- {ready}>&- && exec "$@""#)
}

/// One disk, of which QEMU gets the open file only. What the file does not take, where the
/// machine's own disk is full, is the guest's error: QEMU would halt the guest without a word.
fn disk(name: &str, number: i32, read_only: bool) -> Vec<String> {
    let set = format!("fd={number},set={number}");
    let file = format!("/dev/fdset/{number}");
    let read_only = if read_only { "on" } else { "off" };
    let node = format!(
        "driver=raw,node-name={name},read-only={read_only},file.driver=file,file.filename={file},file.locking=off"
    );
    let device = format!("virtio-blk-pci,drive={name},rerror=report,werror=report");
    vec!["-add-fd".into(), set, "-blockdev".into(), node, "-device".into(), device]
}

fn port(name: &str, number: i32) -> Vec<String> {
    let stream = format!("socket,id={name},fd={number}");
    let device = format!("virtserialport,chardev={name},name=bpflab.{name}");
    vec!["-chardev".into(), stream, "-device".into(), device]
}

fn arguments(accelerator: Accelerator, shared: bool, processors: Processors) -> Vec<String> {
    let (accel, cpu) = accelerator.words(TRANSLATED_MIB, processors);
    let share = if shared { "on" } else { "off" };
    let memory = inherited(fd::MEMORY);
    let mut words: Vec<String> = [
        "-M",
        "q35,sata=off,smbus=off,hpet=off,vmport=off,usb=off,graphics=off,memory-backend=memory",
        "-nodefaults",
        "-no-user-config",
        "-no-reboot",
        "-display",
        "none",
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
    ]
    .map(str::to_owned)
    .into();
    words.extend(["-accel".into(), accel, "-cpu".into(), cpu]);
    words.extend(["-smp".into(), CPUS.to_string(), "-m".into(), MEMORY_MIB.to_string()]);
    words.push("-object".into());
    words.push(format!("memory-backend-file,id=memory,size={MEMORY_MIB}M,mem-path={memory},share={share}"));
    words.extend(["-chardev".into(), format!("socket,id=monitor,fd={}", fd::MONITOR)]);
    words.extend(["-mon".into(), "chardev=monitor,mode=control".into()]);
    words.extend(["-chardev".into(), format!("socket,id=console,fd={}", fd::CONSOLE)]);
    words.extend(["-serial".into(), "chardev:console".into()]);
    words.extend(disk("root", fd::ROOT, true));
    words.extend(disk("scratch", fd::SCRATCH, false));
    words.extend(["-device".into(), "virtio-serial-pci".into()]);
    words.extend(port("worker", fd::WORKER));
    words.extend(port("terminal", fd::TERMINAL));
    words
}
