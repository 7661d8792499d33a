//! What can go wrong with a guest that is not its learner's doing.

use std::path::PathBuf;

use crate::say::Sentence;

/// A fault of the lab's with a guest.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No QEMU.
    #[error("no QEMU")]
    NoQemu,
    /// Too little memory is left for a guest.
    #[error("{free_mib} MiB of memory are left, and a guest may take {need_mib}")]
    NoMemory {
        /// What is left.
        free_mib: u64,
        /// What a guest may take.
        need_mib: u64,
    },
    /// QEMU did not start; its own words.
    #[error("QEMU: {0}")]
    Qemu(String),
    /// The monitor refused something.
    #[error("QEMU's monitor: {0}")]
    Monitor(String),
    /// A state could not be written or read.
    #[error("the guest's state: {0}")]
    Migration(String),
    /// A snapshot is whole, and QEMU cannot take it on.
    #[error("the guest's snapshot: {0}")]
    Unreadable(String),
    /// The guest's stream has ended.
    #[error("the guest has ended")]
    Ended,
    /// The guest ended before it should; what its console said last.
    #[error("the guest ended: {0}")]
    Died(String),
    /// It said nothing for too long.
    #[error("the guest said nothing for {seconds} s: {console}")]
    Mute {
        /// How long.
        seconds: u64,
        /// The console's last line.
        console: String,
    },
    /// It said something else than it was asked.
    #[error("the guest said {0}")]
    Unexpected(String),
    /// A snapshot's file is not what was written.
    #[error("{0} is damaged")]
    Damaged(PathBuf),
    /// A file or a process.
    #[error("{0}")]
    Files(#[from] std::io::Error),
    /// No event.
    #[error("the guest's frame: {0}")]
    Frame(#[from] bpflab_worker::FrameError),
}

impl Error {
    /// What to tell a person.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::NoQemu => Sentence::NoQemu,
            Self::NoMemory { free_mib, need_mib } => {
                Sentence::NoMemory { free_mib: *free_mib, need_mib: *need_mib }
            }
            Self::Files(error) if error.kind() == std::io::ErrorKind::StorageFull => Sentence::GuestDiskFull,
            Self::Died(why) => Sentence::GuestDidNotBoot { why: why.clone() },
            Self::Mute { seconds, .. } => Sentence::GuestDidNotAnswer { seconds: *seconds },
            Self::Qemu(_)
            | Self::Monitor(_)
            | Self::Migration(_)
            | Self::Unreadable(_)
            | Self::Ended
            | Self::Unexpected(_)
            | Self::Damaged(_)
            | Self::Files(_)
            | Self::Frame(_) => Sentence::GuestFault { why: self.to_string() },
        }
    }
}
