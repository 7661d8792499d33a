//! A finding on a source line: from the compiler, the verifier, attaching, or
//! from silence. Knows places and words, not how they were found.

use crate::say::{Lang, Sentence};

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Who found it.
    pub origin: Origin,
    /// How bad it is.
    pub severity: Severity,
    /// A short name for scripts, such as `no-such-hook` or clang's `-Wunused`.
    pub id: String,
    /// Where, if anywhere.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: Words,
    /// What else belongs to it.
    pub notes: Vec<Note>,
    /// A change that mends it.
    pub fix: Option<Fix>,
    /// Kernels where the run would not end for it.
    pub offers: Vec<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(origin: Origin, id: &str, message: Sentence) -> Self {
        Self {
            origin,
            severity: Severity::Error,
            id: id.to_owned(),
            place: None,
            message: Words::Lab(message),
            notes: Vec::new(),
            fix: None,
            offers: Vec::new(),
        }
    }
}

/// Who found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// clang.
    Compiler,
    /// The kernel's verifier, or the loading before it.
    Verifier,
    /// Attaching, or what this place refuses.
    Attach,
    /// It ran, and nothing was seen.
    Silent,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The run ends for it.
    Error,
    /// Worth a look.
    Warning,
    /// Only said.
    Note,
}

/// A place in a file of the submission; line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// Line.
    pub line: u32,
    /// Column in bytes; 1 where only the line is known.
    pub column: u32,
}

/// What else belongs to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where, if anywhere.
    pub place: Option<Place>,
    /// What.
    pub message: Words,
}

/// Replaces the text between two places by another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// First replaced character.
    pub from: Place,
    /// Line after the last replaced character.
    pub end_line: u32,
    /// Column after the last replaced character.
    pub end_column: u32,
    /// What stands there instead.
    pub text: String,
}

/// Words of a tool, as it said them, or of the lab, in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// clang's or the kernel's own.
    Tool(String),
    /// Ours.
    Lab(Sentence),
}

impl Words {
    /// In `lang`, where there is a choice.
    pub fn say(&self, lang: Lang) -> String {
        match self {
            Self::Tool(text) => text.clone(),
            Self::Lab(sentence) => sentence.say(lang),
        }
    }
}

impl Diagnostic {
    /// Something that is only said.
    pub fn note(origin: Origin, id: &str, message: Sentence) -> Self {
        Self { severity: Severity::Note, ..Self::error(origin, id, message) }
    }

    /// Whether a run ends for it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
