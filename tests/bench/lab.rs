//! The lab's side: the real server as a child, and one websocket to it, as
//! the page has it. Knows the wire's words; does not know what is measured.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, Utf8Bytes, client::IntoClientRequest as _, http::HeaderValue},
};

/// Nothing that is measured is silent for so long, not even while another
/// server's run has the kernel, which ends after a minute at most.
pub(crate) const PATIENCE: Duration = Duration::from_secs(75);

/// What is read of a kernel's row.
#[derive(Deserialize)]
struct Row {
    panics: u64,
}

/// A running server; ends with its owner.
pub(crate) struct Server {
    child: Child,
    port: u16,
    key: String,
}

impl Server {
    /// Starts the release binary with a course of our own.
    pub(crate) async fn start(lessons: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bpflab"))
            .arg("--lessons")
            .arg(lessons)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().context("the server's output is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some((address, key)) = line.split_once("/enter?key=") {
                let port = address.rsplit(':').next().unwrap_or_default().parse()?;
                return Ok(Self { child, port, key: key.trim().to_owned() });
            }
        }
        bail!("the server ended before it printed its link")
    }

    /// Guests whose kernel was in trouble since its start, on all kernels.
    pub(crate) async fn panics(&self) -> anyhow::Result<u64> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        let request = format!(
            "GET /api/kernels HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
            self.port
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (_, rows) = answer.split_once("\r\n\r\n").context("an answer has a body")?;
        let rows: Vec<Row> = serde_json::from_str(rows)?;
        Ok(rows.iter().map(|row| row.panics).sum())
    }

    /// Its resident memory now and at its highest, in KiB.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let pid = self.child.id().context("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let field = |name: &str| -> anyhow::Result<u64> {
            let line =
                status.lines().find_map(|line| line.strip_prefix(name)).context("a field of status")?;
            Ok(line.trim().trim_end_matches(" kB").parse()?)
        };
        Ok(Memory { now: field("VmRSS:")?, peak: field("VmHWM:")? })
    }

    /// The QEMUs below it.
    pub(crate) fn guests(&self) -> anyhow::Result<Vec<u32>> {
        let own = self.child.id().context("the server has ended")?;
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc")?.flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
            let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            if name.starts_with("qemu-system") && ancestors(pid).any(|above| above == own) {
                found.push(pid);
            }
        }
        Ok(found)
    }

    /// Ends it as a person would, and waits until it has cleaned up.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        if let Some(pid) = self.child.id().and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed())) {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        }
        tokio::time::timeout(PATIENCE, self.child.wait()).await??;
        Ok(())
    }
}

/// The processes above one, the nearest first.
fn ancestors(pid: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(pid), |pid| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
    })
    .skip(1)
    .take_while(|pid| *pid > 1)
}

/// Resident memory, in KiB.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) peak: u64,
}

/// One websocket.
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The last message, for the error that says what nothing came after.
    last: Utf8Bytes,
}

/// What a websocket carries to a browser.
pub(crate) enum Heard {
    /// Objects of the story, one a line.
    Story(Utf8Bytes),
    /// Bytes of a terminal.
    Screen(Vec<u8>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said<'a> {
    Run {
        files: std::collections::BTreeMap<&'a str, &'a str>,
        lesson: Option<&'a str>,
        kernels: &'a [&'a str],
        terminal: bool,
    },
    Terminal {
        run: &'a str,
        kernel: &'a str,
        rows: u16,
        cols: u16,
    },
    Stop {
        run: &'a str,
    },
}

/// One object of a story, as far as a measurement looks at it.
#[derive(Deserialize)]
pub(crate) struct Told {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) run: String,
    pub(crate) message: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) stream: Option<String>,
    pub(crate) count: Option<u64>,
    pub(crate) name: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) stages: Option<Stages>,
}

/// Milliseconds of each stage.
#[derive(Deserialize, Default, Clone, Copy)]
#[serde(default)]
pub(crate) struct Stages {
    pub(crate) queued: f64,
    pub(crate) compile: f64,
    pub(crate) place: f64,
    pub(crate) load: f64,
    pub(crate) attach: f64,
}

impl Client {
    pub(crate) async fn connect(server: &Server) -> anyhow::Result<Self> {
        let mut request = format!("ws://127.0.0.1:{}/ws?lang=en", server.port).into_client_request()?;
        let token = HeaderValue::from_str(&format!("Bearer {}", server.key))?;
        request.headers_mut().insert("Authorization", token);
        Ok(Self { socket: connect_async(request).await?.0, last: Utf8Bytes::default() })
    }

    /// Asks for a run; the moment it was sent comes back.
    pub(crate) async fn run(
        &mut self,
        program: &str,
        lesson: Option<&str>,
        kernels: &[&str],
    ) -> anyhow::Result<Instant> {
        self.say(&Said::Run { files: [("bench.bpf.c", program)].into(), lesson, kernels, terminal: false })
            .await
    }

    /// A run that has a terminal, in one guest.
    pub(crate) async fn run_with_terminal(&mut self, program: &str, kernel: &str) -> anyhow::Result<()> {
        let (files, kernels) = ([("bench.bpf.c", program)].into(), &[kernel][..]);
        self.say(&Said::Run { files, lesson: None, kernels, terminal: true }).await?;
        Ok(())
    }

    /// From here on the terminal's bytes come, and typed ones go there.
    pub(crate) async fn take_terminal(&mut self, run: &str, kernel: &str) -> anyhow::Result<()> {
        self.say(&Said::Terminal { run, kernel, rows: 24, cols: 80 }).await?;
        Ok(())
    }

    /// Types as it is.
    pub(crate) async fn keys(&mut self, keys: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.socket.send(Message::binary(keys)).await?)
    }

    pub(crate) async fn stop(&mut self, run: &str) -> anyhow::Result<()> {
        self.say(&Said::Stop { run }).await?;
        Ok(())
    }

    async fn say(&mut self, said: &Said<'_>) -> anyhow::Result<Instant> {
        let text = serde_json::to_string(said)?;
        let began = Instant::now();
        self.socket.send(Message::text(text)).await?;
        Ok(began)
    }

    /// The next message: objects of the story, one a line.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Utf8Bytes> {
        loop {
            if let Heard::Story(text) = self.hear().await? {
                return Ok(text);
            }
        }
    }

    /// The next message of either kind.
    pub(crate) async fn hear(&mut self) -> anyhow::Result<Heard> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            let message = message.with_context(|| format!("the lab is silent after {}", self.last))?;
            match message.context("the lab closed the websocket")?? {
                Message::Text(text) => {
                    self.last = text.clone();
                    return Ok(Heard::Story(text));
                }
                Message::Binary(bytes) => return Ok(Heard::Screen(bytes.to_vec())),
                _ => {}
            }
        }
    }
}

/// Reads one line of a message. What is no part of a good run is an error.
pub(crate) fn told(line: &str) -> anyhow::Result<Told> {
    let told: Told =
        serde_json::from_str(line).with_context(|| line.chars().take(200).collect::<String>())?;
    match told.kind.as_str() {
        "error" | "unavailable" | "diagnostic" => {
            bail!("the lab says: {}", told.message.unwrap_or_default())
        }
        _ => Ok(told),
    }
}
