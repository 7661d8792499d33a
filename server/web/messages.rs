//! What a browser may say, and the answers that are no part of a story.
//!
//! What comes in is hostile: unknown kinds and fields are refused with a
//! sentence, and the connection goes on.

use std::collections::BTreeMap;

use bpflab_worker::{Change, MapChange, Test};
use serde::{Deserialize, Serialize};

use crate::{
    run,
    say::{Lang, Sentence},
    wire::Typed,
};

/// Largest message, in bytes.
pub(super) const MAX_MESSAGE: usize = 512 << 10;

/// What a browser may say.
#[derive(Debug)]
pub(super) enum ClientMessage {
    /// Start a run, and watch it.
    Run(RunMessage),
    /// End a run.
    Stop(StopMessage),
    /// Watch a run from a number on.
    Watch(WatchMessage),
    /// Change a global.
    Global(GlobalMessage),
    /// Change a map.
    Edit(EditMessage),
    /// Send a record to the program.
    Submit(SubmitMessage),
    /// Read records as another struct.
    Decode(DecodeMessage),
    /// Run a program by itself.
    Test(TestMessage),
    /// Show what the kernel made of a program.
    Show(ShowMessage),
    /// Take a run's terminal: binary messages are its bytes from here on.
    Terminal(TerminalMessage),
    /// The terminal's window has another size.
    Resize(ResizeMessage),
}

/// A run to start.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunMessage {
    #[serde(rename = "type", default)]
    _kind: String,
    pub(super) files: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) kernels: Vec<String>,
    pub(super) lesson: Option<String>,
    pub(super) seed: Option<Seed>,
    /// What makes something happen, where no lesson does.
    pub(super) stimulus: Option<String>,
    #[serde(default)]
    pub(super) globals: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) attach: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) map_sizes: BTreeMap<String, i64>,
    #[serde(default)]
    pub(super) map_entries: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) records: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) tests: Vec<TestWish>,
    #[serde(default)]
    pub(super) show: Vec<String>,
    #[serde(default)]
    pub(super) terminal: bool,
}

/// A program to run by itself; `input` is hexadecimal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestWish {
    program: String,
    #[serde(default)]
    input: String,
    repeat: Option<u32>,
}

impl TestWish {
    pub(super) fn read(&self) -> Result<Test, Sentence> {
        run::test(self.program.clone(), &self.input, self.repeat.unwrap_or(1))
    }
}

/// A seed as a number, or as a person's browser keeps it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Seed {
    /// As written by `started`.
    Number(u64),
    /// The same as text.
    Text(String),
}

impl Seed {
    /// `None` when it is no number.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

/// A run to end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StopMessage {
    #[serde(rename = "type")]
    _kind: String,
    pub(super) run: String,
}

/// A run to watch; `after` is the last number that was seen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WatchMessage {
    #[serde(rename = "type")]
    _kind: String,
    pub(super) run: String,
    #[serde(default)]
    pub(super) after: u64,
}

/// A global to change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GlobalMessage {
    #[serde(rename = "type")]
    _kind: String,
    pub(super) token: u64,
    pub(super) run: String,
    pub(super) kernel: String,
    pub(super) name: String,
    pub(super) value: String,
}

/// A map to change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditMessage {
    #[serde(rename = "type")]
    _kind: String,
    pub(super) token: u64,
    pub(super) run: String,
    pub(super) kernel: String,
    pub(super) map: String,
    pub(super) op: EditOp,
    pub(super) key: Option<Typed>,
    pub(super) value: Option<Typed>,
}

impl EditMessage {
    /// What is asked for; `None` where it makes no sense.
    pub(super) fn change(self) -> Option<Change> {
        let key = self.key.map(|Typed(key)| key);
        let change = match self.op {
            EditOp::Set => MapChange::Set { key, value: self.value?.0 },
            EditOp::Delete => MapChange::Delete { key: key? },
            EditOp::Clear => MapChange::Clear,
        };
        Some(Change::Map { map: self.map, change })
    }
}

/// What happens to the map.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EditOp {
    Set,
    Delete,
    Clear,
}

/// A record for the program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubmitMessage {
    #[serde(rename = "type")]
    _kind: String,
    pub(super) token: u64,
    pub(super) run: String,
    pub(super) kernel: String,
    pub(super) map: String,
    pub(super) value: Typed,
}

/// What a buffer's records are; without a name, as their size says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecodeMessage {
    #[serde(rename = "type")]
    _kind: String,
    pub(super) token: u64,
    pub(super) run: String,
    pub(super) kernel: String,
    pub(super) map: String,
    pub(super) name: String,
}

/// A program to run by itself; `input` is hexadecimal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestMessage {
    #[serde(rename = "type")]
    _kind: String,
    pub(super) token: u64,
    pub(super) run: String,
    pub(super) kernel: String,
    pub(super) program: String,
    #[serde(default)]
    pub(super) input: String,
    pub(super) repeat: Option<u32>,
}

/// A program to show.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShowMessage {
    #[serde(rename = "type")]
    _kind: String,
    pub(super) token: u64,
    pub(super) run: String,
    pub(super) kernel: String,
    pub(super) program: String,
}

/// A terminal to take.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TerminalMessage {
    #[serde(rename = "type")]
    _kind: String,
    pub(super) run: String,
    pub(super) kernel: String,
    pub(super) rows: u16,
    pub(super) cols: u16,
}

/// A window's size.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResizeMessage {
    #[serde(rename = "type")]
    _kind: String,
    pub(super) rows: u16,
    pub(super) cols: u16,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

impl ClientMessage {
    /// Reads a message.
    pub(super) fn parse(text: &str) -> Result<Self, ErrorMessage> {
        if text.len() > MAX_MESSAGE {
            return Err(ErrorMessage::new(What::TooBig, Sentence::MessageTooBig { limit: MAX_MESSAGE }));
        }
        let Kind { kind } = read(text)?;
        Ok(match kind.as_str() {
            "run" => Self::Run(read(text)?),
            "stop" => Self::Stop(read(text)?),
            "watch" => Self::Watch(read(text)?),
            "global" => Self::Global(read(text)?),
            "edit" => Self::Edit(read(text)?),
            "submit" => Self::Submit(read(text)?),
            "decode" => Self::Decode(read(text)?),
            "test" => Self::Test(read(text)?),
            "show" => Self::Show(read(text)?),
            "terminal" => Self::Terminal(read(text)?),
            "resize" => Self::Resize(read(text)?),
            _ => {
                let kind = kind.chars().take(40).collect();
                return Err(ErrorMessage::new(What::UnknownKind, Sentence::MessageUnknown { kind }));
            }
        })
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ErrorMessage> {
    serde_json::from_str(text).map_err(|error| {
        ErrorMessage::new(What::BadMessage, Sentence::MessageNotJson { why: error.to_string() })
    })
}

/// What is wrong with a message, for scripts.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    BadMessage,
    TooBig,
    UnknownKind,
    UnknownRun,
    Busy,
    TooLarge,
}

/// Something that was said cannot be done.
#[derive(Debug)]
pub(super) struct ErrorMessage {
    pub(super) what: What,
    pub(super) why: Sentence,
}

impl ErrorMessage {
    pub(super) fn new(what: What, why: Sentence) -> Self {
        Self { what, why }
    }
}

/// Answers that are no part of a story.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Answer<'a> {
    Accepted { run: &'a str },
    Edited { token: u64, ok: bool, message: Option<String> },
    Error { what: What, message: String },
}

fn line(answer: &Answer<'_>) -> String {
    serde_json::to_string(answer).expect("answers always serialise")
}

/// A run was started.
pub(super) fn accepted(run: &str) -> String {
    line(&Answer::Accepted { run })
}

/// A change was made, or not.
pub(super) fn edited(token: u64, result: Result<(), Sentence>, lang: Lang) -> String {
    let message = result.err().map(|why| why.say(lang));
    line(&Answer::Edited { token, ok: message.is_none(), message })
}

/// Something cannot be done.
pub(super) fn error(error: &ErrorMessage, lang: Lang) -> String {
    line(&Answer::Error { what: error.what, message: error.why.say(lang) })
}
