//! A guest's terminal as a browser has it: binary messages of a websocket.
//!
//! Knows bytes and what a shell prints; does not draw them.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{PATIENCE, server::Server, socket::Socket};

/// A terminal that this test has.
pub(crate) struct Screen {
    pub(crate) socket: Socket,
    pub(crate) run: String,
    kernel: String,
}

impl Screen {
    /// Starts a run with a terminal, and takes it.
    pub(crate) async fn open(server: &Server, kernel: &str, source: &str) -> Self {
        let mut socket = Socket::open(server).await;
        let run = socket.run_with(source, json!({"kernels": [kernel], "terminal": true})).await;
        socket.until("terminal").await;
        let mut screen = Self { socket, run, kernel: kernel.to_owned() };
        screen.take(24, 80).await;
        screen
    }

    /// Takes the terminal of a run that another socket has started.
    pub(crate) async fn join(server: &Server, kernel: &str, run: &str) -> Self {
        let socket = Socket::open(server).await;
        let mut screen = Self { socket, run: run.to_owned(), kernel: kernel.to_owned() };
        screen.take(24, 80).await;
        screen
    }

    /// Asks for the terminal once more.
    pub(crate) async fn retake(&mut self) {
        self.take(24, 80).await;
    }

    async fn take(&mut self, rows: u16, cols: u16) {
        let (run, kernel) = (&self.run, &self.kernel);
        let message = json!({"type": "terminal", "run": run, "kernel": kernel, "rows": rows, "cols": cols});
        self.socket.say(&message).await;
    }

    pub(crate) async fn resize(&mut self, rows: u16, cols: u16) {
        self.socket.say(&json!({"type": "resize", "rows": rows, "cols": cols})).await;
    }

    /// Types as it is.
    pub(crate) async fn keys(&mut self, keys: &str) {
        self.socket.say_raw(Message::binary(keys.as_bytes().to_vec())).await;
    }

    /// Types a line.
    pub(crate) async fn line(&mut self, line: &str) {
        self.keys(&format!("{line}\n")).await;
    }

    /// What the screen says up to these words, and how long that took.
    pub(crate) async fn until(&mut self, words: &str) -> (String, Duration) {
        let began = Instant::now();
        let mut looked = 0;
        loop {
            let seen = &mut self.socket.screen;
            let found = seen[looked..].windows(words.len()).position(|bytes| bytes == words.as_bytes());
            if let Some(at) = found {
                let before = String::from_utf8_lossy(&seen[..looked + at]).into_owned();
                seen.drain(..looked + at + words.len());
                return (before, began.elapsed());
            }
            looked = seen.len().saturating_sub(words.len());
            let tail = String::from_utf8_lossy(&seen[looked.saturating_sub(400)..]).into_owned();
            assert!(began.elapsed() < PATIENCE, "{words:?} is not on the screen: {tail:?}");
            let more = self.socket.hear().await;
            assert!(more, "the connection closed before {words:?}: {tail:?}");
        }
    }

    /// Runs a command and gives what it prints. The words that show where that
    /// begins and ends are not in the command as it is typed.
    pub(crate) async fn ask(&mut self, command: &str) -> String {
        self.line(&format!("echo be''gin; {command}; echo e''nd")).await;
        self.until("begin\r\n").await;
        let (said, _) = self.until("end\r\n").await;
        said.replace('\r', "").trim_end().to_owned()
    }

    /// Puts a file into the guest, in short enough lines for a terminal.
    pub(crate) async fn put(&mut self, path: &str, bytes: &[u8]) {
        self.line(&format!("cat >{path}.hex <<'LAST'")).await;
        for piece in bytes.chunks(32) {
            let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
            self.line(&hex).await;
        }
        self.line("LAST").await;
        let decode =
            format!("python3 -c \"open('{path}','wb').write(bytes.fromhex(open('{path}.hex').read()))\"");
        self.ask(&decode).await;
        let size = self.ask(&format!("wc -c <{path}")).await;
        assert_eq!(size, bytes.len().to_string(), "the file arrived whole");
    }

    /// Ends the run, as its button does.
    pub(crate) async fn stop(&mut self) {
        let run = self.run.clone();
        self.socket.stop(&run).await;
    }
}
