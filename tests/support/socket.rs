//! A websocket client: what a page would say and hear.

use std::{collections::VecDeque, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::ClientRequestBuilder},
};

use super::{
    PATIENCE, program,
    server::Server,
    story::{Story, is_end},
};

/// One connection.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// Objects as they came: reading them is left for when someone wants them.
    heard: VecDeque<String>,
    /// Bytes of a terminal that nobody has looked at yet.
    pub(crate) screen: Vec<u8>,
}

impl Socket {
    /// With the server's key, as a script would.
    pub(crate) async fn open(server: &Server) -> Self {
        let opened = Self::try_open(server, &[("Authorization", &server.bearer())]).await;
        opened.unwrap_or_else(|status| panic!("the websocket was refused with {status}"))
    }

    /// With these headers and no more; `Err` is the status of a refusal.
    pub(crate) async fn try_open(server: &Server, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let uri = format!("ws://{}/ws?lang=en", server.address).parse().expect("an address");
        let mut request = ClientRequestBuilder::new(uri);
        for (name, value) in headers {
            request = request.with_header(*name, *value);
        }
        let stream = TcpStream::connect(server.address).await.expect("the server listens");
        match client_async(request, stream).await {
            Ok((stream, _)) => Ok(Self { stream, heard: VecDeque::new(), screen: Vec::new() }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("neither a websocket nor a refusal: {error}"),
        }
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.say_raw(Message::text(message.to_string())).await;
    }

    pub(crate) async fn say_raw(&mut self, message: Message) {
        self.stream.send(message).await.expect("the server hears");
    }

    /// Says what the server may cut off in the middle.
    pub(crate) async fn say_in_vain(&mut self, message: Message) {
        let _ = self.stream.send(message).await;
    }

    /// The next object; `None` when the server has closed.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(line) = self.heard.pop_front() {
                return Some(serde_json::from_str(&line).expect("JSON"));
            }
            if !self.hear().await {
                return None;
            }
        }
    }

    /// Takes one message, of whatever kind; `false` when the server has closed.
    pub(crate) async fn hear(&mut self) -> bool {
        match timeout(PATIENCE, self.stream.next()).await.expect("the server says nothing") {
            Some(Ok(Message::Text(text))) => self.heard.extend(text.lines().map(str::to_owned)),
            Some(Ok(Message::Binary(bytes))) => self.screen.extend_from_slice(&bytes),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
            Some(Ok(_)) => {}
        }
        true
    }

    /// Takes one message if one comes in this time; `false` when none does.
    pub(crate) async fn hear_within(&mut self, time: Duration) -> bool {
        timeout(time, self.hear()).await.unwrap_or(false)
    }

    /// What comes up to the first object of a type, which is the last.
    pub(crate) async fn until(&mut self, kind: &str) -> Story {
        let mut story = Story::default();
        while let Some(object) = self.next().await {
            let (found, over) = (object["type"] == kind, is_end(&object));
            story.0.push(object);
            if found {
                return story;
            }
            assert!(!over, "the run ended without {kind}:\n{story:?}");
        }
        panic!("no {kind} before the connection closed:\n{story:?}");
    }

    /// The rest of the story.
    pub(crate) async fn rest(&mut self) -> Story {
        let mut story = Story::default();
        while let Some(object) = self.next().await {
            let over = is_end(&object);
            story.0.push(object);
            if over {
                return story;
            }
        }
        panic!("no end before the connection closed:\n{story:?}");
    }

    /// Starts a run of one source; gives its name.
    pub(crate) async fn run(&mut self, source: &str) -> String {
        self.run_with(source, json!({})).await
    }

    /// The same, with further fields.
    pub(crate) async fn run_with(&mut self, source: &str, more: Value) -> String {
        let mut message = json!({"type": "run", "files": {"test.bpf.c": source}, "kernels": ["host"]});
        let fields = message.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        self.say(&message).await;
        let answer = self.until("accepted").await;
        answer.one("accepted")["run"].as_str().expect("a name").to_owned()
    }

    pub(crate) async fn stop(&mut self, run: &str) {
        self.say(&json!({"type": "stop", "run": run})).await;
    }

    pub(crate) async fn watch(&mut self, run: &str, after: u64) {
        self.say(&json!({"type": "watch", "run": run, "after": after})).await;
    }

    /// The next refusal: what was wrong, for scripts, and its sentence.
    pub(crate) async fn refusal(&mut self) -> (String, String) {
        let heard = self.until("error").await;
        let word = |field: &str| heard.one("error")[field].as_str().expect("a word").to_owned();
        (word("what"), word("message"))
    }

    /// The next run works: it prints, and it stops when told.
    pub(crate) async fn works(&mut self) {
        let run = self.run(&program::once(&program::fresh_name())).await;
        let before = self.until("trace").await;
        assert_eq!(before.traced(), ["hello"]);
        self.stop(&run).await;
        assert_eq!(self.rest().await.outcome(), "cancelled");
    }
}
