//! Clocks, probes by name, iterators, programs that are called: what tracing
//! programs attach to that their section does not say.

use std::{
    fs::File,
    io::Read as _,
    os::fd::{AsFd, AsRawFd, IntoRawFd as _},
};

use bpflab_worker::Counter;
use libbpf_rs::{AsRawLibbpf, MapCore as _, MapType, Object, ProgramImpl, libbpf_sys};
use nix::libc::{self, EINVAL, EOPNOTSUPP, c_int, c_ulong};

use super::{Attached, attach_type, section, sockets::owned, text};
use crate::{link::Link, maps};

/// What an iterator may write, in bytes; the rest is left out.
const MAX_TEXT: u64 = 64 << 10;

/// To a counter of each CPU's own, else to a software clock: a guest without KVM
/// has no counters.
pub(super) fn clock(program: &ProgramImpl<'_>, counter: Option<Counter>, hz: u32) -> Result<Attached, i32> {
    let (type_, config, name) = match counter {
        Some(counter) => (libbpf_sys::PERF_TYPE_HARDWARE, counter.number().into(), counter.name()),
        None => (libbpf_sys::PERF_TYPE_SOFTWARE, libbpf_sys::PERF_COUNT_SW_CPU_CLOCK.into(), "cpu-clock"),
    };
    let mut attr = libbpf_sys::perf_event_attr {
        type_,
        config,
        size: size_of::<libbpf_sys::perf_event_attr>() as u32,
        ..Default::default()
    };
    attr.__bindgen_anon_1.sample_freq = u64::from(hz.max(1));
    attr.set_freq(1);
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut links = Vec::new();
    for cpu in 0..cpus {
        let (pid, group): (c_int, c_int) = (-1, -1);
        let flags = c_ulong::from(libbpf_sys::PERF_FLAG_FD_CLOEXEC);
        // SAFETY: `attr` says its own size and lives through the call.
        let event = unsafe {
            libc::syscall(libc::SYS_perf_event_open, &raw const attr, pid, cpu as c_int, group, flags)
        };
        let event = owned(event as i32)?;
        let raw = program.as_libbpf_object().as_ptr();
        // SAFETY: the program is loaded and lives as long as its object.
        // libbpf closes the event together with its link.
        let link = unsafe { libbpf_sys::bpf_program__attach_perf_event(raw, event.as_raw_fd()) };
        let link = Link::libbpf(link)?;
        let _ = event.into_raw_fd();
        links.push(link);
    }
    Ok((Link::Several(links), format!("{name}, {hz} Hz on each of {cpus} CPUs")))
}

/// To a function of a program or library: `SYMBOL` or `SYMBOL+OFFSET`.
pub(super) fn uprobe(program: &ProgramImpl<'_>, path: &str, symbol: &str) -> Result<Attached, i32> {
    if attach_type(program) == libbpf_sys::BPF_TRACE_UPROBE_MULTI {
        return uprobes(program, path, symbol);
    }
    let (name, offset) = match symbol.split_once('+') {
        Some((name, offset)) => (name, number(offset).ok_or(EINVAL)?),
        None => (symbol, 0),
    };
    let (file, function) = (text(path)?, text(name)?);
    let mut opts = libbpf_sys::bpf_uprobe_opts {
        func_name: function.as_ptr(),
        retprobe: section(program).starts_with("uretprobe"),
        ..Default::default()
    };
    opts.sz = size_of_val(&opts) as _;
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: as above; what is pointed to lives through the call.
    let link = unsafe {
        libbpf_sys::bpf_program__attach_uprobe_opts(raw, -1, file.as_ptr(), offset, &raw const opts)
    };
    Ok((Link::libbpf(link)?, format!("{path}:{symbol}")))
}

/// To all functions of a program or library that are named so; `*` and `?` stand for anything.
fn uprobes(program: &ProgramImpl<'_>, path: &str, pattern: &str) -> Result<Attached, i32> {
    let (file, functions) = (text(path)?, text(pattern)?);
    let mut opts = libbpf_sys::bpf_uprobe_multi_opts {
        retprobe: section(program).starts_with("uretprobe"),
        ..Default::default()
    };
    opts.sz = size_of_val(&opts) as _;
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: as above; what is pointed to lives through the call.
    let link = unsafe {
        let (file, functions) = (file.as_ptr(), functions.as_ptr());
        libbpf_sys::bpf_program__attach_uprobe_multi(raw, -1, file, functions, &raw const opts)
    };
    Ok((Link::libbpf(link)?, format!("{path}:{pattern}")))
}

/// To a place that a program's author has marked.
pub(super) fn usdt(
    program: &ProgramImpl<'_>,
    path: &str,
    provider: &str,
    name: &str,
) -> Result<Attached, i32> {
    let (file, by, mark) = (text(path)?, text(provider)?, text(name)?);
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: as above; no options are given, and none is needed.
    let link = unsafe {
        let (file, by, mark) = (file.as_ptr(), by.as_ptr(), mark.as_ptr());
        libbpf_sys::bpf_program__attach_usdt(raw, -1, file, by, mark, std::ptr::null())
    };
    Ok((Link::libbpf(link)?, format!("{path}:{provider}:{name}")))
}

/// To a function of the kernel, at its begin or its return; to all that are like
/// it, for a program on several.
pub(super) fn function(program: &ProgramImpl<'_>, name: &str, at_return: bool) -> Result<Attached, i32> {
    let to = format!("{}/{name}", if at_return { "kretprobe" } else { "kprobe" });
    if attach_type(program) == libbpf_sys::BPF_TRACE_KPROBE_MULTI {
        let pattern = text(name)?;
        let mut opts = libbpf_sys::bpf_kprobe_multi_opts { retprobe: at_return, ..Default::default() };
        opts.sz = size_of_val(&opts) as _;
        let raw = program.as_libbpf_object().as_ptr();
        // SAFETY: as above; pattern and options live through the call.
        let link = unsafe {
            libbpf_sys::bpf_program__attach_kprobe_multi_opts(raw, pattern.as_ptr(), &raw const opts)
        };
        return Ok((Link::libbpf(link)?, to));
    }
    if let Some(call) = name.strip_prefix("sys_") {
        return old_system_call(program, call, at_return);
    }
    let (name, offset) = match name.split_once('+') {
        Some((name, offset)) => (name, number(offset).ok_or(EINVAL)?),
        None => (name, 0),
    };
    let name = text(name)?;
    let mut opts =
        libbpf_sys::bpf_kprobe_opts { offset: offset as _, retprobe: at_return, ..Default::default() };
    opts.sz = size_of_val(&opts) as _;
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: as above; name and options live through the call.
    let link = unsafe { libbpf_sys::bpf_program__attach_kprobe_opts(raw, name.as_ptr(), &raw const opts) };
    Ok((Link::libbpf(link)?, to))
}

/// To a tracepoint.
pub(super) fn tracepoint(program: &ProgramImpl<'_>, category: &str, name: &str) -> Result<Attached, i32> {
    let (of, event) = (text(category)?, text(name)?);
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: as above; the names live through the call.
    let link = unsafe { libbpf_sys::bpf_program__attach_tracepoint(raw, of.as_ptr(), event.as_ptr()) };
    Ok((Link::libbpf(link)?, format!("tracepoint/{category}/{name}")))
}

/// To a tracepoint's arguments.
pub(super) fn raw_tracepoint(program: &ProgramImpl<'_>, name: &str) -> Result<Attached, i32> {
    let event = text(name)?;
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: as above; the name lives through the call.
    let link = unsafe { libbpf_sys::bpf_program__attach_raw_tracepoint(raw, event.as_ptr()) };
    Ok((Link::libbpf(link)?, format!("raw_tp/{name}")))
}

/// As older programs name a system call: its function has had another name
/// since 4.17, and takes its arguments in a structure.
pub(super) fn old_system_call(
    program: &ProgramImpl<'_>,
    name: &str,
    at_return: bool,
) -> Result<Attached, i32> {
    let wanted = format!("sys_{name}");
    match kprobe(program, &wanted, at_return) {
        Err(libc::ENOENT | EINVAL) => kprobe(program, &format!("__x64_{wanted}"), at_return),
        tried => tried,
    }
}

fn kprobe(program: &ProgramImpl<'_>, function: &str, at_return: bool) -> Result<Attached, i32> {
    let name = text(function)?;
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: as above; the name lives through the call.
    let link = unsafe { libbpf_sys::bpf_program__attach_kprobe(raw, at_return, name.as_ptr()) };
    Ok((Link::libbpf(link)?, function.to_owned()))
}

/// To what it goes through: all of its kind; of cgroups, all below the root, parents first.
/// One over a map's elements takes the first map that the kernel lets it go through: keys
/// and values are at least as long as it reads.
pub(super) fn iterator(object: &Object, program: &ProgramImpl<'_>) -> Result<Attached, i32> {
    let section = section(program);
    // What kernel/bpf/hashtab.c, arraymap.c, net/core/bpf_sk_storage.c and sock_map.c give
    // iterators of.
    let kinds: &[MapType] = match section.rsplit('/').next().unwrap_or_default() {
        "bpf_map_elem" => &[
            MapType::Hash,
            MapType::LruHash,
            MapType::PercpuHash,
            MapType::LruPercpuHash,
            MapType::Array,
            MapType::PercpuArray,
        ],
        "bpf_sk_storage_map" => &[MapType::SkStorage],
        "sockmap" => &[MapType::Sockmap, MapType::Sockhash],
        "cgroup" => {
            let mut info = libbpf_sys::bpf_iter_link_info::default();
            info.cgroup.order = libbpf_sys::BPF_CGROUP_ITER_DESCENDANTS_PRE;
            return over(program, Some(info)).map(|link| (link, format!("{section}: all, from the root")));
        }
        _ => return over(program, None).map(|link| (link, section)),
    };
    let mut last = EOPNOTSUPP;
    let is_meant = |map: &libbpf_rs::Map<'_>| {
        kinds.contains(&map.map_type()) && !maps::holds_globals(map.as_libbpf_object())
    };
    for map in object.maps().filter(is_meant) {
        let mut info = libbpf_sys::bpf_iter_link_info::default();
        info.map.map_fd = map.as_fd().as_raw_fd() as u32;
        match over(program, Some(info)) {
            Ok(link) => return Ok((link, format!("{section} of {}", map.name().to_string_lossy()))),
            Err(errno) => last = errno,
        }
    }
    Err(last)
}

fn over(program: &ProgramImpl<'_>, what: Option<libbpf_sys::bpf_iter_link_info>) -> Result<Link, i32> {
    let mut opts = libbpf_sys::bpf_iter_attach_opts::default();
    opts.sz = size_of_val(&opts) as _;
    let mut what = what;
    if let Some(info) = &mut what {
        opts.link_info = info;
        opts.link_info_len = size_of_val(info) as u32;
    }
    let raw = program.as_libbpf_object().as_ptr();
    // SAFETY: as above; the options live through the call.
    Link::libbpf(unsafe { libbpf_sys::bpf_program__attach_iter(raw, &raw const opts) })
}

/// Lets an iterator go through everything once, and gives what it wrote.
pub(crate) fn read_iterator(link: &Link) -> Option<String> {
    // SAFETY: a number, of a descriptor that is open.
    let text = owned(unsafe { libbpf_sys::bpf_iter_create(link.fd()?) }).ok()?;
    let mut all = Vec::new();
    // One that fails half-way has written what it has written.
    let _ = File::from(text).take(MAX_TEXT).read_to_end(&mut all);
    Some(String::from_utf8_lossy(&all).into_owned())
}

/// Runs once, now: nothing but a call starts such a program. One that wants a
/// context waits for someone to give it one.
pub(super) fn call(program: &ProgramImpl<'_>) -> Result<Attached, i32> {
    let mut opts = libbpf_sys::bpf_test_run_opts::default();
    opts.sz = size_of_val(&opts) as _;
    // SAFETY: the program is open; the options live through the call.
    let done = unsafe { libbpf_sys::bpf_prog_test_run_opts(program.as_fd().as_raw_fd(), &raw mut opts) };
    if done == -nix::libc::EINVAL {
        return Ok((Link::Ran, "nothing: it waits for a context, to be run by itself".to_owned()));
    }
    if done < 0 {
        return Err(-done);
    }
    let answer = opts.retval as i32;
    Ok((Link::Ran, format!("one call, which returned {answer}")))
}

/// Decimal, or hexadecimal after `0x`.
fn number(word: &str) -> Option<u64> {
    match word.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    }
}
