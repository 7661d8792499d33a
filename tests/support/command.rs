//! The command line: the real binary, to its end.

use std::{
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{BPFLAB, folder, lessons, story::Story};

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit status, or 128 + the signal that ended it.
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary with the repository's lessons and English sentences.
pub(crate) fn bpflab(words: &[&str]) -> Command {
    let mut command = Command::new(BPFLAB);
    command.args(["--lang", "en"]).args(words).env("RUST_LOG", "warn").stdin(Stdio::null());
    if !words.contains(&"--lessons") {
        command.arg("--lessons").arg(lessons());
    }
    command
}

/// Runs a command to its end.
pub(crate) fn to_end(command: &mut Command) -> Ran {
    let output = command.output().expect("the binary starts");
    let status = output.status;
    Ran {
        status: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// A source in a folder of its own.
pub(crate) struct Source {
    _folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

impl Source {
    pub(crate) fn new(text: &str) -> Self {
        let folder = folder();
        // What it includes by `../` lies in a folder of its own too.
        std::fs::create_dir(folder.path().join("in")).expect("a folder");
        let path = folder.path().join("in/test.bpf.c");
        std::fs::write(&path, text).expect("a source is written");
        Self { _folder: folder, path }
    }

    /// `bpflab run` of it on this kernel, telling its story as JSON.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let path = self.path.display().to_string();
        let mut command = bpflab(&["run", &path, "--kernel", "host", "--format", "json"]);
        command.args(words);
        command
    }
}

/// `bpflab run` of a source on this kernel: exit status and story.
pub(crate) fn run(source: &str, words: &[&str]) -> (i32, Story) {
    let ran = to_end(&mut Source::new(source).command(words));
    assert!(!ran.stdout.is_empty(), "a run says something: {ran:?}");
    let story = Story::parse(&ran.stdout);
    story.check_numbers();
    (ran.status, story)
}

/// As a command in a machine that has no user namespaces: the kernel gives
/// none to whoever lives in a chroot.
pub(crate) fn without_namespaces(command: &Command, place: &Path) -> Command {
    let script = "mount --make-rprivate / && mount --rbind / \"$0\" && exec chroot \"$0\" \"$@\"";
    let mut outer = Command::new("unshare");
    outer.args(["--mount", "sh", "-c", script]).arg(place);
    outer.arg(command.get_program()).args(command.get_args()).env("RUST_LOG", "warn");
    outer
}
