//! Trace lines as JSON, half a million a second: what all lines of a batch
//! share is written once, and numbers without floating point.

use std::io::Write as _;

use bpflab_worker::TraceLine;

/// Appends the objects of a batch, numbered from `first`.
pub(super) fn write(
    run: &str,
    kernel: Option<&str>,
    at: f64,
    first: u64,
    lines: &[TraceLine],
    to: &mut Vec<u8>,
) {
    let mut shared = Vec::new();
    if let Some(kernel) = kernel {
        shared.extend_from_slice(b",\"kernel\":");
        text(kernel, &mut shared);
    }
    put(&mut shared, format_args!(",\"at\":{at:?},\"time\":"));
    let mut head = b"{\"type\":\"trace\",\"run\":".to_vec();
    text(run, &mut head);
    head.extend_from_slice(b",\"seq\":");
    for (seq, line) in (first..).zip(lines) {
        let micros = (line.time * 1e6).round() as u64;
        to.extend_from_slice(&head);
        put(to, format_args!("{seq}"));
        to.extend_from_slice(&shared);
        put(to, format_args!("{}.{:06},\"task\":", micros / 1_000_000, micros % 1_000_000));
        text(&line.task, to);
        put(to, format_args!(",\"pid\":{},\"cpu\":{},\"flags\":", line.pid, line.cpu));
        text(&line.flags, to);
        to.extend_from_slice(b",\"text\":");
        text(&line.text, to);
        to.extend_from_slice(if line.lab { b",\"lab\":true}\n" } else { b",\"lab\":false}\n" });
    }
}

fn text(text: &str, to: &mut Vec<u8>) {
    serde_json::to_writer(to, text).expect("a string always serialises");
}

fn put(to: &mut Vec<u8>, words: std::fmt::Arguments<'_>) {
    to.write_fmt(words).expect("a Vec takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_the_contracts_object_whatever_it_holds() {
        let line = TraceLine {
            time: 812.000_417,
            task: "a\"b".into(),
            pid: 7,
            cpu: 1,
            flags: "d..21".into(),
            text: "<b>\u{1}\n\\ \u{4e2d}".into(),
            lab: true,
        };
        let mut out = Vec::new();
        write("r", Some("host"), 12.0, 41, &[line.clone(), line.clone()], &mut out);
        let objects: Vec<serde_json::Value> = out
            .split(|byte| *byte == b'\n')
            .filter(|l| !l.is_empty())
            .map(|l| serde_json::from_slice(l).unwrap())
            .collect();
        assert_eq!(objects.len(), 2);
        assert_eq!(
            objects[1],
            serde_json::json!({
                "type": "trace", "run": "r", "seq": 42, "kernel": "host", "at": 12.0, "time": line.time,
                "task": line.task, "pid": 7, "cpu": 1, "flags": "d..21", "text": line.text, "lab": true,
            })
        );
    }
}
