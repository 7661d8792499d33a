//! Lessons that are taken home: the download as a browser asks for it, and
//! what a learner then types. Does not know what is in the archive.

use std::{io::Read as _, path::Path, process::Command};

use flate2::read::GzDecoder;

use super::{http, http::Answer, screen::Screen, server::Server, skipped};

/// What the form of a lesson's page sends for this text.
pub(crate) fn form(source: &str) -> String {
    let letters = source.replace('\n', "\r\n").bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    format!("source={letters}")
}

/// Asks for a lesson with this text, as anyone may.
pub(crate) fn ask(server: &Server, path: &str, headers: &[(&str, &str)], form: &str) -> (Answer, Vec<u8>) {
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let headers = [headers, &[kind]].concat();
    http::hear(server.address, &http::request(server.address, "POST", path, &headers, form.as_bytes()))
}

/// The lesson's archive.
pub(crate) fn download(server: &Server, slug: &str, source: &str) -> Vec<u8> {
    let (answer, body) = ask(server, &format!("/lessons/{slug}/home"), &[], &form(source));
    assert_eq!(answer.status, 200, "{slug}: {}", String::from_utf8_lossy(&body));
    assert_eq!(answer.header("content-type"), "application/gzip");
    let disposition = answer.header("content-disposition");
    assert_eq!(disposition, format!("attachment; filename=\"{slug}.tar.gz\""));
    body
}

/// Name, mode and text of each file.
pub(crate) fn files(archive: &[u8]) -> Vec<(String, u32, String)> {
    let mut archive = tar::Archive::new(GzDecoder::new(archive));
    let entries = archive.entries().expect("an archive");
    let file = |entry: std::io::Result<tar::Entry<'_, _>>| {
        let mut entry = entry.expect("a file of it");
        assert!(entry.header().entry_type().is_file());
        let name = entry.path().expect("a name").display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("text");
        (name, entry.header().mode().expect("a mode"), text)
    };
    entries.map(file).collect()
}

/// Whether this machine has what a loader is built with.
#[must_use]
pub(crate) fn can_build() -> bool {
    let packages = ["/usr/include/bpf/libbpf.h", "/usr/sbin/bpftool", "/usr/include/libelf.h"];
    packages.iter().all(|file| Path::new(file).exists())
        || skipped("needs libbpf-dev, bpftool and libelf-dev (make setup-test)")
}

/// The types of the guest that a screen shows, as its own bpftool writes them.
pub(crate) async fn types(screen: &mut Screen) -> Vec<u8> {
    screen.ask("bpftool btf dump file /sys/kernel/btf/vmlinux format c >/tmp/vmlinux.h").await;
    screen.get("/tmp/vmlinux.h").await
}

/// `make` in a lesson's folder, for a machine without libbpf; `Err` is what it said.
pub(crate) fn make(folder: &Path, types: &Path) -> Result<(), String> {
    let clang = Path::new("/usr/bin").join("clang");
    let clang = if clang.exists() { "clang".to_owned() } else { newest_clang() };
    let output = Command::new("make")
        .args(["-s", "STATIC=1", "CFLAGS=-O1 -Wall -Wextra -Wno-unused-parameter -Werror"])
        .args([format!("VMLINUX={}", types.display()), format!("CLANG={clang}")])
        .current_dir(folder)
        .output()
        .expect("make starts");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The newest of those with a version in their names.
fn newest_clang() -> String {
    let there = |version: &u32| Path::new(&format!("/usr/bin/clang-{version}")).exists();
    let version = (14..40).rev().find(there).expect("a compiler (make setup)");
    format!("clang-{version}")
}
