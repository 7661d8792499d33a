//! All that one run needs. No lesson, no socket.

use std::collections::BTreeMap;

use bpflab_worker::{MAX_TEST, MapChange, Span, Target, Test, Window};

use crate::{
    backend::{Place, Processors},
    compile::Sources,
    kernel::{Needs, schedules},
    say::{Sentence, Size, Unchanged},
};

/// All that one run needs.
#[derive(Debug, Clone)]
pub struct Submission {
    /// One program and its headers.
    pub sources: Sources,
    /// Where to run, at least one, each once.
    pub kernels: Vec<String>,
    /// Whose types the program is compiled against; each kernel's own, if none is named.
    pub headers: Option<String>,
    /// Global variables to set before load.
    pub globals: BTreeMap<String, String>,
    /// What programs attach to, by function name, where it is not as usual.
    pub targets: BTreeMap<String, Target>,
    /// What is said of maps besides, by name.
    pub maps: BTreeMap<String, OfMap>,
    /// What maps hold from the start, by their names.
    pub entries: Vec<(String, MapChange)>,
    /// Programs to run by themselves.
    pub tests: Vec<Test>,
    /// Programs whose forms are shown: as compiled, as the kernel keeps them, machine code.
    pub shows: Vec<String>,
    /// A shell command that makes something happen.
    pub stimulus: Option<String>,
    /// A shell for the learner in each guest, with a window of this size.
    pub terminal: Option<Window>,
    /// What the kernel must have; looked at before anything is loaded.
    pub needs: Needs,
    /// How long to observe.
    pub span: Span,
}

impl Submission {
    /// One that says nothing besides.
    pub fn plain(sources: Sources, kernels: Vec<String>, span: Span) -> Self {
        Self {
            sources,
            kernels,
            headers: None,
            globals: BTreeMap::new(),
            targets: BTreeMap::new(),
            maps: BTreeMap::new(),
            entries: Vec::new(),
            tests: Vec::new(),
            shows: Vec::new(),
            stimulus: None,
            terminal: None,
            needs: Needs::default(),
            span,
        }
    }

    /// What it wants of a guest. A scheduler rewrites the kernel's own where it is attached,
    /// which runs all the time.
    pub(super) fn place<'a>(&'a self, kernel: &'a str) -> Place<'a> {
        let processors = match schedules(&self.sources.text()) {
            true => Processors::InTurn,
            false => Processors::AtOnce,
        };
        Place { kernel, extra: self.needs.extra.as_deref(), processors }
    }

    /// Maps that have another size than the program says, and which.
    pub(super) fn map_sizes(&self) -> Vec<(String, u32)> {
        self.maps.iter().filter_map(|(map, own)| Some((map.clone(), own.entries?))).collect()
    }

    /// Buffers whose records are of a struct that was named, and which.
    pub(super) fn structs(&self) -> Vec<(String, String)> {
        self.maps.iter().filter_map(|(map, own)| Some((map.clone(), own.records.clone()?))).collect()
    }
}

/// What is said of one map besides its program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfMap {
    /// The struct that a buffer's records are, where that is not to be found out.
    pub records: Option<String>,
    /// How many there is room for; bytes of a ring buffer.
    pub entries: Option<u32>,
}

impl OfMap {
    /// Takes over what `other` says.
    pub fn overrule(&mut self, other: Self) {
        let Self { records, entries } = other;
        self.records = records.or(self.records.take());
        self.entries = entries.or(self.entries);
    }
}

/// What is said of maps: structs and sizes of them, by name, together.
pub fn of_maps(
    structs: impl IntoIterator<Item = (String, String)>,
    sizes: impl IntoIterator<Item = (String, u32)>,
) -> BTreeMap<String, OfMap> {
    let mut all: BTreeMap<String, OfMap> = BTreeMap::new();
    for (map, of) in structs {
        all.entry(map).or_default().records = Some(of);
    }
    for (map, most) in sizes {
        all.entry(map).or_default().entries = Some(most);
    }
    all
}

/// How many entries a map is to have, as a person wrote it.
///
/// # Errors
/// A sentence for who wrote it.
pub fn entries(map: &str, words: &str) -> Result<u32, Sentence> {
    let number = words.parse().ok().filter(|number| *number != 0);
    let bad = || Size::Bad { map: map.to_owned(), words: words.chars().take(80).collect() };
    number.ok_or_else(|| Sentence::Size(bad()))
}

/// A program to run by itself, on bytes that a person wrote in hexadecimal,
/// two digits for each, with spaces anywhere.
///
/// # Errors
/// A sentence for who wrote it.
pub fn test(program: String, digits: &str, repeat: u32) -> Result<Test, Sentence> {
    let digits: String = digits.split_whitespace().collect();
    let pair = |at: usize| u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok();
    let plain = digits.len().is_multiple_of(2) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let input = plain.then(|| (0..digits.len() / 2).map(pair).collect::<Option<Vec<u8>>>()).flatten();
    match input {
        Some(input) if input.len() <= MAX_TEST => Ok(Test { program, input, repeat }),
        Some(_) => Err(Sentence::Unchanged(Unchanged::BadInput { program, least: 0, most: MAX_TEST })),
        None => Err(Sentence::NotHex { program }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_one_entry_at_least() {
        assert_eq!(entries("counts", "4096"), Ok(4096));
        for wrong in ["", "0", "-1", "many", "4294967296", "1.5"] {
            let said = Sentence::Size(Size::Bad { map: "counts".into(), words: wrong.into() });
            assert_eq!(entries("counts", wrong), Err(said));
        }
    }
}
