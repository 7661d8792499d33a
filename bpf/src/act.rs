//! `lab-do`: one system call on purpose, from a stimulus's shell.
//!
//! A shell cannot choose between `open`, `openat` and `openat2`, or write from
//! a second thread; decoys need exactly that. Knows system calls, not lessons.

use std::{ffi::CString, process::ExitCode};

use nix::libc;

const USAGE: &str = "usage: lab-do open|openat|openat2|creat PATH | write COUNT | thread-write COUNT";

/// Does one thing and says by exit status whether the kernel agreed.
pub(crate) fn act(words: &[&str]) -> ExitCode {
    let done = match words {
        ["open", path] => with_path(path, |p| call3(libc::SYS_open, p, libc::O_RDONLY as i64, 0)),
        ["openat", path] => {
            with_path(path, |p| call3(libc::SYS_openat, libc::AT_FDCWD as i64, p, libc::O_RDONLY as i64))
        }
        ["openat2", path] => with_path(path, openat2),
        ["creat", path] => with_path(path, |p| call3(libc::SYS_creat, p, 0o644, 0)),
        ["write", count] => writes(count),
        ["thread-write", count] => {
            let count = (*count).to_owned();
            std::thread::spawn(move || writes(&count)).join().unwrap_or(false)
        }
        _ => {
            eprintln!("{USAGE}");
            false
        }
    };
    if done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
    // SAFETY: only the open family comes here, with a C string that outlives the call.
    unsafe { libc::syscall(number, a, b, c) }
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
