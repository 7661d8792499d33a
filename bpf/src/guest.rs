//! The worker as PID 1 of a guest: from a bare kernel to a loader that waits
//! on its virtio-serial port.
//!
//! Two steps. The first runs from the initramfs: modules, the root image that
//! all guests share, an overlay in memory. The second is the same program in
//! the new root: file systems, a tracefs instance, the loader; then it only
//! reaps. It touches no BPF and reads nothing of the protocol.

use std::{
    ffi::CString,
    fs,
    io::{self, Write},
    os::{fd::AsRawFd, unix::process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    mount::{MsFlags, mount},
    sys::{
        reboot::{RebootMode, reboot},
        wait::{WaitStatus, waitpid},
    },
    unistd::{Gid, Pid, Uid, chown},
};

use crate::{instance::Instance, stimulus::USER};

/// What the kernel starts, and what it becomes in the new root.
pub(crate) const SECOND_STEP: &str = "guest";

/// Where the worker lies in the guest's own memory.
const OWN: &str = "/run/bpflab/bpflab-worker";

/// Where modules lie in the initramfs; `load` there names them in order, and
/// `config` has the kernel's options.
const MODULES: &str = "/modules";

/// The root image and the scratch disk, in the order in which the server gives them.
const ROOT_DISK: &str = "/dev/vda";
const SCRATCH_DISK: &str = "/dev/vdb";

/// The names of the server's ports.
const WORKER_PORT: &str = "bpflab.worker";
const TERMINAL_PORT: &str = "bpflab.terminal";

/// Files that a guest writes are memory: this much of it, all together, so
/// that a full disk is a full disk and not a guest without memory.
const OVERLAY: &str = "size=64m,mode=755";

/// What stimuli use most, and what a root with an extra says of itself.
const READ_AHEAD: &str = "sh -c 'id; ls -l /; uname -r'; cat /usr/bin/python3 /proc/self/status; touch /tmp/a; \
                          rm /tmp/a; sleep 0; [ ! -x /usr/local/lib/lab/once ] || /usr/local/lib/lab/once; true";

/// `lab0` here and `lab1` in the namespace `lab`. Without IPv6, whose own
/// packets would be seen by programs that wait for the learner's.
const NETWORK: &str = "
    ip link set lo up
    ip netns add lab
    ip link add lab0 type veth peer name lab1 netns lab
    echo 1 >/proc/sys/net/ipv6/conf/lab0/disable_ipv6
    ip netns exec lab sh -c 'echo 1 >/proc/sys/net/ipv6/conf/lab1/disable_ipv6'
    ip address add 10.13.0.1/24 dev lab0
    ip -n lab address add 10.13.0.2/24 dev lab1
    ip link set lab0 up
    ip -n lab link set lo up
    ip -n lab link set lab1 up
    echo '0 2147483647' >/proc/sys/net/ipv4/ping_group_range
";

/// How long a device may take to appear once its driver is loaded.
const DEVICE_WAIT: Duration = Duration::from_secs(10);

/// Runs as PID 1. Returns only with an error, which the kernel's console gets.
pub(crate) fn first_step() -> crate::Result {
    for folder in ["/dev", "/proc", "/sys", "/ro", "/rw", "/root"] {
        fs::create_dir_all(folder)?;
    }
    simple_mount("devtmpfs", "/dev", "")?;
    simple_mount("proc", "/proc", "")?;
    simple_mount("sysfs", "/sys", "")?;
    for name in fs::read_to_string(format!("{MODULES}/load"))?.lines() {
        // A module that this kernel refuses is missed, if at all, by what needs it.
        if let Err(error) = insert(&Path::new(MODULES).join(name)) {
            eprintln!("bpflab: module {name}: {error}");
        }
    }
    wait_for(Path::new(ROOT_DISK))?;
    mount(Some(ROOT_DISK), "/ro", Some("erofs"), MsFlags::MS_RDONLY, None::<&str>)?;
    simple_mount("tmpfs", "/rw", OVERLAY)?;
    fs::create_dir("/rw/upper")?;
    fs::create_dir("/rw/work")?;
    simple_mount("overlay", "/root", "lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work")?;
    for folder in ["/dev", "/proc", "/sys"] {
        let to = format!("/root{folder}");
        fs::create_dir_all(&to)?;
        mount(Some(folder), to.as_str(), None::<&str>, MsFlags::MS_MOVE, None::<&str>)?;
    }
    simple_mount("tmpfs", "/root/run", "mode=755,size=32m")?;
    fs::create_dir("/root/run/bpflab")?;
    fs::copy("/init", format!("/root{OWN}"))?;
    // Whatever asks for an option without it says so itself.
    if let Err(error) = keep_options() {
        eprintln!("bpflab: the kernel's options: {error}");
    }
    // The initramfs is memory that nothing gives back otherwise.
    let _ = fs::remove_dir_all(MODULES);
    let _ = fs::remove_file("/init");
    std::env::set_current_dir("/root")?;
    mount(Some("."), "/", None::<&str>, MsFlags::MS_MOVE, None::<&str>)?;
    nix::unistd::chroot(".")?;
    std::env::set_current_dir("/")?;
    Err(Command::new(OWN).arg(SECOND_STEP).env_clear().exec().into())
}

/// Puts the kernel's options where libbpf looks for them (`__kconfig`).
fn keep_options() -> crate::Result {
    fs::create_dir_all("/root/boot")?;
    fs::copy(Path::new(MODULES).join("config"), format!("/root/boot/config-{}", crate::wake::release()?))?;
    Ok(())
}

/// In the new root: never returns while there is a loader to start.
pub(crate) fn second_step() -> crate::Result {
    if Pid::this() != Pid::from_raw(1) {
        return Err("only a guest's kernel starts this".into());
    }
    let result = serve();
    if let Err(error) = &result {
        eprintln!("bpflab: {error}");
    }
    let _ = io::stderr().flush();
    reboot(RebootMode::RB_POWER_OFF)?;
    result
}

fn serve() -> crate::Result {
    prepare_root()?;
    read_ahead();
    // Kept open from loader to loader: closing it would discard what the
    // server has sent already.
    let port = fs::OpenOptions::new().read(true).write(true).open(port(WORKER_PORT)?)?;
    let instance = Instance::make()?;
    loop {
        let (input, output) = (port.try_clone()?, port.try_clone()?);
        let (alive, held) = nix::unistd::pipe()?;
        let mut loader = Command::new(OWN);
        loader.arg("load").arg(instance.path()).arg(held.as_raw_fd().to_string()).arg(SECOND_STEP);
        let child = loader.stdin(Stdio::from(input)).stdout(Stdio::from(output)).spawn()?;
        drop((alive, held));
        // A run that ended well is followed by another loader: the snapshot is
        // made of a guest that has run something once.
        match reap_until(Pid::from_raw(i32::try_from(child.id())?))? {
            WaitStatus::Exited(_, 0) => crate::stimulus::end_all()?,
            other => return Err(format!("the loader ended: {other:?}").into()),
        }
    }
}

/// Uses what stimuli will use, so that it is in memory when the snapshot is
/// made: there all clones share it, and none waits for its disk.
fn read_ahead() {
    let shell = Command::new("/bin/bash")
        .args(["-c", READ_AHEAD])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if let Err(error) = shell {
        eprintln!("bpflab: bash: {error}");
    }
}

/// Reaps whatever ends, since nobody else does, until `wanted` has.
fn reap_until(wanted: Pid) -> nix::Result<WaitStatus> {
    loop {
        match waitpid(None::<Pid>, None) {
            Ok(status) if status.pid() == Some(wanted) => return Ok(status),
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}

fn prepare_root() -> crate::Result {
    let mounts = [
        ("tmpfs", "/tmp", "mode=1777,size=64m"),
        ("tmpfs", "/dev/shm", "mode=1777,size=64m"),
        ("devpts", "/dev/pts", "mode=620,ptmxmode=666,gid=5"),
        ("tracefs", crate::instance::TRACEFS, ""),
        ("bpf", "/sys/fs/bpf", ""),
        ("cgroup2", "/sys/fs/cgroup", ""),
        ("securityfs", "/sys/kernel/security", ""),
        ("debugfs", "/sys/kernel/debug", ""),
    ];
    for (kind, place, options) in mounts {
        let _ = fs::create_dir_all(place);
        // Whatever a kernel lacks is missed by the program that wants it, in words of its own.
        if let Err(error) = simple_mount(kind, place, options) {
            eprintln!("bpflab: {place}: {error}");
        }
    }
    std::os::unix::fs::symlink(OWN, Path::new("/usr/local/bin").join(crate::stimulus::TOOL))?;
    nix::unistd::sethostname("bpflab")?;
    prepare_network()?;
    if let Err(error) = fs::create_dir(crate::stimulus::CGROUP) {
        eprintln!("bpflab: {}: {error}", crate::stimulus::CGROUP);
    }
    let learner = (Some(Uid::from_raw(USER)), Some(Gid::from_raw(USER)));
    if Path::new(SCRATCH_DISK).exists() {
        chown(SCRATCH_DISK, learner.0, learner.1)?;
    }
    Ok(())
}

/// Loopback, and a cable to a namespace of its own: what happens on `lab0` is
/// what passes a real interface. Both ends are quiet until somebody sends.
fn prepare_network() -> crate::Result {
    let done = Command::new("/bin/sh").args(["-ec", NETWORK]).status()?;
    if !done.success() {
        eprintln!("bpflab: the network is not whole: {done}");
    }
    Ok(())
}

fn simple_mount(kind: &str, place: &str, options: &str) -> nix::Result<()> {
    let options = (!options.is_empty()).then_some(options);
    mount(Some(kind), place, Some(kind), MsFlags::empty(), options)
}

fn insert(module: &Path) -> io::Result<()> {
    let file = fs::File::open(module)?;
    let none = CString::default();
    // SAFETY: finit_module reads a descriptor that outlives the call and an empty C string.
    let done = unsafe { nix::libc::syscall(nix::libc::SYS_finit_module, file.as_raw_fd(), none.as_ptr(), 0) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The terminal's port, when this guest has one.
pub(crate) fn terminal_port() -> crate::Result<PathBuf> {
    port(TERMINAL_PORT)
}

/// The device of the port with this name; it appears once the drivers have met.
fn port(name: &str) -> crate::Result<PathBuf> {
    let deadline = Instant::now() + DEVICE_WAIT;
    loop {
        for entry in fs::read_dir("/sys/class/virtio-ports").into_iter().flatten().flatten() {
            let named = fs::read_to_string(entry.path().join("name")).unwrap_or_default();
            if named.trim() == name {
                return Ok(Path::new("/dev").join(entry.file_name()));
            }
        }
        if Instant::now() > deadline {
            return Err(format!("no port named {name}").into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn wait_for(device: &Path) -> crate::Result {
    let deadline = Instant::now() + DEVICE_WAIT;
    while !device.exists() {
        if Instant::now() > deadline {
            return Err(format!("{} did not appear", device.display()).into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
