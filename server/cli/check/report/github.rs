//! Results as workflow commands, which annotate the lines of a pull request.

use super::super::trial::{Of, Trial};
use crate::lesson::{Fault, Finding};

pub(super) fn fault(fault: &Fault) -> String {
    let folder = format!("{:03}-{}", fault.number, fault.slug);
    // "FILE:LINE: what" or "FILE: what".
    let (place, what) = fault.why.split_once(": ").unwrap_or(("lesson.toml", &fault.why));
    let (file, line) = match place.rsplit_once(':') {
        Some((file, line)) => (file, line.parse().ok()),
        None => (place, None),
    };
    command("error", &format!("{folder}/{file}"), line, &fault.slug, what)
}

pub(super) fn finding(one: &Finding) -> String {
    let level = if one.is_error { "error" } else { "warning" };
    command(level, &one.file, one.line, &one.lesson, &one.what)
}

pub(super) fn result(trial: &Trial<'_>, why: &[String]) -> String {
    let lesson = trial.lesson;
    let folder = lesson.folder.file_name().unwrap_or_default().to_string_lossy();
    let file = match trial.of {
        Of::Starter => "starter.bpf.c",
        Of::Solution => "solution.bpf.c",
        Of::Submission(_) => "lesson.toml",
    };
    let title = format!("{} {} on {}", lesson.slug, trial.of.name(), trial.kernel);
    command("error", &format!("{folder}/{file}"), None, &title, &why.join("\n"))
}

/// `::LEVEL file=…,line=…,title=…::MESSAGE`, with what would end it escaped.
fn command(level: &str, file: &str, line: Option<usize>, title: &str, message: &str) -> String {
    let plain = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| plain(text).replace(':', "%3A").replace(',', "%2C");
    let line = line.map_or(String::new(), |line| format!(",line={line}"));
    format!("::{level} file={}{line},title={}::{}", property(file), property(title), plain(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let said = command("error", "a,b.c", Some(3), "x: y", "50%\nof it");
        assert_eq!(said, "::error file=a%2Cb.c,line=3,title=x%3A y::50%25%0Aof it");
    }

    #[test]
    fn a_fault_points_to_its_line() {
        let why = "lesson.md:7: the link x leaves the lab: name the source in words".to_owned();
        let said = fault(&Fault { number: 20, slug: "hello".into(), why });
        let place = "::error file=020-hello/lesson.md,line=7,title=hello::";
        assert_eq!(said, format!("{place}the link x leaves the lab: name the source in words"));
    }
}
