//! Runs in guests: each kernel's story, and what a guest is and is not.
//!
//! Real images, real QEMU, a real websocket. What guests do to each other and
//! to the server is in `abuse`; what is damaged, in `damage`.

mod support;

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use bpflab::compile::data_folder;
use rustix::process::getuid;
use serde_json::json;
use support::{
    ONE_SECOND, folder,
    guests::{self, DEFAULT, Data, KERNELS, all_of, can_use_guests, run, shell},
    machine::{self, Process},
    program::{self, fresh_name},
    server::{self, Server},
    skipped,
    socket::Socket,
    story::Story,
    within,
};

/// A story's steps, as the contract orders them.
const ORDER: [&str; 7] = ["started", "compiled", "placed", "loaded", "attached", "observing", "trace"];

/// That a kernel's part of a story is whole, up to its first line.
fn in_order(story: &Story, kernel: &str) {
    let mut kinds = story.kinds(&ORDER[1..]);
    kinds.dedup(); // each processor may print once
    assert_eq!(kinds, ORDER[1..], "on {kernel}: {story:?}");
    let placed = story.one("placed");
    let release = placed["release"].as_str().expect("a release");
    assert!(release.starts_with(kernel.trim_end_matches('x')), "{kernel} is {release}");
    assert!(["tcg", "kvm"].contains(&placed["accelerator"].as_str().expect("a word")), "{placed}");
    assert_eq!(story.traced()[0], "hello");
}

/// The story up to where each kernel's program has printed.
async fn all_print(socket: &mut Socket) -> Story {
    let mut heard = Story::default();
    while KERNELS.iter().any(|kernel| heard.on(kernel).has_no("trace")) {
        heard.0.extend(socket.until("trace").await.0);
    }
    heard
}

#[tokio::test]
async fn a_run_on_each_kernel_tells_its_story_in_order() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let mut socket = Socket::open(&server).await;
    for kernel in KERNELS {
        let source = program::early(&fresh_name());
        let run = socket.run_with(&source, json!({"kernels": [kernel]})).await;
        let heard = socket.until("trace").await;
        assert_eq!(heard.one("started")["kernels"], json!([kernel]));
        assert!(heard.0[1..].iter().all(|object| object["kernel"] == kernel), "{heard:?}");
        in_order(&heard, kernel);
        socket.stop(&run).await;
        assert_eq!(socket.rest().await.outcome(), "cancelled");
        let gone = within(ONE_SECOND, || guests::qemus(server.pid()).is_empty().then_some(()));
        assert!(gone.is_some(), "a guest of {kernel} is still there");
    }
}

#[tokio::test]
async fn one_run_on_four_kernels_at_once_tells_four_stories() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let mut socket = Socket::open(&server).await;
    let run = socket.run_with(&program::early(&fresh_name()), json!({"kernels": KERNELS})).await;
    let mut heard = all_print(&mut socket).await;
    assert_eq!(guests::qemus(server.pid()).len(), KERNELS.len());
    socket.stop(&run).await;
    heard.0.extend(all_of(&mut socket, KERNELS.len()).await.0);
    heard.check_numbers();
    for kernel in KERNELS {
        let own = heard.on(kernel);
        in_order(&own, kernel);
        assert_eq!(own.outcome(), "cancelled");
    }
}

#[test]
fn clones_of_one_snapshot_know_the_time_and_share_no_random_number() {
    if !can_use_guests() {
        return;
    }
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64();
    let look = "date +%s.%N; cat /proc/sys/kernel/random/uuid; head -c 8 /dev/urandom | od -An -tx1";
    for kernel in KERNELS {
        let ask = || {
            let before = now();
            let said = shell(kernel, look);
            let lines: Vec<String> = said.lines().map(str::to_owned).collect();
            let [time, uuid, bytes] = lines.as_slice() else { panic!("three lines: {said:?}") };
            let time: f64 = time.parse().expect("seconds");
            assert!((before..now()).contains(&time), "{kernel}: {time} is not after {before}");
            [uuid.clone(), bytes.clone()]
        };
        let (first, second) = std::thread::scope(|scope| {
            let other = scope.spawn(ask);
            (ask(), other.join().expect("a run"))
        });
        assert!(first[0] != second[0] && first[1] != second[1], "{kernel}: {first:?} {second:?}");
    }
}

#[test]
fn a_guest_has_two_processors_no_way_out_and_a_stimulus_without_rights() {
    if !can_use_guests() {
        return;
    }
    let look = r#"echo cpus=$(nproc) user=$(id -u) groups=$(id -G | tr ' ' ,)
grep CapEff /proc/self/status; grep CapBnd /proc/self/status >/dev/null
for card in /sys/class/net/*; do [ ! -e $card/device ] || echo card=$card; done
echo routes=$(ip route show table main | wc -l) up=$(ip -o link show up | cut -d: -f2 | cut -d@ -f1 | xargs)
echo "pci network: $(cat /sys/bus/pci/devices/*/class | grep -c ^0x02)"
{ echo mine >/etc/mine; } 2>/dev/null && echo "wrote to /etc"
head -c 1 /dev/vda >/dev/null 2>&1 && echo "read the disk"
cat /etc/shadow >/dev/null 2>&1 && echo "read shadow"
ls /dev/vport* >/dev/null && for port in /dev/vport*; do { : >$port; } 2>/dev/null && echo "opened $port"; done
{ echo x >/proc/sysrq-trigger; } 2>/dev/null && echo "asked the kernel"
kill -0 1 2>/dev/null && echo "may end init"
true"#;
    for kernel in KERNELS {
        let said = shell(kernel, look);
        let lines: Vec<&str> = said.lines().collect();
        let wanted = [
            "cpus=2 user=6451308 groups=6451308",
            "CapEff:\t0000000000000000",
            "routes=1 up=lo lab0",
            "pci network: 0",
        ];
        assert_eq!(lines, wanted, "on {kernel}");
    }
}

#[test]
fn what_one_run_writes_the_next_does_not_see() {
    if !can_use_guests() {
        return;
    }
    let look = "cat /tmp/mark /var/tmp/mark /dev/shm/mark 2>&1; head -c 4 /dev/vdb | od -An -tx1";
    let blank = shell(DEFAULT, look);
    assert!(blank.contains("00 00 00 00") && blank.matches("No such file").count() == 3, "{blank}");
    let write = "for place in /tmp /var/tmp /dev/shm; do echo mark >$place/mark; done; \
                 printf mark >/dev/vdb; sync /dev/vdb; ";
    let written = shell(DEFAULT, &format!("{write}{look}"));
    assert!(written.contains("6d 61 72 6b") && written.starts_with("mark\nmark\nmark\n"), "{written}");
    assert_eq!(shell(DEFAULT, look), blank);
}

/// Limits of a QEMU, as the kernel calls them: 3 GiB, two processors for the longest run,
/// the scratch disk's size, no memory on the disk.
const QEMU_LIMITS: [(&str, &str); 5] = [
    ("Max address space", "3221225472"),
    ("Max cpu time", "4200"),
    ("Max file size", "67108864"),
    ("Max core file size", "0"),
    ("Max open files", "256"),
];

/// That a QEMU has no user, no rights, no network, and no file but its guest's.
fn is_confined(qemu: &Process) {
    let proc = Path::new("/proc").join(qemu.pid.to_string());
    let read = |name: &str| fs::read_to_string(proc.join(name)).expect(name);
    // It puts on its own sandbox a moment after it has started.
    let status = support::eventually("QEMU's sandbox", || {
        Some(read("status")).filter(|status| status.contains("\nSeccomp:\t2\n"))
    });
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect(name);
        line.split_whitespace().collect::<Vec<_>>()
    };
    let has_kvm = qemu.words.iter().any(|word| word == "kvm");
    for who in ["Uid:", "Gid:"] {
        assert_eq!(field(who), ["65534"; 4], "{who}");
    }
    // Under KVM it is in the device's group, which is never root's.
    let groups = field("Groups:");
    assert!(groups.len() <= usize::from(has_kvm) && !groups.contains(&"0"), "{groups:?}");
    for rights in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
        assert_eq!(field(rights), ["0000000000000000"], "{rights}");
    }
    assert_eq!((field("NoNewPrivs:"), field("Seccomp:")), (vec!["1"], vec!["2"]));
    for namespace in ["mnt", "net", "pid", "ipc", "user", "uts"] {
        let of = |proc: &Path| fs::read_link(proc.join("ns").join(namespace)).expect("a namespace");
        assert_ne!(of(&proc), of(Path::new("/proc/self")), "{namespace}");
    }
    let cards: Vec<String> = read("net/dev").lines().skip(2).map(|line| line.trim().to_owned()).collect();
    assert!(cards.iter().all(|card| card.starts_with("lo:")), "{cards:?}");
    assert!(read("environ").len() < 64, "{:?}", read("environ"));
    let limits = read("limits");
    for (name, value) in QEMU_LIMITS {
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).expect(name);
        assert_eq!(line.split_whitespace().collect::<Vec<_>>()[..2], [value; 2], "{name}");
    }
    let root: BTreeSet<String> = machine::names_in(&proc.join("root")).into_iter().collect();
    assert_eq!(root, ["dev", "lib", "lib64", "proc", "usr"].map(str::to_owned).into(), "all that is there");

    let words = &qemu.words;
    let has = |word: &str| words.iter().any(|own| own == word);
    assert!(has("-nodefaults") && has("-no-user-config") && has("-no-reboot"), "{words:?}");
    let sandbox = words.iter().skip_while(|word| *word != "-sandbox").nth(1).expect("a sandbox");
    let denied = ["obsolete", "elevateprivileges", "spawn", "resourcecontrol"];
    assert!(
        sandbox.starts_with("on,") && denied.iter().all(|what| sandbox.contains(&format!("{what}=deny")))
    );
    for bad in
        ["-net", "-nic", "-fsdev", "-virtfs", "virtio-net", "virtio-9p", "vhost", "e1000", "-usb", "-vnc"]
    {
        assert!(!qemu.mentions(bad), "{bad}: {words:?}");
    }

    // Files without a name are its memory, its scratch disk; streams are ours at the other end.
    let numbers = machine::names_in(&proc.join("fd"));
    let link = |number: &String| fs::read_link(proc.join("fd").join(number)).ok();
    let named = numbers.iter().filter_map(|number| Some((number, link(number)?.display().to_string())));
    let named: Vec<_> = named
        .filter(|(_, path)| path.starts_with('/') && !path.ends_with(" (deleted)"))
        .filter(|(_, path)| path != "/dev/null" && !(has_kvm && path == "/dev/kvm"))
        .collect();
    assert!(!named.is_empty(), "it has a root");
    for (number, path) in named {
        assert!(path.ends_with("/root.erofs"), "{path}");
        let about = read(&format!("fdinfo/{number}"));
        let flags = about.lines().find_map(|line| line.strip_prefix("flags:")).expect("flags").trim();
        let flags = i32::from_str_radix(flags, 8).expect("octal");
        assert_eq!(flags & libc::O_ACCMODE, libc::O_RDONLY, "{path} is only read");
    }
}

#[tokio::test]
async fn a_guest_serves_one_run_and_warm_ones_are_replaced() {
    if !can_use_guests() {
        return;
    }
    // Warm ones for the first kernel only would do; every kernel gets some.
    let server = Server::of(&mut server::command(&support::lessons(), &["--warm-memory", "160"]));
    let server = guests::ready(server);
    support::eventually("a warm guest of each kernel", || {
        (guests::qemus(server.pid()).len() == KERNELS.len()).then_some(())
    });
    if getuid().is_root() || skipped("needs root, to look at how QEMU is confined") {
        guests::qemus(server.pid()).iter().for_each(is_confined);
    }
    let mut socket = Socket::open(&server).await;
    let mut used = BTreeSet::new();
    for _ in 0..3 {
        let run = socket.run_with(&program::early(&fresh_name()), json!({"kernels": [DEFAULT]})).await;
        socket.until("trace").await;
        // Now, since one that was still being restored before may serve it.
        let there: BTreeSet<u32> = guests::qemus(server.pid()).iter().map(|process| process.pid).collect();
        socket.stop(&run).await;
        assert_eq!(socket.rest().await.outcome(), "cancelled");
        let gone = support::eventually("the guest's end", || {
            let now: BTreeSet<u32> = guests::qemus(server.pid()).iter().map(|process| process.pid).collect();
            let gone: Vec<u32> = there.difference(&now).copied().collect();
            (!gone.is_empty()).then_some(gone)
        });
        assert_eq!(gone.len(), 1, "one run, one guest");
        assert!(used.insert(gone[0]), "a guest was used twice");
        support::eventually("another in its place", || {
            (guests::qemus(server.pid()).len() == KERNELS.len()).then_some(())
        });
    }
}

/// What a killed server may leave: processes, files.
fn left(family: &[u32], before: &BTreeSet<String>, places: &[&Path]) -> Vec<String> {
    let lives = family.iter().filter(|pid| machine::lives(**pid)).map(|pid| format!("process {pid}"));
    let files = machine::temporary_files().into_iter().filter(|file| !before.contains(file));
    let hidden = places.iter().flat_map(|place| machine::names_in(place));
    let hidden = hidden.filter(|name| name.starts_with(".tmp") || name.starts_with(".new"));
    lives.chain(files).chain(hidden).collect()
}

#[tokio::test]
async fn a_server_killed_with_guests_leaves_no_qemu_and_no_file_of_a_run() {
    if !can_use_guests() {
        return;
    }
    let data = data_folder();
    let places = [data.as_path(), &data.join("snapshots")];
    // As its runs observe, and at moments of their start.
    for moment in [None, Some(20), Some(100), Some(250), Some(500), Some(900)] {
        let temporary = folder();
        let before = machine::temporary_files().into_iter().collect();
        let words = ["--warm-memory", if moment.is_none() { "320" } else { "0" }];
        let command = &mut server::command(&support::lessons(), &words);
        let mut server = guests::ready(Server::of(command.env("TMPDIR", temporary.path())));
        let mut socket = Socket::open(&server).await;
        socket.run_with(&program::early(&fresh_name()), json!({"kernels": KERNELS})).await;
        match moment {
            None => drop(all_print(&mut socket).await),
            // Not to wait for something: the moment itself is what is tried.
            Some(ms) => std::thread::sleep(Duration::from_millis(ms)),
        }
        let family: Vec<u32> = machine::descendants(server.pid()).iter().map(|process| process.pid).collect();
        assert!(moment.is_some() || guests::qemus(server.pid()).len() >= KERNELS.len());
        server.kill();
        let clean = within(ONE_SECOND, || {
            let own = machine::names_in(temporary.path()).is_empty();
            (own && left(&family, &before, &places).is_empty()).then_some(())
        });
        let (left, own) = (left(&family, &before, &places), machine::names_in(temporary.path()));
        assert!(clean.is_some(), "{moment:?}: {left:?} {own:?}");
    }
    assert_eq!(run(DEFAULT, &program::early(&fresh_name()), &["--for", "300ms"]).0, 0, "the next run works");
}

#[test]
fn a_server_killed_while_it_makes_a_snapshot_leaves_one_that_is_made_anew() {
    if !can_use_guests() {
        return;
    }
    let data = Data::new();
    let (mut child, _lines, log) =
        Server::spawn(&mut server::command(&support::lessons(), &["--data", &data.word()]));
    let snapshots = data.path().join("snapshots");
    let making = |name: &String| name.starts_with(".making");
    support::eventually("a snapshot on its way", || machine::names_in(&snapshots).into_iter().find(making));
    // Until its QEMU is there, and a little into the boot.
    let family = support::eventually("a guest that boots", || {
        (!guests::qemus(child.id()).is_empty()).then(|| machine::descendants(child.id()))
    });
    child.kill().expect("the server is ours");
    child.wait().expect("a child");
    let family: Vec<u32> = family.iter().map(|process| process.pid).collect();
    let gone = within(ONE_SECOND, || (!family.iter().any(|pid| machine::lives(*pid))).then_some(()));
    assert!(gone.is_some(), "{}", log.lock().expect("the log"));
    assert_eq!(data.run(DEFAULT).1.outcome(), "completed");
    let names = machine::names_in(&snapshots);
    assert!(!names.iter().any(making), "what was begun is swept: {names:?}");
}

#[tokio::test]
async fn twenty_guests_at_once_all_finish_their_runs() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let mut held = Vec::new();
    for _ in 0..20 {
        let mut socket = Socket::open(&server).await;
        // With a terminal a run goes on when its lesson has been passed.
        let run = guests::solve_with(&mut socket, "020-hello", "hello", DEFAULT, true).await;
        held.push((socket, run));
    }
    let mut stories = Vec::new();
    for (socket, _) in &mut held {
        stories.push(socket.until("stimulus_ended").await);
    }
    assert_eq!(guests::qemus(server.pid()).len(), 20, "all are there at one moment");
    for ((socket, run), story) in held.iter_mut().zip(&mut stories) {
        socket.stop(run).await;
        story.0.extend(socket.rest().await.0);
        assert_eq!(story.outcome(), "cancelled", "{story:?}");
        guests::passed(story);
    }
}
