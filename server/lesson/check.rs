//! What must be seen for a lesson to pass. Data only: `grade` does the looking.

use crate::say::Text;

/// One check.
#[derive(Debug, Clone)]
pub struct Check {
    /// For scripts.
    pub id: String,
    /// What is expected, in a sentence; a template.
    pub says: Text,
    /// Where to look when it fails.
    pub hint: Option<Text>,
    /// What is looked at.
    pub expects: Expectation,
}

/// What is looked at.
#[derive(Debug, Clone)]
pub enum Expectation {
    /// Trace lines whose text matches.
    Trace {
        /// A regular expression, a template whose values are escaped.
        text: String,
        /// By the pid in the line's head.
        whose: Option<Whose>,
        /// How many.
        amount: Amount,
    },
    /// Records of a buffer, each written as `{field=value, …}`.
    Record {
        /// The map; any, if none is named.
        map: Option<String>,
        /// A regular expression, a template whose values are escaped.
        text: String,
        /// How many.
        amount: Amount,
    },
    /// Lines that the stimulus printed on its standard output, or an iterator wrote.
    Output {
        /// Whether an iterator's are meant.
        of_iterator: bool,
        /// A regular expression, a template whose values are escaped.
        text: String,
        /// How many.
        amount: Amount,
    },
    /// A global variable's last value.
    Global {
        /// Its name.
        name: String,
        /// What it must be.
        limit: Limit,
    },
    /// A value in a map, at the end.
    Map {
        /// The map's name.
        name: String,
        /// The key as shown; the first entry without it. A template.
        key: Option<String>,
        /// A path into the value, of fields and indexes.
        field: Vec<String>,
        /// Add up a per-CPU value, an array, or both.
        sum: bool,
        /// Instead of a value: count the entries that match, each written as
        /// `KEY: VALUE`. A regular expression, a template whose values are escaped.
        entries: Option<String>,
        /// What it must be.
        limit: Limit,
    },
    /// Some program is attached whose section matches.
    Attached {
        /// A regular expression.
        section: String,
    },
}

/// Whose trace lines count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those whose pid is the stimulus's.
    Stimulus,
    /// All others.
    Others,
}

/// How many lines; numbers are templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amount {
    /// Passes as soon as they are there.
    AtLeast(String),
    /// Decided at the end.
    AtMost(String),
    /// Decided at the end.
    Exactly(String),
}

/// What a value must be; words are templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// The same word or number.
    Equals(String),
    /// A number not below.
    AtLeast(String),
    /// A number not above.
    AtMost(String),
}
