//! Lessons that are taken home: what the download holds, and that every
//! solution builds with Debian's packages and runs where no lab is.

mod support;

use std::{
    fs,
    path::Path,
    process::Command,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use bpflab::{
    kernel::Version,
    lesson::{Course, Lesson},
};
use bpflab_worker::Target;
use support::{
    folder,
    guests::{self, DEFAULT, can_use_extra, can_use_guests},
    home::{self, ask, can_build, download, files, form, make},
    lessons,
    program::{self, fresh_name},
    screen::Screen,
    server::Server,
};

/// What the folder of any lesson has besides the program.
const FILES: [&str; 8] =
    ["main.c", "Makefile", "README.md", "home.h", "setup.c", "attach.c", "show.c", "older.h"];

/// What a loader is given, what is done when it is attached, and what it then
/// prints. Of the others it is enough that they attach everything and end well.
/// `$$` is the shell that does it.
const SEEN: &[(&str, &str, &str, &str)] = &[
    ("hello", "", "/bin/true", "hello from process"),
    (
        "program-types",
        "target=$$ port=20001",
        "echo x >/dev/udp/127.0.0.1/20001",
        "socket: 2 bytes for port 20001",
    ),
    ("libbpf-minimal", "my_pid=$$", "echo x >/dev/null", "writes = 1"),
    ("helloworld", "target=$$", "echo x >/dev/null", "write by process"),
    // So long a word goes through a file, which the shell itself removes.
    ("kprobe-unlink", "target=$$", "read x <<<$(printf %70000s x)", "unlink "),
    ("fentry-unlink", "target=$$", "read x <<<$(printf %70000s x)", "unlink "),
    ("opensnoop", "target=$$", ": </etc/hostname", "openat /etc/hostname"),
    ("bootstrap", "", "/bin/true", " bytes"),
    ("tcpconnlat", "", "{ : >/dev/tcp/10.13.0.2/9; } 2>/dev/null", " bytes"),
    ("lsm-connect", "port=20002", "{ : >/dev/tcp/127.0.0.1/20002; } 2>/dev/null", "refused port 20002"),
];

/// As many loaders run at once whose lines nobody looks for: all read one
/// `trace_pipe`, and a line goes to one of them.
const AT_ONCE: usize = 4;

/// How a shell in the guest tries a loader: `$1` its folder, `$2` its words,
/// `$3` what happens meanwhile, `$4` what is waited for. It says what the loader
/// printed and how it ended. On a busy machine that takes a while.
const TRY: &str = r#"cd "$1" || exit
is_said() {
	end=$((SECONDS + $2))
	until grep -qF "$1" said; do
		[ -d /proc/$loader ] && [ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}
./loader $(eval echo "$2") >said 2>&1 &
loader=$!
is_said 'Ctrl-C ends it' 60
eval "$3"
is_said "$4" 30
kill -INT $loader
wait $loader
echo "$1 ended with $?"
head -c 3000 said
echo "$1 is over"
"#;

fn course() -> Course {
    Course::read(&lessons()).expect("the course")
}

#[test]
fn the_archive_holds_the_learners_text_and_what_builds_it() {
    let server = Server::start();
    let text = "int mine = 1; /* 内核 LESSON_NAME {title} \"../../x\" $(reboot) */\n\n// end";
    for lesson in course().lessons() {
        let slug = &lesson.slug;
        let found = files(&download(&server, slug, text));
        let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
        let mut expected = vec![format!("{slug}/{slug}.bpf.c")];
        expected.extend(FILES.iter().map(|name| format!("{slug}/{name}")));
        expected.extend(lesson.headers.keys().map(|name| format!("{slug}/{name}")));
        assert_eq!(names, expected);
        for (name, mode, content) in &found {
            assert_eq!(*mode, 0o644, "{name}");
            let learners = name.ends_with(".bpf.c");
            assert!(if learners { content == text } else { !content.contains("int mine") }, "{name}");
            assert!(learners || !content.contains("LESSON_"), "{name} is not filled in");
        }
        let of = |file: &str| {
            let found = found.iter().find(|(name, ..)| name.ends_with(file));
            found.map(|(.., text)| text.as_str()).expect("it is there")
        };
        assert!(of("main.c").contains(&format!("#include \"{slug}.skel.h\"")));
        let readme = of("README.md");
        assert!(readme.starts_with(&format!("# {}\n", lesson.title.en)), "{readme}");
        assert!(readme.contains("bpftool btf dump file /sys/kernel/btf/vmlinux format c"));
        for words in ["{title}", "{slug}", "{needs}", "{words}", "?}", "{/", "{{"] {
            // A stimulus may hold such words of its own.
            let own = lesson.run.stimulus.as_ref().is_some_and(|stimulus| stimulus.contains(words));
            assert!(own || !readme.contains(words), "{slug}: {words} is left:\n{readme}");
        }
        for global in lesson.run.globals.keys() {
            assert!(readme.contains(&format!("- `{global}=")), "{slug}: {global}");
        }
    }
}

#[test]
fn the_instructions_are_in_the_pages_language() {
    let server = Server::start();
    let (answer, body) = ask(&server, "/zh/lessons/hello/home", &[], &form("int x;"));
    assert_eq!(answer.status, 200);
    let found = files(&body);
    let readme = found.iter().find(|(name, ..)| name == "hello/README.md").expect("instructions");
    assert!(readme.2.contains("## 编译"), "{}", readme.2);
}

#[test]
fn what_cannot_be_downloaded_is_refused_on_a_page() {
    let server = Server::start();
    let page = |path: &str, headers: &[(&str, &str)], form: &str| {
        let (answer, body) = ask(&server, path, headers, form);
        assert!(answer.header("content-disposition").is_empty());
        (answer.status, String::from_utf8(body).expect("a page"))
    };
    let hello = "/lessons/hello/home";
    let (status, says) = page("/lessons/nothing/home", &[], &form("int x;"));
    assert!(status == 404 && says.contains("There is no lesson named"), "{says}");
    let (status, says) = page(hello, &[], "other=1");
    assert!(status == 400 && says.contains("href=\"/\""), "{says}");

    // The limit is the text's, however the form writes it.
    let fits = "\n".repeat(64 << 10);
    let (answer, body) = ask(&server, hello, &[], &form(&fits));
    assert_eq!((answer.status, files(&body)[0].2.len()), (200, 64 << 10));
    for too_large in [form(&format!("{fits}x")), "x".repeat(1 << 20)] {
        let (status, says) = page(hello, &[], &format!("source={too_large}"));
        assert!(status == 413 && says.contains("65536"), "{says}");
    }

    // Reading is open, and no other site's page may ask in a reader's name.
    let ours = format!("http://{}", server.address);
    assert_eq!(ask(&server, hello, &[("Origin", &ours)], &form("int x;")).0.status, 200);
    for header in [("Origin", "http://elsewhere.example"), ("Origin", "null"), ("Host", "elsewhere.example")]
    {
        assert_eq!(page(hello, &[header], &form("int x;")).0, 403, "{header:?}");
    }
    assert_eq!(server.get(hello).status, 405, "nothing is made by following a link");
}

#[tokio::test]
async fn every_solution_is_built_with_debians_packages_and_runs_without_the_lab() {
    if !can_build() || !can_use_guests() {
        return;
    }
    let server = guests::server();
    let place = folder();
    let types = place.path().join("vmlinux.h");
    let quiet = program::quiet(&fresh_name());
    let mut screen = Screen::open(&server, DEFAULT, &quiet).await;
    let began = Instant::now();
    fs::write(&types, home::types(&mut screen).await).expect("the guest's types");
    drop(screen);
    println!("types after {:?}", began.elapsed());

    let course = course();
    let lessons: Vec<&Lesson> = course.lessons().filter(|lesson| runs_there(lesson)).collect();
    build(&server, &lessons, place.path(), &types);
    println!("built after {:?}", began.elapsed());
    let (with_extra, lessons): (Vec<&Lesson>, Vec<&Lesson>) =
        lessons.into_iter().partition(|lesson| lesson.needs.extra.is_some());
    let mut screen = Screen::open(&server, DEFAULT, &quiet).await;
    screen.put("/tmp/all.tar.xz", &pack(place.path(), &lessons)).await;
    screen.ask("cd /tmp; python3 -c \"import tarfile; tarfile.open('all.tar.xz').extractall()\"").await;
    println!("there after {:?}", began.elapsed());
    let (alone, others): (Vec<&Lesson>, Vec<&Lesson>) = lessons.into_iter().partition(|one| is_alone(one));
    let mut failed = Vec::new();
    let mut look = |lesson: &Lesson, expected: &str, said: String| {
        let fine = said.contains(&format!("{} ended with 0\n", lesson.slug))
            && said.contains("attached: ")
            && !said.contains("attached to nothing")
            && said.contains(expected);
        println!("{said}");
        failed.extend((!fine).then(|| format!("{}:\n{said}", lesson.slug)));
    };
    for lesson in alone {
        let row = SEEN.iter().find(|row| row.0 == lesson.slug);
        let (_, words, act, expected) = row.copied().unwrap_or_default();
        // Globals are told at the end only.
        let waited = if expected.contains(" = ") { "" } else { expected };
        let said = screen.ask(&format!("bash try {} '{words}' '{act}' '{waited}'", lesson.slug)).await;
        look(lesson, expected, said);
    }
    let slugs: Vec<&str> = others.iter().map(|lesson| lesson.slug.as_str()).collect();
    let each = format!("xargs -rn1 -P{AT_ONCE} sh -c 'bash try $0 >$0.said; echo tried $0'");
    screen.ask(&format!("echo {} | {each}", slugs.join(" "))).await;
    for lesson in others {
        let said = screen.ask(&format!("cat {}.said", lesson.slug)).await;
        look(lesson, "", said);
    }
    // What these attach to is in no other guest than their own.
    for lesson in with_extra {
        if lesson.needs.extra.as_deref().is_some_and(can_use_extra) {
            let mut screen = Screen::of_lesson(&server, DEFAULT, &quiet, &lesson.slug).await;
            screen.put("/tmp/all.tar.xz", &pack(place.path(), &[lesson])).await;
            screen
                .ask("cd /tmp; python3 -c \"import tarfile; tarfile.open('all.tar.xz').extractall()\"")
                .await;
            let said = screen.ask(&format!("bash try {}", lesson.slug)).await;
            look(lesson, "", said);
        }
    }
    // Words that make no sense are told, and attach nothing.
    for (word, says) in [
        ("nothing=1", "There is no global nothing; there are: port"),
        ("port=70000", "port cannot be \"70000\""),
        ("port=-1", "port cannot be"),
        ("port=x", "port cannot be"),
        ("-x", "usage: ./loader"),
    ] {
        let said = screen.ask(&format!("cd lsm-connect; ./loader {word}; echo $?; cd ..")).await;
        assert!(said.contains(says) && said.ends_with("\n2"), "{word}: {said}");
    }
    println!("tried after {:?}", began.elapsed());
    let left = screen.ask("bpftool link list | grep -c xdp; tc qdisc show dev lo").await;
    assert!(left.starts_with('0') && !left.contains("clsact"), "something stayed: {left}");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Whether a lesson's lines are looked for, or it has an interface that another
/// may want too.
fn is_alone(lesson: &Lesson) -> bool {
    let interface = |to: &Target| matches!(to, Target::Interface { .. });
    SEEN.iter().any(|row| row.0 == lesson.slug) || lesson.run.targets.values().any(interface)
}

/// Whether the guest's kernel is new enough for a lesson; says so if not.
fn runs_there(lesson: &Lesson) -> bool {
    let there = lesson.needs.kernel <= Version::parse(DEFAULT);
    if !there {
        eprintln!("{} needs a newer kernel than {DEFAULT}: not tried", lesson.slug);
    }
    there
}

/// Downloads, unpacks and makes each lesson below a folder, two at a time.
fn build(server: &Server, lessons: &[&Lesson], place: &Path, types: &Path) {
    let next = Mutex::new(lessons.iter());
    let failed = Mutex::new(Vec::new());
    let worker = || {
        loop {
            let Some(lesson) = next.lock().unwrap_or_else(PoisonError::into_inner).next() else { break };
            let slug = &lesson.slug;
            let archive = download(server, slug, &lesson.solution);
            let archive = flate2::read::GzDecoder::new(archive.as_slice());
            tar::Archive::new(archive).unpack(place).expect("an archive");
            if let Err(why) = make(&place.join(slug), types) {
                let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                failed.push(format!("{slug}: {why}"));
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(worker);
        scope.spawn(worker);
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// All loaders in one archive: most of each is the same libraries, which xz notices.
fn pack(place: &Path, lessons: &[&Lesson]) -> Vec<u8> {
    let guest = place.join("guest");
    for lesson in lessons {
        let to = guest.join(&lesson.slug);
        fs::create_dir_all(&to).expect("a folder");
        let from = place.join(&lesson.slug).join(&lesson.slug);
        let mut strip = Command::new("strip");
        let strip = strip.args(["-o".as_ref(), to.join("loader").as_os_str(), from.as_os_str()]).status();
        assert!(strip.expect("strip starts").success());
    }
    fs::write(guest.join("try"), TRY).expect("the script");
    let mut tar = Command::new("tar");
    let tar = tar
        .args(["-cJf", "-", "-C"])
        .arg(&guest)
        .args(["try"])
        .args(lessons.iter().map(|lesson| &lesson.slug));
    let output = tar.env("XZ_OPT", "-3").output().expect("tar starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
