//! What a worker's refusals are in sentences.

use bpflab_worker::{AttachFailure, BadChange, BadGlobal, Change, Irreplaceable, Refusal, Test, Untraceable};

use crate::{
    run::Outcome,
    say::{Absent, Aim, Sentence, Unchanged, Why},
};

/// E2BIG: what attaching to a full place comes to (kernel/trace/bpf_trace.c, and cgroup.c,
/// trampoline.c and net_namespace.c in kernel/bpf).
const FULL: i32 = 7;

/// EBUSY: of an interface, that another XDP program is there.
const BUSY: i32 = 16;

/// EACCES: of a tracepoint, that its record is shorter than what the program reads
/// (kernel/events/core.c, perf_event_set_bpf_prog()).
const DENIED: i32 = 13;

pub(super) fn global_sentence(name: String, reason: BadGlobal) -> Sentence {
    match reason {
        BadGlobal::Unknown { known } => Sentence::GlobalUnknown { name, known },
        BadGlobal::DoesNotFit { ctype } => Sentence::GlobalDoesNotFit { name, ctype },
        BadGlobal::ReadOnly => Sentence::GlobalReadOnly { name },
        BadGlobal::NoStimulus => Sentence::GlobalNoStimulus { name },
    }
}

/// Why a change was not made.
pub(super) fn change_sentence(change: Change, reason: BadChange) -> Sentence {
    match change {
        Change::Global { name, .. } => unchanged(name, reason),
        Change::Map { map, .. } | Change::Submit { map, .. } | Change::Decode { map, .. } => {
            unchanged(map, reason)
        }
        Change::Test(Test { program, .. }) | Change::Show { program } => unchanged(program, reason),
    }
}

/// Why nothing was done with what has this name.
pub(super) fn unchanged(name: String, reason: BadChange) -> Sentence {
    Sentence::Unchanged(match reason {
        BadChange::Global(reason) => return global_sentence(name, reason),
        BadChange::UnknownMap { known } => Unchanged::UnknownMap { name, known },
        BadChange::UnknownBuffer { known } => Unchanged::UnknownBuffer { name, known },
        BadChange::UnknownStruct { name, known } => Unchanged::UnknownStruct { name, known },
        BadChange::UnknownProgram { known } => Unchanged::UnknownProgram { name, known },
        BadChange::NotTestable { kind } => Unchanged::NotTestable { program: name, kind },
        BadChange::BadInput { least, most } => Unchanged::BadInput { program: name, least, most },
        BadChange::WrongKind { kind } => Unchanged::WrongKind { name, kind },
        BadChange::Unnamed { name: wanted, known } => Unchanged::Unnamed { name, wanted, known },
        BadChange::Misfit { part, field, ctype } => Unchanged::Misfit { name, part, field, ctype },
        BadChange::NoSuchKey => Unchanged::NoSuchKey { name },
        BadChange::Full => Unchanged::Full { name },
        BadChange::Frozen => Unchanged::Frozen { name },
        BadChange::Errno(errno) => Unchanged::Errno { name, errno },
    })
}

pub(super) fn attach_sentence(
    program: String,
    section: String,
    reason: AttachFailure,
) -> (&'static str, Sentence) {
    match reason {
        AttachFailure::NoSuchHook { asked, nearest } => {
            ("no-such-hook", Sentence::NoSuchHook { program, section, asked, nearest })
        }
        AttachFailure::Unsuited { forms } => {
            ("unsuited-target", Sentence::Aim(Aim { program, section, forms, why: Why::Unsuited }))
        }
        AttachFailure::NoInterface { known } => {
            ("no-such-interface", Sentence::NoSuchInterface { program, known })
        }
        AttachFailure::NoCookie => ("no-cookie", Sentence::NoCookie { program, section }),
        AttachFailure::NeedsTarget { forms } => {
            ("needs-target", Sentence::Aim(Aim { program, section, forms, why: Why::Unsaid }))
        }
        AttachFailure::Irreplaceable { function, why, nearest } => {
            let one = match why {
                Irreplaceable::Unknown => Absent::Function { program, section, function, nearest },
                Irreplaceable::Static => Absent::StaticFunction { program, section, function },
                Irreplaceable::Uncalled => Absent::UncalledFunction { program, section, function },
            };
            ("not-replaceable", absent(one))
        }
        AttachFailure::NoFile { path } => ("no-such-file", absent(Absent::File { program, section, path })),
        AttachFailure::NotBinary { path } => {
            ("not-a-binary", absent(Absent::Binary { program, section, path }))
        }
        AttachFailure::NotInFile { path, name, is_mark: true, nearest, known: _ } => {
            ("no-such-mark", absent(Absent::Mark { program, section, path, mark: name, nearest }))
        }
        AttachFailure::NotInFile { path, name, is_mark: false, nearest, known } => {
            let one = Absent::Symbol { program, section, path, symbol: name, known, nearest };
            ("no-such-function", absent(one))
        }
        AttachFailure::NotTraceable { function, how } => {
            let (id, one) = match how {
                Untraceable::Forbidden => ("not-traceable", Absent::Forbidden { program, section, function }),
                Untraceable::Unlisted => {
                    ("function-unlisted", Absent::Unlisted { program, section, function })
                }
                Untraceable::Changed { names } => {
                    ("function-changed", Absent::Changed { program, section, function, names })
                }
            };
            (id, absent(one))
        }
        AttachFailure::NoCounter { event } => {
            let event = event.name().to_owned();
            ("unmet-counter", absent(Absent::Counter { program, section, event }))
        }
        AttachFailure::Errno(FULL) => ("attach-full", absent(Absent::Room { program, section })),
        AttachFailure::Errno(BUSY) if section.starts_with("xdp") => {
            ("attach-full", absent(Absent::Room { program, section }))
        }
        AttachFailure::Errno(DENIED) if section.starts_with("tp/") || section.starts_with("tracepoint/") => {
            ("reads-past-fields", absent(Absent::Fields { program, section }))
        }
        AttachFailure::Errno(errno) => ("attach-failed", Sentence::AttachErrno { program, section, errno }),
    }
}

fn absent(what: Absent) -> Sentence {
    Sentence::Absent(Box::new(what))
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
        Refusal::MapSize { map, reason } => ("bad-map-size", unchanged(map, reason), Outcome::Unmet),
        Refusal::Records { map, reason } => ("bad-record", unchanged(map, reason), Outcome::Unmet),
        Refusal::Unreadable => ("host-unreadable", Sentence::HostUnreadable, Outcome::Unmet),
    }
}
