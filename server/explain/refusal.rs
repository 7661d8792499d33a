//! A refused load -> one finding, on the line that the verifier was at.

use super::{
    newer,
    origin::{moved, path},
    report::{self, Report, Spot},
    verifier::mistake,
};
use crate::{
    diagnostic::{Diagnostic, Note, Origin, Place, Words},
    say::{Aim, Instead, Mistake, Sentence, Step, Told},
};

/// A program too large or too branchy for the verifier.
const E2BIG: i32 = 7;

/// The same in the verifier's words, where its log ran full and hid the errno.
const TOO_LARGE: &str = "program is too large";

/// The verifier's words for a helper that only a GPL program may call.
const GPL: [&str; 3] = [
    "cannot call GPL-restricted function",
    "cannot call GPL only function",
    "struct ops programs must have a GPL compatible license",
];

/// Among so many of the last lines is the verdict: some kernels add states after it.
const LAST: usize = 8;

/// Lines of a log that carry no verdict.
const FOOTERS: [&str; 4] = ["processed ", "verification time ", "stack depth ", "peak_states "];

/// Explains a refused load. `source` is the program's name and text.
pub fn refusal(log: &str, errno: i32, program: Option<String>, source: (&str, &str)) -> Diagnostic {
    let (log, report) = report::split(log);
    let name = program.clone().unwrap_or_default();
    let mut known = known(log);
    let line = match &mut known {
        Some((_, Mistake::Newer(newer))) => newer::in_source(newer, source.1),
        _ => None,
    };
    let verdict = last_lines(log).next().map(str::to_owned);
    let mut way = Vec::new();
    let (id, message) = match (verdict, program) {
        (Some(verdict), _) if GPL.iter().any(|words| verdict.contains(words)) => {
            ("gpl-only", Sentence::GplOnly { program: name, verdict })
        }
        (verdict, Some(_))
            if errno == E2BIG || verdict.as_ref().is_some_and(|said| said.contains(TOO_LARGE)) =>
        {
            ("too-large", Sentence::VerifierTooLarge { program: name })
        }
        _ if let Some((words, mistake)) = &known => {
            way = path(log, words);
            (mistake.id(), Sentence::Refused { program: name, mistake: mistake.clone() })
        }
        (Some(verdict), _) => ("rejected", Sentence::Rejected { program: name, verdict }),
        (None, _) => ("load-failed", Sentence::LoadFailed { errno }),
    };
    let mut found = Diagnostic::error(Origin::Verifier, id, message);
    found.place =
        last_lines(log).find_map(|line| line.strip_prefix("; ")).and_then(|line| place(line, source));
    let at = |line| Place { file: source.0.to_owned(), line, column: 1 };
    found.place = found.place.or(line.map(at));
    if let Some((_, Mistake::Core { what })) = &known {
        found.place = found.place.map(|place| use_of(what, place, source.1));
    }
    if let Some(report) = &report {
        // It knows the column, too.
        found.place = report.at.as_ref().and_then(|spot| spot.place.clone()).or(found.place);
        found.notes.push(reason(report));
        found.notes.extend(report.path.iter().map(step));
    } else {
        // Each line once, and not the one that the finding is at.
        let mut seen: Vec<Place> = found.place.clone().into_iter().collect();
        for (shown, hop) in way {
            let Some(place) = shown.and_then(|line| place(line, source)) else { continue };
            if !seen.contains(&place) {
                seen.push(place.clone());
                found.notes.push(Note { place: Some(place), message: Words::Lab(Sentence::Hop(hop)) });
            }
        }
    }
    if let Some((words, mistake)) = known {
        found.notes.push(Note { place: None, message: Words::Tool(words.to_owned()) });
        if let Some(instead) = instead(&mistake) {
            found.notes.push(Note { place: None, message: Words::Lab(Sentence::Instead(instead)) });
        }
    }
    found.notes.extend(report.as_ref().and_then(suggestion));
    found
}

/// What does the same where it may be done.
fn instead(mistake: &Mistake) -> Option<Instead> {
    match mistake {
        Mistake::Helper { helper } if helper == "bpf_override_return" => Some(Instead::FmodRet),
        Mistake::NotModifiable { .. } => Some(Instead::FmodRet),
        _ => None,
    }
}

/// Why a report says it was refused.
pub(super) fn reason(report: &Report) -> Note {
    told(Told::Reason { words: report.reason.clone() })
}

/// A step of the path, on its line.
pub(super) fn step(spot: &Spot) -> Note {
    Note { place: spot.place.clone(), ..told(Told::Step { words: spot.words.clone() }) }
}

/// What a report thinks may mend it.
pub(super) fn suggestion(report: &Report) -> Option<Note> {
    Some(told(Told::Suggestion { words: report.suggestion.clone()? }))
}

fn told(what: Told) -> Note {
    Note { place: None, message: Words::Lab(Sentence::Told(what)) }
}

/// The verdict of which the mistake is known. Where the last says only that an access is
/// bad, the line before it may say which.
fn known(log: &str) -> Option<(&str, Mistake)> {
    let mut lines = last_lines(log).take(LAST);
    let last = lines.find_map(|line| Some((line, mistake(line)?)))?;
    let closer = match last.1 {
        Mistake::ValueBounds { size: None }
        | Mistake::PacketBounds { size: None }
        | Mistake::Context { .. } => lines.next().and_then(|line| Some((line, mistake(line)?))),
        Mistake::NotAPointer { is_pid_like: true } => {
            moved(log, last.0).map(|helper| (last.0, Mistake::PacketMoved { helper: helper.to_owned() }))
        }
        _ => None,
    };
    Some(closer.unwrap_or(last))
}

/// An instruction that libbpf could not relocate has no source line in the log, only
/// the one before it has: the next line that names the field.
fn use_of(what: &str, before: Place, text: &str) -> Place {
    let field = what.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or(what);
    let from = before.line as usize - 1;
    let line = (1..).zip(text.lines()).skip(from).find(|(_, line)| line.contains(field));
    Place { line: line.map_or(before.line, |(number, _)| number), ..before }
}

/// The lines that say something, the last one first, without the statistics.
fn last_lines(log: &str) -> impl Iterator<Item = &str> {
    let says = |line: &&str| !line.is_empty() && !FOOTERS.iter().any(|footer| line.starts_with(footer));
    log.lines().rev().map(str::trim).filter(says)
}

/// The place of a source line as the log shows it: `TEXT @ FILE:LINE` on newer
/// kernels, `TEXT` on older ones.
fn place(shown: &str, (file, text): (&str, &str)) -> Option<Place> {
    let (file, line) = match shown.rsplit_once(" @ ") {
        // A function may stand in a header.
        Some((_, at)) => at.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?))),
        None => {
            let mut same = (1..).zip(text.lines()).filter(|(_, line)| line.trim() == shown.trim());
            let first = same.next().map(|(number, _)| (file, number));
            first.filter(|_| same.next().is_none())
        }
    }?;
    Some(Place { file: file.to_owned(), line, column: 1 })
}

/// The line of what a finding names: a SEC, a function, a map.
pub fn named_place(found: &Diagnostic, (file, text): (&str, &str)) -> Option<Place> {
    let ending = match &found.message {
        Words::Lab(
            Sentence::NoSuchHook { section, .. }
            | Sentence::Aim(Aim { section, .. })
            | Sentence::NoCookie { section, .. }
            | Sentence::AttachErrno { section, .. }
            | Sentence::Step(Step::Section { section, .. }),
        ) => format!("\"{section}\""),
        Words::Lab(Sentence::Step(Step::MapField { field, .. })) => format!("({field},"),
        Words::Lab(Sentence::Step(
            Step::Map { name, .. }
            | Step::StaticMap { name }
            | Step::MapWithoutType { name }
            | Step::Pinning { name },
        )) => format!("{name} SEC(\".maps\")"),
        Words::Lab(Sentence::Step(Step::ExternMap)) => "SEC(\".maps\")".to_owned(),
        Words::Lab(Sentence::Step(Step::Unused { program } | Step::Unloaded { program })) => {
            format!(" {program}(")
        }
        Words::Lab(Sentence::Step(Step::Extern { name })) => format!("{name};"),
        Words::Lab(Sentence::Absent(absent)) if let Some(table) = absent.table() => format!("{table} = "),
        Words::Lab(Sentence::Absent(absent)) => format!("\"{}\"", absent.section()),
        Words::Lab(Sentence::Refused {
            mistake:
                Mistake::NoCode { function }
                | Mistake::NotModifiable { function }
                | Mistake::NotSleepable { function },
            ..
        }) => format!("/{function}\""),
        _ => return None,
    };
    let (line, at) = (1..).zip(text.lines()).find_map(|(line, text)| {
        let end = text.find(&ending)?;
        Some((line, text[..=end].rfind('"').unwrap_or(end)))
    })?;
    Some(Place { file: file.to_owned(), line, column: u32::try_from(at).ok()? + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_and_its_line_are_found() {
        let log = "0: R1=ctx() R10=fp0\n; return *(int *)(ctx + 8192); @ a.bpf.c:9\n\
                   1: (61) r0 = *(u32 *)(r1 +8192)\ninvalid bpf_context access off=8192 size=4\n\
                   processed 2 insns (limit 1000000) max_states_per_insn 0\n";
        let found = refusal(log, 13, Some("hello".into()), ("a.bpf.c", ""));
        assert_eq!(found.place.map(|place| place.line), Some(9));
        assert_eq!(found.id, "verifier-context");
        let words = "invalid bpf_context access off=8192 size=4";
        assert_eq!(found.notes.last().map(|note| &note.message), Some(&Words::Tool(words.into())));
    }

    #[test]
    fn an_old_kernels_line_is_found_by_its_text() {
        let log = "; return *p;\n1: (61) r0 = *(u32 *)(r1 +0)\nR1 invalid mem access 'scalar'\n";
        let found = refusal(log, 13, None, ("a.bpf.c", "int f(void)\n{\n\treturn *p;\n}\n"));
        assert_eq!(found.place.map(|place| place.line), Some(3));
    }

    #[test]
    fn where_a_value_came_from_is_shown_on_its_line() {
        let log = "; int *p = bpf_map_lookup_elem(&m, &k); @ a.bpf.c:4\n3: (85) call bpf_map_lookup_elem#1\n\
                   4: (bf) r6 = r0\n; return *p; @ a.bpf.c:5\n5: (61) r0 = *(u32 *)(r6 +0)\n\
                   R6 invalid mem access 'map_value_or_null'\nprocessed 6 insns (limit 1000000)\n";
        let found = refusal(log, 13, Some("f".into()), ("a.bpf.c", ""));
        assert_eq!(found.id, "verifier-null-check");
        assert_eq!(found.place.map(|place| place.line), Some(5));
        assert_eq!(found.notes[0].place.as_ref().map(|place| place.line), Some(4));
    }

    #[test]
    fn what_may_not_be_done_there_is_said_with_what_does_the_same() {
        let source = ("a.bpf.c", "int x;\nSEC(\"fmod_ret/vfs_unlink\")\n");
        for log in ["unknown func bpf_override_return#58\n", "vfs_unlink() is not modifiable\n"] {
            let found = refusal(log, 22, Some("f".into()), source);
            let instead = Words::Lab(Sentence::Instead(Instead::FmodRet));
            assert_eq!(found.notes.last().map(|note| &note.message), Some(&instead), "{log}");
        }
        let found = refusal("vfs_unlink() is not modifiable\n", 22, Some("f".into()), source);
        let place = named_place(&found, source).map(|place| (place.line, place.column));
        assert_eq!(place, Some((2, 5)));
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        let found = refusal("0: (95) exit\nnobody has seen this\n", 22, Some("f".into()), ("a.bpf.c", ""));
        assert_eq!(found.id, "rejected");
    }
}
