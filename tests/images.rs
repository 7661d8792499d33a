//! The guests' images: what is built is found, what is not whole is not
//! believed.
//!
//! Told of a recipe whose scripts only pretend, so that it is quick and needs no
//! mirror; `images_from_packages` has the real ones.

mod support;

use std::{
    fs,
    os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use bpflab::image::{self, Image, Missing, Recipe};
use rustix::process::{Pid, Signal, kill_process};
use support::{
    PATIENCE,
    command::{Ran, bpflab, to_end},
    course::Course,
    folder,
    images::{names, summary},
    within,
};

/// Pretends: every script notes its name and arguments in `calls`, and does
/// what the files beside it say.
struct Pretence {
    folder: tempfile::TempDir,
}

const RECIPE: &str = r#"
[root]
suite = "stable"
packages = ["sh"]
[modules]
boot = ["erofs"]
more = []
[[kernel]]
name = "1.0"
suites = ["old"]
package = "linux"
default = true
[[kernel]]
name = "2.x"
suites = ["stable", "next"]
package = "linux"
"#;

const LISTS: &str = r#"here=${0%/*}; echo "lists $1" >>"$here/calls"
[ ! -e "$here/$1.status" ] || exit "$(cat "$here/$1.status")"
mkdir -p "$2""#;

const NEWEST: &str = r#"here=${0%/*}; echo "$3 $(cat "$here/version")""#;

const KERNEL: &str = r#"here=${0%/*}; echo "kernel $5" >>"$here/calls"; mkdir "$2"
head -c 50000 /dev/zero >"$2/vmlinuz"
while [ -e "$here/hold" ]; do sleep 0.05; done
if [ -e "$here/fail" ]; then echo "it broke" >&2; exit 1; fi
echo "$5" >"$2/modules.cpio"; echo "$5-cloud" >"$2/release"; echo "$3 $5" >"$2/packages""#;

const ROOT: &str = r#"here=${0%/*}; echo "root $5: $4" >>"$here/calls"; mkdir "$2"
head -c 90000 /dev/zero >"$2/root.erofs"; echo "sh 1" >"$2/packages""#;

impl Pretence {
    fn new() -> Self {
        let own = Self { folder: folder() };
        let scripts = [("lists", LISTS), ("newest", NEWEST), ("kernel", KERNEL), ("root", ROOT)];
        for (name, text) in scripts.into_iter().chain([("apt", ""), ("finish", "")]) {
            own.write(&format!("{name}.sh"), text);
        }
        own.write("leak.c", "");
        own.write("shape.c", "");
        own.write("kernels.toml", RECIPE);
        own.write("version", "7.1");
        own.write("calls", "");
        own
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file of the recipe");
    }

    fn forget(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("a file of the recipe");
    }

    fn data(&self) -> PathBuf {
        self.path("made")
    }

    fn images(&self) -> PathBuf {
        self.data().join("images")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = bpflab(&[&["images"], words].concat());
        if !words.contains(&"--format") {
            command.args(["--format", "json"]);
        }
        command.arg("--data").arg(self.data()).env("BPFLAB_VM_IMAGES", self.folder.path());
        command
    }

    fn build(&self, words: &[&str]) -> Ran {
        to_end(&mut self.command(words))
    }

    /// Builds, and it must go well.
    fn built(&self, words: &[&str]) -> Vec<String> {
        let ran = self.build(words);
        assert_eq!(ran.status, 0, "{ran:?}");
        names(&summary(&ran), "built")
    }

    fn find(&self, kernel: &str) -> Result<Image, Missing> {
        let recipe = Recipe::read(self.folder.path()).expect("a recipe");
        let kernel = recipe.kernels().iter().find(|own| own.name == kernel).expect("a kernel");
        image::find(&self.data(), kernel)
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path("calls")).expect("calls");
        calls.lines().map(str::to_owned).collect()
    }

    fn count(&self, call: &str) -> usize {
        self.calls().iter().filter(|own| own.starts_with(call)).count()
    }
}

/// Changes a byte in the middle, and puts the times back as they were.
fn flip(path: &Path) {
    let before = fs::metadata(path).expect("a file");
    let file = fs::File::options().write(true).open(path).expect("a file");
    file.write_all_at(b"!", before.len() / 2).expect("a byte");
    file.set_modified(before.modified().expect("a time")).expect("a time");
}

#[test]
fn what_is_built_is_found_and_a_second_build_does_nothing() {
    let own = Pretence::new();
    assert_eq!(own.find("1.0"), Err(Missing::NotBuilt));
    assert_eq!(own.built(&[]), ["1.0", "2.x", "root"]);
    let (old, new) = (own.find("1.0").expect("an image"), own.find("2.x").expect("an image"));
    assert_eq!((old.release.as_str(), &old.root), ("7.1-cloud", &new.root));
    assert!(old.vmlinuz.is_file() && old.modules.is_file() && old.root.is_file());
    // Each list once, though two images are of one suite.
    assert_eq!((own.count("lists"), own.count("lists stable")), (3, 1), "{:?}", own.calls());
    let calls = own.calls().len();
    assert!(own.built(&[]).is_empty());
    assert_eq!(own.calls().len(), calls);
    let left: Vec<_> = fs::read_dir(own.images()).expect("images").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left.len(), 4, "three images and the lock: {left:?}");
}

#[test]
fn an_extra_is_built_only_where_it_is_named_and_is_another_root() {
    let own = Pretence::new();
    own.write("kernels.toml", &format!("{RECIPE}[extra.big]\npackages = [\"more\"]\nfiles = [\"own\"]\n"));
    own.write("extra-big.sh", "");
    own.write("own", "");
    assert_eq!(own.built(&[]), ["1.0", "2.x", "root"]);
    let find = || {
        let recipe = Recipe::read(own.folder.path()).expect("a recipe");
        image::find_with(&own.data(), &recipe.kernels()[0], recipe.extra("big").expect("the extra"))
    };
    assert_eq!(find(), Err(Missing::NotBuilt));
    assert_eq!(own.built(&["--extra", "big"]), ["big"]);
    assert_eq!(own.calls().last().map(String::as_str), Some("root big: sh more"));
    let (plain, extra) = (own.find("1.0").expect("an image"), find().expect("an image"));
    assert_eq!((extra.vmlinuz, extra.name.as_str()), (plain.vmlinuz, "1.0+big"));
    assert!(extra.root != plain.root && extra.root.is_file());
    own.write("own", "changed");
    assert_eq!(find(), Err(Missing::NotBuilt), "what its script reads is an input");
    let ran = own.build(&["--extra", "small"]);
    assert_eq!((ran.status, ran.stderr.contains("there is: big")), (2, true), "{ran:?}");
}

#[test]
fn a_damaged_image_is_never_returned_and_is_built_again() {
    let own = Pretence::new();
    own.built(&[]);
    let image = own.find("1.0").expect("an image");
    let home = image.vmlinuz.parent().expect("a folder").to_owned();
    let damages: [(&str, &dyn Fn()); 6] = [
        ("vmlinuz", &|| flip(&image.vmlinuz)),
        ("modules.cpio", &|| fs::write(&image.modules, "").expect("cut short")),
        ("vmlinuz", &|| fs::remove_file(&image.vmlinuz).expect("gone")),
        ("manifest.json", &|| fs::remove_file(home.join("manifest.json")).expect("gone")),
        ("manifest.json", &|| fs::write(home.join("manifest.json"), "{\"files\":").expect("half")),
        ("root.erofs", &|| flip(&image.root)),
    ];
    for (file, damage) in damages {
        damage();
        match own.find("1.0") {
            Err(Missing::Damaged { file: found }) => assert!(found.ends_with(file), "{found}, not {file}"),
            other => panic!("{file}: {other:?}"),
        }
        let rebuilt = own.built(&[]);
        assert_eq!(rebuilt, [if file == "root.erofs" { "root" } else { "1.0" }], "{file}");
        assert_eq!(own.find("1.0").as_ref(), Ok(&image), "the same inputs give the same image");
    }
}

#[test]
fn a_stamp_spares_the_reading_only_while_nothing_changed() {
    let own = Pretence::new();
    own.built(&[]);
    let image = own.find("1.0").expect("an image");
    let stamp = image.vmlinuz.with_file_name("stamp");
    let of_stamp = || fs::metadata(&stamp).expect("a stamp").ino();
    let before = of_stamp();
    own.find("1.0").expect("an image");
    assert_eq!(of_stamp(), before, "nothing changed: nothing is read and noted anew");
    fs::set_permissions(&image.vmlinuz, fs::Permissions::from_mode(0o600)).expect("permissions");
    own.find("1.0").expect("the same bytes");
    assert_ne!(of_stamp(), before, "something changed: all was read again");
    // A stamp of other files is no help.
    let theirs = own.find("2.x").expect("an image").vmlinuz.with_file_name("stamp");
    fs::copy(theirs, &stamp).expect("a copy");
    flip(&image.vmlinuz);
    assert!(matches!(own.find("1.0"), Err(Missing::Damaged { .. })));
}

#[test]
fn a_killed_build_leaves_nothing_that_is_taken_for_an_image() {
    let own = Pretence::new();
    own.write("hold", "");
    let mut killed = own.command(&["--kernel", "1.0"]).stdout(Stdio::null()).spawn().expect("the binary");
    within(PATIENCE, || (own.count("kernel") == 1).then_some(())).expect("it is at the kernel");
    let workshop = fs::read_to_string(own.images().join(".work")).expect("a note");
    assert!(Path::new(&workshop).is_dir());
    let pid = Pid::from_raw(killed.id().cast_signed()).expect("a pid");
    kill_process(pid, Signal::KILL).expect("it is ours");
    killed.wait().expect("it ended");
    assert_eq!(own.find("1.0"), Err(Missing::NotBuilt));
    // Its script lives on, and is waited for rather than raced with.
    let next = own.command(&["--format", "text"]).stdout(Stdio::piped()).spawn().expect("the binary");
    std::thread::sleep(Duration::from_millis(300)); // long enough to go wrong in
    assert_eq!(own.count("kernel"), 1, "{:?}", own.calls());
    own.forget("hold");
    let said = String::from_utf8(next.wait_with_output().expect("it ends").stdout).expect("UTF-8");
    assert!(said.starts_with("Another build is under way"), "{said}");
    own.find("1.0").expect("an image");
    assert!(!Path::new(&workshop).exists(), "{workshop} stayed");
    assert!(!own.images().join(".new").exists() && !own.images().join(".work").exists());
}

#[test]
fn two_builders_take_turns_and_the_second_finds_all_done() {
    let own = Pretence::new();
    own.write("hold", "");
    let first = own.command(&[]).stdout(Stdio::piped()).spawn().expect("the binary");
    within(PATIENCE, || (own.count("kernel") >= 1).then_some(())).expect("it is at a kernel");
    let second = own.command(&[]).stdout(Stdio::piped()).spawn().expect("the binary");
    own.forget("hold");
    for builder in [first, second] {
        assert!(builder.wait_with_output().expect("it ends").status.success());
    }
    assert_eq!((own.count("kernel"), own.count("root")), (2, 1), "{:?}", own.calls());
}

#[test]
fn a_suite_that_left_the_mirror_turns_its_kernel_off_and_no_other() {
    let own = Pretence::new();
    own.write("old.status", "3");
    own.write("next.status", "3"); // the other suite of 2.x is still there
    let ran = own.build(&[]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(
        (names(&summary(&ran), "built"), names(&summary(&ran), "off")),
        (vec!["2.x".to_owned(), "root".to_owned()], vec!["1.0".to_owned()])
    );
    match own.find("1.0") {
        Err(Missing::Off { why }) => {
            let says = why.say(bpflab::say::Lang::En);
            assert!(says.contains("1.0") && says.contains("old"), "{says}");
        }
        other => panic!("{other:?}"),
    }
    own.find("2.x").expect("an image");
    let calls = own.calls().len();
    assert!(own.built(&[]).is_empty());
    assert_eq!(own.calls().len(), calls, "it is not looked for each time");
    own.forget("old.status");
    assert_eq!(own.built(&["--kernel", "1.0"]), ["1.0"], "by name it is tried again");
    own.find("1.0").expect("an image");
}

#[test]
fn a_mirror_that_does_not_answer_proves_nothing() {
    let own = Pretence::new();
    own.write("old.status", "5");
    let ran = own.build(&[]);
    assert_eq!((ran.status, names(&summary(&ran), "failed")), (69, vec!["1.0".to_owned()]), "{ran:?}");
    assert_eq!(own.find("1.0"), Err(Missing::NotBuilt));
    own.find("2.x").expect("the others are built");

    let own = Pretence::new();
    own.write("old.status", "3");
    own.write("stable.status", "3");
    own.write("next.status", "3"); // no suite at all: this is no mirror of Debian
    let ran = own.build(&[]);
    assert_eq!(ran.status, 69, "{ran:?}");
    assert_eq!(own.find("1.0"), Err(Missing::NotBuilt));
    for suite in ["old", "stable", "next"] {
        own.forget(&format!("{suite}.status"));
    }
    assert_eq!(own.built(&[]).len(), 3, "and is forgotten with the next");
}

#[test]
fn a_step_that_fails_says_what_the_tool_said_and_stops_no_other() {
    let own = Pretence::new();
    own.write("fail", "");
    let ran = own.build(&["--format", "text"]);
    assert_eq!(ran.status, 69, "{ran:?}");
    assert!(ran.stdout.contains("kernel.sh failed.\n    it broke"), "{}", ran.stdout);
    assert_eq!(own.find("1.0"), Err(Missing::NotBuilt));
    own.forget("fail");
    assert_eq!(own.built(&[]), ["1.0", "2.x"], "the root was made");
}

#[test]
fn newer_kernels_are_built_when_asked_for() {
    let own = Pretence::new();
    own.built(&[]);
    let before = own.find("1.0").expect("an image");
    assert!(own.built(&["--newer"]).is_empty(), "there is none");
    own.write("version", "7.2");
    assert!(own.built(&[]).is_empty(), "nobody asked");
    assert_eq!(own.built(&["--newer", "--unproved", "--kernel", "1.0"]), ["1.0"]);
    let after = own.find("1.0").expect("an image");
    assert_eq!(after.release, "7.2-cloud");
    assert_ne!(after.key, before.key, "a snapshot of the old one must not be taken for the new one's");
}

#[test]
fn a_newer_kernel_on_which_lessons_fail_is_not_taken() {
    let own = Pretence::new();
    own.built(&[]);
    let before = own.find("1.0").expect("an image");
    own.write("version", "7.2");
    let course = Course::new();
    course.copy("020-hello", "020-hello");
    let lessons = course.path().display().to_string();
    // What these scripts build is no kernel, so no lesson passes on it.
    let ran = own.build(&["--newer", "--kernel", "1.0", "--lessons", &lessons]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.stderr.contains("was not taken") && ran.stderr.contains("--unproved"), "{ran:?}");
    assert_eq!(own.find("1.0").expect("an image"), before);
    assert!(!own.data().join("newer").exists(), "what was tried is gone");
}

#[test]
fn a_full_disk_is_said_in_a_sentence() {
    if !support::can_use_kernel() {
        return; // mounting takes root
    }
    let own = Pretence::new();
    fs::create_dir(own.data()).expect("a folder");
    let mount = |words: &[&str]| {
        let done = Command::new(words[0]).args(&words[1..]).arg(own.data()).status().expect("mount");
        assert!(done.success(), "{words:?}");
    };
    mount(&["mount", "-t", "tmpfs", "-o", "size=1m", "none"]);
    let ran = own.build(&[]);
    mount(&["umount"]);
    assert_eq!(ran.status, 69, "{ran:?}");
    let folder = own.images().display().to_string();
    assert!(ran.stderr.contains(&folder) && ran.stderr.contains("MiB"), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn wrong_words_and_wrong_recipes_are_said() {
    let own = Pretence::new();
    let ran = own.build(&["--kernel", "3.0"]);
    assert!(ran.status == 2 && ran.stderr.contains("2.x"), "{ran:?}");
    for (wrong, word) in [("\"sh\"", "\"a b\""), ("\"old\"", "\"../old\""), ("default = true", "")] {
        own.write("kernels.toml", &RECIPE.replace(wrong, word));
        let ran = own.build(&[]);
        assert!(ran.status == 69 && ran.stderr.contains("recipe"), "{ran:?}");
    }
    let ran = to_end(own.command(&[]).env("BPFLAB_VM_IMAGES", "/nowhere"));
    assert!(ran.status == 69 && ran.stderr.contains("/nowhere"), "{ran:?}");
}
