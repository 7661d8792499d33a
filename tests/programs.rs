//! For each kind of program one that loads, attaches and shows its effect, on
//! every kernel that has the kind.
//!
//! The programs are in `programs/`; the first lines of each say on which
//! kernels it runs, what makes it fire, and what must be seen of it.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use bpflab::{
    kernel::target,
    run::{self, Submission},
    say::Lang,
};
use regex::Regex;
use serde_json::Value;
use support::{
    cases,
    guests::can_use_guests,
    lab::{AT_MOST, Lab, submission},
    story::Story,
};

/// One program and what its first lines say.
struct Case {
    path: PathBuf,
    kernels: Vec<String>,
    stimulus: String,
    attach: Vec<String>,
    entry: Vec<String>,
    record: Vec<String>,
    test: Vec<String>,
    show: Vec<String>,
    lacks: Vec<String>,
    shows: Vec<(String, Regex)>,
}

impl Case {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("a program");
        let said = |word: &str| -> Vec<String> {
            let start = format!("// @{word} ");
            text.lines().filter_map(|line| line.strip_prefix(&start)).map(str::to_owned).collect()
        };
        let shows = said("shows").into_iter().map(|line| {
            let (kind, pattern) = line.split_once(' ').expect("a kind and a pattern");
            (kind.to_owned(), Regex::new(pattern).expect("a pattern"))
        });
        let shows: Vec<_> = shows.collect();
        assert!(!shows.is_empty(), "{} says what it shows", path.display());
        let only =
            |word: &str| said(word).pop().unwrap_or_else(|| panic!("{} has no {word}", path.display()));
        Self {
            kernels: only("kernels").split(' ').map(str::to_owned).collect(),
            stimulus: only("stimulus"),
            attach: said("attach"),
            entry: said("entry"),
            record: said("record"),
            test: said("test"),
            show: said("show"),
            lacks: said("lacks"),
            shows,
            path: path.to_owned(),
        }
    }

    fn run(&self, lab: &Lab) -> Vec<String> {
        let path = self.path.display();
        let pair = |words: &String| {
            let (name, value) = words.split_once('=').expect("a name and a value");
            (name.to_owned(), value.to_owned())
        };
        let kernels: Vec<&str> = self.kernels.iter().map(String::as_str).collect();
        let target = |(program, words): (String, String)| {
            let target = target(&words).unwrap_or_else(|why| panic!("{words}: {}", why.say(Lang::En)));
            (program, target)
        };
        let test = |(program, digits): (String, String)| {
            run::test(program, &digits, 1).unwrap_or_else(|why| panic!("{digits}: {}", why.say(Lang::En)))
        };
        let entry = |(at, value): (String, String)| {
            bpflab::wire::entry(&at, &value).unwrap_or_else(|why| panic!("{at}: {}", why.say(Lang::En)))
        };
        let story = lab.run(Submission {
            stimulus: Some(self.stimulus.clone()),
            targets: self.attach.iter().map(pair).map(target).collect(),
            entries: self.entry.iter().map(pair).map(entry).collect(),
            maps: run::of_maps(self.record.iter().map(pair), []),
            tests: self.test.iter().map(pair).map(test).collect(),
            shows: self.show.clone(),
            span: bpflab::lab::span(None, AT_MOST),
            ..submission(&fs::read_to_string(&self.path).expect("a program"), &kernels)
        });
        let wrong = self.kernels.iter().filter_map(|kernel| {
            let of = story.on(kernel);
            let missing: Vec<&str> = self
                .shows
                .iter()
                .filter(|(kind, pattern)| !shown(&of, kind, pattern))
                .map(|(_, pattern)| pattern.as_str())
                .collect();
            let lacks = |found: &Value| self.lacks.iter().any(|id| found["id"] == id.as_str());
            let is_wrong = !missing.is_empty() || of.of("diagnostic").any(lacks);
            is_wrong.then(|| format!("{path} on {kernel} does not show {missing:?}:\n{of:?}"))
        });
        wrong.collect()
    }
}

/// A program, and how often it gave each of its verdicts.
fn verdicts(stats: &Value) -> String {
    let given = stats["verdicts"].as_array().into_iter().flatten();
    let each: Vec<String> = given.map(|one| format!("{} {}", plain(&one["name"]), one["count"])).collect();
    format!("{} {}", plain(&stats["program"]), each.join(", "))
}

/// Whether a story has something of a kind that matches.
fn shown(story: &Story, kind: &str, pattern: &Regex) -> bool {
    let texts = |of: &str, field: &str| -> Vec<String> {
        story.of(of).filter_map(|object| object[field].as_str().map(str::to_owned)).collect()
    };
    match kind {
        "trace" => texts("trace", "text").iter().any(|text| pattern.is_match(text)),
        "once" => texts("trace", "text").iter().filter(|text| pattern.is_match(text)).count() == 1,
        "output" => {
            ["stdout", "stderr", "iter"].iter().any(|stream| pattern.is_match(&written(story, stream)))
        }
        "attached" => texts("attached", "to").iter().any(|text| pattern.is_match(text)),
        "finding" => story
            .of("diagnostic")
            .any(|found| pattern.is_match(&format!("{} {}", plain(&found["id"]), plain(&found["message"])))),
        "runs" => story.of("stats").any(|stats| {
            pattern.is_match(&format!("{} {} {}", plain(&stats["program"]), stats["runs"], stats["ns"]))
        }),
        "uncounted" => story.of("stats").any(|stats| stats["runs"] != 0 && stats["verdicts"].is_null()),
        "stats" => story.of("stats").any(|stats| pattern.is_match(&verdicts(stats))),
        "tested" => story.of("tested").any(|tested| pattern.is_match(&tested.to_string())),
        "code" => story.of("code").any(|code| pattern.is_match(&code.to_string())),
        "record" => story.of("record").any(|record| pattern.is_match(&record["value"].to_string())),
        "map" => story
            .of("map")
            .any(|map| pattern.is_match(&format!("{} {}", plain(&map["name"]), map["entries"]))),
        "total" => {
            story.of("map").any(|map| pattern.is_match(&format!("{} {}", plain(&map["name"]), map["total"])))
        }
        "global" => story.of("global").any(|global| {
            pattern.is_match(&format!("{} {}", plain(&global["name"]), plain(&global["value"])))
        }),
        other => panic!("{other} is no kind"),
    }
}

/// All that was written to one stream: a command writes a line in as many pieces as it likes.
fn written(story: &Story, stream: &str) -> String {
    story
        .of("output")
        .filter(|output| output["stream"] == stream)
        .map(|output| plain(&output["text"]))
        .collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn every_kind_of_program_shows_its_effect_on_every_kernel_that_has_it() {
    if !can_use_guests() {
        return;
    }
    let lab = Lab::new();
    // Each has up to four guests, which mostly wait; another test may run beside.
    cases::try_each(&cases::programs("programs"), 2, |path| Case::read(path).run(&lab));
}
