//! What libbpf prints, kept until it is sent.
//!
//! libbpf's print hook is one for the whole process, which is one reason why a
//! run has a process of its own.

use std::sync::Mutex;

use bpflab_worker::{Event, LogSource, Stream};
use libbpf_rs::{PrintLevel, set_print};

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

/// Starts keeping what libbpf prints.
pub(crate) fn listen() {
    set_print(Some((PrintLevel::Debug, |_, line| {
        let Ok(mut kept) = KEPT.lock() else { return };
        if kept.bytes + line.len() > MAX_KEPT {
            kept.dropped += 1;
        } else {
            kept.bytes += line.len();
            kept.lines.push(line);
        }
    })));
}

/// Sends what was printed, and gives it back for a look at its words.
pub(crate) fn send(outlet: &mut Outlet) -> crate::Result<Vec<String>> {
    let (lines, dropped) = match KEPT.lock() {
        Ok(mut kept) => {
            kept.bytes = 0;
            (std::mem::take(&mut kept.lines), std::mem::take(&mut kept.dropped))
        }
        Err(_) => return Ok(Vec::new()),
    };
    // The verifier's log has an event of its own: libbpf repeats it in here.
    let mut text = String::new();
    for line in lines.iter().filter(|line| !line.contains("-- BEGIN PROG LOAD LOG --")) {
        if text.len() + line.len() > MAX_EVENT_TEXT && !text.is_empty() {
            let piece = std::mem::take(&mut text);
            outlet.send(&Event::Log { source: LogSource::Libbpf, text: piece })?;
        }
        text.push_str(line);
    }
    if !text.is_empty() {
        outlet.send(&Event::Log { source: LogSource::Libbpf, text })?;
    }
    if dropped > 0 {
        outlet.send(&Event::Lost { stream: Stream::Log, count: dropped })?;
    }
    Ok(lines)
}
