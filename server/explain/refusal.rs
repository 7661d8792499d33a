//! A refused load -> one finding, on the line that the verifier was at.

use crate::{
    diagnostic::{Diagnostic, Origin, Place, Words},
    say::Sentence,
};

/// A program too large or too branchy for the verifier.
const E2BIG: i32 = 7;

/// The same in the verifier's words, where its log ran full and hid the errno.
const TOO_LARGE: &str = "program is too large";

/// The verifier's words for a helper that only a GPL program may call.
const GPL: [&str; 2] = ["cannot call GPL-restricted function", "cannot call GPL only function"];

/// How the report of 7.3 and later begins.
const REPORT: &str = "\nVerification failed: ";

/// Lines of a log that carry no verdict.
const FOOTERS: [&str; 4] = ["processed ", "verification time ", "stack depth ", "peak_states "];

/// Explains a refused load. `source` is the program's name and text.
pub fn refusal(log: &str, errno: i32, program: Option<String>, source: (&str, &str)) -> Diagnostic {
    // 7.3 adds a report of its own after the log that every kernel writes.
    let log = log.split(REPORT).next().unwrap_or(log);
    let name = program.clone().unwrap_or_default();
    let verdict = verdict(log).map(str::to_owned);
    let (id, message) = match (verdict, program) {
        (Some(verdict), _) if GPL.iter().any(|words| verdict.contains(words)) => {
            ("gpl-only", Sentence::GplOnly { program: name, verdict })
        }
        (verdict, Some(_))
            if errno == E2BIG || verdict.as_ref().is_some_and(|said| said.contains(TOO_LARGE)) =>
        {
            ("too-large", Sentence::VerifierTooLarge { program: name })
        }
        (Some(verdict), _) => ("rejected", Sentence::Rejected { program: name, verdict }),
        (None, _) => ("load-failed", Sentence::LoadFailed { errno }),
    };
    let mut found = Diagnostic::error(Origin::Verifier, id, message);
    found.place = place(log, source);
    found
}

/// The last line that says something, before the statistics.
fn verdict(log: &str) -> Option<&str> {
    log.lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty() && !FOOTERS.iter().any(|footer| line.starts_with(footer)))
}

/// The last source line that the log shows: `; TEXT @ FILE:LINE` on newer
/// kernels, `; TEXT` on older ones.
fn place(log: &str, (file, text): (&str, &str)) -> Option<Place> {
    let shown = log.lines().rev().find_map(|line| line.trim_start().strip_prefix("; "))?;
    let line = match shown.rsplit_once(" @ ") {
        Some((_, at)) => at.rsplit_once(':').and_then(|(_, line)| line.parse().ok()),
        None => {
            let mut same = (1..).zip(text.lines()).filter(|(_, line)| line.trim() == shown.trim());
            let first = same.next().map(|(number, _)| number);
            first.filter(|_| same.next().is_none())
        }
    }?;
    Some(Place { file: file.to_owned(), line, column: 1 })
}

/// The line of the SEC that a finding about attaching names.
pub fn section_place(found: &Diagnostic, (file, text): (&str, &str)) -> Option<Place> {
    let Words::Lab(
        Sentence::NoSuchHook { section, .. }
        | Sentence::NeedsTarget { section, .. }
        | Sentence::AttachErrno { section, .. },
    ) = &found.message
    else {
        return None;
    };
    let quoted = format!("\"{section}\"");
    let (line, at) = (1..).zip(text.lines()).find_map(|(line, text)| Some((line, text.find(&quoted)?)))?;
    let column = u32::try_from(at).ok()? + 1;
    Some(Place { file: file.to_owned(), line, column })
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
        let Words::Lab(Sentence::Rejected { verdict, .. }) = found.message else { panic!("not rejected") };
        assert_eq!(verdict, "invalid bpf_context access off=8192 size=4");
    }

    #[test]
    fn an_old_kernels_line_is_found_by_its_text() {
        let log = "; return *p;\n1: (61) r0 = *(u32 *)(r1 +0)\nR1 invalid mem access 'scalar'\n";
        let found = refusal(log, 13, None, ("a.bpf.c", "int f(void)\n{\n\treturn *p;\n}\n"));
        assert_eq!(found.place.map(|place| place.line), Some(3));
    }
}
