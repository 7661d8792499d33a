//! What a guest does to itself stays with it: its run ends at its limit and a
//! second with a sentence, and a neighbour's run started at the same time passes.
//!
//! Stimuli have no rights; what takes root is typed into a terminal. The
//! programs that a guest attacks the lab with are in `attack/`.

mod support;

use std::{
    panic::AssertUnwindSafe,
    pin::Pin,
    time::{Duration, Instant},
};

use bpflab::{
    lab::{self, Folders, Setup},
    run::{LIMITS, Runs},
};
use bpflab_worker::{Event, MapView, TraceLine, Value, encode};
use futures_util::FutureExt as _;
use support::{
    guests::{self, DEFAULT, GRACE, can_use_guests, observed, passed},
    limited::to_its_limit,
    program::{self, fresh_name},
    screen::Screen,
    server::Server,
    socket::Socket,
    story::Story,
};

/// How long an abuse may take.
const LIMIT: Duration = Duration::from_secs(4);

/// How long attaching may take: a program that keeps the kernel busy may never
/// get past it.
const ATTACH: Duration = LIMITS.attach;

/// The neighbour runs on the same kernel, and another on this one.
const OTHER: &str = "6.12";

/// Two neighbours under way.
async fn neighbours(server: &Server) -> [Socket; 2] {
    let mut sockets = [Socket::open(server).await, Socket::open(server).await];
    for (socket, kernel) in sockets.iter_mut().zip([DEFAULT, OTHER]) {
        guests::solve(socket, "020-hello", "hello", kernel).await;
    }
    sockets
}

async fn are_well(neighbours: [Socket; 2]) {
    for mut socket in neighbours {
        let story = socket.rest().await;
        assert_eq!(story.outcome(), "completed", "a neighbour: {story:?}");
        passed(&story);
    }
}

/// What is said of the end: its id.
fn why(story: &Story) -> &str {
    let last = story.of("diagnostic").filter(|found| found["severity"] == "error").last();
    let said = last.unwrap_or_else(|| panic!("nothing is said of the end: {story:?}"));
    let sentence = said["message"].as_str().expect("a sentence");
    assert!(sentence.ends_with('.'), "{sentence}");
    said["id"].as_str().expect("an id")
}

/// The outcome of each end that only lasting has: the worker's own at the limit, or from
/// outside a second later; or its guest, which could take no more of it, ended sooner.
const ENDS: [(&str, &str); 5] = [
    ("stimulus-timed-out", "timed_out"),
    ("guest-late", "timed_out"),
    ("guest-mute", "worker_died"),
    ("guest-ended", "worker_died"),
    ("guest-panicked", "worker_died"),
];

/// That a run lasted no longer than its limit and the second, and was ended in one of these ways.
fn ended_at(limit: Duration, ways: &[&str], story: &Story) {
    let (why, outcome) = (why(story), story.outcome());
    let lasted = observed(story);
    println!("    {why} after {lasted:.2?}, of {limit:?}");
    assert!(lasted < limit + GRACE, "it lasted {lasted:?}: {story:?}");
    assert!(ways.contains(&why), "{why} is none of {ways:?}: {story:?}");
    assert!(ENDS.contains(&(why, outcome)) || why == "attach-timed-out", "{why} is no {outcome}: {story:?}");
}

/// An abuse by a stimulus (and a program), which ends in one of these ways: its story. The
/// neighbours are well.
async fn by_stimulus(server: &Server, ways: &[&str], source: &str, stimulus: &str) -> Story {
    let (source, stimulus) = (source.to_owned(), stimulus.to_owned());
    let abuse = tokio::task::spawn_blocking(move || {
        let limit = format!("{}s", LIMIT.as_secs());
        let words = ["--stimulus", &stimulus, "--global", "target=@stimulus", "--at-most", &limit];
        guests::run(DEFAULT, &source, &words)
    });
    are_well(neighbours(server).await).await;
    let (status, story) = abuse.await.expect("a run");
    assert_eq!(status, 1, "{story:?}");
    ended_at(if story.has_no("observing") { ATTACH } else { LIMIT }, ways, &story);
    story
}

/// The ways of what lasts and leaves the kernel alone.
const AT_ITS_LIMIT: [&str; 3] = ["stimulus-timed-out", "guest-late", "guest-mute"];

/// An abuse that only lasts: it is ended at its limit, and that is said.
async fn lasts(server: &Server, stimulus: &str) {
    by_stimulus(server, &AT_ITS_LIMIT, &program::quiet(&fresh_name()), stimulus).await;
}

/// One that takes all memory: the kernel may end the worker for it.
async fn starves(server: &Server, stimulus: &str) {
    let ways = ENDS.map(|(way, _)| way);
    by_stimulus(server, &ways, &program::quiet(&fresh_name()), stimulus).await;
}

type Abuse<'a> = (&'static str, Pin<Box<dyn Future<Output = ()> + 'a>>);

macro_rules! abuses {
    ($server:ident => $($name:ident: $what:expr;)*) => {
        vec![$((stringify!($name), Box::pin(async move { $what.await }))),*]
    };
}

fn abuses(server: &Server) -> Vec<Abuse<'_>> {
    abuses! { server =>
        a_fork_bomb_is_ended: starves(server, "(bomb() { bomb | bomb & }; bomb) & while :; do :; done");
        a_hundred_loops_are_ended: lasts(server, "for i in $(seq 100); do while :; do :; done & done; wait");
        a_flood_of_output_is_ended: lasts(server, "yes 'a line of some length, to standard output' & yes >&2");
        full_disks_are_ended: starves(server,
            "for place in /tmp /var/tmp /dev/shm; do \
                (for i in 1 2 3 4 5 6; do dd if=/dev/zero of=$place/$i bs=1M; done) & done; \
             dd if=/dev/zero of=/dev/vdb bs=1M; while :; do echo x >>/tmp/more; sleep 0.1; done");
        a_guest_without_memory_is_ended: starves(server,
            "for i in 1 2 3 4; do python3 -c 'import time; a = [bytearray(1 << 20) for _ in range(4000)]' & done; \
             while :; do sleep 1; done");
        a_trace_at_full_speed_is_ended: floods_trace(server);
        a_worker_that_is_stopped_ends_the_run_as_mute: is_stopped(server);
        a_worker_that_is_killed_is_told: is_killed(server);
        a_program_that_keeps_the_kernel_busy_is_ended: keeps_busy(server);
        a_panic_is_told_in_the_kernel_s_own_words: panics(server);
        a_panic_while_a_run_is_being_stopped_is_told_too: panics_while_it_stops(server);
        a_guest_that_powers_off_or_reboots_is_told: powers_off(server);
        a_worker_killed_by_root_is_told: killed_by_root(server);
        a_guest_taken_by_root_is_ended_at_its_limit: taken_by_root(server);
        a_guest_taken_by_root_ends_when_it_is_stopped: stopped_by_hand(server);
        a_frame_of_4_gib_cuts_the_guest_off: lies(server, "header", &u32::MAX.to_le_bytes());
        a_nest_of_10_000_values_cuts_the_guest_off: lies(server, "nest", &nest());
        a_word_out_of_turn_cuts_the_guest_off: lies(server, "hello", &encode(&Event::Hello { version: 3, release: "9".into() }));
        bytes_that_are_no_message_cut_the_guest_off: lies(server, "garbage", &[200, 0, 0, 0, 255, 255, 255, 255, 255].repeat(40));
        frames_at_full_speed_hurt_nobody: floods_frames(server);
    }
}

/// Times are measured, so one abuse at a time; one server serves them all, so
/// none may leave anything behind for the next.
#[tokio::test]
async fn what_a_guest_does_to_itself_stays_with_it() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    // Both kernels are ready: what is tried here is two runs, not two first uses.
    are_well(neighbours(&server).await).await;
    // `ABUSE=panic` tries those alone whose name has the word.
    let only = std::env::var("ABUSE").unwrap_or_default();
    let mut wrong = Vec::new();
    for (name, abuse) in abuses(&server).into_iter().filter(|(name, _)| name.contains(&only)) {
        let began = Instant::now();
        let panicked = AssertUnwindSafe(abuse).catch_unwind().await.is_err();
        println!("{name}: {} after {:?}", if panicked { "FAILED" } else { "ok" }, began.elapsed());
        wrong.extend(panicked.then_some(name));
    }
    assert!(wrong.is_empty(), "wrong: {wrong:?}");
}

async fn floods_trace(server: &Server) {
    let source = program::program(
        &fresh_name(),
        program::ANY_CALL,
        "const volatile int target;",
        r#"for (int i = 0; i < 50; i++) bpf_printk("a line of some length, at every system call of anyone");"#,
    );
    let calls = "yes >/dev/null & while :; do echo x; done >/dev/null";
    let story = by_stimulus(server, &AT_ITS_LIMIT, &source, calls).await;
    assert!(!story.has_no("trace"), "{story:?}");
}

fn stopper(signal: u32) -> String {
    include_str!("attack/stop.bpf.c").replace("SIGNAL);", &format!("{signal});"))
}

async fn is_stopped(server: &Server) {
    let stimulus = "sleep 1; echo now; while :; do sleep 1; done";
    let story = by_stimulus(server, &["guest-mute"], &stopper(19), stimulus).await;
    assert!(story.says("guest-mute").contains("no longer answered"), "{story:?}");
    assert!(observed(&story) > LIMIT, "not before its limit");
}

async fn is_killed(server: &Server) {
    let stimulus = "sleep 1; echo now; while :; do sleep 1; done";
    let story = by_stimulus(server, &["guest-ended"], &stopper(9), stimulus).await;
    assert!(story.says("guest-ended").contains("ended before the run was over"), "{story:?}");
}

async fn keeps_busy(server: &Server) {
    let ways = ["attach-timed-out", "stimulus-timed-out", "guest-late", "guest-mute"];
    let spin = include_str!("attack/spin.bpf.c");
    by_stimulus(server, &ways, spin, "while :; do echo x; done >/dev/null").await;
}

/// Something that root types, and neighbours beside it.
async fn by_root(server: &Server, kernel: &str, lines: &[&str]) -> (Screen, [Socket; 2]) {
    let mut screen = Screen::open(server, kernel, &program::quiet(&fresh_name())).await;
    screen.ask("true").await;
    let neighbours = neighbours(server).await;
    for line in lines {
        screen.line(line).await;
    }
    (screen, neighbours)
}

/// From a line that ends a guest being typed to its run's end: Python starts first, beside
/// two neighbours.
const AT_ONCE: Duration = Duration::from_secs(6);

async fn panics(server: &Server) {
    for kernel in guests::KERNELS {
        let before = server.panics(kernel);
        let (mut screen, neighbours) = by_root(server, kernel, &["echo c >/proc/sysrq-trigger"]).await;
        let began = Instant::now();
        let story = screen.socket.rest().await;
        assert!(began.elapsed() < AT_ONCE, "it took {:?}", began.elapsed());
        assert_eq!((story.outcome(), why(&story)), ("worker_died", "guest-panicked"), "{story:?}");
        assert!(story.says("guest-panicked").contains("sysrq triggered crash"), "{kernel}: {story:?}");
        assert_eq!(server.panics(kernel), before + 1, "{kernel}: counted, once");
        are_well(neighbours).await;
    }
}

/// The worker is stopped, so that Stop is still to be done when its kernel dies.
async fn panics_while_it_stops(server: &Server) {
    let late = "(pkill -STOP -x bpflab-worker; sleep 2.5; echo c >/proc/sysrq-trigger) &";
    let (mut screen, neighbours) = by_root(server, DEFAULT, &[late]).await;
    // It says ten times a second what its programs do, until it is stopped.
    while screen.socket.hear_within(Duration::from_millis(700)).await {}
    screen.stop().await;
    let story = screen.socket.rest().await;
    assert_eq!(story.outcome(), "worker_died", "{story:?}");
    assert!(story.says("guest-panicked").contains("sysrq triggered crash"), "{story:?}");
    are_well(neighbours).await;
}

async fn powers_off(server: &Server) {
    let reboot = |how: &str| format!("python3 -c 'import ctypes; ctypes.CDLL(None).reboot({how})'");
    let restart = reboot("0x01234567");
    let off = reboot("0x4321fedc");
    for line in [restart.as_str(), &off, "echo b >/proc/sysrq-trigger", "echo o >/proc/sysrq-trigger"] {
        let (mut screen, neighbours) = by_root(server, DEFAULT, &[line]).await;
        let began = Instant::now();
        let story = screen.socket.rest().await;
        assert!(began.elapsed() < AT_ONCE, "{line}: it took {:?}", began.elapsed());
        assert_eq!((story.outcome(), why(&story)), ("worker_died", "guest-ended"), "{line}: {story:?}");
        assert!(story.says("guest-ended").contains("powered it off, rebooted it"), "{line}: {story:?}");
        are_well(neighbours).await;
    }
}

async fn killed_by_root(server: &Server) {
    for line in ["pkill -KILL -x bpflab-worker", "pkill -ABRT -x bpflab-worker"] {
        let (mut screen, neighbours) = by_root(server, DEFAULT, &[line]).await;
        let story = screen.socket.rest().await;
        assert_eq!((story.outcome(), why(&story)), ("worker_died", "guest-ended"), "{story:?}");
        assert!(story.says("guest-ended").contains("ended the lab's worker"), "{story:?}");
        are_well(neighbours).await;
    }
}

const HALT: &str = "python3 -c 'import ctypes; ctypes.CDLL(None).reboot(0xcdef0123)'";

/// A run with a terminal may last half an hour, so these are this process's own, with a limit
/// that a test can wait for. Neighbours run on the server beside each.
async fn taken_by_root(server: &Server) {
    let runs = Runs::new(lab::prepare(&Folders::new(None, None), &Setup::local()).await);
    let flood = flood_line();
    // What takes processors leaves the worker some, or none.
    let abuses: [(&str, &[&str]); 6] = [
        ("pkill -STOP -x bpflab-worker", &["guest-mute"]),
        ("for i in 1 2 3; do chrt -f 99 sh -c 'while :; do :; done' & done", &AT_ITS_LIMIT),
        ("yes >/dev/ttyS0 & yes >/dev/kmsg &", &AT_ITS_LIMIT),
        ("bomb() { bomb | bomb & }; bomb", &ENDS.map(|(way, _)| way)),
        (HALT, &["guest-mute"]),
        (&flood, &["guest-late"]),
    ];
    for (line, ways) in abuses {
        // Python starts first, beside two neighbours.
        let limit = if line.starts_with("python3") { LIMIT * 2 } else { LIMIT };
        let (story, neighbours) = tokio::join!(to_its_limit(&runs, line, limit), neighbours(server));
        are_well(neighbours).await;
        println!("  {line:.60}");
        ended_at(limit, ways, &story);
    }
    assert_eq!(guests::qemus(std::process::id()).len(), guests::qemus(server.pid()).len(), "all are gone");
    runs.shut_down().await;
}

/// Takes the worker's place in one line, and says what it would say for ever.
fn flood_line() -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (script, frame) = (hex(include_str!("attack/speak.py").as_bytes()), hex(&said(5)));
    format!(
        "python3 -c 'import sys; sys.argv[1:] = [\"/tmp/f\", \"forever\"]; \
         open(\"/tmp/f\", \"wb\").write(bytes.fromhex(\"{frame}\")); exec(bytes.fromhex(\"{script}\"))'"
    )
}

/// What lasts is ended by its learner: at once.
async fn stopped_by_hand(server: &Server) {
    let (mut screen, neighbours) = by_root(server, DEFAULT, &["pkill -STOP -x bpflab-worker"]).await;
    // It goes on after the neighbours.
    are_well(neighbours).await;
    stops(&mut screen).await;
    assert_eq!(guests::qemus(server.pid()), []);
}

/// The limit of stopping, and the time to read what a flood has left.
const STOPPED: Duration = Duration::from_secs(7);

/// That a run whose worker says nothing to it ends by Stop.
async fn stops(screen: &mut Screen) -> Story {
    let began = Instant::now();
    screen.stop().await;
    let story = screen.socket.rest().await;
    assert!(began.elapsed() < STOPPED, "{:?}", began.elapsed());
    assert_eq!(story.outcome(), "cancelled", "{story:?}");
    story
}

/// Takes the worker's place and says these bytes.
async fn speak(server: &Server, bytes: &[u8], how: &str) -> (Screen, [Socket; 2]) {
    let mut screen = Screen::open(server, DEFAULT, &program::quiet(&fresh_name())).await;
    screen.put("/tmp/speak.py", include_str!("attack/speak.py").as_bytes()).await;
    screen.put("/tmp/frame", bytes).await;
    let neighbours = neighbours(server).await;
    // From here on the screen is silent: the worker that relays it is stopped.
    screen.line(&format!("python3 /tmp/speak.py /tmp/frame {how}")).await;
    (screen, neighbours)
}

async fn lies(server: &Server, name: &str, bytes: &[u8]) {
    let (mut screen, neighbours) = speak(server, bytes, "once").await;
    // A run with a terminal would last for half an hour: that it ends is the cut.
    let story = screen.socket.rest().await;
    assert_eq!(story.outcome(), "worker_died", "{name}: {story:?}");
    assert!(story.says("guest-lied").contains("a worker never sends"), "{name}");
    are_well(neighbours).await;
    assert_eq!(guests::qemus(server.pid()), [], "{name}");
}

/// An array in an array in an array, as the value of a map.
fn nest() -> Vec<u8> {
    let value = Value::Array(vec![Value::Bool(true)]);
    let entries = vec![(value.clone(), Value::Bool(false))];
    let view = MapView { name: "map".into(), full: true, entries, removed: Vec::new(), total: 1, shown: 1 };
    let body = &encode(&Event::Map(view))[4..];
    let opening = &encode(&value)[4..6];
    let at = body.windows(2).position(|bytes| bytes == opening).expect("the array is in it");
    let deep = [&body[..at], &opening.repeat(10_000), &body[at..]].concat();
    [&u32::try_from(deep.len()).expect("a small frame").to_le_bytes()[..], &deep].concat()
}

/// One frame with so many lines of trace.
fn said(lines: usize) -> Vec<u8> {
    let line = TraceLine {
        time: 1.0,
        task: "attack".into(),
        pid: 1,
        cpu: 0,
        flags: ".....".into(),
        text: "as fast as it goes".into(),
        lab: false,
    };
    encode(&Event::Trace(vec![line; lines]))
}

async fn floods_frames(server: &Server) {
    let (mut screen, neighbours) = speak(server, &said(100), "forever").await;
    let before = server.memory();
    are_well(neighbours).await;
    let grown = server.memory().saturating_sub(before) >> 20;
    assert!(grown < 128, "the server grew by {grown} MiB");
    let story = stops(&mut screen).await;
    assert!(story.lost() + story.of("trace").count() as u64 > 10_000, "it was a flood: {story:?}");
}
