//! What guests need, and what each of their kernels can do: QEMU, KVM, images,
//! memory, disk, cgroups.

use super::{Finding, bad, good, mend};
use crate::{
    backend::{Backends, KVM_DEADLINE, Kvm, RUN_COST, cgroups},
    cli::{Context, kernels},
    kernel::{HookKind, Kernel, State, program_types},
    lab,
    say::{Doctor, Lang, Sentence},
};

/// Bytes in a MiB.
const MIB: u64 = 1 << 20;

/// Everything about guests but their kernels.
pub(super) async fn place(backends: &Backends, context: &Context) -> Vec<Finding> {
    let guests = backends.guests();
    let qemu = match guests.qemu().await {
        Some(version) => good("qemu", Doctor::Qemu { version }),
        None => bad("qemu", Sentence::NoQemu, mend(&Sentence::NoQemu)),
    };
    let usable = qemu.ok && guests.kernels().iter().any(Kernel::is_ready);
    let mut found = vec![qemu];
    if usable {
        found.push(accelerator(backends).await);
    }
    let (warm_mib, run_mib) = (lab::warm_bytes() / MIB, RUN_COST / MIB);
    found.push(match guests.room() {
        Ok(()) => good("memory", Doctor::Memory { warm_mib, places: guests.places(), run_mib }),
        Err(error) => bad("memory", error.sentence(), mend(&error.sentence())),
    });
    if let Ok(disk) = rustix::fs::statvfs(&context.folders.data) {
        let folder = context.folders.data.display().to_string();
        let free_mib = disk.f_bavail * disk.f_frsize / MIB;
        found.push(good("disk", Doctor::Disk { folder, free_mib }));
    }
    for (name, is_built) in guests.extras() {
        let id = format!("extra:{name}");
        // Without it only the lessons that need it are missing: that is a choice.
        found.push(good(&id, if is_built { Doctor::Extra { name } } else { Doctor::ExtraMissing { name } }));
    }
    found.push(good("cgroup", Doctor::Cgroup(cgroups())));
    found
}

/// Which way guests are run, and why not the faster one. Emulation is no fault.
async fn accelerator(backends: &Backends) -> Finding {
    let says = match backends.guests().kvm().await {
        Err(error) => return bad("accelerator", error.sentence(), mend(&error.sentence())),
        Ok(Kvm::Boots) => Doctor::Kvm,
        Ok(Kvm::Missing) => Doctor::KvmMissing,
        Ok(Kvm::Closed) => Doctor::KvmClosed,
        Ok(Kvm::Hangs) => Doctor::KvmHangs { seconds: KVM_DEADLINE.as_secs() },
    };
    good("accelerator", says)
}

/// One guest's kernel: what it can do, from the guest itself.
pub(super) async fn kernel(backends: &Backends, kernel: &Kernel, lang: Lang) -> Finding {
    let name = kernel.name.clone();
    match &kernel.state {
        State::NoImage(why) | State::Off(why) => {
            let says = Doctor::KernelOff { kernel: name.clone(), why: why.say(lang) };
            bad(&name, says, mend(why))
        }
        State::Ready | State::Preparing => match kernels::features(backends, &name, lang).await {
            Some(features) => {
                let hooks = HookKind::ALL.iter().filter(|kind| **kind != HookKind::Fentry); // kprobes again
                let says = Doctor::Kernel {
                    kernel: name.clone(),
                    release: kernel.release.clone().unwrap_or_default(),
                    programs: program_types(&features).len(),
                    maps: features.maps.len(),
                    helpers: features.helpers.len(),
                    hooks: hooks.map(|kind| kind.names(&features).count()).sum(),
                };
                good(&name, says)
            }
            None => {
                let why = Doctor::GuestSilent.say(lang);
                bad(&name, Doctor::KernelOff { kernel: name.clone(), why }, Some("make images"))
            }
        },
    }
}
