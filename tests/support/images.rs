//! What `bpflab images --format json` says.
//!
//! Knows its objects; does not know which images there are.

use serde_json::Value;

use super::command::Ran;

/// The last object.
pub(crate) fn summary(ran: &Ran) -> Value {
    let line = ran.stdout.lines().last().unwrap_or_else(|| panic!("nothing was said: {ran:?}"));
    let summary: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(summary["type"], "images", "{ran:?}");
    summary
}

pub(crate) fn names(summary: &Value, field: &str) -> Vec<String> {
    let names = summary[field].as_array().expect("names").iter();
    let mut names: Vec<String> = names.map(|name| name.as_str().expect("a name").to_owned()).collect();
    names.sort_unstable();
    names
}
