//! Guests under test: which there are, servers for them, folders that damage
//! can be done in, and eyes on what QEMU leaves.
//!
//! Knows the data folder's layout; does not know how a guest is made.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use bpflab::{
    compile::data_folder,
    image::{self, Image, Missing, Recipe},
    say::Lang,
};
use serde_json::{Value, json};

use super::{
    command::{self, Ran, Source, bpflab, to_end},
    folder, lessons,
    machine::{self, Process},
    root,
    server::{self, Server},
    skipped,
    socket::Socket,
    story::{Story, is_end},
    within,
};

/// As `kernels.toml` names them.
pub(crate) const KERNELS: [&str; 4] = ["5.10", "6.1", "6.12", "7.x"];

/// Where a run goes that names no kernel.
pub(crate) const DEFAULT: &str = "6.1";

const QEMU: &str = "/usr/bin/qemu-system-x86_64";

/// Whether this machine has QEMU and an image of every kernel. Where it has
/// not, the test is skipped and says why; with `CI` set that is a failure.
#[must_use]
pub(crate) fn can_use_guests() -> bool {
    if !Path::new(QEMU).is_file() {
        return skipped("needs QEMU (make setup)");
    }
    let recipe = Recipe::read(&root().join("vm-images")).expect("the recipe");
    let names: Vec<&str> = recipe.kernels().iter().map(|kernel| kernel.name.as_str()).collect();
    assert_eq!(names, KERNELS, "the tests know the kernels");
    for kernel in recipe.kernels() {
        if let Err(why) = image::find(&data_folder(), kernel) {
            return skipped(&why.sentence(&kernel.name).say(Lang::En));
        }
    }
    true
}

/// Whether the root with this extra is there besides.
#[must_use]
pub(crate) fn can_use_extra(name: &str) -> bool {
    match with_extra(name) {
        Ok(_) => true,
        Err(_) => skipped(&format!("needs what `bpflab images --extra {name}` builds")),
    }
}

/// The default kernel's image with an extra.
pub(crate) fn with_extra(name: &str) -> Result<Image, Missing> {
    let recipe = Recipe::read(&root().join("vm-images")).expect("the recipe");
    let kernel = recipe.kernels().iter().find(|kernel| kernel.name == DEFAULT).expect("a default");
    image::find_with(&data_folder(), kernel, recipe.extra(name).expect("an extra of the recipe"))
}

/// A server that keeps no guest warm and has made every kernel ready, so that
/// the machine is this test's, and its guests are this test's runs.
pub(crate) fn server() -> Server {
    with_lessons(&lessons())
}

/// The same with lessons of a test.
pub(crate) fn with_lessons(lessons: &Path) -> Server {
    let server = ready(Server::of(&mut server::command(lessons, &["--warm-memory", "0"])));
    // A kernel that is new is also asked what it can do.
    let quiet = within(FIRST_USE, || qemus(server.pid()).is_empty().then_some(()));
    assert!(quiet.is_some(), "guests that nobody asked for");
    server
}

/// Waits until a server has made every kernel ready.
pub(crate) fn ready(server: Server) -> Server {
    let is_ready = |line: &str, kernel: &str| {
        line.starts_with(&format!("bpflab: {kernel} ")) && line.contains(" is ready")
    };
    let all = within(FIRST_USE, || {
        let log = server.log();
        KERNELS.iter().all(|kernel| log.lines().any(|line| is_ready(line, kernel))).then_some(())
    });
    assert!(all.is_some(), "not every kernel is made ready:\n{}", server.log());
    server
}

/// What four kernels may take at their first use, one after the other, on a
/// machine that is busy.
const FIRST_USE: Duration = Duration::from_secs(300);

/// Every QEMU below a process.
pub(crate) fn qemus(of: u32) -> Vec<Process> {
    let is_qemu = |process: &Process| process.words.first().is_some_and(|word| word == QEMU);
    machine::descendants(of).into_iter().filter(is_qemu).collect()
}

/// `bpflab run` of a source on a guest: its exit status and story.
pub(crate) fn run(kernel: &str, source: &str, words: &[&str]) -> (i32, Story) {
    let (ran, story) = run_and_hear(kernel, source, words);
    (ran.status, story)
}

/// The same, with what was said on standard error.
pub(crate) fn run_and_hear(kernel: &str, source: &str, words: &[&str]) -> (Ran, Story) {
    let source = Source::new(source);
    let path = source.path.display().to_string();
    let mut command = bpflab(&["run", &path, "--kernel", kernel, "--format", "json"]);
    command.args(words);
    // What ends by itself may take its time where other tests work too.
    if words.contains(&"--stimulus") && !words.contains(&"--at-most") && !words.contains(&"--for") {
        command.args(["--at-most", "60s"]);
    }
    let ran = to_end(&mut command);
    assert!(!ran.stdout.is_empty(), "a run says something: {ran:?}");
    let story = Story::parse(&ran.stdout);
    story.check_numbers();
    (ran, story)
}

/// What a shell command prints in a guest, as a stimulus.
pub(crate) fn shell(kernel: &str, stimulus: &str) -> String {
    let quiet = super::program::quiet(&super::program::fresh_name());
    let (status, story) = run(kernel, &quiet, &["--stimulus", stimulus]);
    assert_eq!(status, 0, "{story:?}");
    story.printed()
}

/// What a run on several kernels says, to the last of them.
pub(crate) async fn all_of(socket: &mut Socket, kernels: usize) -> Story {
    let mut story = Story::default();
    let mut ends = 0;
    while let Some(object) = socket.next().await {
        ends += usize::from(is_end(&object));
        story.0.push(object);
        if ends == kernels {
            return story;
        }
    }
    panic!("{ends} of {kernels} ended before the connection closed:\n{story:?}");
}

/// A run of a real lesson's solution on one kernel.
pub(crate) async fn solve(socket: &mut Socket, folder: &str, slug: &str, kernel: &str) -> String {
    solve_with(socket, folder, slug, kernel, false).await
}

/// The same, with a terminal beside it or without.
pub(crate) async fn solve_with(
    socket: &mut Socket,
    folder: &str,
    slug: &str,
    kernel: &str,
    terminal: bool,
) -> String {
    let solution = fs::read_to_string(lessons().join(folder).join("solution.bpf.c")).expect("a solution");
    let more = json!({"files": {"solution.bpf.c": solution}, "kernels": [kernel], "lesson": slug, "terminal": terminal});
    socket.run_with("", more).await
}

/// That the story is of a lesson that was passed.
pub(crate) fn passed(story: &Story) {
    let checks: Vec<&Value> = story.of("check").collect();
    assert!(!checks.is_empty() && checks.iter().all(|check| check["passed"] == true), "{story:?}");
}

/// A data folder of a test's own, with the real images and, if wanted, a copy
/// of one kernel's snapshot; goes on drop.
pub(crate) struct Data(tempfile::TempDir);

impl Data {
    /// With the real images, and nothing else.
    pub(crate) fn new() -> Self {
        let own = Self(folder());
        own.link_images();
        own
    }

    fn link_images(&self) {
        std::os::unix::fs::symlink(data_folder().join("images"), self.path().join("images")).expect("a link");
    }

    /// With copies of one kernel's image and of the root, to be damaged.
    pub(crate) fn with_copied_images(kernel: &str) -> Self {
        let own = Self(folder());
        let images = own.path().join("images");
        fs::create_dir(&images).expect("a folder");
        for name in machine::names_in(&data_folder().join("images")) {
            if name.starts_with("root-") || name.starts_with(&format!("kernel-{kernel}-")) {
                copy(&data_folder().join("images").join(&name), &images.join(&name));
            }
        }
        own
    }

    /// Puts a copy of an extra's image there, at once as whoever builds one does.
    pub(crate) fn add_extra(&self, name: &str) {
        let root = with_extra(name).expect("an image").root;
        let from = root.parent().expect("its folder");
        let (beside, to) = (self.path().join("copied"), self.path().join("images"));
        copy(from, &beside);
        fs::rename(&beside, to.join(from.file_name().expect("a name"))).expect("moved");
    }

    /// A copy of another's snapshot of a kernel.
    pub(crate) fn copy_snapshot(&self, from: &Self, kernel: &str) -> PathBuf {
        let snapshot = from.snapshot(kernel).expect("there is one to copy");
        let to = self.path().join("snapshots").join(snapshot.file_name().expect("a name"));
        fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        copy(&snapshot, &to);
        to
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn word(&self) -> String {
        self.path().display().to_string()
    }

    /// The folder of a kernel's snapshot.
    pub(crate) fn snapshot(&self, kernel: &str) -> Option<PathBuf> {
        let snapshots = self.path().join("snapshots");
        let name =
            machine::names_in(&snapshots).into_iter().find(|name| name.starts_with(&format!("{kernel}-")))?;
        Some(snapshots.join(name))
    }

    /// A run of a quiet program there.
    pub(crate) fn run(&self, kernel: &str) -> (Ran, Story) {
        let quiet = super::program::quiet(&super::program::fresh_name());
        run_and_hear(kernel, &quiet, &["--data", &self.word(), "--for", "300ms"])
    }
}

/// A folder with its files, holes included.
fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").args(["--archive", "--sparse=always"]).arg(from).arg(to).status();
    assert!(done.expect("cp starts").success(), "{} is not copied", from.display());
}

/// What a story says when a kernel is not to be had: its only sentence.
pub(crate) fn refusal(ran: &Ran, story: &Story) -> String {
    assert_eq!(ran.status, 69, "{ran:?}");
    let said = story.one("unavailable")["message"].as_str().expect("a sentence").to_owned();
    assert!(said.ends_with('.') && !said.contains('\n'), "one sentence: {said}");
    said
}

/// How much longer than its limit a run may take, where nothing runs beside.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// How long the last step of a story took: observing, or where it never got
/// to that, attaching.
pub(crate) fn observed(story: &Story) -> Duration {
    let at = |kind: &str| story.one(kind)["at"].as_f64().expect("milliseconds");
    let began = if story.has_no("observing") { "loaded" } else { "observing" };
    Duration::from_secs_f64((at("ended") - at(began)) / 1e3)
}

/// `bpflab` with a data folder.
pub(crate) fn command(data: &Data, words: &[&str]) -> Command {
    let mut command = command::bpflab(words);
    command.args(["--data", &data.word()]);
    command
}
