//! Attaching through perf: open an event, hand it the program, close it.
//!
//! The way of tracepoints, kprobes, uprobes and sampling on every kernel that
//! the lab runs on (links for them came with 5.15).

use std::{
    ffi::CStr,
    fs, io,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    path::Path,
    process,
};

use libbpf_sys::{
    PERF_COUNT_SW_CPU_CLOCK, PERF_FLAG_FD_CLOEXEC, PERF_TYPE_SOFTWARE, PERF_TYPE_TRACEPOINT, perf_event_attr,
};
use nix::libc::{self, c_int, c_ulong};

use super::{
    answer::{Answer, No},
    kinds::{FUNCTION, TRACEPOINT},
};
use crate::instance::TRACEFS;

/// Where the kernel says which number a kind of probe has; it has none of it
/// where the file is missing.
const PROBES: &str = "/sys/bus/event_source/devices";

/// In `config` of a kprobe and a uprobe: at the function's return.
const AT_RETURN: u64 = 1;

/// Of the ioctl that hands an event its program.
const PERF_EVENT_IOC_SET_BPF: c_ulong = 0x4004_2408;

/// Nanoseconds between two samples of a clock that is never started.
const PERIOD_NS: u64 = 1_000_000_000;

/// This very program, as the kernel finds it.
pub(super) const OWN_PROGRAM: &CStr = c"/proc/self/exe";

/// What an event is about.
#[derive(Clone, Copy)]
pub(super) enum Hook {
    /// [`TRACEPOINT`], by the number it has in tracefs.
    Tracepoint,
    /// [`FUNCTION`].
    Kprobe {
        /// At its return.
        at_return: bool,
    },
    /// A function of this process that nothing calls, and in this process only.
    Uprobe {
        /// At its return.
        at_return: bool,
    },
    /// A clock of this process, not running.
    Clock,
}

/// Whose events.
enum Scope {
    /// This process's, on any CPU.
    Own,
    /// Everyone's. Perf wants a CPU then; BPF programs run on all.
    All,
}

/// Attaches a program to an event, and closes it.
pub(super) fn attach(program: BorrowedFd, hook: Hook) -> Answer {
    let mut attr = perf_event_attr { size: size_of::<perf_event_attr>() as u32, ..Default::default() };
    let scope = match hook {
        Hook::Tracepoint => {
            attr.type_ = PERF_TYPE_TRACEPOINT;
            attr.config = tracepoint_id()?;
            Scope::All
        }
        Hook::Kprobe { at_return } => {
            attr.type_ = number(Path::new(PROBES).join("kprobe/type").as_path())?;
            attr.config = if at_return { AT_RETURN } else { 0 };
            attr.__bindgen_anon_3.kprobe_func = FUNCTION.as_ptr().addr() as u64;
            Scope::All
        }
        Hook::Uprobe { at_return } => {
            attr.type_ = number(Path::new(PROBES).join("uprobe/type").as_path())?;
            attr.config = if at_return { AT_RETURN } else { 0 };
            attr.__bindgen_anon_3.uprobe_path = OWN_PROGRAM.as_ptr().addr() as u64;
            attr.__bindgen_anon_4.probe_offset = own_function()?;
            Scope::Own
        }
        Hook::Clock => {
            attr.type_ = PERF_TYPE_SOFTWARE;
            attr.config = PERF_COUNT_SW_CPU_CLOCK.into();
            attr.__bindgen_anon_1.sample_period = PERIOD_NS;
            attr.set_disabled(1);
            Scope::Own
        }
    };
    let event = open(&attr, scope)?;
    // SAFETY: both are open, and this request takes a number.
    let set = unsafe { libc::ioctl(event.as_raw_fd(), PERF_EVENT_IOC_SET_BPF as _, program.as_raw_fd()) };
    if set < 0 { Err(io::Error::last_os_error().into()) } else { Ok(()) }
}

/// Where in this program's file a function lies that nothing calls.
pub(super) fn own_function() -> Answer<u64> {
    let address = (never_called as *const ()).addr() as u64;
    let maps = fs::read_to_string("/proc/self/maps")?;
    // start-end permissions offset …
    let offset = maps.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let [start, end, offset] =
            [start, end, words.nth(1)?].map(|word| u64::from_str_radix(word, 16).unwrap_or_default());
        (start..end).contains(&address).then(|| address - start + offset)
    });
    offset.ok_or(No::Untried)
}

/// Gives uprobes an instruction that no one executes.
extern "C" fn never_called() -> u32 {
    // Not to be folded into another function that is called.
    std::hint::black_box(u32::from_be_bytes(*b"lab?"))
}

fn tracepoint_id() -> Answer<u64> {
    let (group, name, _) = TRACEPOINT;
    let events = Path::new(TRACEFS).join("events");
    if !events.exists() {
        return Err(No::Untried);
    }
    number(&events.join(group).join(name.to_string_lossy().as_ref()).join("id"))
}

fn number<T: std::str::FromStr>(file: &Path) -> Answer<T> {
    fs::read_to_string(file)?.trim().parse().map_err(|_| No::Untried)
}

fn open(attr: &perf_event_attr, scope: Scope) -> Answer<OwnedFd> {
    let (pid, cpu): (c_int, c_int) = match scope {
        Scope::Own => (process::id() as c_int, -1),
        Scope::All => (-1, 0),
    };
    let (group, flags): (c_int, c_ulong) = (-1, PERF_FLAG_FD_CLOEXEC.into());
    // SAFETY: `attr` says its own size and lives through the call, as do the
    // static strings that it points to.
    let event = unsafe { libc::syscall(libc::SYS_perf_event_open, &raw const *attr, pid, cpu, group, flags) };
    let Ok(event @ 0..) = c_int::try_from(event) else {
        return Err(io::Error::last_os_error().into());
    };
    // SAFETY: the file descriptor was just made for us.
    Ok(unsafe { OwnedFd::from_raw_fd(event) })
}
