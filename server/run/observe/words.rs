//! What a worker's refusals are in sentences.

use bpflab_worker::{AttachFailure, BadChange, BadGlobal, Change, Irreplaceable, Refusal, Test, Untraceable};

use crate::{
    run::Outcome,
    say::{Absent, Aim, Sentence, Unchanged, Why},
};

/// What the kernel's numbers mean where something is attached.
mod errno {
    /// What the one who asks may not do, or nobody while the kernel is locked down.
    pub(super) const EPERM: i32 = 1;
    /// A full place (kernel/trace/bpf_trace.c, and cgroup.c, trampoline.c and net_namespace.c in
    /// kernel/bpf).
    pub(super) const E2BIG: i32 = 7;
    /// Of a tracepoint, that its record is shorter than what the program reads
    /// (kernel/events/core.c); of an iterator, that a key or a value is (kernel/bpf/map_iter.c).
    pub(super) const EACCES: i32 = 13;
    /// Of an interface, that another XDP program is there.
    pub(super) const EBUSY: i32 = 16;
    /// Of a route, that another program of the kind is there; of a struct, another of its name.
    pub(super) const EEXIST: i32 = 17;
    /// Of a raw tracepoint, that it has fewer arguments than are read (bpf_probe_register() in
    /// kernel/trace/bpf_trace.c); of an iterator, that it may not sleep (kernel/bpf/bpf_iter.c);
    /// of a struct, that something in it is wrong or not there.
    pub(super) const EINVAL: i32 = 22;
    /// Of a struct, that it is not made to be attached (net/bpf/bpf_dummy_struct_ops.c).
    pub(super) const EOPNOTSUPP: i32 = 95;
}

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
        AttachFailure::NoInterface { name, known } => {
            ("no-such-interface", Sentence::NoSuchInterface { program, name, known })
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
        AttachFailure::Errno(number) => by_number(program, section, number),
    }
}

/// What the kernel means by a number, where it has but one meaning for such a section.
fn by_number(program: String, section: String, number: i32) -> (&'static str, Sentence) {
    let kind = section.split('/').next().unwrap_or_default();
    let (id, what) = match (number, kind) {
        (errno::E2BIG, _)
        | (errno::EBUSY, "xdp" | "xdp.frags")
        | (errno::EEXIST, "lwt_in" | "lwt_out" | "lwt_xmit") => {
            ("attach-full", Absent::Room { program, section })
        }
        (errno::EPERM, _) => ("not-permitted", Absent::Permission { program, section }),
        (errno::EACCES, "tp" | "tracepoint") => ("reads-past-fields", Absent::Fields { program, section }),
        (errno::EACCES, "iter" | "iter.s") => ("reads-past-element", Absent::Element { program, section }),
        (errno::EINVAL, "iter.s") => ("iterator-may-not-sleep", Absent::Sleep { program, section }),
        (errno::EINVAL, "raw_tp" | "raw_tracepoint") => {
            ("reads-past-arguments", Absent::Arguments { program, section })
        }
        (errno::EINVAL, "struct_ops") => ("struct-incomplete", Absent::Members { table: program, section }),
        (errno::EEXIST, "struct_ops") => ("struct-name-taken", Absent::Name { table: program, section }),
        (errno::EOPNOTSUPP, "struct_ops") => ("struct-for-tests", Absent::Use { table: program, section }),
        _ => return ("attach-failed", Sentence::AttachErrno { program, section, errno: number }),
    };
    (id, absent(what))
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
