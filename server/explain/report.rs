//! The report that the verifier of 7.3 and later writes after its log -> its parts.
//!
//! Knows how the report is laid out: sections, places with a mark under the source
//! line, text that is wrapped. Does not know what the words mean.

use crate::diagnostic::Place;

/// How the report begins.
const BEGINS: &str = "Verification failed: ";

/// The sections, by their headings.
const REASON: &str = "Reason:";
const AT: &str = "At:";
const PATH: &str = "Causal path:";
const SUGGESTION: &str = "Suggestion:";

/// Under a source line, before what is said of it.
const MARK: &str = "^-- ";

/// Steps of a path that are kept: the last ones, which are the nearest.
const MAX_STEPS: usize = 8;

/// One report.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// Why it was refused.
    pub(super) reason: String,
    /// Where.
    pub(super) at: Option<Spot>,
    /// What led there, the first thing first.
    pub(super) path: Vec<Spot>,
    /// What may mend it.
    pub(super) suggestion: Option<String>,
}

/// What is said of one place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// Missing where the object tells no lines.
    pub(super) place: Option<Place>,
    /// The kernel's words, on one line.
    pub(super) words: String,
}

/// The log that every kernel writes, and the report after it.
pub(super) fn split(log: &str) -> (&str, Option<Report>) {
    match log.split_once(&format!("\n{BEGINS}")) {
        Some((before, report)) => (before, read(report)),
        None => (log, None),
    }
}

/// Reads what follows the first words; `None` where it gives no reason.
fn read(text: &str) -> Option<Report> {
    let mut report = Report::default();
    let (mut section, mut lines) = ("", Vec::new());
    // A line that is not indented begins a section or ends the report; the last
    // one here is no heading and closes what is open.
    for line in text.lines().skip(1).chain(["."]) {
        if line.is_empty() || line.starts_with(' ') {
            lines.push(line);
            continue;
        }
        match section {
            REASON => report.reason = joined(&lines),
            AT => report.at = spots(&lines).into_iter().next(),
            PATH => {
                let all = spots(&lines);
                report.path = all.into_iter().rev().take(MAX_STEPS).rev().collect();
            }
            SUGGESTION => report.suggestion = Some(joined(&lines)).filter(|words| !words.is_empty()),
            _ => {}
        }
        (section, lines) = (line, Vec::new());
    }
    (!report.reason.is_empty()).then_some(report)
}

/// Each mark of a section, with the place that stands above it.
fn spots(lines: &[&str]) -> Vec<Spot> {
    let (mut found, mut place, mut open) = (Vec::<Spot>::new(), None, false);
    for line in lines {
        let under = under(line);
        match (under, found.last_mut()) {
            (Some(text), _) if text.starts_with(MARK) => {
                found.push(Spot { place: place.clone(), words: said(&text[MARK.len()..]).to_owned() });
            }
            // What was too long for one line goes on in the next.
            (Some(text), Some(last)) if open && !text.is_empty() => {
                last.words.push(' ');
                last.words.push_str(text);
            }
            _ => {
                if let Some(heading) = heading(line) {
                    place = self::place(heading);
                }
            }
        }
        open = under.is_some();
    }
    found
}

/// What stands below a source line: `|` with nothing but spaces before it.
fn under(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix('|').map(str::trim)
}

/// What stands above the source lines of a step, which stand deeper.
fn heading(line: &str) -> Option<&str> {
    let text = line.strip_prefix("  ")?;
    (!text.starts_with([' ', '>', '|']) && !text.ends_with(" context:")).then_some(text)
}

/// `FUNCTION @ FILE:LINE:COLUMN`, or without the function; `insn NUMBER` is no place.
fn place(text: &str) -> Option<Place> {
    let text = text.split_once(" @ ").map_or(text, |(_, at)| at);
    let (rest, column) = text.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some(Place { file: file.to_owned(), line: line.parse().ok()?, column: column.parse().ok()? })
}

/// Without the kind of the step where its words say the same.
fn said(text: &str) -> &str {
    let kinds = ["update: ", "branch: ", "context: ", "error: "];
    kinds.iter().find_map(|kind| text.strip_prefix(kind)).unwrap_or(text)
}

fn joined(lines: &[&str]) -> String {
    let words: Vec<&str> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 7.3.4 writes it.
    const LOG: &str = include_str!("report/null_check.log");

    #[test]
    fn every_part_of_a_report_is_found() {
        let (before, report) = split(LOG);
        assert!(before.ends_with("R0 invalid mem access 'map_value_or_null'\n"), "{before}");
        let report = report.expect("a report");
        assert!(report.reason.starts_with("R0 may be NULL here"), "{report:?}");
        assert!(report.reason.ends_with("cannot prove this access is safe."), "{report:?}");
        let at = report.at.expect("a place");
        assert_eq!(at.words, "invalid dereference of R0 (a nullable map value pointer)");
        let place = Place { file: "null_check.bpf.c".into(), line: 26, column: 14 };
        assert_eq!(at.place, Some(place));
        let path: Vec<(u32, &str)> = report
            .path
            .iter()
            .map(|spot| (spot.place.as_ref().expect("a place").line, spot.words.as_str()))
            .collect();
        let changed = "R0 changed from uninitialized value to nullable map value from entries at offset 0";
        assert_eq!(path, [(24, changed)]);
        let suggestion = report.suggestion.expect("a suggestion");
        assert!(suggestion.starts_with("Add a NULL check") && suggestion.ends_with("path."));
    }

    #[test]
    fn a_log_without_a_report_stays_whole() {
        let log = "0: (95) exit\nR0 !read_ok\n";
        assert_eq!(split(log), (log, None));
    }

    #[test]
    fn a_report_that_is_cut_off_gives_what_it_has() {
        let cut = LOG.find("Causal path").expect("a path");
        let report = split(&LOG[..cut]).1.expect("a report");
        assert!(report.at.is_some() && report.path.is_empty() && report.suggestion.is_none());
        let cut = LOG.find("Reason").expect("a reason");
        assert_eq!(split(&LOG[..cut]).1, None);
    }
}
