//! The guests' images from Debian's packages: an ordinary user builds them, and
//! nobody says where the packages came from.
//!
//! Needs the machine's mirror. What a guest does with an image is told elsewhere.

mod support;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
    process::{Command, Stdio},
};

use bpflab::image::{self, Image, Recipe};
use serde_json::Value;
use support::{
    BPFLAB,
    command::{Ran, bpflab, to_end},
    course::Course,
    folder,
    guests::{self, DEFAULT, Data, can_use_guests},
    images::{names, summary},
    root,
};

#[test]
fn no_address_is_written_down_or_said() {
    let with_host = regex::Regex::new(r"[a-z]+://[A-Za-z0-9]|\bdeb\.").expect("a pattern");
    for entry in fs::read_dir(root().join("vm-images")).expect("the recipe").flatten() {
        let text = fs::read_to_string(entry.path()).expect("text");
        let line = text.lines().find(|line| with_host.is_match(line));
        assert_eq!(line, None, "{}", entry.path().display());
    }
    // A mirror that is not there: nothing listens on the port named discard.
    let data = folder();
    let mut command = bpflab(&["images", "--kernel", "6.1"]);
    command.arg("--data").arg(data.path()).env("BPFLAB_VM_IMAGES", root().join("vm-images"));
    let ran = to_end(command.env("BPFLAB_MIRROR", "http://127.0.0.1:9/hidden"));
    assert_eq!(ran.status, 69, "{ran:?}");
    let said = ran.stdout + &ran.stderr;
    assert!(said.contains("BPFLAB_MIRROR") && said.contains("Connection refused"), "{said}");
    assert!(!said.contains("hidden") && !said.contains("127.0.0.1"), "{said}");
}

/// A user whom the test makes; gone on drop.
struct User {
    name: String,
}

impl User {
    fn new() -> Self {
        let name = format!("lab-test-{}", std::process::id());
        run(Command::new("useradd").args(["--system", "--no-create-home", "--shell", "/bin/sh", &name]));
        Self { name }
    }

    /// Runs the binary, which lies where this user can reach it, as nobody else.
    fn images(&self, home: &Path) -> Ran {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", &self.name, "--regid", &self.name, "--clear-groups", "--"]);
        command
            .arg(home.join("bpflab"))
            .args(["images", "--lang", "en", "--kernel", "6.1", "--extra", "all", "--format", "json"]);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.arg("--data").arg(home.join("data")).current_dir(home).stdin(Stdio::null());
        to_end(command.env_clear().env("PATH", path))
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _ = Command::new("userdel").arg(&self.name).stderr(Stdio::null()).status();
    }
}

fn run(command: &mut Command) {
    let output = command.output().expect("a program");
    assert!(output.status.success(), "{command:?}: {output:?}");
}

#[test]
fn a_newer_kernel_is_taken_once_every_lesson_passes_on_it() {
    if !can_use_guests() {
        return;
    }
    let data = Data::with_copied_images(DEFAULT);
    let recipe = Recipe::read(&root().join("vm-images")).expect("a recipe");
    let kernel = recipe.kernels().iter().find(|kernel| kernel.name == DEFAULT).expect("a default");
    // As if it had been built from a package that is older than the mirror's.
    let manifest =
        image::find(data.path(), kernel).expect("an image").vmlinuz.with_file_name("manifest.json");
    let versions = || -> BTreeMap<String, Value> {
        let said: Value = serde_json::from_slice(&fs::read(&manifest).expect("a manifest")).expect("JSON");
        serde_json::from_value(said["packages"].clone()).expect("packages")
    };
    let text = fs::read_to_string(&manifest).expect("a manifest");
    let aged = versions().values().filter_map(Value::as_str).fold(text, |text, one| text.replace(one, "0"));
    fs::write(&manifest, aged).expect("a manifest");
    assert!(versions().values().all(|version| version == "0"));
    let course = Course::new();
    course.copy("020-hello", "020-hello");
    let lessons = course.path().display().to_string();
    let mut command =
        guests::command(&data, &["images", "--newer", "--kernel", DEFAULT, "--lessons", &lessons]);
    let ran = to_end(command.env("BPFLAB_VM_IMAGES", root().join("vm-images")));
    assert_eq!(ran.status, 0, "{ran:?}");
    let proved = ran.stdout.find("2 runs as they should be").expect("a check");
    assert!(proved > ran.stdout.find("Linux 6.1").unwrap_or(0), "built, then proved: {ran:?}");
    assert!(versions().values().all(|version| version != "0"), "{:?}", versions());
    image::find(data.path(), kernel).expect("an image");
    assert!(!data.path().join("newer").exists(), "what was tried is gone");
}

#[test]
fn an_ordinary_user_builds_a_kernel_the_root_and_an_extra() {
    if !support::can_use_kernel() {
        return; // making a user takes root
    }
    let home = folder();
    let home = home.path();
    let recipe = home.join("vm-images");
    run(Command::new("cp").arg("-r").arg(root().join("vm-images")).arg(&recipe));
    run(Command::new("cp").arg(BPFLAB).arg(home.join("bpflab")));
    let user = User::new();
    let data = home.join("data");
    fs::create_dir(&data).expect("a folder");
    // As closed as a home is.
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).expect("permissions");
    run(Command::new("chown").arg(&user.name).arg(&data));

    // Without numbers of its own it is told the command, and the command mends it.
    let ran = user.images(home);
    assert_eq!(ran.status, 69, "{ran:?}");
    let (_, command) = ran.stderr.trim().split_once(": sudo ").expect("a command");
    let (program, words) = command.split_once(' ').expect("words");
    assert_eq!(program, "usermod");
    run(Command::new(program).args(words.split(' ')));
    let ran = user.images(home);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(names(&summary(&ran), "built"), ["6.1", "jvm", "root"]);

    let recipe = Recipe::read(&recipe).expect("a recipe");
    let kernel = recipe.kernels().iter().find(|kernel| kernel.default).expect("a default");
    let image = image::find(&data, kernel).expect("an image");
    assert!(image.release.starts_with("6.1."), "{}", image.release);
    modules_are_in_order(&image);
    the_root_is_what_guests_need(&image, home);
    let extra = recipe.extra("jvm").expect("an extra");
    the_extra_has_a_java_that_runs(&image::find_with(&data, kernel, extra).expect("an image"), home);
}

/// Said by the machine in it, of the program that its build compiled.
fn the_extra_has_a_java_that_runs(image: &Image, home: &Path) {
    let tree = home.join("extra");
    let extract = format!("--extract={}", tree.display());
    run(Command::new("fsck.erofs").arg(extract).arg("--preserve").arg(&image.root));
    let java = ["/usr/bin/java", "-Xint", "-cp", "/usr/local/lib/lab", "Garbage", "throw", "1"];
    let script = "mount -t proc proc \"$1/proc\"; exec chroot \"$@\"";
    let words = ["--mount", "sh", "-c", script, "sh", &tree.display().to_string()].map(str::to_owned);
    let said = Command::new("unshare").args(words).args(java).output().expect("unshare");
    assert!(String::from_utf8_lossy(&said.stdout).contains("did: throw 1"), "{said:?}");
    let size = fs::metadata(&image.root).expect("the root").len();
    assert!(size < 250 << 20, "{size} bytes");
}

/// Every name in the list is in the archive, unpacked, and the list is as long as the archive.
fn modules_are_in_order(image: &Image) {
    let archive = fs::read(&image.modules).expect("an archive");
    let files = newc(&archive);
    let load = String::from_utf8(files["modules/load"].to_vec()).expect("names");
    let names: Vec<&str> = load.lines().collect();
    for name in &names {
        let module = files[&format!("modules/{name}")];
        assert!(module.starts_with(b"\x7fELF"), "{name} is packed");
    }
    // The folder, the list, the kernel's options.
    assert!(files["modules/config"].windows(13).any(|line| line == b"CONFIG_BPF=y\n"), "options");
    assert_eq!(names.len() + 3, files.len(), "{names:?}");
    let place = |name: &str| names.iter().position(|own| *own == name).unwrap_or_else(|| panic!("no {name}"));
    assert!(place("virtio.ko") < place("virtio_ring.ko") && place("virtio_ring.ko") < place("virtio_blk.ko"));
    assert!(place("overlay.ko") < place("veth.ko"), "what mounting needs comes first");
}

/// Files of a newc archive: a header of hexadecimal fields, name and content padded to four bytes.
fn newc(archive: &[u8]) -> BTreeMap<String, &[u8]> {
    let mut files = BTreeMap::new();
    let mut at = 0;
    loop {
        let field = |number: usize| {
            let text = std::str::from_utf8(&archive[at + 6 + number * 8..][..8]).expect("digits");
            usize::from_str_radix(text, 16).expect("a number")
        };
        assert_eq!(&archive[at..at + 6], b"070701");
        let (size, name_size) = (field(6), field(11));
        let name = String::from_utf8(archive[at + 110..][..name_size - 1].to_vec()).expect("a name");
        let content = (at + 110 + name_size).next_multiple_of(4);
        at = (content + size).next_multiple_of(4);
        if name == "TRAILER!!!" {
            return files;
        }
        files.insert(name, &archive[content..][..size]);
    }
}

fn the_root_is_what_guests_need(image: &Image, home: &Path) {
    let tree = home.join("tree");
    let extract = format!("--extract={}", tree.display());
    run(Command::new("fsck.erofs").arg(extract).arg("--preserve").arg(&image.root));
    for program in ["bash", "python3", "curl", "openssl", "ss", "bpftool", "ps", "mount", "ping", "socat"] {
        let there = ["usr/bin", "usr/sbin"].iter().any(|folder| tree.join(folder).join(program).exists());
        assert!(there, "{program}");
    }
    let text = |name: &str| fs::read_to_string(tree.join(name)).expect("a file of the root");
    let learner = "learner:*:6451308:6451308:learner:/home/learner:/bin/bash";
    assert!(text("etc/passwd").lines().any(|line| line == learner));
    let stimulus = fs::read_to_string(root().join("bpf/src/stimulus.rs")).expect("the worker");
    assert!(stimulus.contains("0x0062_706c"), "the number is {}", 0x0062_706c);
    assert_eq!(text("etc/hostname"), "bpflab\n");
    let of = |name: &str| fs::metadata(tree.join(name)).expect("a file of the root");
    assert_eq!(
        (of("bin/bash").uid(), of("var/mail").gid()),
        (0, 8),
        "owners are the root's, not the builder's"
    );
    assert_eq!(of("home/learner").mode() & 0o7777, 0o1777);
    for gone in ["etc/apt", "etc/resolv.conf", "usr/share/man", "var/lib/apt"] {
        assert!(!tree.join(gone).exists(), "{gone}");
    }
    for empty in ["proc", "sys", "dev", "run", "tmp", "scratch", "lib/modules"] {
        let mut within = fs::read_dir(tree.join(empty)).expect("a place to mount on");
        assert!(within.next().is_none(), "{empty} is not empty");
    }
    let size = fs::metadata(&image.root).expect("the root").len();
    assert!(size < 100 << 20, "{size} bytes are too many for a first start");
}
