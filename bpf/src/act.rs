//! `lab-do`: one system call on purpose, from a stimulus's shell.
//!
//! A shell cannot choose between `open`, `openat` and `openat2`, or write from
//! a second thread; decoys need exactly that. Knows system calls, not lessons.

mod net;

use std::{ffi::CString, process::ExitCode, time::Instant};

use nix::libc;

const USAGE: &str = "usage: lab-do open|openat|openat2|creat|unlink|unlinkat PATH | unlink-in FOLDER-FD NAME
  | write COUNT | thread-write COUNT | unlink-many COUNT | udp-sendto|udp-write ADDRESS BYTES TIMES
  | unix-sendto BYTES TIMES | connect tcp|udp|fastopen ADDRESS | connect unix PORT   (several: with \" , \" between)";

/// `unlink-many` measures in so many rounds: the first is cold, and in the
/// best one nobody else wanted the processor.
const ROUNDS: u32 = 20;

/// Does one thing after the other, by one process, and says by exit status
/// whether the kernel agreed to all.
pub(crate) fn act(words: &[&str]) -> ExitCode {
    let mut agreed = true;
    for one in words.split(|word| *word == ",") {
        agreed &= one_thing(one);
    }
    if agreed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one_thing(words: &[&str]) -> bool {
    match words {
        ["open", path] => with_path(path, |p| call3(libc::SYS_open, p, libc::O_RDONLY as i64, 0)),
        ["openat", path] => {
            with_path(path, |p| call3(libc::SYS_openat, libc::AT_FDCWD as i64, p, libc::O_RDONLY as i64))
        }
        ["openat2", path] => with_path(path, openat2),
        ["creat", path] => with_path(path, |p| call3(libc::SYS_creat, p, 0o644, 0)),
        ["unlink", path] => with_path(path, |p| call3(libc::SYS_unlink, p, 0, 0)),
        ["unlinkat", path] => with_path(path, |p| call3(libc::SYS_unlinkat, libc::AT_FDCWD as i64, p, 0)),
        ["unlink-in", folder, name] => folder
            .parse::<i64>()
            .is_ok_and(|folder| with_path(name, |p| call3(libc::SYS_unlinkat, folder, p, 0))),
        ["unlink-many", count] => count.parse().is_ok_and(unlink_many),
        ["write", count] => writes(count),
        ["thread-write", count] => {
            let count = (*count).to_owned();
            std::thread::spawn(move || writes(&count)).join().unwrap_or(false)
        }
        ["udp-sendto", to, bytes, times] => net::udp(to, bytes, times, net::Way::Sendto),
        ["udp-write", to, bytes, times] => net::udp(to, bytes, times, net::Way::Write),
        ["unix-sendto", bytes, times] => net::unix_sendto(bytes, times),
        ["connect", how, to] => net::connect(how, to),
        _ => {
            eprintln!("{USAGE}");
            false
        }
    }
}

fn with_path(path: &str, call: impl FnOnce(i64) -> i64) -> bool {
    CString::new(path).is_ok_and(|path| call(path.as_ptr() as i64) >= 0)
}

fn openat2(path: i64) -> i64 {
    // struct open_how { __u64 flags, mode, resolve; }
    let how: [u64; 3] = [0, 0, 0];
    // SAFETY: the path is a C string and `how` a whole open_how; both outlive the call.
    unsafe { libc::syscall(libc::SYS_openat2, libc::AT_FDCWD, path, how.as_ptr(), size_of_val(&how)) }
}

fn call3(number: i64, a: i64, b: i64, c: i64) -> i64 {
    // SAFETY: only calls that take a path come here, with a C string that outlives the call.
    unsafe { libc::syscall(number, a, b, c) }
}

/// Times the unlinking of a name that is not there, which needs nothing made
/// before it: the call, the look-up, and whatever is attached.
fn unlink_many(count: u32) -> bool {
    let each = (count / ROUNDS).max(1);
    let rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            for _ in 0..each {
                with_path("no-such-file", |p| call3(libc::SYS_unlink, p, 0, 0));
            }
            began.elapsed().as_secs_f64() * 1e6 / f64::from(each)
        })
        .collect();
    let best = rounds.iter().copied().fold(f64::INFINITY, f64::min);
    let first = rounds[0];
    println!("{} unlinks: first round {first:.2} us each, best round {best:.2} us each", each * ROUNDS);
    true
}

/// So many one-byte writes to /dev/null.
fn writes(count: &str) -> bool {
    let (Ok(count), Ok(mut null)) =
        (count.parse::<u32>(), std::fs::OpenOptions::new().write(true).open("/dev/null"))
    else {
        return false;
    };
    (0..count).all(|_| std::io::Write::write_all(&mut null, b"x").is_ok())
}
