//! What a snapshot is kept under: a key over all that goes into one, so that a
//! change of any of it makes another.
//!
//! Pure but for the processor's own word. Does not know where snapshots lie.

use std::{fs, io};

use sha2::{Digest as _, Sha256};

use super::{
    accelerator::Accelerator,
    entry::Processors,
    memory,
    qemu::{KERNEL_LINE, MEMORY_MIB},
};

/// Raised when guests are started in another way, so that snapshots are made anew.
const WAY: u32 = 6;

/// Of the processor, what the kernel boots by: another's snapshot may use what this one lacks.
const FACTS: [&str; 5] = ["vendor_id", "cpu family", "model", "stepping", "flags"];

/// All that goes into a snapshot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) accelerator: Accelerator,
    /// See [`processor`].
    pub(super) processor: &'a str,
    /// The image's own key.
    pub(super) image: &'a str,
    /// The worker program.
    pub(super) worker: &'a [u8],
    /// QEMU: another version reads no state of this one.
    pub(super) qemu: &'a [u8],
}

/// Twenty hexadecimal digits: nobody looks for two that are alike.
pub(super) fn key(parts: Parts<'_>) -> String {
    let Parts { accelerator, processor, image, worker, qemu } = parts;
    let mut hash = Sha256::new();
    hash.update(format!(
        "{WAY} {MEMORY_MIB} {accelerator:?} {:?} ",
        accelerator.words(0, Processors::InTurn)
    ));
    hash.update(processor);
    hash.update(KERNEL_LINE);
    hash.update(image);
    hash.update(worker);
    hash.update(qemu);
    memory::hex(&hash.finalize()[..10])
}

/// The processor that guests see: this machine's under KVM. QEMU's own has none to tell.
///
/// # Errors
/// The kernel does not say.
pub(super) fn processor(accelerator: Accelerator) -> io::Result<String> {
    match accelerator {
        Accelerator::Kvm => Ok(facts(&fs::read_to_string("/proc/cpuinfo")?)),
        Accelerator::Tcg => Ok(String::new()),
    }
}

/// Of the first processor: guests run on any.
fn facts(cpuinfo: &str) -> String {
    let first = cpuinfo.split("\n\n").next().unwrap_or_default();
    let facts = first.lines().filter_map(|line| line.split_once(':'));
    let facts = facts.filter(|(name, _)| FACTS.contains(&name.trim()));
    facts.map(|(name, value)| format!("{}={}\n", name.trim(), value.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: Parts<'_> = Parts {
        accelerator: Accelerator::Kvm,
        processor: "model=1\n",
        image: "image",
        worker: b"worker",
        qemu: b"qemu",
    };

    #[test]
    fn another_of_any_part_is_another_key() {
        let others = [
            PARTS,
            Parts { accelerator: Accelerator::Tcg, ..PARTS },
            Parts { processor: "model=2\n", ..PARTS },
            Parts { image: "another", ..PARTS },
            Parts { worker: b"another", ..PARTS },
            Parts { qemu: b"another", ..PARTS },
        ];
        let keys: std::collections::BTreeSet<String> = others.map(key).into();
        assert_eq!(keys.len(), others.len(), "{keys:?}");
        assert_eq!(key(PARTS), key(PARTS));
        assert!(keys.iter().all(|key| key.len() == 20), "{keys:?}");
    }

    #[test]
    fn a_processor_is_what_it_can_do_and_not_how_fast_it_is_now() {
        let one = |mhz: u32, flags: &str| {
            format!(
                "processor\t: 0\nvendor_id\t: Genuine\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: A B\n\
                 stepping\t: 7\ncpu MHz\t\t: {mhz}\nflags\t\t: {flags}\n\n"
            )
        };
        let said = facts(&format!("{}{}", one(2000, "fpu vme"), one(2100, "fpu vme")));
        assert_eq!(said, "vendor_id=Genuine\ncpu family=6\nmodel=85\nstepping=7\nflags=fpu vme\n");
        assert_eq!(facts(&one(3000, "fpu vme")), said);
        assert_ne!(facts(&one(2000, "fpu vme avx512f")), said);
    }

    #[test]
    fn this_machine_s_processor_counts_under_kvm_alone() {
        assert!(processor(Accelerator::Kvm).unwrap().contains("flags="));
        assert_eq!(processor(Accelerator::Tcg).unwrap(), "");
    }
}
