//! What libbpf prints, kept until it is sent.
//!
//! libbpf's print hook is one for the whole process, which is one reason why a
//! run has a process of its own.

use std::{
    ffi::{c_char, c_int, c_void},
    sync::Mutex,
};

use bpflab_worker::{Event, LogSource, Stream};
use libbpf_rs::libbpf_sys;

use crate::outlet::Outlet;

/// Kept between two sends, in bytes: an object of a hundred programs.
const MAX_KEPT: usize = 128 << 10;

/// Text of one log event, in bytes.
const MAX_EVENT_TEXT: usize = 32 << 10;

static KEPT: Mutex<Kept> = Mutex::new(Kept { lines: Vec::new(), bytes: 0, dropped: 0 });

struct Kept {
    lines: Vec<String>,
    bytes: usize,
    dropped: u64,
}

/// Starts keeping what libbpf prints. The hook is our own: libbpf-rs's takes all
/// that is printed for UTF-8, and a hostile object's names are none.
pub(crate) fn listen() {
    // SAFETY: the hook reads its arguments as libbpf gives them, and stays for the process's life.
    unsafe { libbpf_sys::libbpf_set_print(Some(keep)) };
}

extern "C" fn keep(
    _level: libbpf_sys::libbpf_print_level,
    format: *const c_char,
    arguments: *mut libbpf_sys::__va_list_tag,
) -> c_int {
    // SAFETY: libbpf passes a format and the arguments that it takes.
    let Ok(line) = (unsafe { vsprintf::vsprintf_raw(format, arguments.cast::<c_void>()) }) else { return 0 };
    let line = String::from_utf8_lossy(&line).into_owned();
    let Ok(mut kept) = KEPT.lock() else { return 0 };
    if kept.bytes + line.len() > MAX_KEPT {
        kept.dropped += 1;
    } else {
        kept.bytes += line.len();
        kept.lines.push(line);
    }
    0
}

/// What was printed and not yet told.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) lines: Vec<String>,
    dropped: u64,
}

/// Takes what was printed, so that nobody else tells it.
pub(crate) fn take() -> Said {
    let Ok(mut kept) = KEPT.lock() else { return Said::default() };
    kept.bytes = 0;
    Said { lines: std::mem::take(&mut kept.lines), dropped: std::mem::take(&mut kept.dropped) }
}

/// Sends what was printed.
pub(crate) fn send(outlet: &mut Outlet) -> crate::Result {
    tell(&take(), outlet)
}

/// Sends what was taken.
pub(crate) fn tell(said: &Said, outlet: &mut Outlet) -> crate::Result {
    // The verifier's log has an event of its own: libbpf repeats it in here.
    let mut text = String::new();
    for line in said.lines.iter().filter(|line| !line.contains("-- BEGIN PROG LOAD LOG --")) {
        if text.len() + line.len() > MAX_EVENT_TEXT && !text.is_empty() {
            let piece = std::mem::take(&mut text);
            outlet.send(&Event::Log { source: LogSource::Libbpf, text: piece })?;
        }
        text.push_str(line);
    }
    if !text.is_empty() {
        outlet.send(&Event::Log { source: LogSource::Libbpf, text })?;
    }
    if said.dropped > 0 {
        outlet.send(&Event::Lost { stream: Stream::Log, count: said.dropped })?;
    }
    Ok(())
}
