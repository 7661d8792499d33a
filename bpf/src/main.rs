//! `bpflab-worker`: the one program of the lab that touches BPF.
//!
//! `keep` is what a server starts on the host; it starts `load`, which serves
//! the run. `stimulus` is a process held back until all is attached, and
//! `lab-do` the small tool that stimuli use. `headers` writes what learners
//! include, and `host` lets a server without root reach `keep`. As PID 1 it is
//! a guest's init.

mod act;
mod attach;
mod binary;
mod code;
mod ctype;
mod decode;
mod edit;
mod encode;
mod frames;
mod globals;
mod guard;
mod guest;
mod headers;
mod host;
mod instance;
mod keeper;
mod lab;
mod link;
mod loader;
mod logs;
mod maps;
mod names;
mod object;
mod observe;
mod outlet;
mod own;
mod pidfd;
mod printing;
mod probe;
mod records;
mod relocations;
mod replace;
mod scheduler;
mod sizes;
mod stats;
mod stimulus;
mod symbols;
mod target;
mod terminal;
mod trace;
mod trial;
mod types;
mod unsaid;
mod untraceable;
mod verdicts;
mod wake;

use std::{path::Path, process::ExitCode};

const USAGE: &str = "usage: bpflab-worker keep | headers DIR [BTF] | host SOCKET UID";

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if words.first().is_some_and(|name| name.ends_with(stimulus::TOOL)) {
        return act::act(&words[1..]);
    }
    if std::process::id() == 1 && words.len() == 1 {
        if let Err(error) = guest::first_step() {
            eprintln!("bpflab: {error}");
        }
        return ExitCode::FAILURE; // PID 1 has ended: the kernel panics, which ends the guest
    }
    let result = match words.get(1..).unwrap_or_default() {
        ["keep"] => keeper::keep(),
        ["load", instance, alive] => loader::load(Path::new(instance), alive, loader::Place::Host),
        ["load", instance, alive, guest::SECOND_STEP] => {
            loader::load(Path::new(instance), alive, loader::Place::Guest)
        }
        ["stimulus", command] => stimulus::hold(command),
        ["headers", folder] => headers::write(Path::new(folder), None),
        ["headers", folder, types] => headers::write(Path::new(folder), Some(Path::new(types))),
        [guest::SECOND_STEP] => guest::second_step(),
        ["host", socket, uid] => host::serve(Path::new(socket), uid),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // The server went away: nothing to say, and nobody to say it to.
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bpflab-worker: {error}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// A fault of the worker or its machine, said once on standard error; the
/// server sees the stream end without [`bpflab_worker::Event::Done`].
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;
