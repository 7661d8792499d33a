//! A check of what is attached must be about a section that the solution has.

use std::sync::LazyLock;

use regex::Regex;

/// Whether no section of the source matches. One whose name is put together
/// by macros is not known, and then nothing is said.
pub(super) fn is_nowhere(section: &str, source: &str) -> bool {
    static SECTION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"\bSEC\(\s*(?:"\??([^"]*)"\s*\))?"#).expect("a pattern"));
    let Ok(wanted) = Regex::new(section) else { return false };
    let sections: Vec<Option<&str>> =
        SECTION.captures_iter(source).map(|found| found.get(1).map(|name| name.as_str())).collect();
    sections.iter().all(|name| name.is_some_and(|name| !wanted.is_match(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_that_no_program_has_is_found() {
        let source = r#"SEC("?fentry/do_unlinkat") int a; SEC("tp/sched/sched_switch") int b;"#;
        for there in ["^fentry/(do|filename)_unlinkat$", "sched_switch", "^tp/"] {
            assert!(!is_nowhere(there, source), "{there}");
        }
        for nowhere in ["^fexit/", "^tracepoint/sched", "sched_swich"] {
            assert!(is_nowhere(nowhere, source), "{nowhere}");
        }
        assert!(!is_nowhere("^usdt/", r#"SEC("usdt/" LIBJVM ":hotspot:gc__begin") int a;"#));
    }
}
