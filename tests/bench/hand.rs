//! The other side: what a person does without the lab.
//!
//! clang, a minimal libbpf loader that was built before (with the libbpf that
//! the lab's worker carries), and `cat` of the trace_pipe of a tracefs instance
//! that stands ready. Knows nothing of the server.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use rustix::fs::{FlockOperation, flock};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::lab::PATIENCE;

/// Present in this process's own mount namespace; see `main`.
pub(crate) const TRACEFS: &str = "/sys/kernel/tracing";

/// Names of our instances.
const PREFIX: &str = "byhand-";

/// The same buffer for each CPU as the lab's instances have, in KiB.
const BUFFER_KIB: &str = "4096";

/// A person's tools, ready.
pub(crate) struct Hand {
    folder: tempfile::TempDir,
    clang: String,
    headers: PathBuf,
}

impl Hand {
    /// Builds loader and consumer, and lays the stimuli's tool where a shell finds it.
    pub(crate) async fn prepare(clang: String, headers: &Path, worker: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::os::unix::fs::symlink(worker, folder.path().join("lab-do"))?;
        let libbpf = libbpf_beside(worker)?;
        // The second goes into a guest.
        for (name, how) in [("loader", &[][..]), ("consumer", &["-static", "-s"])] {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench").join(name);
            let built = Command::new("cc")
                .arg("-O2")
                .args(how)
                .arg(source.with_extension("c"))
                .arg("-I")
                .arg(libbpf.join("include"))
                .args(["libbpf.a", "libelf.a", "libz.a"].map(|archive| libbpf.join(archive)))
                .arg("-o")
                .arg(folder.path().join(name))
                .status()
                .await?;
            ensure!(built.success(), "the {name} could not be built");
        }
        Ok(Self { folder, clang, headers: headers.to_owned() })
    }

    /// What a person reads a ring buffer with, for any machine.
    pub(crate) fn consumer(&self) -> anyhow::Result<Vec<u8>> {
        Ok(fs::read(self.folder.path().join("consumer"))?)
    }

    /// The command line of [`Self::compile`], for the report.
    pub(crate) fn command_line(&self) -> String {
        format!("{} -target bpf -mcpu=v3 -O2 -g -I headers -c file.c -o file.o", self.clang)
    }

    /// Source -> object.
    pub(crate) async fn compile(&self, source: &str) -> anyhow::Result<PathBuf> {
        let (file, object) = (self.folder.path().join("file.c"), self.folder.path().join("file.o"));
        fs::write(&file, source)?;
        let status = Command::new(&self.clang)
            .args(["-target", "bpf", "-mcpu=v3", "-O2", "-g", "-I"])
            .arg(&self.headers)
            .arg("-c")
            .arg(&file)
            .arg("-o")
            .arg(&object)
            .status()
            .await?;
        ensure!(status.success(), "clang refused the program");
        Ok(object)
    }

    /// Loads and attaches.
    pub(crate) async fn load(&self, object: &Path) -> anyhow::Result<Loader> {
        let mut child = Command::new(self.folder.path().join("loader"))
            .arg(object)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("the output is piped")?).lines();
        match timeout(PATIENCE, lines.next_line()).await?? {
            Some(line) if line == "attached" => Ok(Loader { child, lines }),
            _ => bail!("the loader could not load and attach"),
        }
    }

    /// A stimulus, with the same words as in a lesson.
    pub(crate) fn stimulus(&self, command: &str) -> anyhow::Result<Child> {
        let path = format!("{}:/usr/bin:/bin", self.folder.path().display());
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", command]).env("PATH", path).stdin(Stdio::null()).kill_on_drop(true);
        Ok(shell.spawn()?)
    }
}

/// Where the build of the worker left the libbpf that it carries.
fn libbpf_beside(worker: &Path) -> anyhow::Result<PathBuf> {
    let build = worker.parent().context("a folder")?.join("build");
    let mut found: Vec<PathBuf> = fs::read_dir(&build)
        .with_context(|| build.display().to_string())?
        .flatten()
        .map(|entry| entry.path().join("out"))
        .filter(|out| out.join("libbpf.a").is_file())
        .collect();
    found.sort_by_key(|out| fs::metadata(out).and_then(|facts| facts.modified()).ok());
    found.pop().with_context(|| format!("no libbpf below {}; run make worker", build.display()))
}

/// A loaded and attached program.
pub(crate) struct Loader {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Loader {
    /// Ends it; the program's first global comes back.
    pub(crate) async fn end(mut self) -> anyhow::Result<u64> {
        drop(self.child.stdin.take());
        let line = timeout(PATIENCE, self.lines.next_line()).await??;
        self.child.wait().await?;
        Ok(line.context("the program has no global")?.parse()?)
    }
}

/// Our turn on this kernel, by the lock of every bpflab server's host runs, so
/// that no other program prints while we measure. Given back on drop.
pub(crate) struct Turn(#[expect(dead_code, reason = "held, not read")] fs::File);

impl Turn {
    pub(crate) async fn take() -> anyhow::Result<Self> {
        let lock = fs::File::open(Path::new(TRACEFS).join("instances"))?;
        while flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await; // another server's run
        }
        Ok(Self(lock))
    }
}

/// A tracefs instance like the lab's; removed on drop.
pub(crate) struct Instance(PathBuf);

impl Instance {
    pub(crate) fn make() -> anyhow::Result<Self> {
        let path = Path::new(TRACEFS).join("instances").join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir(&path).with_context(|| path.display().to_string())?;
        let instance = Self(path);
        let files = [
            ("buffer_size_kb", BUFFER_KIB),
            ("trace_clock", "mono"),
            ("buffer_percent", "0"),
            ("events/bpf_trace/bpf_trace_printk/enable", "1"),
        ];
        for (file, to) in files {
            fs::write(instance.0.join(file), to).with_context(|| file.to_owned())?;
        }
        Ok(instance)
    }

    /// Starts `cat` of its trace_pipe.
    pub(crate) fn cat(&self, to: Stdio) -> anyhow::Result<Child> {
        let pipe = self.0.join("trace_pipe");
        Ok(Command::new("cat").arg(pipe).stdin(Stdio::null()).stdout(to).kill_on_drop(true).spawn()?)
    }

    /// The kernel's own counts, over all CPUs.
    pub(crate) fn counts(&self) -> anyhow::Result<Counts> {
        let mut counts = Counts::default();
        for cpu in fs::read_dir(self.0.join("per_cpu"))? {
            for line in fs::read_to_string(cpu?.path().join("stats"))?.lines() {
                let (name, number) = line.split_once(": ").unwrap_or_default();
                let count = match name {
                    "entries" => &mut counts.waiting,
                    "read events" => &mut counts.read,
                    "overrun" | "commit overrun" | "dropped events" => &mut counts.lost,
                    _ => continue,
                };
                *count += number.trim().parse::<u64>()?;
            }
        }
        Ok(counts)
    }

    /// When a reader has taken all that is there.
    pub(crate) async fn is_read(&self) -> anyhow::Result<Instant> {
        let deadline = Instant::now() + PATIENCE;
        while self.counts()?.waiting > 0 {
            ensure!(Instant::now() < deadline, "the reader does not come to an end");
            tokio::time::sleep(Duration::from_millis(2)).await; // the kernel has no event for it
        }
        Ok(Instant::now())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        for _ in 0..100 {
            match fs::remove_dir(&self.0) {
                // A reader that is just ending keeps it busy for a moment.
                Err(error) if error.kind() == std::io::ErrorKind::ResourceBusy => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Err(error) => return eprintln!("{} stays: {error}", self.0.display()),
                Ok(()) => return,
            }
        }
        eprintln!("{} stays: it is busy", self.0.display());
    }
}

/// What an instance's buffers say of themselves.
#[derive(Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) waiting: u64,
    pub(crate) read: u64,
    pub(crate) lost: u64,
}

/// Ends a process that we started.
pub(crate) async fn end(mut child: Child) -> anyhow::Result<()> {
    Ok(child.kill().await?)
}
