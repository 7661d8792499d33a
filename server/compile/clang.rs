//! Which clang is installed, and which files it needs to run.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::Error;

/// Where Debian and Ubuntu install compilers.
const FOLDER: &str = "/usr/bin";

/// Preferred where Debian packages it.
const PREFERRED: u32 = 19;

/// 13 and older lack what vmlinux.h of new kernels needs.
const OLDEST: u32 = 14;

/// An installed clang.
#[derive(Debug)]
pub(super) struct Clang {
    /// The real program, not a link to it.
    pub(super) program: PathBuf,
    /// Its own headers (`stddef.h` and such).
    pub(super) resources: PathBuf,
    /// Libraries it is linked to, each by the name under which it is looked for.
    pub(super) libraries: Vec<PathBuf>,
    version: String,
}

impl Clang {
    /// The preferred one, else the newest.
    pub(super) async fn find() -> Result<Self, Error> {
        let mut versions: Vec<(bool, u32, PathBuf)> = std::fs::read_dir(FOLDER)?
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let number = name.strip_prefix("clang-")?.parse().ok()?;
                (number >= OLDEST).then(|| (number == PREFERRED, number, entry.path()))
            })
            .collect();
        versions.sort();
        let (_, _, path) = versions.pop().ok_or(Error::NoClang)?;
        let program = std::fs::canonicalize(&path)?;
        let version = said(Command::new(&program).arg("--version")).await?;
        let resources = PathBuf::from(said(Command::new(&program).arg("-print-resource-dir")).await?.trim());
        let resources = std::fs::canonicalize(resources.join("include"))?;
        let libraries = libraries(&program).await?;
        let version = version.lines().next().unwrap_or_default().to_owned();
        Ok(Self { program, resources, libraries, version })
    }

    /// What it says of itself.
    pub(super) fn version(&self) -> &str {
        &self.version
    }
}

/// The shared libraries of a program of the distribution's, its interpreter included.
async fn libraries(program: &Path) -> Result<Vec<PathBuf>, Error> {
    let list = said(Command::new("ldd").arg(program)).await?;
    let path = |line: &str| line.split_whitespace().find(|word| word.starts_with('/')).map(PathBuf::from);
    Ok(list.lines().filter_map(path).collect())
}

async fn said(command: &mut Command) -> Result<String, Error> {
    let output = command.kill_on_drop(true).output().await?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
