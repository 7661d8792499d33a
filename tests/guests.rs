//! Runs in guests: each kernel's story, what a guest is and is not, and what
//! becomes of snapshots and images that are not whole.
//!
//! Real images, real QEMU, a real websocket. What guests do to each other and
//! to the server is in `abuse`.

mod support;

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    os::unix::fs::FileExt as _,
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

use bpflab::compile::data_folder;
use rustix::process::getuid;
use serde_json::json;
use support::{
    ONE_SECOND, folder,
    guests::{self, DEFAULT, Data, KERNELS, all_of, can_use_guests, refusal, run, shell},
    machine,
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
fn a_guest_has_two_processors_no_network_and_a_stimulus_without_rights() {
    if !can_use_guests() {
        return;
    }
    let look = r#"echo cpus=$(nproc) user=$(id -u) groups=$(id -G | tr ' ' ,)
grep CapEff /proc/self/status; grep CapBnd /proc/self/status >/dev/null
for card in /sys/class/net/*; do [ ! -e $card/device ] || echo card=$card; done
echo routes=$(ip route show table main | wc -l) up=$(ip -o link show up | cut -d: -f2 | xargs)
echo "pci network: $(cat /sys/bus/pci/devices/*/class | grep -c ^0x02)"
echo mine >/etc/mine 2>/dev/null && echo "wrote to /etc"
head -c 1 /dev/vda >/dev/null 2>&1 && echo "read the disk"
cat /etc/shadow >/dev/null 2>&1 && echo "read shadow"
ls /dev/vport* >/dev/null && for port in /dev/vport*; do { : >$port; } 2>/dev/null && echo "opened $port"; done
echo x >/proc/sysrq-trigger 2>/dev/null && echo "asked the kernel"
kill -0 1 2>/dev/null && echo "may end init"
true"#;
    for kernel in KERNELS {
        let said = shell(kernel, look);
        let lines: Vec<&str> = said.lines().collect();
        let wanted = [
            "cpus=2 user=6451308 groups=6451308",
            "CapEff:\t0000000000000000",
            "routes=0 up=lo",
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

#[tokio::test]
async fn a_guest_serves_one_run_and_warm_ones_are_replaced() {
    if !can_use_guests() {
        return;
    }
    // Warm ones for the first kernel only would do; every kernel gets some.
    let server = Server::of(&mut server::command(&support::lessons(), &["--warm-memory", "160"]));
    support::eventually("a warm guest of each kernel", || {
        (guests::qemus(server.pid()).len() == KERNELS.len()).then_some(())
    });
    let mut socket = Socket::open(&server).await;
    let mut used = BTreeSet::new();
    for _ in 0..3 {
        let before: BTreeSet<u32> = guests::qemus(server.pid()).iter().map(|process| process.pid).collect();
        let run = socket.run_with(&program::early(&fresh_name()), json!({"kernels": [DEFAULT]})).await;
        socket.until("trace").await;
        socket.stop(&run).await;
        assert_eq!(socket.rest().await.outcome(), "cancelled");
        let gone = support::eventually("the guest's end", || {
            let now: BTreeSet<u32> = guests::qemus(server.pid()).iter().map(|process| process.pid).collect();
            let gone: Vec<u32> = before.difference(&now).copied().collect();
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
        let mut server = Server::of(command.env("TMPDIR", temporary.path()));
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
        let said = refusal(&ran, &story);
        assert!(said.contains("Run again"), "{said}");
        assert_eq!(data.run(DEFAULT).0.status, 0, "and then it is made anew");
    }
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
        let folder =
            machine::names_in(&images).into_iter().find(|own| own.starts_with(folder)).expect("an image");
        harm(&images.join(&folder).join(name));
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

#[tokio::test]
async fn twenty_runs_at_once_all_finish() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let mut sockets = Vec::new();
    for _ in 0..20 {
        let mut socket = Socket::open(&server).await;
        guests::solve(&mut socket, "020-hello", "hello", DEFAULT).await;
        sockets.push(socket);
    }
    for socket in &mut sockets {
        let story = socket.rest().await;
        assert_eq!(story.outcome(), "completed", "{story:?}");
        guests::passed(&story);
    }
}
