//! One browser's websocket: messages in, stories out.
//!
//! A run goes on without it. A browser that never reads holds nothing up: the
//! run's buffer is bounded, and what it misses is declared.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    extract::{
        Query, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
    },
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use bpflab_worker::{Change, Window};
use serde::Deserialize;
use tokio::task::JoinSet;

use super::{
    api::start_run,
    error::Error,
    messages::{
        self, ClientMessage, DecodeMessage, ErrorMessage, GlobalMessage, MAX_MESSAGE, ShowMessage,
        SubmitMessage, TerminalMessage, TestMessage, What,
    },
    site::{Site, language},
};
use crate::{
    run::{self, Batch, Handle, Holding, Watcher},
    say::{Lang, Sentence, Unchanged},
    wire::Writer,
};

/// A message over this ends the connection; one over [`MAX_MESSAGE`] is answered.
const HARD_LIMIT: usize = 2 * MAX_MESSAGE;

/// What may wait inside the websocket for a slow browser, in bytes.
const MAX_UNSENT: usize = 1 << 20;

/// A message of a story, in bytes: large enough to be cheap, small enough for
/// a page to stay smooth between two.
const PIECE: usize = 64 << 10;

/// A browser that takes nothing for so long has gone, or never reads.
const SEND_LIMIT: Duration = Duration::from_secs(30);

/// What is typed waits so long for a guest that reads nothing.
const TYPING_LIMIT: Duration = Duration::from_secs(1);

/// Changes that may wait for an answer at once.
const MAX_EDITS: usize = 16;

/// What the page's address carries.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    lang: Option<String>,
}

/// Opens the websocket for those who may run.
pub(super) async fn upgrade(
    State(site): State<Arc<Site>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let lang = wanted.lang.as_deref().and_then(Lang::from_locale).unwrap_or_else(|| language(&headers));
    if let Err(error) = site.admit(&headers) {
        return error.say(lang).into_response();
    }
    match upgrade {
        Ok(upgrade) => upgrade
            .max_message_size(HARD_LIMIT)
            .max_frame_size(HARD_LIMIT)
            .max_write_buffer_size(MAX_UNSENT)
            .on_upgrade(move |socket| {
                let edits = JoinSet::new();
                Session { site, socket, lang, watched: None, edits, terminal: None, seen: HashMap::new() }
                    .serve()
            }),
        Err(rejection) => {
            let why = Sentence::BadRequest { why: rejection.to_string() };
            Error::new(rejection.status(), why).say(lang).into_response()
        }
    }
}

/// Whole lines, about [`PIECE`] together, without the last newline.
fn pieces(mut lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if lines.is_empty() {
            return None;
        }
        let from = PIECE.min(lines.len() - 1);
        let end = lines[from..].iter().position(|byte| *byte == b'\n').map_or(lines.len(), |at| from + at);
        let piece = &lines[..end];
        lines = lines.get(end + 1..).unwrap_or_default();
        Some(piece)
    })
}

/// One connection.
struct Session {
    site: Arc<Site>,
    socket: WebSocket,
    lang: Lang,
    watched: Option<(Watcher, Writer)>,
    edits: JoinSet<(u64, Result<(), Sentence>)>,
    terminal: Option<Screen>,
    /// Bytes of each terminal that this browser was sent: none comes twice.
    seen: HashMap<(String, String), u64>,
}

/// A run's terminal that this browser has.
struct Screen {
    handle: Handle,
    /// Run and kernel.
    screen: (String, String),
    holding: Holding,
}

/// What can happen.
enum Happening {
    Said(Option<Result<Message, axum::Error>>),
    Story(Option<Batch>),
    Edited(u64, Result<(), Sentence>),
    Screen(Option<Vec<u8>>),
    Down,
}

/// The connection is over.
struct Closed;

impl Session {
    async fn serve(mut self) {
        while self.step().await.is_ok() {}
    }

    async fn step(&mut self) -> Result<(), Closed> {
        let story = async {
            match &mut self.watched {
                Some((watcher, _)) => watcher.next().await,
                None => std::future::pending().await,
            }
        };
        let screen = async {
            match &mut self.terminal {
                Some(screen) => screen.holding.read().await,
                None => std::future::pending().await,
            }
        };
        let happening = tokio::select! {
            said = self.socket.recv() => Happening::Said(said),
            batch = story => Happening::Story(batch),
            Some(Ok((token, result))) = self.edits.join_next() => Happening::Edited(token, result),
            bytes = screen => Happening::Screen(bytes),
            () = self.site.down.cancelled() => Happening::Down,
        };
        match happening {
            Happening::Said(Some(Ok(Message::Text(text)))) => match ClientMessage::parse(&text) {
                Ok(message) => self.act(message).await,
                Err(error) => self.refuse(&error).await,
            },
            Happening::Said(Some(Ok(Message::Binary(typed)))) => self.typed(&typed).await,
            Happening::Said(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => Ok(()),
            Happening::Said(Some(Ok(Message::Close(_))) | None) => Err(Closed),
            Happening::Said(Some(Err(_))) => {
                self.close(close_code::SIZE, Sentence::MessageTooBig { limit: MAX_MESSAGE }).await
            }
            Happening::Story(Some(batch)) => {
                let mut out = Vec::new();
                if let Some((_, writer)) = &self.watched {
                    writer.write(&batch, &mut out);
                }
                for piece in pieces(&out) {
                    let text = std::str::from_utf8(piece).map_err(|_| Closed)?; // serde_json writes UTF-8
                    self.send(text.to_owned()).await?;
                }
                Ok(())
            }
            Happening::Story(None) => {
                self.watched = None;
                Ok(())
            }
            Happening::Edited(token, result) => self.send(messages::edited(token, result, self.lang)).await,
            Happening::Screen(Some(bytes)) => {
                if let Some(Screen { screen, .. }) = &self.terminal {
                    *self.seen.entry(screen.clone()).or_default() += bytes.len() as u64;
                }
                self.send_message(Message::Binary(bytes.into())).await
            }
            Happening::Screen(None) => {
                self.terminal = None;
                Ok(())
            }
            Happening::Down => self.close(close_code::AWAY, Sentence::ShuttingDown).await,
        }
    }

    async fn act(&mut self, message: ClientMessage) -> Result<(), Closed> {
        match message {
            ClientMessage::Run(message) => match start_run(&self.site, message) {
                Ok(handle) => {
                    let answer = messages::accepted(&handle.id.to_string());
                    self.watch(&handle, 0);
                    self.send(answer).await
                }
                Err(error) => self.refuse(&error).await,
            },
            ClientMessage::Stop(message) => match self.find(&message.run) {
                Ok(handle) => {
                    handle.stop();
                    Ok(())
                }
                Err(error) => self.refuse(&error).await,
            },
            ClientMessage::Watch(message) => match self.find(&message.run) {
                Ok(handle) => {
                    self.watch(&handle, message.after);
                    Ok(())
                }
                Err(error) => self.refuse(&error).await,
            },
            ClientMessage::Terminal(message) => self.take_terminal(message).await,
            ClientMessage::Resize(message) => {
                if let Some(Screen { handle, screen, .. }) = &self.terminal {
                    handle.resize(&screen.1, Window { rows: message.rows, columns: message.cols });
                }
                Ok(())
            }
            ClientMessage::Global(GlobalMessage { token, run, kernel, name, value, .. }) => {
                self.change(token, &run, kernel, Some(Change::Global { name, value })).await
            }
            ClientMessage::Edit(message) => {
                let (token, run, kernel) = (message.token, message.run.clone(), message.kernel.clone());
                self.change(token, &run, kernel, message.change()).await
            }
            ClientMessage::Submit(SubmitMessage { token, run, kernel, map, value, .. }) => {
                self.change(token, &run, kernel, Some(Change::Submit { map, value: value.0 })).await
            }
            ClientMessage::Decode(DecodeMessage { token, run, kernel, map, name, .. }) => {
                self.change(token, &run, kernel, Some(Change::Decode { map, name })).await
            }
            ClientMessage::Show(ShowMessage { token, run, kernel, program, .. }) => {
                self.change(token, &run, kernel, Some(Change::Show { program })).await
            }
            ClientMessage::Test(TestMessage { token, run: id, kernel, program, input, repeat, .. }) => {
                match run::test(program, &input, repeat.unwrap_or(1)) {
                    Ok(test) => self.change(token, &id, kernel, Some(Change::Test(test))).await,
                    Err(why) => self.send(messages::edited(token, Err(why), self.lang)).await,
                }
            }
        }
    }

    /// Asks for a change; `None` is one that makes no sense.
    async fn change(
        &mut self,
        token: u64,
        run: &str,
        kernel: String,
        change: Option<Change>,
    ) -> Result<(), Closed> {
        let refused = match (self.find(run), change) {
            (Err(error), _) => return self.refuse(&error).await,
            (Ok(_), None) => Sentence::Unchanged(Unchanged::NotData),
            (Ok(_), Some(_)) if self.edits.len() >= MAX_EDITS => Sentence::QueueFull { waiting: MAX_EDITS },
            (Ok(handle), Some(change)) => {
                self.edits.spawn(async move { (token, handle.change(&kernel, change).await) });
                return Ok(());
            }
        };
        self.send(messages::edited(token, Err(refused), self.lang)).await
    }

    fn find(&self, run: &str) -> Result<Handle, ErrorMessage> {
        self.site.runs.find(run).ok_or(ErrorMessage::new(What::UnknownRun, Sentence::UnknownRun))
    }

    fn watch(&mut self, handle: &Handle, after: u64) {
        let writer = Writer::new(handle.id.to_string(), handle.about.clone(), self.lang);
        self.watched = Some((handle.watch(after.saturating_add(1)), writer));
    }

    async fn refuse(&mut self, error: &ErrorMessage) -> Result<(), Closed> {
        self.send(messages::error(error, self.lang)).await
    }

    async fn send(&mut self, text: String) -> Result<(), Closed> {
        self.send_message(Message::Text(Utf8Bytes::from(text))).await
    }

    /// Takes a run's terminal, and shows what it said last.
    async fn take_terminal(&mut self, message: TerminalMessage) -> Result<(), Closed> {
        let handle = match self.find(&message.run) {
            Ok(handle) => handle,
            Err(error) => return self.refuse(&error).await,
        };
        let Some(terminal) = handle.terminal(&message.kernel) else {
            return self.refuse(&ErrorMessage::new(What::UnknownRun, Sentence::TerminalNotThere)).await;
        };
        let screen = (message.run, message.kernel.clone());
        let seen = self.seen.get(&screen).copied().unwrap_or_default();
        let (holding, said, position) = terminal.hold(seen);
        self.seen.insert(screen.clone(), position);
        handle.resize(&message.kernel, Window { rows: message.rows, columns: message.cols });
        self.terminal = Some(Screen { handle, screen, holding });
        match said.is_empty() {
            true => Ok(()),
            false => self.send_message(Message::Binary(said.into())).await,
        }
    }

    async fn typed(&mut self, bytes: &[u8]) -> Result<(), Closed> {
        let Some(screen) = &self.terminal else {
            return self.refuse(&ErrorMessage::new(What::BadMessage, Sentence::TerminalNotThere)).await;
        };
        // A guest that reads nothing loses what is typed, and holds nobody up.
        let _ = tokio::time::timeout(TYPING_LIMIT, screen.holding.write(bytes)).await;
        Ok(())
    }

    async fn send_message(&mut self, message: Message) -> Result<(), Closed> {
        let sent = self.socket.send(message);
        match tokio::time::timeout(SEND_LIMIT, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Closed),
        }
    }

    async fn close(&mut self, code: u16, why: Sentence) -> Result<(), Closed> {
        let reason = why.say(Lang::En).chars().take(100).collect::<String>();
        let frame = CloseFrame { code, reason: reason.into() };
        let sent = self.socket.send(Message::Close(Some(frame)));
        let _ = tokio::time::timeout(SEND_LIMIT, sent).await; // it is over either way
        Err(Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_whole_lines_and_nothing_is_left_out() {
        let lines: Vec<u8> = (0..40_000).flat_map(|n| format!("{{\"n\":{n}}}\n").into_bytes()).collect();
        let mut joined = Vec::new();
        for piece in pieces(&lines) {
            assert!(piece.starts_with(b"{") && piece.ends_with(b"}") && piece.len() < PIECE + 100);
            joined.extend_from_slice(piece);
            joined.push(b'\n');
        }
        assert_eq!(joined, lines);
        assert_eq!(pieces(b"").count(), 0);
    }
}
