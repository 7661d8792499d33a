//! Hardware virtualisation, or QEMU's own emulation: decided by booting a
//! guest, since `/dev/kvm` may be there and every guest hang under it.
//!
//! Knows who may open the device. Does not know how a guest is booted.

use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path};

use super::{
    entry::Processors,
    qemu::{KERNEL_LINE, NOBODY},
};
use crate::kernel::Version;

/// The first with `kmalloc_nolock`.
const NOLOCK: Version = Version { major: 6, minor: 18 };

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
    /// Without cmpxchg16b: with it, 6.12 oopses at random while the machine is busy (QEMU
    /// 7.2; 15 of 32 boots, and 0 of 20 without). Nor page tables of five levels, nor the
    /// guard over user memory: both only cost here, a tenth of the time.
    pub(super) fn words(self, translated_mib: u64, processors: Processors) -> (String, String) {
        let thread = match processors {
            Processors::AtOnce => "multi",
            Processors::InTurn => "single",
        };
        match self {
            Self::Kvm => ("kvm".into(), "host".into()),
            Self::Tcg => {
                (format!("tcg,thread={thread},tb-size={translated_mib}"), "max,-cx16,-la57,-smap".into())
            }
        }
    }

    /// What a kernel of this release is told.
    ///
    /// 6.18 brought `kmalloc_nolock`; later kernels take the memory of BPF's storage maps and
    /// arenas from it. It gives none on a processor without cmpxchg16b, unless its caches are
    /// checked ones (mm/slub.c); a check of their consistency is what is asked for here.
    pub(super) fn kernel_line(self, release: &str) -> String {
        let is_new = Version::parse(release).is_some_and(|version| version >= NOLOCK);
        match self {
            Self::Tcg if is_new => format!("{KERNEL_LINE} slab_debug=F,kmalloc-*"),
            Self::Tcg | Self::Kvm => KERNEL_LINE.to_owned(),
        }
    }

    /// The group that a QEMU without rights is put into for the device.
    pub(super) fn group(self) -> Option<u32> {
        match self {
            Self::Kvm => Device::look().ok().and_then(Device::group),
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
const DEVICE: &str = "/dev/kvm";

/// Where the answer of this boot of the machine is kept.
const ANSWER: &str = "kvm";

/// What the processor's own virtualisation is good for here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kvm {
    /// A guest has booted under it.
    Boots,
    /// There is no device.
    Missing,
    /// The user that QEMU runs as may not open the device.
    Closed,
    /// A guest did not boot under it in time.
    Hangs,
}

impl Kvm {
    /// How guests are run, then.
    pub fn accelerator(self) -> Accelerator {
        match self {
            Self::Boots => Accelerator::Kvm,
            Self::Missing | Self::Closed | Self::Hangs => Accelerator::Tcg,
        }
    }
}

/// Who may do what with the device's file.
#[derive(Debug, Clone, Copy)]
struct Device {
    user: u32,
    group: u32,
    mode: u32,
}

/// Reading and writing, for others; three bits higher for the group, six for the owner.
const BOTH: u32 = 0o6;

impl Device {
    fn look() -> io::Result<Self> {
        let facts = fs::metadata(DEVICE)?;
        Ok(Self { user: facts.uid(), group: facts.gid(), mode: facts.mode() })
    }

    fn lets(self, shift: u32) -> bool {
        self.mode >> shift & BOTH == BOTH
    }

    /// The device's group, where that and nothing less opens it; never root's, which opens more.
    fn group(self) -> Option<u32> {
        (self.group != 0 && self.lets(3) && !self.lets(0)).then_some(self.group)
    }

    /// Whether nobody may open it, with that group's help. As the kernel has it, the
    /// owner's bits are the owner's only ones.
    fn opens_for_nobody(self) -> bool {
        match self {
            Self { user: NOBODY, .. } => self.lets(6),
            Self { group: NOBODY, .. } => self.lets(3),
            _ => self.lets(0) || self.group().is_some(),
        }
    }
}

/// That a guest under KVM is worth a try: the device is there, and QEMU may open it.
/// A root server's QEMU is nobody; any other's is the server's own user.
pub(super) fn opens() -> Result<(), Kvm> {
    let opens = if rustix::process::getuid().is_root() {
        Device::look().map(Device::opens_for_nobody)
    } else {
        fs::File::options().read(true).write(true).open(DEVICE).map(|_| true)
    };
    match opens {
        Ok(true) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Kvm::Missing),
        Ok(false) | Err(_) => Err(Kvm::Closed),
    }
}

/// What an earlier start found by a boot, since this machine was booted.
pub(super) fn remembered(data: &Path) -> Option<Kvm> {
    let text = fs::read_to_string(data.join(ANSWER)).ok()?;
    answered(&text, &this_boot()?)
}

fn answered(text: &str, boot: &str) -> Option<Kvm> {
    match text.trim().split_once(' ')? {
        (of, _) if of != boot => None,
        (_, "boots") => Some(Kvm::Boots),
        (_, "hangs") => Some(Kvm::Hangs),
        _ => None,
    }
}

/// Keeps the answer until the machine is booted again.
pub(super) fn remember(data: &Path, answer: Kvm) {
    let word = match answer {
        Kvm::Boots => "boots",
        Kvm::Hangs => "hangs",
        // Looked at anew each time: it costs nothing, and a person may have mended it.
        Kvm::Missing | Kvm::Closed => return,
    };
    if let Some(boot) = this_boot() {
        // If it cannot be kept it is found out again.
        let _ = fs::write(data.join(ANSWER), format!("{boot} {word}\n"));
    }
}

fn this_boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qemu_s_own_user_opens_the_device_or_kvm_is_closed_and_root_s_group_is_never_given() {
        const KVM: u32 = 104;
        for (user, group, mode, given, opens) in [
            (0, 0, 0o600, None, false),
            (0, 0, 0o660, None, false),
            (0, KVM, 0o600, None, false),
            (0, KVM, 0o640, None, false),
            (0, KVM, 0o660, Some(KVM), true),
            (0, KVM, 0o666, None, true),
            (0, 0, 0o666, None, true),
            (0, KVM, 0o664, Some(KVM), true),
            (NOBODY, KVM, 0o066, None, false),
            (NOBODY, 0, 0o600, None, true),
            (0, NOBODY, 0o660, Some(NOBODY), true),
            (0, NOBODY, 0o606, None, false),
        ] {
            let device = Device { user, group, mode: 0o020_000 | mode };
            let what = format!("{user}:{group} {mode:o}");
            assert_eq!(device.group(), given, "{what}");
            assert_eq!(device.opens_for_nobody(), opens, "{what}");
        }
    }

    #[test]
    fn an_answer_holds_until_the_machine_is_booted_again() {
        assert_eq!(answered("this boots\n", "this"), Some(Kvm::Boots));
        assert_eq!(answered("this hangs\n", "this"), Some(Kvm::Hangs));
        for text in ["other boots\n", "this tcg\n", "this\n", ""] {
            assert_eq!(answered(text, "this"), None, "{text:?}");
        }
    }
}
