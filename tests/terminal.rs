//! A terminal in a guest: through the page's websocket and as `bpflab shell`.
//!
//! Real bash on a real pty in a real guest. How a browser draws it is not
//! looked at here.

mod support;

use std::{
    io::{Read as _, Seek as _, Write as _},
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::json;
use support::{
    ONE_SECOND, PATIENCE,
    command::{Source, bpflab, to_end},
    guests::{self, DEFAULT, KERNELS, can_use_guests, shell},
    program::{self, fresh_name},
    screen::Screen,
    socket::Socket,
    within,
};

#[tokio::test]
async fn what_is_typed_is_answered_by_a_root_shell_on_every_kernel() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    for kernel in KERNELS {
        let mut screen = Screen::open(&server, kernel, &program::quiet(&fresh_name())).await;
        let release = screen.ask("uname -r").await;
        assert!(release.starts_with(kernel.trim_end_matches('x')), "{kernel} is {release}");
        assert_eq!(screen.ask("id -un; tty; echo $PPID").await.lines().next(), Some("root"));
        assert!(screen.ask("tty").await.starts_with("/dev/pts/"), "a terminal of its own");
        // The running program is there to be looked at, and so are the tools.
        let found = screen.ask("bpftool prog list | grep -c raw_tracepoint").await;
        assert!(found.parse::<u32>().is_ok_and(|count| count >= 1), "{kernel}: {found}");
        screen.stop().await;
        assert_eq!(screen.socket.rest().await.outcome(), "cancelled");
    }
}

#[tokio::test]
async fn the_window_has_the_size_that_the_browser_says() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let mut screen = Screen::open(&server, DEFAULT, &program::quiet(&fresh_name())).await;
    assert_eq!(screen.ask("stty size").await, "24 80");
    screen.resize(40, 132).await;
    // The size goes another way than the keys: it may come a little later.
    let began = Instant::now();
    while screen.ask("stty size").await != "40 132" {
        assert!(began.elapsed() < Duration::from_secs(10), "the size does not arrive");
    }
    // Sizes that no window has disturb nobody.
    for (rows, cols) in [(0, 0), (65535, 65535), (1, 1), (30, 100)] {
        screen.resize(rows, cols).await;
    }
    let began = Instant::now();
    while screen.ask("stty size").await != "30 100" {
        assert!(began.elapsed() < Duration::from_secs(10), "the last size does not arrive");
    }
    // Ctrl-C is a key like any other. (A Python that is about to sleep may miss it.)
    screen.line("sh -c 'echo $((40 + 2)); exec sleep 600'").await;
    screen.until("42\r\n").await;
    screen.keys("\u{3}").await;
    screen.line("echo st$?").await;
    screen.until("st130\r\n").await;
}

#[tokio::test]
async fn whoever_takes_the_terminal_over_sees_what_was_said_last() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let mut first = Screen::open(&server, DEFAULT, &program::quiet(&fresh_name())).await;
    assert_eq!(first.ask("echo from-the-first").await, "from-the-first");
    first.line("cd /tmp; lived=here").await;
    first.until("/tmp# ").await;
    let mut second = Screen::join(&server, DEFAULT, &first.run).await;
    second.until("from-the-first").await;
    second.until("/tmp# ").await;
    assert_eq!(second.ask("echo $lived").await, "here", "it is the same shell");
    // The first has lost it: its keys go nowhere, and it is told so.
    first.line("lived=elsewhere").await;
    assert_eq!(first.socket.refusal().await.0, "bad_message");
    assert_eq!(second.ask("echo $lived").await, "here");
    // A watcher that goes away leaves the run to those who stay.
    drop(first);
    assert_eq!(second.ask("echo still").await, "still");
}

#[tokio::test]
async fn trace_at_full_speed_does_not_delay_a_key() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let every_write = program::program(
        &fresh_name(),
        program::WRITE,
        "",
        r#"for (int i = 0; i < 20; i++) bpf_printk("a write, and a line of some length for each of them");"#,
    );
    let mut screen = Screen::open(&server, DEFAULT, &every_write).await;
    screen.ask("true").await;
    screen.line("yes >/dev/null & while :; do echo x; done >/dev/null &").await;
    screen.until("~# ").await;
    let began = Instant::now();
    let mut echoes = Vec::new();
    while began.elapsed() < Duration::from_secs(8) {
        let key = format!("k{}k", echoes.len());
        screen.keys(&key).await;
        echoes.push(screen.until(&key).await.1);
        // A person's pace.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Behind the trace, each would wait longer than the one before; one slow echo is a busy machine's.
    echoes.sort_unstable();
    let median = echoes[echoes.len() / 2];
    assert!(
        median < ONE_SECOND,
        "{} keys; an echo took {median:?}, or up to {:?}",
        echoes.len(),
        echoes.last()
    );
    screen.stop().await;
    let story = screen.socket.rest().await;
    assert_eq!(story.outcome(), "cancelled");
    assert!(story.of("trace").count() as u64 + story.lost() > 10_000, "it was a flood: {story:?}");
}

#[tokio::test]
async fn the_terminal_closes_with_its_run() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let mut screen = Screen::open(&server, DEFAULT, &program::quiet(&fresh_name())).await;
    screen.line("trap '' HUP TERM INT; setsid sleep 1000 & sleep 1000").await;
    screen.until("& sleep 1000\r\n").await;
    let began = Instant::now();
    screen.stop().await;
    let story = screen.socket.rest().await;
    assert_eq!(story.outcome(), "cancelled");
    assert!(began.elapsed() < Duration::from_secs(7), "it took {:?}", began.elapsed());
    let closed = story.of("terminal").last().expect("the terminal's end is told");
    assert_eq!(closed["open"], false);
    screen.retake().await;
    assert!(screen.socket.refusal().await.1.ends_with('.'));
    let gone = within(ONE_SECOND, || guests::qemus(server.pid()).is_empty().then_some(()));
    assert!(gone.is_some());
    // The connection is as good as before.
    let run = screen.socket.run_with(&program::early(&fresh_name()), json!({"kernels": [DEFAULT]})).await;
    screen.socket.until("trace").await;
    screen.socket.stop(&run).await;
    assert_eq!(screen.socket.rest().await.outcome(), "cancelled");
}

#[tokio::test]
async fn a_terminal_that_is_not_there_is_refused_in_a_sentence() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let mut socket = Socket::open(&server).await;
    let quiet = program::quiet(&fresh_name());
    let files = json!({"test.bpf.c": quiet});
    socket.say(&json!({"type": "run", "files": files, "kernels": ["host"], "terminal": true})).await;
    let (what, why) = socket.refusal().await;
    assert!(what == "bad_message" && why.contains("only in a guest"), "{why}");
    let run = socket.run_with(&quiet, json!({"kernels": [DEFAULT]})).await;
    socket.until("observing").await;
    for (run, kernel) in [(run.as_str(), DEFAULT), (run.as_str(), "5.10"), ("no such run", DEFAULT)] {
        let take = json!({"type": "terminal", "run": run, "kernel": kernel, "rows": 24, "cols": 80});
        socket.say(&take).await;
        let (_, why) = socket.refusal().await;
        assert!(why.ends_with('.'), "{why}");
    }
    socket.say(&json!({"type": "terminal", "run": run, "kernel": DEFAULT, "rows": -1, "cols": 80})).await;
    socket.refusal().await;
    socket.stop(&run).await;
    assert_eq!(socket.rest().await.outcome(), "cancelled");
}

#[tokio::test]
async fn what_root_writes_in_one_run_the_next_does_not_see() {
    if !can_use_guests() {
        return;
    }
    let server = guests::server();
    let mut screen = Screen::open(&server, DEFAULT, &program::quiet(&fresh_name())).await;
    assert_eq!(screen.ask("echo mine >/etc/mark && rm /bin/true && cat /etc/mark").await, "mine");
    let disk = screen.ask("dd if=/dev/zero of=/dev/vda bs=512 count=1 2>&1; echo status $?").await;
    assert!(disk.contains("status 1"), "the shared root can be written: {disk}");
    screen.ask("blockdev --setrw /dev/vda; mount -o remount,rw /dev/vda /mnt; sync").await;
    let disk = screen.ask("dd if=/dev/zero of=/dev/vda bs=512 count=1 conv=fsync 2>&1; echo status $?").await;
    screen.stop().await;
    screen.socket.rest().await;
    assert!(disk.contains("status 1"), "the shared root can be written: {disk}");
    assert_eq!(shell(DEFAULT, "ls /etc/mark 2>/dev/null; /bin/true && echo whole"), "whole\n");
    assert!(can_use_guests(), "the images are as they were");
}

/// `bpflab shell` with this on its standard input: exit status (none when it
/// did not end), standard output, standard error.
fn scripted(path: &str, script: &str) -> (Option<i32>, String, String) {
    let mut command = bpflab(&["shell", "--kernel", DEFAULT, path]);
    let (mut out, mut err) = (tempfile::tempfile().expect("a file"), tempfile::tempfile().expect("a file"));
    command.stdin(Stdio::piped()).stdout(out.try_clone().expect("out")).stderr(err.try_clone().expect("err"));
    let mut child = command.spawn().expect("the binary starts");
    let mut keys = child.stdin.take().expect("stdin is piped");
    keys.write_all(script.as_bytes()).expect("keys");
    drop(keys);
    let ended = within(PATIENCE, || child.try_wait().expect("a child"));
    if ended.is_none() {
        child.kill().expect("the command is ours");
        child.wait().expect("a child");
    }
    let mut said = [String::new(), String::new()];
    for (file, text) in [&mut out, &mut err].into_iter().zip(&mut said) {
        file.rewind().expect("a file");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("a file");
        *text = String::from_utf8_lossy(&bytes).into_owned();
    }
    let [out, err] = said;
    (ended.and_then(|status| status.code()), out, err)
}

#[test]
fn a_script_can_drive_the_shell_command() {
    if !can_use_guests() {
        return;
    }
    let name = fresh_name();
    let source = Source::new(&program::program(
        &name,
        "tp/syscalls/sys_enter_execve",
        "",
        r#"bpf_printk("someone starts a program");"#,
    ));
    let path = source.path.display().to_string();
    // The end of a script's input ends the shell, as "exit" does.
    for script in ["uname -r; id -u; echo last $((40 + 2))\nexit\n", "uname -r; echo last $((40 + 2))\n"] {
        let (status, out, err) = scripted(&path, script);
        assert_eq!(status, Some(0), "{script:?}: {out}\n{err}");
        assert!(out.contains("\n6.1.") || out.contains("\r6.1."), "{out:?}");
        assert!(out.contains("last 42"), "{out:?}");
        assert!(err.contains("someone starts a program"), "the program's lines are told: {err}");
    }
    let refused = to_end(&mut bpflab(&["shell", "--kernel", "host"]));
    assert_eq!(refused.status, 2, "{refused:?}");
    assert!(refused.stderr.contains("only in a guest"), "{refused:?}");
    let unknown = to_end(&mut bpflab(&["shell", "--kernel", "2.4"]));
    assert_eq!(unknown.status, 2, "{unknown:?}");
}

/// Drives a command by a pty, and prints what its screen says and whether the
/// terminal is as it was.
const PTY: &str = r#"
import os, pty, select, subprocess, sys, termios, time
main, side = pty.openpty()
import fcntl, struct
fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 111, 0, 0))
before = termios.tcgetattr(side)
child = subprocess.Popen(sys.argv[1:], stdin=side, stdout=side, stderr=side, start_new_session=True)
seen = b""
def until(words, limit=90):
    global seen
    end = time.time() + limit
    while words not in seen:
        left = end - time.time()
        if left <= 0 or not select.select([main], [], [], left)[0]:
            sys.exit("no %r in %r" % (words, seen[-2000:]))
        seen += os.read(main, 65536)
    seen = seen[seen.index(words) + len(words):]
until(b"~# ")
raw = termios.tcgetattr(side)[3]
assert not raw & (termios.ECHO | termios.ICANON | termios.ISIG), "not raw"
time.sleep(0.5)
os.write(main, b"stty size; echo si''ze\n")
until(b"33 111\r\n")
until(b"size")
os.write(main, b"sh -c 'echo $((40 + 2)); exec sleep 500'\n")
until(b"42\r\n")
os.write(main, b"\x03")
os.write(main, b"echo st$?\n")
until(b"st130")
os.write(main, b"exit\n")
until(b"[the shell has ended]")
end = time.time() + 20
while child.poll() is None and time.time() < end:
    if select.select([main], [], [], 0.1)[0]:
        os.read(main, 65536)
assert child.poll() == 0, child.poll()
assert termios.tcgetattr(side) == before, "the terminal is not as it was"
print("well")
"#;

#[test]
fn a_person_at_a_terminal_has_the_guests_keys_and_gets_their_own_back() {
    if !can_use_guests() {
        return;
    }
    let mut command = std::process::Command::new("python3");
    command.args(["-c", PTY, support::BPFLAB, "--lang", "en", "shell", "--kernel", DEFAULT]);
    let ran = to_end(&mut command);
    assert_eq!((ran.status, ran.stdout.trim()), (0, "well"), "{ran:?}");
}
