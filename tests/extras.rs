//! What some lessons' guests have besides: it is in the guest that wants it and
//! in no other, and where it is not built one sentence says what builds it.
//!
//! Needs the images of `bpflab images --extra all`, as `make test` builds them.

mod support;

use std::process::Command;

use support::{
    command::to_end,
    course::{Course, change},
    folder,
    guests::{
        self, DEFAULT, Data, all_of, can_use_extra, can_use_guests, passed, refusal, run_and_hear, solve,
        with_extra,
    },
    lessons, program, root,
    server::{self, Server},
    socket::Socket,
};

const JVM: &str = "jvm";

#[test]
fn the_extra_is_in_the_guest_that_wants_it_and_in_no_other() {
    if !can_use_guests() || !can_use_extra(JVM) {
        return;
    }
    let quiet = program::quiet(&program::fresh_name());
    let ask = "ls -d /usr/lib/jvm/*/lib/server/libjvm.so; ls /usr/local/lib/lab; uname -r";
    let words = ["--stimulus", ask, "--at-most", "60s"];
    let (ran, story) = run_and_hear(DEFAULT, &quiet, &[&words[..], &["--extra", JVM]].concat());
    assert_eq!(ran.status, 0, "{story:?}");
    let with = story.printed();
    assert!(with.contains("/libjvm.so") && with.contains("Garbage.class"), "{with}");
    let (_, story) = run_and_hear(DEFAULT, &quiet, &words);
    let without = story.printed();
    assert!(!without.contains("jvm/java") && !without.contains("Garbage"), "{without}");
    assert_eq!(with.lines().last(), without.lines().last(), "it is the same kernel");
}

#[test]
fn the_library_has_the_marks_that_the_lesson_shows() {
    if !can_use_guests() || !can_use_extra(JVM) {
        return;
    }
    let home = folder();
    let tree = home.path().join("tree");
    let mut extract = Command::new("fsck.erofs");
    extract.arg(format!("--extract={}", tree.display())).arg(with_extra(JVM).expect("an image").root);
    assert_eq!(to_end(&mut extract).status, 0);
    let library = tree.join("usr/lib/jvm/java-21-openjdk-amd64/lib/server/libjvm.so");
    let notes = to_end(Command::new("readelf").arg("-n").arg(library)).stdout;
    let lines: Vec<&str> = notes.lines().map(str::trim).collect();
    // Where they lie and in which registers is each build's own.
    for (mark, arguments) in [("gc__begin", 1), ("mem__pool__gc__begin", 8)] {
        let at = lines.iter().position(|line| *line == format!("Name: {mark}")).expect("the mark");
        assert!(lines[at + 1].ends_with("Semaphore: 0x0000000000000000"), "{}", lines[at + 1]);
        let words = lines[at + 2].strip_prefix("Arguments: ").expect("arguments");
        assert_eq!(words.split(' ').count(), arguments, "{mark}: {words}");
    }
}

#[test]
fn a_librarys_mark_on_a_kernel_that_cannot_tell_it_is_explained() {
    if !can_use_guests() || !can_use_extra(JVM) {
        return;
    }
    let solution = root().join("lessons/255-jvmgc/solution.bpf.c");
    let source = std::fs::read_to_string(solution).expect("the solution");
    let (ran, story) = run_and_hear("5.10", &source, &["--extra", JVM]);
    assert_eq!((ran.status, story.outcome()), (1, "attach_failed"), "{story:?}");
    let says = story.says("no-cookie");
    assert!(says.contains("hotspot:gc__begin") && says.contains("since 5.15"), "{says}");
}

#[test]
fn a_run_that_wants_what_is_not_built_says_what_builds_it() {
    if !can_use_guests() {
        return;
    }
    let data = Data::with_copied_images(DEFAULT);
    let quiet = program::quiet(&program::fresh_name());
    let (ran, story) = run_and_hear(DEFAULT, &quiet, &["--extra", JVM, "--data", &data.word()]);
    let said = refusal(&ran, &story);
    assert!(said.contains("bpflab images --extra jvm"), "{said}");
    let (ran, story) = run_and_hear(DEFAULT, &quiet, &["--extra", "jvn", "--data", &data.word()]);
    let said = refusal(&ran, &story);
    assert!(said.contains("\"jvn\"") && said.contains("there is: jvm"), "{said}");
}

#[tokio::test]
async fn an_extra_that_is_built_while_the_server_runs_is_found() {
    if !can_use_guests() || !can_use_extra(JVM) {
        return;
    }
    let data = Data::with_copied_images(DEFAULT);
    let doctor = || to_end(&mut guests::command(&data, &["doctor"])).stdout;
    assert!(doctor().contains("bpflab images --extra jvm"), "{}", doctor());
    let words = ["--warm-memory", "0", "--data", &data.word()];
    let server = Server::of(&mut server::command(&lessons(), &words));
    let mut socket = Socket::open(&server).await;
    solve(&mut socket, "255-jvmgc", "jvmgc", DEFAULT).await;
    let refused = all_of(&mut socket, 1).await;
    assert!(format!("{refused:?}").contains("bpflab images --extra jvm"), "{refused:?}");
    data.add_extra(JVM);
    assert!(doctor().contains("Guests can have jvm"), "{}", doctor());
    solve(&mut socket, "255-jvmgc", "jvmgc", DEFAULT).await;
    passed(&all_of(&mut socket, 1).await);
}

#[test]
fn a_lesson_that_names_an_unknown_extra_is_refused_before_it_runs() {
    let course = Course::new();
    let folder = course.copy("255-jvmgc", "255-jvmgc");
    change(&folder.join("lesson.toml"), "extra = \"jvm\"", "extra = \"jvn\"");
    let lessons = course.path().display().to_string();
    let data = Data::new();
    let ran = to_end(&mut guests::command(&data, &["check", "--lint", "--lessons", &lessons]));
    assert_eq!(ran.status, 1, "{ran:?}");
    let said = ran.stdout + &ran.stderr;
    assert!(said.contains("255-jvmgc/lesson.toml:") && said.contains("there is: jvm"), "{said}");
}
