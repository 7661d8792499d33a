//! Whether this machine can build an image: tools, numbers to give files away
//! to, and room; and where to build.
//!
//! Knows commands and files of the system; does not know what is built.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::Error;

/// Room for what is built, below the data folder: 60 MiB of root and 20 of each kernel, and as much again.
pub(super) const FINISHED_MIB: u64 = 300;

/// Room for building a root: a tree, its archive and its packages.
const ROOT_MIB: u64 = 600;

/// The same with a large extra in it: Java's tree is 370 MiB more.
const EXTRA_MIB: u64 = 1_500;

/// Room for unpacking two kernels at once.
const KERNELS_MIB: u64 = 500;

/// Numbers that a root's files may belong to.
const NUMBERS: u64 = 65_536;

/// The first that Debian's adduser gives away.
const FIRST_NUMBER: u64 = 100_000;

/// What the scripts call that a machine may lack.
const KERNEL_TOOLS: [&str; 8] = ["apt-get", "dpkg-deb", "depmod", "modprobe", "cpio", "xz", "zstd", "awk"];
const ROOT_TOOLS: [&str; 6] = ["apt-get", "mmdebstrap", "mkfs.erofs", "unshare", "tar", "cc"];

/// Programs that are for root are not on everybody's path.
const MORE_PATH: [&str; 2] = ["/usr/sbin", "/sbin"];

/// Where to build: the usual folder for large temporary files. Another user's
/// number must be able to enter it, so that a home will not do.
pub(super) fn workshop() -> PathBuf {
    let named = std::env::var_os("TMPDIR").map(PathBuf::from);
    let others_enter = |path: &PathBuf| {
        path.is_absolute()
            && path.ancestors().all(|folder| {
                fs::metadata(folder).is_ok_and(|seen| seen.is_dir() && seen.permissions().mode() & 0o001 != 0)
            })
    };
    named.filter(others_enter).unwrap_or_else(|| PathBuf::from("/var/tmp"))
}

/// Which kinds of images are to be built.
#[derive(Debug, Clone, Copy)]
pub(super) struct Take {
    /// A root, whether with an extra or without.
    pub(super) root: bool,
    pub(super) extra: bool,
    pub(super) kernels: bool,
}

/// Whether what is to be built can be.
pub(super) fn check(take: &Take, images: &Path, workshop: &Path) -> Result<(), Error> {
    let Take { root, extra, kernels } = *take;
    let wanted = KERNEL_TOOLS.iter().filter(|_| kernels).chain(ROOT_TOOLS.iter().filter(|_| root));
    let mut lacking: Vec<String> = wanted.filter(|tool| !there(tool)).map(|&tool| tool.to_owned()).collect();
    lacking.dedup();
    if !lacking.is_empty() {
        return Err(Error::NoTools(lacking));
    }
    let parts = [(root, ROOT_MIB), (extra, EXTRA_MIB), (kernels, KERNELS_MIB)];
    let work = parts.into_iter().filter(|(is_built, _)| *is_built).map(|(_, mib)| mib).sum();
    room(workshop, work)?;
    room(images, FINISHED_MIB)?;
    if root && !rustix::process::geteuid().is_root() {
        numbers()?;
    }
    Ok(())
}

/// Whether a folder has room for so much.
pub(super) fn room(folder: &Path, needed_mib: u64) -> Result<(), Error> {
    let seen = rustix::fs::statvfs(folder).map_err(|errno| Error::files(folder)(errno.into()))?;
    let free_mib = seen.f_bavail.saturating_mul(seen.f_frsize) >> 20;
    if free_mib < needed_mib {
        return Err(Error::NoSpace { folder: folder.to_owned(), needed_mib });
    }
    Ok(())
}

fn there(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).chain(MORE_PATH.map(PathBuf::from)).any(|folder| {
        fs::metadata(folder.join(tool)).is_ok_and(|seen| seen.permissions().mode() & 0o111 != 0)
    })
}

/// A user namespace with more users than one in it: tried, since numbers may
/// come from elsewhere than the files that are read when it fails.
fn numbers() -> Result<(), Error> {
    let tried = Command::new("unshare")
        .args(["--user", "--map-auto", "--map-root-user", "--", "chown", "--help"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output();
    let output = match tried {
        Ok(output) if output.status.success() && there("newuidmap") => return Ok(()),
        Ok(output) => output,
        Err(error) => return Err(Error::NoNamespaces(error.to_string())),
    };
    if !there("newuidmap") {
        return Err(Error::NoTools(vec!["newuidmap".into()]));
    }
    let user = user();
    let ranges = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let (uids, gids) = (ranges("/etc/subuid"), ranges("/etc/subgid"));
    if has_range(&uids, &user) && has_range(&gids, &user) {
        return Err(Error::NoNamespaces(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Err(Error::NoSubordinates(mending(&user.0, &uids, &gids)))
}

/// Name and number of whoever runs this.
fn user() -> (String, String) {
    let number = rustix::process::getuid().as_raw().to_string();
    let named = Command::new("id").arg("-un").stdin(Stdio::null()).output();
    let name = named.ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    (name.filter(|name| !name.is_empty()).unwrap_or_else(|| number.clone()), number)
}

/// Lines are `USER-OR-NUMBER:FIRST:COUNT`.
fn lines(file: &str) -> impl Iterator<Item = (&str, u64, u64)> {
    file.lines().filter_map(|line| {
        let mut fields = line.split(':');
        Some((fields.next()?, fields.next()?.parse().ok()?, fields.next()?.trim().parse().ok()?))
    })
}

fn has_range(file: &str, (name, number): &(String, String)) -> bool {
    lines(file).any(|(owner, _, count)| (owner == name || owner == number) && count >= NUMBERS)
}

/// The command that gives a range behind everybody else's.
fn mending(user: &str, uids: &str, gids: &str) -> String {
    let behind = lines(uids).chain(lines(gids)).map(|(_, first, count)| first.saturating_add(count)).max();
    let first = behind.unwrap_or(0).max(FIRST_NUMBER);
    let last = first + NUMBERS - 1;
    format!("sudo usermod --add-subuids {first}-{last} --add-subgids {first}-{last} {user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_given_behind_everybody_elses() {
        let command = mending("ann", "bob:100000:65536\n", "bob:100000:65536\neve:300000:65536\n");
        assert_eq!(command, "sudo usermod --add-subuids 365536-431071 --add-subgids 365536-431071 ann");
        assert!(mending("ann", "", "").contains("100000-165535"));
    }

    #[test]
    fn a_range_may_be_of_a_name_or_a_number_and_must_be_large() {
        let ann = ("ann".to_owned(), "1001".to_owned());
        assert!(has_range("ann:100000:65536\n", &ann));
        assert!(has_range("# a word\n1001:100000:65536\n", &ann));
        assert!(!has_range("ann:100000:1000\n", &ann));
        assert!(!has_range("anna:100000:65536\n", &ann));
    }
}
