//! clang's messages -> [`Diagnostic`]s.
//!
//! The text is hostile: it may hold anything the source holds.

use super::places;
use crate::diagnostic::{Diagnostic, Fix, Note, Origin, Place, Severity, Words};

/// Findings that are kept; a broken macro can make thousands.
const MAX_KEPT: usize = 50;

/// Reads clang's one-line messages. Standard input is `program`.
pub(super) fn parse(messages: &str, program: &str) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    // Whether the last finding was there before: its notes were, too.
    let mut is_said = false;
    for line in messages.lines() {
        if let Some(fix) = parse_fix(line, program) {
            if let Some(last) = found.last_mut() {
                last.fix.get_or_insert(fix);
            }
            continue;
        }
        let Some((place, severity, text)) = parse_line(line, program) else { continue };
        let (text, id) = match text.rsplit_once(" [") {
            Some((text, flag)) if flag.ends_with(']') && flag.starts_with("-W") => {
                (text, flag.trim_end_matches(']').to_owned())
            }
            _ => (text, "clang".to_owned()),
        };
        let message = Words::Tool(text.to_owned());
        // clang says of each access that the stack is too small.
        let same = |one: &Diagnostic| one.place.as_ref() == Some(&place) && one.message == message;
        let is_note = severity == Severity::Note;
        is_said = if is_note { is_said } else { found.iter().any(same) };
        if is_said {
            continue;
        }
        if severity == Severity::Note
            && let Some(last) = found.last_mut()
        {
            last.notes.push(Note { place: Some(place), message });
        } else if found.len() < MAX_KEPT {
            found.push(Diagnostic {
                origin: Origin::Compiler,
                severity,
                id,
                place: Some(place),
                message,
                notes: Vec::new(),
                fix: None,
                offers: Vec::new(),
            });
        }
    }
    found
}

/// `file:line:column: severity: text`. Quoted source is indented, and is not
/// clang's word.
fn parse_line<'a>(line: &'a str, program: &str) -> Option<(Place, Severity, &'a str)> {
    if line.starts_with([' ', '\t']) {
        return None;
    }
    for (word, severity) in [
        (": fatal error: ", Severity::Error),
        (": error: ", Severity::Error),
        (": warning: ", Severity::Warning),
        (": note: ", Severity::Note),
    ] {
        let Some((place, text)) = line.split_once(word) else { continue };
        let Some((rest, column)) = place.rsplit_once(':') else { continue };
        let Some((file, at)) = rest.rsplit_once(':') else { continue };
        let (Ok(line), Ok(column)) = (at.parse(), column.parse()) else { continue };
        return Some((Place { file: file_name(file, program), line, column }, severity, text));
    }
    None
}

/// `fix-it:"file":{line:column-line:column}:"text"`.
fn parse_fix(line: &str, program: &str) -> Option<Fix> {
    let rest = line.strip_prefix("fix-it:\"")?;
    let (file, rest) = rest.split_once("\":{")?;
    let (range, text) = rest.split_once("}:\"")?;
    let (from, to) = range.split_once('-')?;
    let number = |pair: &str| -> Option<(u32, u32)> {
        let (line, column) = pair.split_once(':')?;
        Some((line.parse().ok()?, column.parse().ok()?))
    };
    let ((line, column), (end_line, end_column)) = (number(from)?, number(to)?);
    let file = file_name(file, program);
    if file != program {
        return None; // no one can change a header of ours
    }
    let text = text.strip_suffix('"')?.replace("\\n", "\n").replace("\\\"", "\"").replace("\\\\", "\\");
    Some(Fix { from: Place { file, line, column }, end_line, end_column, text })
}

/// The name as the learner knows it.
fn file_name(file: &str, program: &str) -> String {
    match file {
        "<stdin>" => program.to_owned(),
        other => places::named(other)
            .or_else(|| other.strip_prefix("/include/"))
            .or_else(|| other.strip_prefix("/uapi/"))
            .unwrap_or(other)
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_its_note_and_its_fix_are_read() {
        let found = parse(
            "<stdin>:3:9: error: expected ';' after expression\n\
             \x20   3 | <stdin>:1:1: error: forged\n\
             fix-it:\"<stdin>\":{3:12-3:12}:\";\"\n\
             In file included from <stdin>:1:\n\
             /src/x.h:2:1: warning: unused: variable 'a' [-Wunused]\n\
             <stdin>:1:2: note: declared here\n\
             2 errors generated.\n",
            "a.bpf.c",
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].place, Some(Place { file: "a.bpf.c".into(), line: 3, column: 9 }));
        assert_eq!(found[0].fix.as_ref().map(|fix| fix.text.as_str()), Some(";"));
        assert_eq!((found[1].id.as_str(), found[1].notes.len()), ("-Wunused", 1));
        assert_eq!(found[1].message, Words::Tool("unused: variable 'a'".into()));
    }
}
