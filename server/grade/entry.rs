//! What a check looks at in a map: one value, or how many entries are of a kind.

use std::collections::BTreeMap;

use bpflab_worker::Value;
use regex::Regex;

use super::written::written;

/// A map's entries, by keys as a check writes them.
pub(super) type Entries = BTreeMap<String, Value>;

/// The value of an entry (the first, without a key), along a path of fields and
/// indexes; `sum` adds up what lies there, on all processors.
pub(super) fn value(entries: &Entries, key: Option<&str>, path: &[String], sum: bool) -> Option<String> {
    let entry = match key {
        Some(key) => entries.get(key),
        None => entries.values().next(),
    }?;
    let reached = along(entry, path)?;
    if sum { total(&reached).map(|total| total.to_string()) } else { Some(written(&reached)) }
}

/// How many entries match, each written as `KEY: VALUE`.
pub(super) fn count(entries: &Entries, pattern: &str) -> Option<usize> {
    let pattern = Regex::new(pattern).ok()?;
    let matching = |(key, value): &(&String, &Value)| pattern.is_match(&format!("{key}: {}", written(value)));
    Some(entries.iter().filter(matching).count())
}

fn along(value: &Value, path: &[String]) -> Option<Value> {
    let Some((name, rest)) = path.split_first() else { return Some(value.clone()) };
    match value {
        // The path is within what each processor has.
        Value::PerCpu(values) => {
            Some(Value::PerCpu(values.iter().map(|value| along(value, path)).collect::<Option<_>>()?))
        }
        Value::Struct(fields) => along(&fields.iter().find(|(own, _)| own == name)?.1, rest),
        Value::Array(values) => along(values.get(name.parse::<usize>().ok()?)?, rest),
        _ => None,
    }
}

fn total(value: &Value) -> Option<i128> {
    match value {
        Value::PerCpu(values) | Value::Array(values) => values.iter().map(total).sum(),
        value => written(value).parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: u64) -> Value {
        Value::Uint { value, bits: 64 }
    }

    fn entries() -> Entries {
        let slots = |a, b| Value::Struct(vec![("slots".into(), Value::Array(vec![number(a), number(b)]))]);
        Entries::from([
            ("7".to_owned(), Value::PerCpu(vec![slots(1, 2), slots(3, 4)])),
            ("8".to_owned(), number(5)),
        ])
    }

    #[test]
    fn paths_lead_through_fields_indexes_and_processors() {
        let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let all = entries();
        assert_eq!(value(&all, Some("7"), &path("slots.1"), true).as_deref(), Some("6"));
        assert_eq!(value(&all, Some("7"), &path("slots"), true).as_deref(), Some("10"));
        assert_eq!(value(&all, Some("7"), &path("slots.1"), false).as_deref(), Some("[2, 4]"));
        assert_eq!(value(&all, Some("8"), &[], false).as_deref(), Some("5"));
        assert_eq!(value(&all, Some("7"), &path("slots.2"), true), None);
        assert_eq!(value(&all, Some("9"), &[], true), None);
    }

    #[test]
    fn entries_are_counted_by_what_they_say() {
        assert_eq!(count(&entries(), ""), Some(2));
        assert_eq!(count(&entries(), "^8: 5$"), Some(1));
        assert_eq!(count(&entries(), "^9: "), Some(0));
    }
}
