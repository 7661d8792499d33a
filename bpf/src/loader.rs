//! The loader: serves one run over standard input and output.
//!
//! Open, refuse, set, load, attach, observe, detach, drain, say Done. Its
//! death detaches everything; what would stay is the keeper's to remove.

use std::path::Path;

use bpflab_worker::{BadChange, BadGlobal, Command, Done, Event, Load, Policy, Refusal, VERSION};
use libbpf_rs::{MapCore as _, MapType, Object, OpenObject};
use nix::sys::{prctl, signal};

use crate::{
    attach::{self, Optional},
    edit,
    globals::{self, Globals},
    guard, logs, object,
    observe::Observer,
    outlet::{Inlet, Outlet},
    probe,
    records::{self, Records},
    replace::Originals,
    sizes,
    stats::Stats,
    stimulus::{self, Held},
    target,
    terminal::Terminal,
    types::Types,
    wake,
};

/// Bytes of types in one event.
const TYPES_PIECE: usize = 256 << 10;

/// Where this loader serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A machine that belongs to someone: its clock is not ours to set.
    Host,
    /// A guest of this run alone.
    Guest,
}

/// Serves the run whose keeper made `instance`. `alive` is the number of a
/// descriptor whose closing tells the keeper that we are gone.
pub(crate) fn load(instance: &Path, alive: &str, place: Place) -> crate::Result {
    prctl::set_pdeathsig(signal::SIGKILL)?;
    prctl::set_name(c"bpflab-worker")?; // started as /proc/self/exe, it would be "exe"
    stimulus::keep_to_ourselves(alive.parse()?)?;
    let mut inlet = Inlet::stdin()?;
    let mut outlet = Outlet::stdout()?;
    loop {
        match inlet.wait()? {
            None | Some(Command::Stop) => return outlet.send(&Event::Done(Done::Stopped)),
            Some(Command::Wake(_)) if place == Place::Host => return Err("only a guest can wake".into()),
            Some(Command::Wake(moment)) => {
                wake::wake(&moment)?;
                outlet.send(&Event::Hello { version: VERSION, release: wake::release()? })?;
            }
            Some(Command::Types) => types(&mut outlet)?,
            Some(Command::Probe) => probe::probe(place == Place::Guest, &mut outlet)?,
            Some(Command::Change { .. } | Command::Resize(_)) => {
                return Err("a change before anything is loaded".into());
            }
            Some(Command::Load(load)) => {
                logs::listen();
                let done = serve(&load, instance, &mut inlet, &mut outlet)?;
                logs::send(&mut outlet)?;
                outlet.send(&Event::Done(done))?;
                // A guest that has rehearsed goes on: what it has learned is its own.
                if place == Place::Host {
                    return Ok(());
                }
            }
        }
    }
}

/// The kernel's own types in pieces.
fn types(outlet: &mut Outlet) -> crate::Result {
    let all = std::fs::read("/sys/kernel/btf/vmlinux")?;
    for piece in all.chunks(TYPES_PIECE) {
        outlet.send(&Event::Types { bytes: piece.to_vec(), last: false })?;
    }
    outlet.send(&Event::Types { bytes: Vec::new(), last: true })
}

fn serve(load: &Load, instance: &Path, inlet: &mut Inlet, outlet: &mut Outlet) -> crate::Result<Done> {
    let types = Types::of(load)?;
    let mut opened = match object::open(&load.object, types.as_ref()) {
        Ok(opened) => opened,
        Err(errno) => {
            // The log says what it is about, and the server reads it for that.
            logs::send(outlet)?;
            outlet.send(&Event::OpenFailed { errno })?;
            return Ok(Done::Failed);
        }
    };
    if let Err(refusal) = allowed(load, &opened) {
        outlet.send(&Event::Refused(refusal))?;
        return Ok(Done::Failed);
    }
    if let Err(why) = target::tell(&mut opened, &load.targets) {
        outlet.send(&why)?;
        return Ok(Done::Failed);
    }
    match sizes::set(&mut opened, &load.map_sizes) {
        Ok(usual) => usual.iter().try_for_each(|sized| outlet.send(sized))?,
        Err((map, reason)) => {
            outlet.send(&Event::Refused(Refusal::MapSize { map, reason }))?;
            return Ok(Done::Failed);
        }
    }
    let mut held = load.stimulus.as_deref().map(Held::start).transpose()?;
    let pid = held.as_ref().map(Held::pid);
    if let Err((name, reason)) = set_globals(load, &opened, pid) {
        outlet.send(&Event::BadGlobal { name, reason })?;
        return Ok(Done::Failed);
    }
    if let Err((map, reason)) = records::can_read(&opened, &load.records) {
        outlet.send(&Event::Refused(Refusal::Records { map, reason }))?;
        return Ok(Done::Failed);
    }
    let again = || -> crate::Result<OpenObject> {
        let mut again =
            object::open(&load.object, types.as_ref()).map_err(std::io::Error::from_raw_os_error)?;
        // All could be set before.
        let _ = target::tell(&mut again, &load.targets);
        let _ = sizes::set(&mut again, &load.map_sizes);
        let _ = set_globals(load, &again, pid);
        Ok(again)
    };
    let without = || {
        let mut again = again()?;
        attach::leave_out(&mut again, &load.targets);
        Ok(again)
    };
    let originals = match Originals::load(&opened, without)?.transpose() {
        Ok(originals) => originals,
        Err(why) => {
            outlet.send(&why)?;
            return Ok(Done::Failed);
        }
    };
    let (mut opened, mut optional) = (Some(opened), Optional::default());
    let ready = || {
        let mut ready = opened.take().map_or_else(again, Ok)?;
        optional = attach::leave_out(&mut ready, &load.targets);
        if let Some(originals) = &originals {
            originals.tell(&mut ready)?;
        }
        Ok(ready)
    };
    let Some(loaded) = object::load(ready, outlet)? else { return Ok(Done::Failed) };
    let (programs, maps) = object::facts(&loaded);
    let object = loaded.object;
    outlet.send(&Event::Loaded { programs, maps })?;
    if load.policy == Policy::VerifyOnly {
        return Ok(Done::Completed);
    }
    held.as_mut().map_or(Ok(()), Held::prepared)?;
    let stats = Stats::start(&object);
    if let Err((map, reason)) = fill(load, &object, pid) {
        outlet.send(&Event::BadEntry { map, reason })?;
        return Ok(Done::Failed);
    }
    let records = Records::open(&object, &load.records);
    let targets = load.targets.iter().map(|(name, target)| (name.as_str(), target)).collect();
    let Some(attached) = attach::all(&object, &optional, &targets, outlet)? else { return Ok(Done::Failed) };
    logs::send(outlet)?;
    let stimulus = held.map(Held::release).transpose()?;
    let terminal = load.terminal.map(Terminal::open).transpose()?;
    outlet.send(&Event::Observing { stimulus: stimulus.as_ref().map(stimulus::Stimulus::pid) })?;
    Observer::new(load, &object, stats, records, instance, stimulus, terminal)?
        .observe(attached, inlet, outlet)
}

/// Sets what the run sets before load; the first that cannot be set, and why.
fn set_globals(load: &Load, opened: &OpenObject, pid: Option<u32>) -> Result<(), (String, BadGlobal)> {
    let Some(btf) = globals::btf_of_opened(opened) else { return Ok(()) };
    let found = Globals::before_load(opened);
    load.globals
        .iter()
        .try_for_each(|(name, word)| found.set(&btf, name, word, pid).map_err(|why| (name.clone(), why)))
}

/// Puts into maps what the run wants there; the first that does not go in, and why.
fn fill(load: &Load, object: &Object, pid: Option<u32>) -> Result<(), (String, BadChange)> {
    // The stimulus joins it when it is let go. A machine of somebody's gets no cgroup from us.
    let has_array = || object.maps().any(|map| map.map_type() == MapType::CgroupArray);
    if load.policy == Policy::Anything && has_array() {
        let _ = target::own_cgroup(); // whoever asks for it then says that it is not there
    }
    let btf = object.btf().ok().flatten();
    load.entries.iter().try_for_each(|(map, change)| {
        let change = change.clone().of_stimulus(pid);
        edit::map(object, btf.as_ref(), map, &change).map_err(|why| (map.clone(), why))
    })
}

fn allowed(load: &Load, opened: &OpenObject) -> Result<(), Refusal> {
    if opened.progs().next().is_none() {
        return Err(Refusal::NoProgram);
    }
    match load.policy {
        Policy::ObserveOnly => guard::observe_only(&load.object, opened),
        Policy::Anything | Policy::VerifyOnly => Ok(()),
    }
}
