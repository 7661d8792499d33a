//! Results as workflow commands, which annotate the lines of a pull request.
//! Files are named from where the command is run: there the repository begins.

use std::path::Path;

use super::super::trial::{Of, Trial};
use crate::lesson::{Fault, Finding};

/// Where the lessons are.
pub(super) struct Commands {
    folder: String,
}

impl Commands {
    pub(super) fn new(lessons: &Path) -> Self {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let (here, lessons) = (real(Path::new(".")), real(lessons));
        let folder = lessons.strip_prefix(&here).unwrap_or(&lessons);
        Self { folder: folder.display().to_string() }
    }

    pub(super) fn fault(&self, fault: &Fault) -> String {
        let folder = format!("{:03}-{}", fault.number, fault.slug);
        // "FILE:LINE: what" or "FILE: what".
        let named = fault.why.split_once(": ").filter(|(place, _)| !place.contains(' '));
        let (place, what) = named.unwrap_or(("lesson.toml", &fault.why));
        let (file, line) = match place.rsplit_once(':') {
            Some((file, line)) => (file, line.parse().ok()),
            None => (place, None),
        };
        self.command("error", &format!("{folder}/{file}"), line, &fault.slug, what)
    }

    pub(super) fn finding(&self, one: &Finding) -> String {
        let level = if one.is_error { "error" } else { "warning" };
        self.command(level, &one.file, one.line, &one.lesson, &one.what)
    }

    pub(super) fn result(&self, trial: &Trial<'_>, why: &[String]) -> String {
        let lesson = trial.lesson;
        let folder = lesson.folder.file_name().unwrap_or_default().to_string_lossy();
        let file = match trial.of {
            Of::Starter => "starter.bpf.c",
            Of::Solution => "solution.bpf.c",
            Of::Submission(_) => "lesson.toml",
        };
        let title = format!("{} {} on {}", lesson.slug, trial.of.name(), trial.kernel);
        self.command("error", &format!("{folder}/{file}"), None, &title, &why.join("\n"))
    }

    /// `::LEVEL file=…,line=…,title=…::MESSAGE`, with what would end it escaped.
    fn command(&self, level: &str, file: &str, line: Option<usize>, title: &str, message: &str) -> String {
        let plain = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        let property = |text: &str| plain(text).replace(':', "%3A").replace(',', "%2C");
        let line = line.map_or(String::new(), |line| format!(",line={line}"));
        let file = Path::new(&self.folder).join(file).display().to_string();
        format!("::{level} file={}{line},title={}::{}", property(&file), property(title), plain(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let commands = Commands { folder: "ours".to_owned() };
        let said = commands.command("error", "a,b.c", Some(3), "x: y", "50%\nof it");
        assert_eq!(said, "::error file=ours/a%2Cb.c,line=3,title=x%3A y::50%25%0Aof it");
    }

    #[test]
    fn a_fault_points_to_its_line() {
        let why = "lesson.md:7: the link x leaves the lab: name the source in words".to_owned();
        let said =
            Commands::new(Path::new("lessons")).fault(&Fault { number: 20, slug: "hello".into(), why });
        let place = "::error file=lessons/020-hello/lesson.md,line=7,title=hello::";
        assert_eq!(said, format!("{place}the link x leaves the lab: name the source in words"));
        // Not every colon follows a file.
        let why = "number 20 is taken by maps: give one of them another".to_owned();
        let said =
            Commands::new(Path::new("lessons")).fault(&Fault { number: 20, slug: "hello".into(), why });
        assert!(
            said.starts_with("::error file=lessons/020-hello/lesson.toml,title=hello::number 20"),
            "{said}"
        );
    }
}
