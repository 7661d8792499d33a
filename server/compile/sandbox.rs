//! clang in a place with no file in sight but its own and our headers.
//!
//! Knows processes, bubblewrap and Landlock. Filters on a source's text are
//! beaten easily (`#include "/etc/passwd"`, `.incbin`, `__has_include`); a
//! mount namespace that holds nothing else is not.

use std::{
    io::{self, Seek as _, Write as _},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::Stdio,
};

use command_fds::{CommandFdExt as _, FdMapping};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::unix::pipe::Receiver,
    process::{Child, Command},
};

use super::{Error, bound::bound, clang::Clang, flags, headers::Headers, limits::LIMITS, places};

/// The user a root server compiles as: nobody.
const NOBODY: &str = "65534";

/// Where the kernel's headers for programs lie, and their names in the sandbox.
const UAPI: [(&str, &str); 3] = [
    ("/usr/include/linux", "/uapi/linux"),
    ("/usr/include/asm-generic", "/uapi/asm-generic"),
    ("/usr/include/x86_64-linux-gnu/asm", "/uapi/asm"),
];

/// Where clang is in the sandbox.
const COMPILER: &str = "/clang/bin/clang";

/// The descriptor on which bubblewrap says that it will die with us.
const READY_FD: i32 = 9;

/// The other end of the same, so that bubblewrap can always say it: broken by
/// our death, it would leave its child waiting for ever.
const HEARD_FD: i32 = 8;

/// The first descriptor that a local header is passed by.
const FIRST_FD: i32 = 10;

/// Statuses of a process that the kernel ended for its limits: 128 + SIGKILL or SIGXCPU.
const LIMIT_STATUSES: [i32; 2] = [128 + 9, 128 + 24];

/// How the compiler is kept away from files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confinement {
    /// bubblewrap: namespaces in which nothing else exists. What a server needs.
    Namespaces,
    /// Landlock: the files are seen and cannot be read. For one's own files,
    /// where there are no user namespaces.
    Landlock,
}

/// How to start a confined clang.
#[derive(Debug)]
pub(super) struct Sandbox {
    confinement: Confinement,
    program: PathBuf,
    resources: PathBuf,
    libraries: Vec<PathBuf>,
}

/// A clang that has started and waits for its source.
#[derive(Debug)]
pub(super) struct Waiting {
    child: Child,
    held: Held,
}

/// What a compiler needs us to hold on to.
#[derive(Debug)]
enum Held {
    /// Where bubblewrap says that it is ready.
    Ready(Receiver),
    /// Local headers under Landlock; they go with the run.
    Folder(#[expect(dead_code, reason = "removed on drop")] tempfile::TempDir),
}

/// How a compilation ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// By itself.
    Exited {
        /// Without errors.
        ok: bool,
        /// What it wrote.
        object: Vec<u8>,
        /// What it said.
        messages: String,
    },
    /// Processor time, memory or wall time ran out.
    PastLimits,
    /// It wrote more than an object can be.
    TooMuchOutput,
}

impl Sandbox {
    /// Tries the confinement with a clang that only says its version.
    pub(super) async fn new(clang: &Clang, confinement: Confinement) -> Result<Self, Error> {
        let sandbox = Self {
            confinement,
            program: clang.program.clone(),
            resources: clang.resources.clone(),
            libraries: clang.libraries.clone(),
        };
        let mut command = sandbox.command(None, &[], &[])?;
        let tried = command.0.arg("--version").output().await.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::NoSandbox("prlimit, setpriv or bwrap is not installed".into()),
            _ => Error::NoSandbox(error.to_string()),
        })?;
        if !tried.status.success() {
            return Err(Error::NoSandbox(String::from_utf8_lossy(&tried.stderr).trim().to_owned()));
        }
        Ok(sandbox)
    }

    /// How it confines.
    pub(super) fn confinement(&self) -> Confinement {
        self.confinement
    }

    /// Starts a clang that compiles standard input to standard output.
    pub(super) fn start(
        &self,
        headers: &Headers,
        local: &[(String, String)],
        precompiled: bool,
    ) -> Result<Waiting, Error> {
        // The precompiled header holds the paths of the mount namespace.
        let with = precompiled && self.confinement == Confinement::Namespaces;
        let include: &[&str] = if with { &["-include-pch", "/include/vmlinux.h.pch"] } else { &[] };
        let tail = ["-x", "c", "-c", "-o", "-", "-"];
        self.spawn(headers, local, &[flags::MESSAGES, include, &tail].concat())
    }

    /// Starts a clang that precompiles `vmlinux.h`.
    pub(super) fn precompile(&self, headers: &Headers) -> Result<Waiting, Error> {
        self.spawn(headers, &[], &["-x", "c-header", "/include/vmlinux.h", "-o", "-"])
    }

    fn spawn(
        &self,
        headers: &Headers,
        local: &[(String, String)],
        arguments: &[&str],
    ) -> Result<Waiting, Error> {
        let (mut command, held) = self.command(Some(headers), local, arguments)?;
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        Ok(Waiting { child, held })
    }

    fn command(
        &self,
        headers: Option<&Headers>,
        local: &[(String, String)],
        arguments: &[&str],
    ) -> Result<(Command, Held), Error> {
        let mut command = Command::new("prlimit");
        command
            .arg(format!("--cpu={}", LIMITS.cpu_s))
            .arg(format!("--as={}", LIMITS.memory_bytes))
            .arg("--core=0")
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir("/")
            .kill_on_drop(true);
        if rustix::process::getuid().is_root() {
            command.args(["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]);
        }
        let held = match self.confinement {
            Confinement::Namespaces => {
                let ready = self.wrap(&mut command, headers, local)?;
                let own = format!("-I{}", places::inside(local).display());
                let real =
                    |word: &&'static str| if *word == flags::OWN { own.clone() } else { (*word).to_owned() };
                command.arg(COMPILER).args(flags::FLAGS.iter().map(real)).args(arguments);
                Held::Ready(ready)
            }
            Confinement::Landlock => {
                let folder = tempfile::tempdir()?;
                self.lock(&mut command, headers, local, folder.path())?;
                let own = places::folder(folder.path(), local);
                let real = |word: &&str| self.real(word, headers, &own);
                command.args(flags::FLAGS.iter().map(real)).args(arguments.iter().map(real));
                Held::Folder(folder)
            }
        };
        Ok((command, held))
    }

    /// Everything below is all that exists in there.
    fn wrap(
        &self,
        command: &mut Command,
        headers: Option<&Headers>,
        local: &[(String, String)],
    ) -> Result<Receiver, Error> {
        command.args(["bwrap", "--unshare-all", "--cap-drop", "ALL", "--uid", NOBODY, "--gid", NOBODY]);
        command.args(["--clearenv", "--die-with-parent", "--new-session"]);
        for library in &self.libraries {
            let name = library.file_name().unwrap_or_default();
            let folder = if name.to_string_lossy().starts_with("ld-") { "/lib64" } else { "/lib" };
            command.arg("--ro-bind").arg(library).arg(Path::new(folder).join(name));
        }
        command.arg("--ro-bind").arg(&self.program).arg(COMPILER);
        let resources = Path::new("/clang/lib/clang").join(self.version_folder()).join("include");
        command.arg("--ro-bind").arg(&self.resources).arg(resources);
        if let Some(headers) = headers {
            command.arg("--ro-bind").arg(headers.folder()).arg("/include");
            for (real, inside) in UAPI {
                command.args(["--ro-bind-try", real, inside]);
            }
        }
        let folder = places::inside(local);
        if !local.is_empty() {
            // A way out of it leads through it, also where nothing is in it.
            command.arg("--dir").arg(&folder);
        }
        let (ready, tell) = io::pipe()?;
        command.arg("--info-fd").arg(READY_FD.to_string());
        let mut passed = vec![
            FdMapping { parent_fd: tell.into(), child_fd: READY_FD },
            FdMapping { parent_fd: ready.try_clone()?.into(), child_fd: HEARD_FD },
        ];
        for (number, (name, text)) in (FIRST_FD..).zip(local) {
            let mut file = tempfile::tempfile()?;
            file.write_all(text.as_bytes())?;
            file.rewind()?;
            command.arg("--ro-bind-data").arg(number.to_string()).arg(places::place(&folder, name));
            passed.push(FdMapping { parent_fd: OwnedFd::from(file), child_fd: number });
        }
        command.args(["--remount-ro", "/", "--chdir", "/"]);
        command
            .as_std_mut()
            .fd_mappings(passed)
            .map_err(|_| io::Error::other("two files by one descriptor"))?;
        Ok(Receiver::from_owned_fd(ready.into())?)
    }

    /// `19` of `/usr/lib/llvm-19/lib/clang/19/include`: clang looks beside itself.
    fn version_folder(&self) -> PathBuf {
        let parent = self.resources.parent().and_then(Path::file_name);
        parent.map_or_else(PathBuf::new, PathBuf::from)
    }

    /// Our own program once more, which gives up all other files and becomes clang.
    fn lock(
        &self,
        command: &mut Command,
        headers: Option<&Headers>,
        local: &[(String, String)],
        folder: &Path,
    ) -> Result<(), Error> {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
        let own = places::folder(folder, local);
        std::fs::create_dir_all(&own)?;
        for (name, text) in local {
            let path = places::place(&own, name);
            std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
            std::fs::write(path, text)?;
        }
        command.arg(std::env::current_exe()?).arg(CONFINED);
        command.arg(&self.program).arg(&self.resources).arg(folder);
        command.args(self.libraries.iter()).args(UAPI.iter().map(|(real, _)| real));
        if let Some(headers) = headers {
            command.arg(headers.folder());
        }
        command.arg("--").arg(&self.program);
        Ok(())
    }

    /// A path of the mount namespace as it is without one.
    fn real(&self, word: &str, headers: Option<&Headers>, folder: &Path) -> String {
        let include = headers.map_or_else(String::new, |headers| headers.folder().display().to_string());
        match word {
            "-I/include" => format!("-I{include}"),
            "/include/vmlinux.h" => format!("{include}/vmlinux.h"),
            "-I/uapi" => "-I/usr/include".to_owned(),
            flags::OWN => format!("-I{}", folder.display()),
            other => other.to_owned(),
        }
    }
}

/// The hidden first word by which our own program becomes a confined clang.
pub const CONFINED: &str = "__confined";

/// Gives up every file but those named before `--`, then becomes the program after it.
///
/// # Errors
/// The kernel has no Landlock, or the program cannot be started.
pub fn confined(words: &[String]) -> io::Error {
    use landlock::{
        ABI, Access as _, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr as _,
        RulesetCreatedAttr as _, RulesetStatus,
    };
    use std::os::unix::process::CommandExt as _;
    let Some(split) = words.iter().position(|word| word == "--") else {
        return io::Error::other("no program after --");
    };
    let (paths, rest) = (&words[..split], &words[split + 1..]);
    let locked = || -> Result<RulesetStatus, Box<dyn std::error::Error>> {
        let abi = ABI::V4;
        let mut rules = Ruleset::default()
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .create()?;
        for path in paths.iter().filter(|path| Path::new(path).exists()) {
            let access = AccessFs::Execute | AccessFs::ReadFile | AccessFs::ReadDir;
            let access = if Path::new(path).is_dir() { access } else { access & AccessFs::from_file(abi) };
            rules = rules.add_rule(PathBeneath::new(PathFd::new(path)?, access))?;
        }
        Ok(rules.restrict_self()?.ruleset)
    };
    match locked() {
        Ok(RulesetStatus::NotEnforced) => io::Error::other("this kernel has no Landlock"),
        Ok(RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced) => {
            let (program, arguments) = rest.split_first().map_or(("", &[][..]), |(p, a)| (p.as_str(), a));
            std::process::Command::new(program).args(arguments).env_clear().exec()
        }
        Err(error) => io::Error::other(error.to_string()),
    }
}

impl Waiting {
    /// Whether it still waits.
    pub(super) fn is_alive(&self) -> bool {
        self.child.id().is_some()
    }

    /// Gives it its source and takes what comes out.
    pub(super) async fn feed(mut self, source: &[u8]) -> Result<Ended, Error> {
        let (Some(mut stdin), Some(stdout), Some(stderr)) =
            (self.child.stdin.take(), self.child.stdout.take(), self.child.stderr.take())
        else {
            return Err(io::Error::other("a compiler without pipes").into());
        };
        let ready = async {
            if let Held::Ready(ready) = &mut self.held {
                // A clang that has its source while nothing binds its life to ours
                // would outlive us. Closed without a word, it failed and says why.
                let _ = ready.read_u8().await;
                if let Some(pid) = self.child.id() {
                    bound(pid, COMPILER).await;
                }
            }
        };
        let everything = async {
            ready.await;
            let write = async {
                // A compiler that gives up early closes its end; its messages say why.
                let _ = stdin.write_all(source).await;
                drop(stdin);
            };
            let (_, object, messages) = tokio::join!(
                write,
                bounded(stdout, LIMITS.object_bytes),
                bounded(stderr, LIMITS.message_bytes)
            );
            (object, messages)
        };
        let Ok((object, messages)) = tokio::time::timeout(LIMITS.wall, everything).await else {
            return Ok(Ended::PastLimits); // dropping the child ends it
        };
        let (object, whole) = object?;
        if !whole {
            return Ok(Ended::TooMuchOutput);
        }
        let (messages, whole) = messages?;
        let messages = String::from_utf8_lossy(&messages).into_owned();
        if !whole {
            // More messages than anyone reads: what came first is what counts.
            self.child.kill().await?;
            return Ok(Ended::Exited { ok: false, object: Vec::new(), messages });
        }
        let status = self.child.wait().await?;
        let out_of_memory = messages.contains("out of memory") || messages.contains("bad_alloc");
        if out_of_memory || status.code().is_none_or(|code| LIMIT_STATUSES.contains(&code)) {
            return Ok(Ended::PastLimits);
        }
        Ok(Ended::Exited { ok: status.success(), object, messages })
    }
}

/// Reads to the end or to the bound; whether it was the end.
async fn bounded(mut from: impl AsyncRead + Unpin, bound: usize) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::with_capacity(16 << 10);
    let mut limited = (&mut from).take(bound as u64);
    limited.read_to_end(&mut bytes).await?;
    let whole = bytes.len() < bound;
    Ok((bytes, whole))
}
