//! The loader: serves one run over standard input and output.
//!
//! Open, refuse, set, load, attach, observe, detach, drain, say Done. Its
//! death detaches everything; what would stay is the keeper's to remove.

use std::path::Path;

use bpflab_worker::{Command, Done, Event, Load, Policy, Refusal};
use nix::sys::{prctl, signal};

use crate::{
    attach,
    globals::{self, Globals},
    guard, logs, object,
    observe::Observer,
    outlet::{Inlet, Outlet},
    probe,
    stats::Stats,
    stimulus::{self, Held},
};

/// Serves the run whose keeper made `instance`. `alive` is the number of a
/// descriptor whose closing tells the keeper that we are gone.
pub(crate) fn load(instance: &Path, alive: &str) -> crate::Result {
    prctl::set_pdeathsig(signal::SIGKILL)?;
    prctl::set_name(c"bpflab-worker")?; // started as /proc/self/exe, it would be "exe"
    stimulus::keep_to_ourselves(alive.parse()?)?;
    let mut inlet = Inlet::stdin()?;
    let mut outlet = Outlet::stdout()?;
    match inlet.wait()? {
        None | Some(Command::Stop) => outlet.send(&Event::Done(Done::Stopped)),
        Some(Command::Probe) => {
            outlet.send(&Event::Probed(probe::probe()))?;
            outlet.send(&Event::Done(Done::Completed))
        }
        Some(Command::SetGlobal { .. }) => Err("a global to set before anything is loaded".into()),
        Some(Command::Load(load)) => {
            logs::listen();
            let done = serve(&load, instance, &mut inlet, &mut outlet)?;
            logs::send(&mut outlet)?;
            outlet.send(&Event::Done(done))
        }
    }
}

fn serve(load: &Load, instance: &Path, inlet: &mut Inlet, outlet: &mut Outlet) -> crate::Result<Done> {
    let opened = match object::open(&load.object) {
        Ok(opened) => opened,
        Err(errno) => {
            outlet.send(&Event::OpenFailed { errno })?;
            return Ok(Done::Failed);
        }
    };
    if let Err(refusal) = allowed(load, &opened) {
        outlet.send(&Event::Refused(refusal))?;
        return Ok(Done::Failed);
    }
    let held = load.stimulus.as_deref().map(Held::start).transpose()?;
    if let Some(btf) = globals::btf_of_opened(&opened) {
        let found = Globals::before_load(&opened);
        for (name, word) in &load.globals {
            if let Err(reason) = found.set(&btf, name, word, held.as_ref().map(Held::pid)) {
                outlet.send(&Event::BadGlobal { name: name.clone(), reason })?;
                return Ok(Done::Failed);
            }
        }
    }
    let Some(object) = object::load(opened, outlet)? else { return Ok(Done::Failed) };
    let (programs, maps) = object::facts(&object);
    outlet.send(&Event::Loaded { programs, maps })?;
    let stats = Stats::start();
    let Some(links) = attach::all(&object, outlet)? else { return Ok(Done::Failed) };
    logs::send(outlet)?;
    let stimulus = held.map(Held::release).transpose()?;
    outlet.send(&Event::Observing { stimulus: stimulus.as_ref().map(stimulus::Stimulus::pid) })?;
    Observer::new(load, &object, stats, instance, stimulus)?.observe(links, inlet, outlet)
}

fn allowed(load: &Load, opened: &libbpf_rs::OpenObject) -> Result<(), Refusal> {
    if opened.progs().next().is_none() {
        return Err(Refusal::NoProgram);
    }
    match load.policy {
        Policy::ObserveOnly => guard::observe_only(&load.object, opened),
        Policy::Anything => Ok(()),
    }
}
