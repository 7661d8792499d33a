//! What becomes of snapshots and images that are not whole, and of a disk that
//! is too small: one sentence, or made anew, and never used as they are.

mod support;

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use bpflab::compile::data_folder;
use rustix::process::getuid;
use support::{
    command::{Ran, Source, bpflab, to_end},
    guests::{self, DEFAULT, Data, can_use_guests, refusal},
    machine,
    program::{self, fresh_name},
    skipped,
    story::Story,
};

/// Turns bits of a file over, at a place that is no hole.
fn damage(file: &Path) {
    let file = OpenOptions::new().read(true).write(true).open(file).expect("a file");
    let at = rustix::fs::seek(&file, rustix::fs::SeekFrom::Data(0)).expect("something is in it");
    let mut bytes = [0; 64];
    let got = file.read_at(&mut bytes, at).expect("bytes");
    bytes.iter_mut().for_each(|byte| *byte = !*byte);
    file.write_all_at(&bytes[..got], at).expect("damage");
}

fn halve(file: &Path) {
    let file = File::options().write(true).open(file).expect("a file");
    file.set_len(file.metadata().expect("a length").len() / 2).expect("a shorter file");
}

#[test]
fn a_damaged_snapshot_is_made_anew_and_never_used() {
    if !can_use_guests() {
        return;
    }
    let whole = Data::new();
    let (first, _) = whole.run(DEFAULT);
    assert_eq!(first.status, 0, "{first:?}");
    type Harm = fn(&Path);
    let harms: [(&str, Harm); 6] = [
        ("memory", damage),
        ("memory", halve),
        ("state", damage),
        ("state", halve),
        ("manifest.json", |file| fs::write(file, "{\"release\":").expect("half a manifest")),
        ("manifest.json", |file| fs::remove_file(file).expect("no manifest")),
    ];
    for (name, harm) in harms {
        let data = Data::new();
        let snapshot = data.copy_snapshot(&whole, DEFAULT);
        harm(&snapshot.join(name));
        let (ran, story) = data.run(DEFAULT);
        assert_eq!((ran.status, story.outcome()), (0, "completed"), "{name}: {ran:?}");
        assert!(!story.has_no("preparing"), "{name}: it is made anew\n{story:?}");
        let (_, again) = data.run(DEFAULT);
        assert!(again.of("preparing").all(|step| step["step"] != "boot"), "{name}: once\n{again:?}");
    }
}

#[test]
fn a_snapshot_that_qemu_does_not_understand_is_made_anew() {
    if !can_use_guests() {
        return;
    }
    let data = Data::new();
    assert_eq!(data.run(DEFAULT).0.status, 0);
    // As another QEMU might have written it: whole, and of no use to this one.
    let snapshot = data.snapshot(DEFAULT).expect("a snapshot");
    let garbage = vec![0x5a; 100_000];
    fs::write(snapshot.join("state"), &garbage).expect("a state");
    let manifest = fs::read_to_string(snapshot.join("manifest.json")).expect("a manifest");
    let mut manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let sum = Command::new("sha256sum").arg(snapshot.join("state")).output().expect("sha256sum");
    manifest["state"] = String::from_utf8_lossy(&sum.stdout[..64]).into();
    fs::write(snapshot.join("manifest.json"), manifest.to_string()).expect("a manifest");
    let (ran, story) = data.run(DEFAULT);
    if ran.status != 0 {
        // Making it anew took longer than a run waits for its place, and ended with the command.
        let said = refusal(&ran, &story);
        assert!(said.contains("Run it again"), "{said}");
        let (ran, story) = data.run(DEFAULT);
        assert_eq!((ran.status, story.outcome()), (0, "completed"), "{ran:?}");
    }
    let (ran, again) = data.run(DEFAULT);
    assert_eq!((ran.status, again.outcome()), (0, "completed"), "{ran:?}");
    assert_ne!(fs::read(snapshot.join("state")).expect("a state"), garbage, "it is made anew");
    assert!(again.of("preparing").all(|step| step["step"] != "boot"), "once: {again:?}");
}

#[test]
fn an_image_that_is_not_whole_is_refused_with_the_command_that_mends_it() {
    if !can_use_guests() {
        return;
    }
    type Harm = fn(&Path);
    let harms: [(&str, &str, Harm); 5] = [
        ("kernel-", "vmlinuz", halve),
        ("kernel-", "modules.cpio", damage),
        ("kernel-", "manifest.json", |file| fs::write(file, "{").expect("half a manifest")),
        ("root-", "root.erofs", damage),
        ("root-", "root.erofs", |file| fs::remove_file(file).expect("no root")),
    ];
    for (folder, name, harm) in harms {
        let data = Data::with_copied_images(DEFAULT);
        let images = data.path().join("images");
        // Other checkouts may have theirs beside.
        let harmed = machine::names_in(&images).into_iter().filter(|own| own.starts_with(folder));
        harmed.for_each(|own| harm(&images.join(own).join(name)));
        let (ran, story) = data.run(DEFAULT);
        let said = refusal(&ran, &story);
        assert!(said.contains("make images") && said.contains(name), "{name}: {said}");
        assert!(data.snapshot(DEFAULT).is_none());
    }
    let data = Data::with_copied_images("no such kernel");
    let (ran, story) = data.run(DEFAULT);
    let said = refusal(&ran, &story);
    assert!(said.contains("make images"), "{said}");
}

/// A small disk of its own; goes on drop.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn new(place: &'a Path, size: &str) -> Self {
        let options = format!("size={size},mode=755");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(place).status();
        assert!(done.expect("mount starts").success());
        Self(place)
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // Nothing else can be done.
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[test]
fn too_small_a_disk_is_told_in_one_sentence() {
    if !can_use_guests() {
        return;
    }
    if !getuid().is_root() && !skipped("needs root, to mount a small disk") {
        return;
    }
    // Room for nothing; for headers and no snapshot; for half of one.
    for size in ["64k", "24m", "80m"] {
        let data = Data::new();
        let place = data.path().join("small");
        fs::create_dir(&place).expect("a folder");
        let _disk = SmallDisk::new(&place, size);
        std::os::unix::fs::symlink(data_folder().join("images"), place.join("images")).expect("a link");
        let quiet = program::quiet(&fresh_name());
        let (ran, story) = guests::run_and_hear(
            DEFAULT,
            &quiet,
            &["--data", &place.display().to_string(), "--for", "300ms"],
        );
        let said = refusal(&ran, &story);
        assert!(said.contains("disk is full") || said.contains("No space left"), "{size}: {said}");
        let names = machine::names_in(&place.join("snapshots"));
        assert!(
            !names.iter().any(|name| name.starts_with(".making")),
            "{size}: half a snapshot stays: {names:?}"
        );
    }
}

#[test]
fn a_disk_that_fills_up_under_a_guest_is_the_guest_s_own_error() {
    if !can_use_guests() || (!getuid().is_root() && !skipped("needs root, to mount a small disk")) {
        return;
    }
    // All that is made once is there; the scratch disk of 64 MiB lies on this one.
    let place = support::folder();
    let _disk = SmallDisk::new(place.path(), "8m");
    for name in machine::names_in(&data_folder()).into_iter().filter(|name| !name.starts_with('.')) {
        std::os::unix::fs::symlink(data_folder().join(&name), place.path().join(&name)).expect("a link");
    }
    let fill = "dd if=/dev/zero of=/dev/vdb bs=1M oflag=direct && echo it took all; echo went on";
    let quiet = program::quiet(&fresh_name());
    let place = place.path().display().to_string();
    let (status, story) = guests::run(DEFAULT, &quiet, &["--data", &place, "--stimulus", fill]);
    assert_eq!((status, story.outcome()), (0, "completed"), "{story:?}");
    let said = story.printed();
    let failed = said.contains("Input/output error") || said.contains("No space left");
    assert!(failed && said.contains("went on") && !said.contains("it took all"), "{said}");
}

/// A run in a place that `prepare`, a shell's lines, makes around it: in mounts
/// of its own, so that nobody else sees them.
fn run_where(prepare: &str, words: &[&str]) -> (Ran, Story) {
    let quiet = program::quiet(&fresh_name());
    let source = Source::new(&quiet);
    let mut inner = bpflab(&["run", &source.path.display().to_string(), "--kernel", DEFAULT]);
    inner.args(["--format", "json", "--for", "300ms"]).args(words);
    let mut outer = Command::new("unshare");
    outer.args(["--mount", "sh", "-c", &format!("set -e\n{prepare}\nexec \"$@\""), "sh"]);
    outer.arg(inner.get_program()).args(inner.get_args()).env("RUST_LOG", "error");
    let ran = to_end(&mut outer);
    assert!(!ran.stdout.is_empty(), "{ran:?}");
    let story = Story::parse(&ran.stdout);
    (ran, story)
}

/// What it says when it is refused.
fn refused_where(prepare: &str) -> String {
    let (ran, story) = run_where(prepare, &[]);
    refusal(&ran, &story)
}

/// Whether a run had to boot its kernel first.
fn boots(story: &Story) -> bool {
    story.of("preparing").any(|step| step["step"] == "boot")
}

#[test]
fn another_qemu_reads_no_snapshot_of_this_one() {
    if !can_use_guests() || (!getuid().is_root() && !skipped("needs root, to put another QEMU there")) {
        return;
    }
    let data = Data::new();
    assert_eq!(data.run(DEFAULT).1.outcome(), "completed");
    let snapshots = || machine::names_in(&data.path().join("snapshots"));
    let before = snapshots();
    // It works as this one does, and nobody can know that from outside.
    let another = "mount -t tmpfs none /mnt\ncp /usr/bin/qemu-system-x86_64 /mnt/qemu\n\
                   echo >>/mnt/qemu\nmount --bind /mnt/qemu /usr/bin/qemu-system-x86_64";
    let (_, first) = run_where(another, &["--data", &data.word()]);
    assert!(boots(&first), "its own is made: {first:?}");
    let (_, second) = run_where(another, &["--data", &data.word()]);
    assert_eq!((second.outcome(), boots(&second)), ("completed", false), "{second:?}");
    assert!(snapshots().iter().any(|name| !name.starts_with('.') && !before.contains(name)), "{before:?}");
}

#[test]
fn kvm_is_used_where_a_guest_boots_under_it_and_not_where_there_is_a_file() {
    if !can_use_guests() || (!getuid().is_root() && !skipped("needs root, to open KVM to QEMU")) {
        return;
    }
    // What else is made once is there; only the answer is wanted anew.
    let place = support::folder();
    for name in machine::names_in(&data_folder()).into_iter().filter(|name| name != "kvm") {
        std::os::unix::fs::symlink(data_folder().join(&name), place.path().join(&name)).expect("a link");
    }
    let open = "mount -t tmpfs none /mnt\ncp -a /dev/. /mnt/ 2>/dev/null || true\nrm -f /mnt/kvm\n\
                mknod -m 666 /mnt/kvm c 10 232\nmount --bind /mnt /dev";
    let word = place.path().display().to_string();
    let (_, first) = run_where(open, &["--data", &word]);
    assert_eq!(first.outcome(), "completed", "{first:?}");
    let kept = place.path().join("kvm");
    let when = || fs::metadata(&kept).and_then(|facts| facts.modified()).expect("an answer is kept");
    let (found, answer) = (when(), fs::read_to_string(&kept).expect("text"));
    let answer = answer.trim().split_once(' ').expect("of this boot of the machine").1.to_owned();
    let accelerator = match answer.as_str() {
        "boots" => "kvm",
        "hangs" => "tcg",
        other => panic!("{other} is no answer"),
    };
    let (_, second) = run_where(open, &["--data", &word]);
    assert_eq!((second.outcome(), when()), ("completed", found), "it is tried once: {second:?}");
    assert_eq!(second.one("placed")["accelerator"], accelerator, "KVM {answer}");
}

#[test]
fn a_machine_without_qemu_is_told_what_installs_it() {
    if !can_use_guests() || (!getuid().is_root() && !skipped("needs root, to hide QEMU")) {
        return;
    }
    let said = refused_where(
        "mount -t tmpfs none /mnt\nmkdir /mnt/upper /mnt/work\n\
         mount -t overlay -o lowerdir=/usr/bin,upperdir=/mnt/upper,workdir=/mnt/work none /usr/bin\n\
         rm /usr/bin/qemu-system-x86_64",
    );
    assert!(said.contains("QEMU is not installed") && said.contains("make setup"), "{said}");
}

/// A cgroup with little memory; removed on drop, once nothing is in it.
struct Tight(PathBuf);

impl Tight {
    fn new(bytes: u64) -> Self {
        let own = fs::read_to_string("/proc/self/cgroup").expect("cgroups");
        let name = fresh_name();
        let below = |mount: &str, line: &str| {
            let path = own.lines().find_map(|one| one.split_once(line))?.1;
            Some(Path::new(mount).join(path.trim_start_matches('/')).join(&name))
        };
        let first = below("/sys/fs/cgroup/memory", ":memory:");
        let (folder, limit) = match first {
            Some(folder) => (folder, "memory.limit_in_bytes"),
            None => (Path::new("/sys/fs/cgroup").join(&name), "memory.max"),
        };
        fs::create_dir(&folder).expect("a cgroup");
        fs::write(folder.join(limit), bytes.to_string()).expect("a limit");
        Self(folder)
    }
}

impl Drop for Tight {
    fn drop(&mut self) {
        // The last process in it may be going still; what stays in the end is empty.
        for _ in 0..50 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn too_little_memory_is_told_with_what_is_left() {
    if !can_use_guests() || (!getuid().is_root() && !skipped("needs root, to make a cgroup")) {
        return;
    }
    let tight = Tight::new(300 << 20);
    let said = refused_where(&format!("echo $$ >{}/cgroup.procs", tight.0.display()));
    let takes = format!("a guest may take {}", bpflab::backend::RUN_COST >> 20);
    assert!(said.contains("MiB of memory left") && said.contains(&takes), "{said}");
}
