//! What an image's folder should hold, and whether it does.
//!
//! Knows files and sums; does not know what they are for. The stamp beside the
//! manifest remembers what the system said of the files when they were last
//! read in full, so that looking again costs no reading.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

const MANIFEST: &str = "manifest.json";
const STAMP: &str = "stamp";

/// More than a manifest ever has; a damaged one is not read without end.
const MOST_BYTES: u64 = 1 << 20;

/// Of one image.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    /// `uname -r` of a kernel; the suite of a root.
    pub(super) release: String,
    /// What is in it: package to version.
    pub(super) packages: BTreeMap<String, String>,
    files: BTreeMap<String, Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    bytes: u64,
    sha256: String,
}

/// Writes the manifest of `files` in `folder`, and gets all of it onto the disk.
pub(super) fn write(folder: &Path, release: &str, files: &[&str]) -> io::Result<()> {
    let packages = fs::read_to_string(folder.join("packages"))?;
    let packages: BTreeMap<&str, &str> = packages.lines().filter_map(|line| line.split_once(' ')).collect();
    let mut entries = BTreeMap::new();
    for name in files {
        let path = folder.join(name);
        // QEMU reads it as another user, whatever this one's umask is.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
        let file = File::open(&path)?;
        entries.insert(*name, serde_json::json!({ "bytes": file.metadata()?.len(), "sha256": sum(&path)? }));
        file.sync_all()?;
    }
    let text = serde_json::json!({ "release": release, "packages": packages, "files": entries });
    let path = folder.join(MANIFEST);
    fs::write(&path, format!("{text:#}\n"))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    File::open(&path)?.sync_all()?;
    File::open(folder)?.sync_all()
}

/// The manifest and its text if `folder` holds `files` and each is as it was
/// written, else the name of the first that is not.
pub(super) fn check(folder: &Path, files: &[&str]) -> Result<(Manifest, String), String> {
    let bad = || MANIFEST.to_owned();
    let mut text = String::new();
    let manifest = File::open(folder.join(MANIFEST)).map_err(|_| bad())?;
    manifest.take(MOST_BYTES).read_to_string(&mut text).map_err(|_| bad())?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|_| bad())?;
    if let Some(name) = files.iter().find(|name| !manifest.files.contains_key(**name)) {
        return Err((*name).to_owned());
    }
    let stamp = stamp(folder, &text, &manifest)?;
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|seen| seen == stamp) {
        return Ok((manifest, text));
    }
    for (name, entry) in &manifest.files {
        if !sum(&folder.join(name)).is_ok_and(|sum| sum == entry.sha256) {
            return Err(name.clone());
        }
    }
    if let Err(error) = remember(folder, &stamp) {
        // Whoever only reads here reads all of it again next time.
        tracing::debug!(folder = %folder.display(), %error, "no stamp");
    }
    Ok((manifest, text))
}

/// What the system says of the files. Their sizes are compared on the way.
fn stamp(folder: &Path, text: &str, manifest: &Manifest) -> Result<String, String> {
    let mut stamp = format!("{}\n", hex(&Sha256::digest(text)));
    for (name, entry) in &manifest.files {
        let seen = fs::symlink_metadata(folder.join(name)).map_err(|_| name.clone())?;
        if !seen.is_file() || seen.len() != entry.bytes {
            return Err(name.clone());
        }
        let (device, inode, size) = (seen.dev(), seen.ino(), seen.len());
        // Writing to a String does not fail.
        let _ = writeln!(stamp, "{name} {device} {inode} {size} {}.{:09}", seen.ctime(), seen.ctime_nsec());
    }
    Ok(stamp)
}

/// Whole or not at all: two may look at once.
fn remember(folder: &Path, stamp: &str) -> io::Result<()> {
    // Whoever may read the image may trust its stamp.
    let mode = fs::Permissions::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(folder)?;
    io::Write::write_all(&mut file, stamp.as_bytes())?;
    file.persist(folder.join(STAMP)).map_err(|error| error.error)?;
    Ok(())
}

fn sum(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 256 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&piece[..read]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
