//! `trace_pipe` of this run's instance: bytes -> [`TraceLine`]s, and what was lost.
//!
//! Knows the kernel's text format. Does not know who reads the lines.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::OpenOptionsExt,
    },
    path::{Path, PathBuf},
};

use bpflab_worker::TraceLine;

use crate::lab::Lab;

/// Bytes read at once; the kernel hands out at most 8 KiB a read.
const CHUNK: usize = 16 << 10;

/// A line longer than this is cut: `bpf_trace_printk` itself stops at 1,023 bytes.
const MAX_TEXT: usize = 2048;

/// Reads of what nobody wants, at most.
const MAX_THROWN_AWAY: usize = 64;

/// Reads an instance's `trace_pipe` without blocking.
pub(crate) struct Pipe {
    instance: PathBuf,
    from: File,
    declared: u64,
}

/// What one reading brought.
#[derive(Default)]
pub(crate) struct Batch {
    /// Lines in the kernel's order.
    pub(crate) lines: Vec<TraceLine>,
    /// What they take in memory, for bounding a batch.
    pub(crate) bytes: usize,
    /// Lines that the kernel said were overwritten before they were read.
    pub(crate) lost: u64,
}

impl Pipe {
    /// Opens it.
    pub(crate) fn open(instance: &Path) -> io::Result<Self> {
        let from = OpenOptions::new()
            .read(true)
            .custom_flags(nix::libc::O_NONBLOCK)
            .open(instance.join("trace_pipe"))?;
        Ok(Self { instance: instance.to_owned(), from, declared: 0 })
    }

    /// To wait on.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.from.as_fd()
    }

    /// Reads once into `batch`; `false` when there is nothing more to read.
    pub(crate) fn read(&mut self, batch: &mut Batch, lab: &mut Lab) -> io::Result<bool> {
        let mut chunk = [0; CHUNK];
        let got = match self.from.read(&mut chunk) {
            Ok(0) => return Ok(false),
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            Err(error) => return Err(error),
        };
        let before = batch.lost;
        parse(&chunk[..got], batch, lab);
        self.declared += batch.lost - before;
        Ok(true)
    }

    /// Reads what is there and keeps none of it: a guest's snapshot may be made after this run.
    pub(crate) fn throw_away(&mut self) {
        let mut chunk = [0; CHUNK];
        // Whoever else prints on this machine may do so for ever.
        for _ in 0..MAX_THROWN_AWAY {
            if !matches!(self.from.read(&mut chunk), Ok(1..)) {
                break;
            }
        }
    }

    /// After the last read: lines that were lost and never announced. The
    /// kernel's counters know all of them, the LOST lines only some. What is
    /// still in the buffer when there is no more time to read it is lost too.
    pub(crate) fn unannounced(&mut self) -> u64 {
        let mut total = 0;
        let cpus = fs::read_dir(self.instance.join("per_cpu")).into_iter().flatten().flatten();
        for cpu in cpus {
            let stats = fs::read_to_string(cpu.path().join("stats")).unwrap_or_default();
            total += stats
                .lines()
                .filter_map(|line| line.split_once(": "))
                .filter(|(name, _)| {
                    matches!(*name, "entries" | "overrun" | "commit overrun" | "dropped events")
                })
                .filter_map(|(_, count)| count.trim().parse::<u64>().ok())
                .sum::<u64>();
        }
        let missing = total.saturating_sub(self.declared);
        self.declared += missing;
        missing
    }
}

/// Reads whole lines: the kernel never splits one between two reads.
fn parse(bytes: &[u8], batch: &mut Batch, lab: &mut Lab) {
    for raw in bytes.split_inclusive(|byte| *byte == b'\n') {
        let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
        if let Some(mut line) = parse_line(raw) {
            line.lab = lab.owns(line.pid);
            batch.bytes += size_of::<TraceLine>() + line.text.len() + line.task.len();
            batch.lines.push(line);
        } else if let Some(count) = parse_lost(raw) {
            batch.lost += count;
        } else if let Some(last) = batch.lines.last_mut() {
            // A message with a newline in it goes on here.
            if last.text.len() + raw.len() < MAX_TEXT {
                last.text.push('\n');
                last.text.push_str(&String::from_utf8_lossy(raw));
                batch.bytes += raw.len() + 1;
            }
        }
    }
}

/// `            task-pid     [cpu] flags seconds.micros: bpf_trace_printk: text`.
/// The task is padded to sixteen bytes and may hold anything, dashes too.
fn parse_line(raw: &[u8]) -> Option<TraceLine> {
    let (task, rest) = raw.split_at_checked(16)?;
    let rest = rest.strip_prefix(b"-")?;
    let (pid, rest) = number(rest)?;
    let rest = rest.trim_ascii_start().strip_prefix(b"[")?;
    let (cpu, rest) = number(rest)?;
    let rest = rest.strip_prefix(b"] ")?;
    let space = rest.iter().position(|byte| *byte == b' ')?;
    let (flags, rest) = rest.split_at(space);
    let (seconds, rest) = number(rest.trim_ascii_start())?;
    let (micros, rest) = number(rest.strip_prefix(b".")?)?;
    let text = rest.strip_prefix(b": bpf_trace_printk: ")?;
    Some(TraceLine {
        time: seconds as f64 + micros as f64 / 1e6,
        task: String::from_utf8_lossy(task.trim_ascii_start()).into_owned(),
        pid: u32::try_from(pid).ok()?,
        cpu: u32::try_from(cpu).ok()?,
        flags: String::from_utf8_lossy(flags).into_owned(),
        text: String::from_utf8_lossy(text).into_owned(),
        lab: false,
    })
}

fn number(from: &[u8]) -> Option<(u64, &[u8])> {
    let digits = from.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = from.split_at(digits);
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    Some((digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')), rest))
}

/// `CPU:3 [LOST 12 EVENTS]`; without a number the kernel does not know, and
/// [`Pipe::unannounced`] finds out.
fn parse_lost(raw: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(raw).ok()?.strip_prefix("CPU:")?;
    let (_, rest) = text.split_once(" [LOST ")?;
    if rest == "EVENTS]" {
        return Some(0);
    }
    rest.strip_suffix(" EVENTS]")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Batch {
        let mut batch = Batch::default();
        parse(text.as_bytes(), &mut batch, &mut Lab::new(&[]));
        batch
    }

    #[test]
    fn a_line_is_taken_apart() {
        let batch = lines("    a b-c [1] 2:-77      [003] ...21   812.000417: bpf_trace_printk: hi: there\n");
        let line = &batch.lines[0];
        assert_eq!((line.task.as_str(), line.pid, line.cpu), ("a b-c [1] 2:", 77, 3));
        assert_eq!((line.flags.as_str(), line.text.as_str()), ("...21", "hi: there"));
        assert!((line.time - 812.000_417).abs() < 1e-9);
    }

    #[test]
    fn a_lost_line_is_counted_and_a_second_line_is_joined() {
        let batch = lines(concat!(
            "CPU:0 [LOST 41 EVENTS]\n",
            "            bash-9       [000] d...1     1.000000: bpf_trace_printk: one\n",
            "two\n",
        ));
        assert_eq!((batch.lost, batch.lines.len()), (41, 1));
        assert_eq!(batch.lines[0].text, "one\ntwo");
    }
}
