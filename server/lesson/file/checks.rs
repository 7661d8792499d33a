//! `[[check]]` of `lesson.toml` -> [`Check`].
//!
//! Knows which words go together. Does not look at any run.

use serde::Deserialize;
use toml::Spanned;

use super::{Both, in_one_line};
use crate::{
    lesson::{Check, Expectation, check, draw},
    say::Text,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckTable {
    id: Spanned<String>,
    says: Both,
    hint: Option<Both>,
    trace: Option<TraceTable>,
    output: Option<OutputTable>,
    record: Option<RecordTable>,
    global: Option<GlobalTable>,
    map: Option<MapTable>,
    attached: Option<AttachedTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TraceTable {
    text: String,
    pid: Option<Whose>,
    at_least: Option<Word>,
    at_most: Option<Word>,
    exactly: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputTable {
    text: String,
    #[serde(default)]
    from: Printer,
    at_least: Option<Word>,
    at_most: Option<Word>,
    exactly: Option<Word>,
}

#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Printer {
    #[default]
    Stimulus,
    Iterator,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordTable {
    map: Option<String>,
    text: String,
    at_least: Option<Word>,
    at_most: Option<Word>,
    exactly: Option<Word>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Whose {
    Stimulus,
    Others,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GlobalTable {
    name: String,
    equals: Option<Word>,
    at_least: Option<Word>,
    at_most: Option<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapTable {
    name: String,
    key: Option<Word>,
    field: Option<String>,
    per_cpu: Option<Sum>,
    sum: Option<bool>,
    entries: Option<String>,
    equals: Option<Word>,
    at_least: Option<Word>,
    at_most: Option<Word>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sum {
    Sum,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttachedTable {
    section: String,
}

/// A number or a template.
#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Number(i64),
    Text(String),
}

impl From<Word> for String {
    fn from(word: Word) -> Self {
        match word {
            Word::Number(number) => number.to_string(),
            Word::Text(text) => text,
        }
    }
}

impl CheckTable {
    /// Where its name is, in bytes.
    pub(super) fn place(&self) -> usize {
        self.id.span().start
    }

    /// `Err` says what is wrong with it, for its author.
    pub(super) fn read(self) -> Result<Check, String> {
        let id = self.id.into_inner();
        let at = |what: &str| format!("check \"{id}\": {what}");
        let pattern = |text: &str| {
            regex::Regex::new(&draw::sample(text)).map_err(|error| at(&in_one_line(&error.to_string())))
        };
        let count = |at_least, at_most, exactly| {
            amount(at_least, at_most, exactly).ok_or_else(|| at("give one of at_least, at_most, exactly"))
        };
        let value = |equals, at_least, at_most| {
            limit(equals, at_least, at_most).ok_or_else(|| at("give one of equals, at_least, at_most"))
        };
        let mut expects = Vec::new();
        if let Some(trace) = self.trace {
            pattern(&trace.text)?;
            let amount = count(trace.at_least, trace.at_most, trace.exactly)?;
            let whose = trace.pid.map(|whose| match whose {
                Whose::Stimulus => check::Whose::Stimulus,
                Whose::Others => check::Whose::Others,
            });
            expects.push(Expectation::Trace { text: trace.text, whose, amount });
        }
        if let Some(output) = self.output {
            pattern(&output.text)?;
            let amount = count(output.at_least, output.at_most, output.exactly)?;
            let of_iterator = output.from == Printer::Iterator;
            expects.push(Expectation::Output { of_iterator, text: output.text, amount });
        }
        if let Some(record) = self.record {
            pattern(&record.text)?;
            let amount = count(record.at_least, record.at_most, record.exactly)?;
            expects.push(Expectation::Record { map: record.map, text: record.text, amount });
        }
        if let Some(global) = self.global {
            let limit = value(global.equals, global.at_least, global.at_most)?;
            expects.push(Expectation::Global { name: global.name, limit });
        }
        if let Some(map) = self.map {
            if let Some(text) = &map.entries {
                pattern(text)?;
                if map.key.is_some() || map.field.is_some() {
                    return Err(at("entries counts entries: it goes with neither key nor field"));
                }
            }
            expects.push(Expectation::Map {
                limit: value(map.equals, map.at_least, map.at_most)?,
                name: map.name,
                key: map.key.map(String::from),
                field: map.field.map(|path| path.split('.').map(str::to_owned).collect()).unwrap_or_default(),
                sum: map.per_cpu.is_some() || map.sum.unwrap_or_default(),
                entries: map.entries,
            });
        }
        if let Some(attached) = self.attached {
            pattern(&attached.section)?;
            expects.push(Expectation::Attached { section: attached.section });
        }
        let (Some(expects), true) = (expects.pop(), expects.is_empty()) else {
            return Err(at("give exactly one of trace, output, record, global, map, attached"));
        };
        Ok(Check { id, says: self.says.into(), hint: self.hint.map(Text::from), expects })
    }
}

fn amount(at_least: Option<Word>, at_most: Option<Word>, exactly: Option<Word>) -> Option<check::Amount> {
    match (at_least, at_most, exactly) {
        (Some(word), None, None) => Some(check::Amount::AtLeast(word.into())),
        (None, Some(word), None) => Some(check::Amount::AtMost(word.into())),
        (None, None, Some(word)) => Some(check::Amount::Exactly(word.into())),
        _ => None,
    }
}

fn limit(equals: Option<Word>, at_least: Option<Word>, at_most: Option<Word>) -> Option<check::Limit> {
    match (equals, at_least, at_most) {
        (Some(word), None, None) => Some(check::Limit::Equals(word.into())),
        (None, Some(word), None) => Some(check::Limit::AtLeast(word.into())),
        (None, None, Some(word)) => Some(check::Limit::AtMost(word.into())),
        _ => None,
    }
}
