//! One check under way: what it has seen, and when it is decided.

use std::collections::BTreeMap;

use bpflab_worker::{MapView, TraceLine, Value};
use regex::Regex;

use crate::{
    lesson::{Amount, Check, Expectation, Facts, Limit, Whose},
    run::{CheckResult, RunEvent},
    say::{Example, Found, Sentence},
};

/// Of a line that is shown, in characters.
const MAX_SHOWN: usize = 120;

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
        pattern: Option<Regex>,
        stimulus: Option<u32>,
        matching: u64,
        total: u64,
        /// The last line that matched.
        matched: Option<String>,
        /// One that did not, the stimulus's own if there is one.
        nearest: Option<String>,
    },
    Global {
        value: Option<Value>,
    },
    Map {
        entries: BTreeMap<String, Value>,
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
            Expectation::Map { .. } => Seen::Map { entries: BTreeMap::new() },
            Expectation::Trace { .. } => Seen::Nothing,
        };
        Self { check, seen, said: None }
    }

    /// The facts are known now.
    pub(super) fn begin(&mut self, facts: &Facts, stimulus: Option<u32>) {
        if let Expectation::Trace { text, .. } = &self.check.expects {
            let pattern = Regex::new(&facts.fill_with(text, regex::escape)).ok();
            self.seen =
                Seen::Trace { pattern, stimulus, matching: 0, total: 0, matched: None, nearest: None };
        }
    }

    pub(super) fn see(&mut self, event: &RunEvent) {
        match (&mut self.seen, &self.check.expects, event) {
            (
                Seen::Trace { pattern, stimulus, matching, total, matched, nearest },
                Expectation::Trace { whose, .. },
                RunEvent::Trace(lines),
            ) => {
                // The lab's own lines never count.
                for line in lines.iter().filter(|line| !line.lab) {
                    *total += 1;
                    let right = pattern.as_ref().is_some_and(|pattern| pattern.is_match(&line.text));
                    if right && belongs(line, *whose, *stimulus) {
                        *matching += 1;
                        *matched = Some(shown(line));
                    } else if nearest.is_none() || Some(line.pid) == *stimulus {
                        *nearest = Some(shown(line));
                    }
                }
            }
            (Seen::Global { value }, Expectation::Global { name, .. }, RunEvent::Global(global))
                if global.name == *name =>
            {
                *value = Some(global.value.clone());
            }
            (Seen::Map { entries }, Expectation::Map { name, .. }, RunEvent::Map(view))
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
            Expectation::Trace { amount: Amount::AtLeast(_), .. } | Expectation::Attached { .. } => true,
            Expectation::Global { limit, .. } | Expectation::Map { limit, .. } => {
                matches!(limit, Limit::AtLeast(_))
            }
            Expectation::Trace { .. } => false,
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
            (Seen::Trace { matching, .. }, Expectation::Trace { amount, .. }) => match found(amount, facts) {
                Some(Found::AtLeast(count)) => *matching >= count,
                Some(Found::AtMost(count)) => *matching <= count,
                Some(Found::Exactly(count)) => *matching == count,
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
            (Seen::Trace { matching, total, matched, nearest, .. }, Expectation::Trace { amount, .. }) => {
                let wanted = found(amount, facts).unwrap_or(Found::AtLeast(1));
                let (too_few, too_many) = match wanted {
                    Found::AtLeast(count) => (*matching < count, false),
                    Found::AtMost(count) => (false, *matching > count),
                    Found::Exactly(count) => (*matching < count, *matching > count),
                };
                let example = match (too_few, too_many) {
                    (true, _) => nearest.clone().map(Example::Other),
                    (_, true) => matched.clone().map(Example::Matching),
                    (false, false) => None,
                };
                Sentence::SawTrace { matching: *matching, total: *total, wanted, example }
            }
            (Seen::Attached { sections, .. }, _) => Sentence::SawSections { sections: sections.clone() },
            (_, Expectation::Global { name, .. }) => {
                Sentence::SawValue { what: name.clone(), value: self.value(facts) }
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
            (Seen::Map { entries }, Expectation::Map { key, field, sum, .. }) => {
                let entry = match key {
                    Some(key) => entries.get(&facts.fill(key)),
                    None => entries.values().next(),
                }?;
                let path = |mut value: Value| -> Option<Value> {
                    for name in field {
                        let Value::Struct(fields) = value else { return None };
                        value = fields.into_iter().find(|(own, _)| own == name)?.1;
                    }
                    Some(value)
                };
                match (entry, sum) {
                    (Value::PerCpu(values), true) => {
                        let numbers = values.iter().filter_map(|value| path(value.clone()));
                        let sum: i128 =
                            numbers.filter_map(|value| written(&value).parse::<i128>().ok()).sum();
                        Some(sum.to_string())
                    }
                    (entry, _) => path(entry.clone()).as_ref().map(written),
                }
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

fn update(entries: &mut BTreeMap<String, Value>, view: &MapView) {
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

/// A value as a person would write it in a check.
fn written(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int { value, .. } => value.to_string(),
        Value::Uint { value, .. } => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Enum { name: Some(name), .. } => name.clone(),
        Value::Enum { name: None, value } => value.to_string(),
        Value::Pointer(value) => format!("{value:#x}"),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Value::Array(values) | Value::PerCpu(values) => {
            let all: Vec<String> = values.iter().map(written).collect();
            format!("[{}]", all.join(", "))
        }
        Value::Struct(fields) => {
            let all: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}={}", written(value))).collect();
            format!("{{{}}}", all.join(", "))
        }
    }
}

fn shown(line: &TraceLine) -> String {
    let text: String = line.text.chars().take(MAX_SHOWN).collect();
    format!("{}-{}: {text}", line.task, line.pid)
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
