//! Nothing outlives its run: `kill -9` of the server, the command, the keeper
//! and the loader, at every stage, and one second to be gone without a trace.
//!
//! One test at a time: the second is counted.

mod support;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use support::{
    ONE_SECOND, PATIENCE, can_use_kernel,
    command::{self, Source},
    course::Course,
    eventually, machine,
    program::{self, fresh_name},
    server::{self, Server},
    socket::Socket,
    within,
};

fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn kill(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("a pid");
    kill_process(pid, Signal::KILL).expect("the process is ours");
}

/// What is about to lose its parent, and all that it may leave.
struct Scene {
    temporary: tempfile::TempDir,
    data: Option<PathBuf>,
    before: BTreeSet<String>,
    /// Names of programs, and a word in the stimulus's command lines.
    name: String,
    family: Vec<u32>,
    keepers: Vec<u32>,
}

impl Scene {
    fn new() -> Self {
        Self {
            temporary: support::folder(),
            data: None,
            before: machine::temporary_files().into_iter().collect(),
            name: fresh_name(),
            family: Vec::new(),
            keepers: Vec::new(),
        }
    }

    /// A server whose temporary files are its own.
    fn server(&self, lessons: &Path) -> Server {
        Server::of(server::command(lessons, &[]).env("TMPDIR", self.temporary.path()))
    }

    /// Remembers everything below a process.
    fn remember(&mut self, of: u32) {
        let family = machine::descendants(of);
        let keeps = |process: &&machine::Process| process.words.get(1).is_some_and(|word| word == "keep");
        self.keepers.extend(family.iter().filter(keeps).map(|process| process.pid));
        self.family.extend(family.iter().map(|process| process.pid));
        self.family.push(of);
    }

    /// What is still there.
    fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        match machine::programs_named(&self.name) {
            0 => {}
            count => left.push(format!("{count} programs")),
        }
        let all = machine::processes();
        let ours =
            |process: &&machine::Process| self.family.contains(&process.pid) || process.mentions(&self.name);
        left.extend(all.iter().filter(ours).map(|process| format!("{process:?}")));
        let instances = machine::instances();
        let ours = self.keepers.iter().filter(|keeper| instances.contains(keeper));
        left.extend(ours.map(|keeper| format!("the instance of {keeper}")));
        left.extend(machine::names_in(self.temporary.path()));
        left.extend(machine::temporary_files().into_iter().filter(|file| !self.before.contains(file)));
        let data = self.data.iter().flat_map(|data| machine::names_in(&data.join("headers")));
        left.extend(data.filter(|name| name.starts_with('.')));
        left
    }

    /// Within the second that the issue gives.
    fn nothing_is_left(&self, when: &str) {
        let clean = within(ONE_SECOND, || self.left().is_empty().then_some(()));
        assert!(clean.is_some(), "{when}: one second later there is {:#?}", self.left());
    }
}

/// Ignores what asks it to end, and has children that left its session.
fn stubborn(name: &str) -> String {
    format!(
        "trap '' TERM INT HUP QUIT\n\
         setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done; : {name}' >/dev/null 2>&1 &\n\
         (setsid sh -c '(while :; do sleep 1; done; : {name}) & exit' >/dev/null 2>&1 &)\n\
         while :; do sleep 1; done; : {name}"
    )
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "each test has a runtime of its own")]
async fn a_server_killed_while_observing_leaves_nothing() {
    if !can_use_kernel() {
        return;
    }
    let _alone = alone();
    let mut scene = Scene::new();
    let course = Course::new().stimulus("stubborn", &stubborn(&scene.name));
    let mut server = scene.server(course.path());
    let mut socket = Socket::open(&server).await;
    socket.run_with(&program::quiet(&scene.name), json!({"lesson": "stubborn"})).await;
    socket.until("observing").await;
    eventually("the stimulus's children", || {
        let children = machine::processes().into_iter().filter(|process| process.mentions(&scene.name));
        (children.count() >= 3).then_some(())
    });
    scene.remember(server.pid());
    assert!(!scene.left().is_empty() && scene.keepers.len() == 1);
    server.kill();
    scene.nothing_is_left("observing");
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "each test has a runtime of its own")]
async fn a_server_killed_while_runs_wait_leaves_nothing_and_disturbs_no_other() {
    if !can_use_kernel() {
        return;
    }
    let _alone = alone();
    let mut scene = Scene::new();
    let other = Server::start();
    let mut runs = Socket::open(&other).await;
    let run = runs.run(&program::quiet(&fresh_name())).await;
    runs.until("observing").await;
    // One waits for the other server's, one for the first.
    let mut server = scene.server(&support::lessons());
    let (mut first, mut second) = (Socket::open(&server).await, Socket::open(&server).await);
    first.run(&program::quiet(&scene.name)).await;
    first.until("queued").await;
    second.run(&program::quiet(&scene.name)).await;
    second.until("queued").await;
    eventually("a keeper that waits", || {
        let below = machine::descendants(server.pid());
        below.into_iter().find(|process| process.words.get(1).is_some_and(|word| word == "keep"))
    });
    scene.remember(server.pid());
    server.kill();
    scene.nothing_is_left("queued");
    runs.stop(&run).await;
    assert_eq!(runs.rest().await.outcome(), "cancelled");
    runs.works().await;
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "each test has a runtime of its own")]
async fn a_server_killed_while_compiling_leaves_nothing() {
    if !can_use_kernel() {
        return;
    }
    let _alone = alone();
    let mut scene = Scene::new();
    let mut server = scene.server(&support::lessons());
    let mut socket = Socket::open(&server).await;
    let header: String = (1..40).map(|n| format!("#define A{n} A{} A{}\n", n - 1, n - 1)).collect();
    let files = json!({"test.bpf.c": "#include \"bomb.h\"\nint x = 0 A39;\n", "bomb.h": format!("#define A0 +1\n{header}")});
    socket.run_with("", json!({"files": files})).await;
    socket.until("started").await;
    eventually("a clang that works", || {
        let below = machine::descendants(server.pid());
        below.into_iter().find(|process| process.mentions("/src/bomb.h") || process.mentions("-I/src"))
    });
    scene.remember(server.pid());
    server.kill();
    scene.nothing_is_left("compiling");
}

#[test]
fn a_server_killed_while_it_makes_its_headers_leaves_nothing() {
    if !can_use_kernel() {
        return;
    }
    let _alone = alone();
    let mut scene = Scene::new();
    let folder = support::folder();
    scene.data = Some(folder.path().to_owned());
    let data = folder.path().display().to_string();
    let mut command = server::command(&support::lessons(), &["--data", &data]);
    let (mut child, _lines, _log) = Server::spawn(command.env("TMPDIR", scene.temporary.path()));
    let begun = folder.path().join("headers");
    let headers = eventually("headers on their way", || machine::names_in(&begun).into_iter().next());
    scene.remember(child.id());
    child.kill().expect("the server is ours");
    child.wait().expect("a child");
    scene.nothing_is_left("making headers");
    let names = machine::names_in(&begun.join(&headers));
    assert!(
        !names.contains(&"vmlinux.h.pch".to_owned()),
        "what was begun does not pass for whole: {names:?}"
    );
    // The next one finishes what was begun.
    let (status, story) = command::run(&program::once(&fresh_name()), &["--data", &data, "--for", "300ms"]);
    assert_eq!((status, story.traced()), (0, vec!["hello"]), "the next run works");
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "each test has a runtime of its own")]
async fn a_server_killed_at_any_moment_leaves_nothing() {
    if !can_use_kernel() {
        return;
    }
    let _alone = alone();
    for ms in [2, 20, 50, 80, 110, 150, 220] {
        let mut scene = Scene::new();
        let course = Course::new().stimulus("stubborn", &stubborn(&scene.name));
        let mut server = scene.server(course.path());
        let mut socket = Socket::open(&server).await;
        socket.run_with(&program::quiet(&scene.name), json!({"lesson": "stubborn"})).await;
        // Not to wait for something: the moment itself is what is tried.
        std::thread::sleep(std::time::Duration::from_millis(ms));
        scene.remember(server.pid());
        server.kill();
        scene.nothing_is_left(&format!("after {ms} ms"));
    }
    let (status, story) = command::run(&program::once(&fresh_name()), &["--for", "300ms"]);
    assert_eq!((status, story.traced()), (0, vec!["hello"]), "the next run works");
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "each test has a runtime of its own")]
async fn a_loader_that_dies_is_told_and_the_next_run_works() {
    if !can_use_kernel() {
        return;
    }
    let _alone = alone();
    let mut scene = Scene::new();
    let course = Course::new().stimulus("stubborn", &stubborn(&scene.name));
    let server = scene.server(course.path());
    let mut socket = Socket::open(&server).await;
    socket.run_with(&program::quiet(&scene.name), json!({"lesson": "stubborn"})).await;
    socket.until("observing").await;
    let (keeper, loader) = machine::worker(server.pid()).expect("a keeper and a loader");
    scene.remember(keeper);
    kill(loader);
    let rest = socket.rest().await;
    assert_eq!(rest.outcome(), "worker_died");
    scene.nothing_is_left("the loader died");
    socket.works().await;
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "each test has a runtime of its own")]
async fn what_a_dead_keeper_leaves_detaches_at_once_and_is_swept_by_the_next_run() {
    if !can_use_kernel() {
        return;
    }
    let _alone = alone();
    let mut scene = Scene::new();
    let course = Course::new().stimulus("stubborn", &stubborn(&scene.name));
    let server = scene.server(course.path());
    let mut socket = Socket::open(&server).await;
    socket.run_with(&program::quiet(&scene.name), json!({"lesson": "stubborn"})).await;
    socket.until("observing").await;
    let (keeper, loader) = machine::worker(server.pid()).expect("a keeper and a loader");
    scene.remember(keeper);
    kill(keeper);
    assert_eq!(socket.rest().await.outcome(), "worker_died");
    let detached = within(ONE_SECOND, || {
        (machine::programs_named(&scene.name) == 0 && !machine::lives(loader)).then_some(())
    });
    assert!(detached.is_some(), "a program stays attached: {:?}", scene.left());
    socket.works().await;
    // The next run's start has swept the instance and ended the stimulus.
    scene.nothing_is_left("after the next run");
}

#[test]
fn a_command_that_is_killed_leaves_nothing() {
    if !can_use_kernel() {
        return;
    }
    let _alone = alone();
    let mut scene = Scene::new();
    let source = Source::new(&program::quiet(&scene.name));
    let stimulus = stubborn(&scene.name);
    let mut command: Command = source.command(&["--for", "5m", "--stimulus", &stimulus]);
    command.env("TMPDIR", scene.temporary.path());
    let (mut child, lines, _log) = Server::spawn(&mut command);
    while !lines.recv_timeout(PATIENCE).expect("a line").contains("\"observing\"") {}
    scene.remember(child.id());
    assert_eq!(machine::programs_named(&scene.name), 1);
    child.kill().expect("the command is ours");
    child.wait().expect("a child");
    scene.nothing_is_left("a killed command");
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "each test has a runtime of its own")]
async fn a_server_that_is_asked_to_end_tells_its_watchers_and_leaves_nothing() {
    if !can_use_kernel() {
        return;
    }
    let _alone = alone();
    let mut scene = Scene::new();
    let course = Course::new().stimulus("stubborn", &stubborn(&scene.name));
    let mut server = scene.server(course.path());
    let mut socket = Socket::open(&server).await;
    socket.run_with(&program::quiet(&scene.name), json!({"lesson": "stubborn"})).await;
    socket.until("observing").await;
    scene.remember(server.pid());
    let ended = tokio::task::spawn_blocking(move || server.end());
    while socket.next().await.is_some() {}
    assert_eq!(ended.await.expect("an end"), Some(0));
    scene.nothing_is_left("after SIGTERM");
}
