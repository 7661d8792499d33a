//! One check under way: what it has seen, and when it is decided.

use bpflab_worker::{MapView, OutputStream, TraceLine, Value};
use regex::Regex;

use super::{
    entry::{self, Entries},
    lines::{Lines, cut},
    written::written,
};
use crate::{
    lesson::{Amount, Check, Expectation, Facts, Limit, Whose},
    run::{CheckResult, RunEvent},
    say::{Found, Printed, Sentence},
};

/// One check under way.
#[derive(Debug)]
pub(super) struct Watch {
    check: Check,
    seen: Seen,
    /// Once it has been said, it is not said again.
    said: Option<bool>,
}

#[derive(Debug)]
enum Seen {
    /// Before the facts of the run are known.
    Nothing,
    Trace {
        lines: Lines,
        stimulus: Option<u32>,
    },
    Records {
        lines: Lines,
    },
    Output {
        lines: Lines,
        /// What has no newline yet.
        rest: String,
    },
    Global {
        value: Option<Value>,
    },
    Map {
        entries: Entries,
        /// Whether the program has such a map.
        exists: bool,
    },
    Attached {
        pattern: Option<Regex>,
        sections: Vec<String>,
    },
}

impl Watch {
    pub(super) fn new(check: Check) -> Self {
        let seen = match &check.expects {
            // Programs attach before the run's facts are known, and need none.
            Expectation::Attached { section } => {
                Seen::Attached { pattern: Regex::new(section).ok(), sections: Vec::new() }
            }
            Expectation::Global { .. } => Seen::Global { value: None },
            Expectation::Map { .. } => Seen::Map { entries: Entries::new(), exists: false },
            Expectation::Trace { .. } | Expectation::Output { .. } | Expectation::Record { .. } => {
                Seen::Nothing
            }
        };
        Self { check, seen, said: None }
    }

    /// The facts are known now.
    pub(super) fn begin(&mut self, facts: &Facts, stimulus: Option<u32>) {
        match &self.check.expects {
            Expectation::Trace { text, .. } => {
                self.seen = Seen::Trace { lines: Lines::new(text, facts), stimulus };
            }
            Expectation::Output { text, .. } => {
                self.seen = Seen::Output { lines: Lines::new(text, facts), rest: String::new() };
            }
            Expectation::Record { text, .. } => {
                self.seen = Seen::Records { lines: Lines::new(text, facts) };
            }
            Expectation::Global { .. } | Expectation::Map { .. } | Expectation::Attached { .. } => {}
        }
    }

    pub(super) fn see(&mut self, event: &RunEvent) {
        match (&mut self.seen, &self.check.expects, event) {
            (
                Seen::Trace { lines: seen, stimulus },
                Expectation::Trace { whose, .. },
                RunEvent::Trace(lines),
            ) => {
                // The lab's own lines never count.
                for line in lines.iter().filter(|line| !line.lab) {
                    let own = Some(line.pid) == *stimulus;
                    seen.see(&line.text, belongs(line, *whose, *stimulus), own, || shown(line));
                }
            }
            (
                Seen::Records { lines },
                Expectation::Record { map: wanted, .. },
                RunEvent::Records { map, records },
            ) if wanted.as_ref().is_none_or(|wanted| wanted == map) => {
                for record in records {
                    let text = written(&record.value);
                    lines.see(&text, true, false, || cut(&text));
                }
            }
            (
                Seen::Output { lines, rest },
                Expectation::Output { of_iterator, .. },
                RunEvent::Output { stream, text },
            ) if *stream == printer(*of_iterator) => {
                rest.push_str(text);
                while let Some((line, after)) = rest.split_once('\n') {
                    lines.see(line, true, false, || cut(line));
                    *rest = after.to_owned();
                }
            }
            (Seen::Global { value }, Expectation::Global { name, .. }, RunEvent::Global(global))
                if global.name == *name =>
            {
                *value = Some(global.value.clone());
            }
            (Seen::Map { exists, .. }, Expectation::Map { name, .. }, RunEvent::Loaded { maps, .. }) => {
                *exists = maps.iter().any(|map| map.name == *name);
            }
            (Seen::Map { entries, .. }, Expectation::Map { name, .. }, RunEvent::Map(view))
                if view.name == *name =>
            {
                update(entries, view);
            }
            (Seen::Attached { sections, .. }, _, RunEvent::Attached { to, .. }) => {
                sections.push(to.clone());
            }
            _ => {}
        }
    }

    pub(super) fn has_passed(&self) -> bool {
        self.said == Some(true)
    }

    /// What can only become truer passes at once.
    pub(super) fn decide_early(&mut self, facts: &Facts) -> Option<CheckResult> {
        let early = match &self.check.expects {
            Expectation::Trace { amount: Amount::AtLeast(_), .. }
            | Expectation::Output { amount: Amount::AtLeast(_), .. }
            | Expectation::Record { amount: Amount::AtLeast(_), .. }
            | Expectation::Attached { .. } => true,
            Expectation::Global { limit, .. } | Expectation::Map { limit, .. } => {
                matches!(limit, Limit::AtLeast(_))
            }
            Expectation::Trace { .. } | Expectation::Output { .. } | Expectation::Record { .. } => false,
        };
        (early && self.said.is_none() && self.passes(facts)).then(|| self.say(facts, true))
    }

    /// Decides now, if that was not done yet.
    pub(super) fn conclude(&mut self, facts: &Facts) -> Option<CheckResult> {
        let passes = self.passes(facts);
        self.said.is_none().then(|| self.say(facts, passes))
    }

    fn say(&mut self, facts: &Facts, passed: bool) -> CheckResult {
        self.said = Some(passed);
        CheckResult {
            id: self.check.id.clone(),
            passed,
            says: self.check.says.map(|text| facts.fill(text)),
            saw: self.saw(facts),
            hint: self.check.hint.as_ref().filter(|_| !passed).map(|hint| hint.map(|text| facts.fill(text))),
        }
    }

    fn passes(&self, facts: &Facts) -> bool {
        match (&self.seen, &self.check.expects) {
            (
                Seen::Trace { lines, .. } | Seen::Output { lines, .. } | Seen::Records { lines },
                Expectation::Trace { amount, .. }
                | Expectation::Output { amount, .. }
                | Expectation::Record { amount, .. },
            ) => match found(amount, facts) {
                Some(Found::AtLeast(count)) => lines.matching >= count,
                Some(Found::AtMost(count)) => lines.matching <= count,
                Some(Found::Exactly(count)) => lines.matching == count,
                None => false,
            },
            (Seen::Attached { pattern, sections }, _) => pattern
                .as_ref()
                .is_some_and(|pattern| sections.iter().any(|section| pattern.is_match(section))),
            (_, Expectation::Global { limit, .. } | Expectation::Map { limit, .. }) => {
                let value = self.value(facts);
                let wanted = |word: &str| facts.fill(word);
                match (limit, value) {
                    (_, None) => false,
                    (Limit::Equals(word), Some(value)) => value == wanted(word),
                    (Limit::AtLeast(word), Some(value)) => {
                        compare(&value, &wanted(word)).is_some_and(|o| o.is_ge())
                    }
                    (Limit::AtMost(word), Some(value)) => {
                        compare(&value, &wanted(word)).is_some_and(|o| o.is_le())
                    }
                }
            }
            _ => false,
        }
    }

    fn saw(&self, facts: &Facts) -> Sentence {
        match (&self.seen, &self.check.expects) {
            (Seen::Trace { lines, .. }, Expectation::Trace { amount, .. }) => {
                let wanted = found(amount, facts).unwrap_or(Found::AtLeast(1));
                let (matching, total) = (lines.matching, lines.total);
                Sentence::SawTrace { matching, total, wanted, example: lines.example(wanted) }
            }
            (Seen::Output { lines, .. }, Expectation::Output { of_iterator: true, amount, .. }) => {
                printed(Printed::ByIterator, lines, amount, facts)
            }
            (Seen::Output { lines, .. }, Expectation::Output { amount, .. }) => {
                printed(Printed::ByStimulus, lines, amount, facts)
            }
            (Seen::Records { lines }, Expectation::Record { amount, .. }) => {
                printed(Printed::Records, lines, amount, facts)
            }
            (Seen::Attached { sections, .. }, _) => Sentence::SawSections { sections: sections.clone() },
            (_, Expectation::Global { name, .. }) => {
                Sentence::SawValue { what: name.clone(), value: self.value(facts) }
            }
            (_, Expectation::Map { name, entries: Some(_), .. }) => {
                Sentence::SawEntries(name.clone(), self.value(facts))
            }
            (_, Expectation::Map { name, key, field, .. }) => {
                let mut what = name.clone();
                if let Some(key) = key {
                    what = format!("{what}[{}]", facts.fill(key));
                }
                for part in field {
                    what = format!("{what}.{part}");
                }
                Sentence::SawValue { what, value: self.value(facts) }
            }
            _ => Sentence::SawNothing,
        }
    }

    /// The value that is looked at, as a person would write it.
    fn value(&self, facts: &Facts) -> Option<String> {
        match (&self.seen, &self.check.expects) {
            (Seen::Global { value }, _) => value.as_ref().map(written),
            (Seen::Map { entries, exists: true }, Expectation::Map { entries: Some(pattern), .. }) => {
                entry::count(entries, &facts.fill_with(pattern, regex::escape)).map(|count| count.to_string())
            }
            (Seen::Map { entries, .. }, Expectation::Map { key, field, sum, entries: None, .. }) => {
                let key = key.as_ref().map(|key| facts.fill(key));
                entry::value(entries, key.as_deref(), field, *sum)
            }
            _ => None,
        }
    }
}

fn belongs(line: &TraceLine, whose: Option<Whose>, stimulus: Option<u32>) -> bool {
    match whose {
        None => true,
        Some(Whose::Stimulus) => Some(line.pid) == stimulus,
        Some(Whose::Others) => Some(line.pid) != stimulus,
    }
}

fn printer(of_iterator: bool) -> OutputStream {
    if of_iterator { OutputStream::Iterator } else { OutputStream::Stdout }
}

fn printed(of: Printed, lines: &Lines, amount: &Amount, facts: &Facts) -> Sentence {
    let wanted = found(amount, facts).unwrap_or(Found::AtLeast(1));
    let (matching, total) = (lines.matching, lines.total);
    Sentence::SawOutput { of, matching, total, wanted, example: lines.example(wanted) }
}

fn update(entries: &mut Entries, view: &MapView) {
    if view.full {
        entries.clear();
    }
    for key in &view.removed {
        entries.remove(&written(key));
    }
    entries.extend(view.entries.iter().map(|(key, value)| (written(key), value.clone())));
}

fn found(amount: &Amount, facts: &Facts) -> Option<Found> {
    let number = |word: &str| facts.fill(word).parse().ok();
    Some(match amount {
        Amount::AtLeast(word) => Found::AtLeast(number(word)?),
        Amount::AtMost(word) => Found::AtMost(number(word)?),
        Amount::Exactly(word) => Found::Exactly(number(word)?),
    })
}

fn compare(value: &str, wanted: &str) -> Option<std::cmp::Ordering> {
    Some(value.parse::<i128>().ok()?.cmp(&wanted.parse().ok()?))
}

fn shown(line: &TraceLine) -> String {
    format!("{}-{}: {}", line.task, line.pid, cut(&line.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::{Lang, Text};

    fn line(pid: u32, text: &str, lab: bool) -> TraceLine {
        TraceLine { time: 0.0, task: "sh".into(), pid, cpu: 0, flags: String::new(), text: text.into(), lab }
    }

    fn trace(amount: Amount) -> Watch {
        let expects =
            Expectation::Trace { text: "^hi {{word}}$".into(), whose: Some(Whose::Stimulus), amount };
        let says = Text { en: "says {{word}}".into(), zh: String::new() };
        Watch::new(Check { id: "c".into(), says, hint: None, expects })
    }

    fn facts() -> Facts {
        let mut facts = Facts::default();
        facts.add("word", "a.b".into());
        facts
    }

    #[test]
    fn decoys_and_the_labs_own_lines_do_not_count() {
        let mut watch = trace(Amount::Exactly("1".into()));
        watch.begin(&facts(), Some(7));
        watch.see(&RunEvent::Trace(vec![
            line(7, "hi a.b", false),
            line(7, "hi a.b", true),
            line(8, "hi a.b", false),
            line(7, "hi axb", false),
        ]));
        assert!(watch.decide_early(&facts()).is_none(), "an exact count is decided at the end");
        let result = watch.conclude(&facts()).unwrap();
        assert!(result.passed);
        assert_eq!(result.says.get(Lang::En), "says a.b");
        assert!(watch.conclude(&facts()).is_none(), "a check is said once");
    }

    #[test]
    fn the_stimulus_output_is_looked_at_by_whole_lines() {
        let expects = Expectation::Output {
            of_iterator: false,
            text: "^hi {{word}}$".into(),
            amount: Amount::Exactly("2".into()),
        };
        let says = Text { en: String::new(), zh: String::new() };
        let mut watch = Watch::new(Check { id: "c".into(), says, hint: None, expects });
        watch.begin(&facts(), Some(7));
        let mut say = |stream, text: &str| watch.see(&RunEvent::Output { stream, text: text.into() });
        say(OutputStream::Stdout, "hi a");
        say(OutputStream::Stderr, "hi a.b\n");
        say(OutputStream::Stdout, ".b\nhi axb\nhi a.b\nhi a.b");
        assert!(watch.conclude(&facts()).unwrap().passed, "two whole lines; the third has no end");
    }

    #[test]
    fn enough_is_decided_at_once() {
        let mut watch = trace(Amount::AtLeast("2".into()));
        watch.begin(&facts(), Some(7));
        watch.see(&RunEvent::Trace(vec![line(7, "hi a.b", false)]));
        assert!(watch.decide_early(&facts()).is_none());
        watch.see(&RunEvent::Trace(vec![line(7, "hi a.b", false)]));
        assert!(watch.decide_early(&facts()).unwrap().passed);
    }

    #[test]
    fn nothing_seen_fails_even_a_check_that_wants_nothing() {
        let mut watch = trace(Amount::AtMost("0".into()));
        assert!(!watch.conclude(&facts()).unwrap().passed, "the program was never attached");
    }
}
