//! Hardware virtualisation, or QEMU's own emulation: decided by booting a
//! guest, since `/dev/kvm` may be there and every guest hang under it.

use std::path::Path;

/// How a guest's instructions are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accelerator {
    /// By the processor.
    Kvm,
    /// By QEMU, in software.
    Tcg,
}

impl Accelerator {
    /// QEMU's `-accel` and `-cpu`.
    ///
    /// Without cmpxchg16b under TCG: with it, 6.12 oopses at random while the
    /// machine is busy (QEMU 7.2; 15 of 32 boots, and 0 of 20 without).
    pub(super) fn words(self, translated_mib: u64) -> (String, String) {
        match self {
            Self::Kvm => ("kvm".into(), "host".into()),
            Self::Tcg => (format!("tcg,thread=multi,tb-size={translated_mib}"), "max,-cx16".into()),
        }
    }

    /// The group whose members may open the device.
    pub(super) fn group(self) -> Option<u32> {
        use std::os::unix::fs::MetadataExt as _;
        match self {
            Self::Kvm => std::fs::metadata(DEVICE).ok().map(|facts| facts.gid()),
            Self::Tcg => None,
        }
    }

    /// As the wire names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
        }
    }
}

/// The processor's own virtualisation.
pub const DEVICE: &str = "/dev/kvm";

/// Where the answer of this boot of the machine is kept.
const ANSWER: &str = "kvm";

/// Whether KVM is worth a try: the file is there and we may open it.
pub(super) fn kvm_opens() -> bool {
    std::fs::File::options().read(true).write(true).open(DEVICE).is_ok()
}

/// What an earlier start found since this machine was booted.
pub(super) fn remembered(data: &Path) -> Option<Accelerator> {
    let text = std::fs::read_to_string(data.join(ANSWER)).ok()?;
    let (boot, answer) = text.trim().split_once(' ')?;
    if boot != this_boot()? {
        return None;
    }
    match answer {
        "kvm" => Some(Accelerator::Kvm),
        "tcg" => Some(Accelerator::Tcg),
        _ => None,
    }
}

/// Keeps the answer until the machine is booted again.
pub(super) fn remember(data: &Path, answer: Accelerator) {
    if let Some(boot) = this_boot() {
        // If it cannot be kept it is found out again.
        let _ = std::fs::write(data.join(ANSWER), format!("{boot} {}\n", answer.name()));
    }
}

fn this_boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}
