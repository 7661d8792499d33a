//! What a newer kernel says of an object that an older one has refused -> a note
//! beside the refusal.
//!
//! Knows verdicts and reports. Does not know how the newer kernel was asked.

use super::{
    refusal::{reason, refusal, step, suggestion},
    report,
};
use crate::{
    diagnostic::{Diagnostic, Origin, Words},
    say::{Asked, Sentence, Told},
};

/// The name of the note for scripts.
const ID: &str = "second-opinion";

/// What the newer kernel made of the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It takes it.
    Accepted,
    /// It refuses it, too.
    Refused {
        /// The verifier's log, with the report where it writes one.
        log: String,
        /// A positive errno.
        errno: i32,
        /// The refused program.
        program: Option<String>,
    },
}

/// Refusals for what a kernel's functions and structs are: another kernel has others, and its
/// verifier follows no more for that.
const OF_ITS_KERNEL: [&str; 9] = [
    "verifier-helper",
    "verifier-not-sleepable",
    "verifier-not-a-member",
    "verifier-not-in-its-maps",
    "verifier-no-such-argument",
    "verifier-struct-bounds",
    "verifier-member-bounds",
    "verifier-core",
    "verifier-not-modifiable",
];

/// The newer kernel's word, where it adds something to `id`, the refusal that
/// has been shown. `source` is the program's name and text.
pub fn opinion(asked: Asked, verdict: Verdict, id: &str, source: (&str, &str)) -> Option<Diagnostic> {
    let note = |told| Diagnostic::note(Origin::Verifier, ID, Sentence::Told(told));
    let (log, errno, program) = match verdict {
        Verdict::Accepted => {
            let offers = vec![asked.kernel.clone()];
            let told = match OF_ITS_KERNEL.contains(&id) {
                true => Told::HasIt { asked },
                false => Told::Accepted { asked },
            };
            return Some(Diagnostic { offers, ..note(told) });
        }
        Verdict::Refused { log, errno, program } => (log, errno, program),
    };
    if let (_, Some(report)) = report::split(&log) {
        let mut notes = vec![reason(&report)];
        notes.extend(report.path.iter().chain(&report.at).map(step));
        notes.extend(suggestion(&report));
        return Some(Diagnostic { notes, ..note(Told::RefusedToo { asked }) });
    }
    // Without a report it says more only where its words are known, and the older one's are not.
    let found = refusal(&log, errno, program, source);
    match found.message {
        Words::Lab(Sentence::Refused { program, mistake }) if found.id != id => {
            Some(note(Told::RefusedOtherwise { asked, program, mistake: Box::new(mistake) }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::Lang;

    fn asked() -> Asked {
        Asked { kernel: "7.x".into(), release: "7.3.4+deb13-cloud-amd64".into() }
    }

    fn refused(log: &str) -> Verdict {
        Verdict::Refused { log: log.to_owned(), errno: 13, program: Some("count".to_owned()) }
    }

    #[test]
    fn a_report_is_that_kernels_word_and_its_path_ends_at_the_fault() {
        let log = include_str!("report/null_check.log");
        let found = opinion(asked(), refused(log), "rejected", ("a.bpf.c", "")).expect("an opinion");
        assert!(!found.is_error());
        let said = found.message.say(Lang::En);
        assert!(
            said.starts_with("Linux 7.3.4 (7.x), ") && said.contains("refuses the same object too"),
            "{said}"
        );
        let lines: Vec<Option<u32>> =
            found.notes.iter().map(|note| note.place.as_ref().map(|place| place.line)).collect();
        assert_eq!(lines, [None, Some(24), Some(26), None]);
    }

    #[test]
    fn an_object_that_the_newer_kernel_takes_can_be_run_there() {
        let other =
            opinion(asked(), Verdict::Accepted, OF_ITS_KERNEL[0], ("a.bpf.c", "")).expect("an opinion");
        assert!(!other.message.say(Lang::En).contains("can follow more"), "{other:?}");
        let found = opinion(asked(), Verdict::Accepted, "rejected", ("a.bpf.c", "")).expect("an opinion");
        assert_eq!(found.offers, ["7.x"]);
    }

    #[test]
    fn what_is_known_already_or_to_neither_is_not_repeated() {
        let log = "0: (61) r0 = *(u32 *)(r1 +4096)\ninvalid bpf_context access off=4096 size=4\n";
        let source = ("a.bpf.c", "");
        assert_eq!(opinion(asked(), refused(log), "verifier-context", source), None);
        assert!(opinion(asked(), refused(log), "rejected", source).is_some());
        assert_eq!(opinion(asked(), refused("nobody has seen this\n"), "rejected", source), None);
    }
}
