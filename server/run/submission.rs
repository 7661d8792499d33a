//! All that one run needs. No lesson, no socket.

use std::collections::BTreeMap;

use bpflab_worker::{MAX_TEST, Span, Target, Test, Window};

use crate::{
    compile::Sources,
    kernel::Needs,
    say::{Sentence, Unchanged},
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
    /// The struct that a buffer's records are, by the map's name, where that
    /// is not to be found out.
    pub records: BTreeMap<String, String>,
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
