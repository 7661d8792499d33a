//! What a worker's refusals are in sentences.

use bpflab_worker::{AttachFailure, BadGlobal, Refusal};

use crate::{run::Outcome, say::Sentence};

pub(super) fn global_sentence(name: String, reason: BadGlobal) -> Sentence {
    match reason {
        BadGlobal::Unknown { known } => Sentence::GlobalUnknown { name, known },
        BadGlobal::DoesNotFit { ctype } => Sentence::GlobalDoesNotFit { name, ctype },
        BadGlobal::ReadOnly => Sentence::GlobalReadOnly { name },
        BadGlobal::NoStimulus => Sentence::GlobalNoStimulus { name },
    }
}

pub(super) fn attach_sentence(
    program: String,
    section: String,
    reason: AttachFailure,
) -> (&'static str, Sentence) {
    match reason {
        AttachFailure::NoSuchHook { nearest } => {
            ("no-such-hook", Sentence::NoSuchHook { program, section, nearest })
        }
        AttachFailure::NoInterface { known } => {
            ("no-such-interface", Sentence::NoSuchInterface { program, known })
        }
        AttachFailure::NeedsTarget => ("needs-target", Sentence::NeedsTarget { program, section }),
        AttachFailure::Errno(errno) => ("attach-failed", Sentence::AttachErrno { program, section, errno }),
    }
}

/// Why this place does not load it, and how such a run ends.
pub(super) fn refusal_sentence(refusal: Refusal) -> (&'static str, Sentence, Outcome) {
    match refusal {
        Refusal::NoProgram => ("no-program", Sentence::NoProgram, Outcome::CompileFailed),
        Refusal::ProgramType { program, section } => {
            ("host-program-type", Sentence::HostProgramType { program, section }, Outcome::Unmet)
        }
        Refusal::Helper { helper } => ("host-helper", Sentence::HostHelper { helper }, Outcome::Unmet),
        Refusal::Pinned { map } => ("host-pinned", Sentence::HostPinned { map }, Outcome::Unmet),
        Refusal::Unreadable => ("host-unreadable", Sentence::HostUnreadable, Outcome::Unmet),
    }
}
