//! A guest's terminal as a browser has it: binary messages of a websocket.
//!
//! Knows bytes and what a shell prints; does not draw them.

use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{PATIENCE, server::Server, socket::Socket};

/// Takes so many bytes from the terminal as they are. The word that says when
/// is not in the command as it is typed; a dot for each piece says that it goes on.
const TAKE: &str = "import os,sys,tty,termios as t; s=t.tcgetattr(0); tty.setraw(0); print('n'+'ow\\r'); \
    sys.stdout.flush(); f=open(sys.argv[1],'wb'); n=int(sys.argv[2])
while n:
    b=os.read(0,min(n,65536)); f.write(b); n-=len(b); os.write(1,b'.')
f.close(); t.tcsetattr(0,t.TCSANOW,s)";

/// A message's size, in bytes.
const PIECE: usize = 16 << 10;

/// Largest file that comes out of a guest, in bytes.
const LARGEST: u64 = 64 << 20;

/// A terminal that this test has.
pub(crate) struct Screen {
    pub(crate) socket: Socket,
    pub(crate) run: String,
    kernel: String,
}

impl Screen {
    /// Starts a run with a terminal, and takes it.
    pub(crate) async fn open(server: &Server, kernel: &str, source: &str) -> Self {
        Self::of_run(server, kernel, source, json!({"kernels": [kernel], "terminal": true})).await
    }

    /// The same in a lesson's guest, with the lesson's stimulus.
    pub(crate) async fn of_lesson(server: &Server, kernel: &str, source: &str, slug: &str) -> Self {
        let more = json!({"kernels": [kernel], "terminal": true, "lesson": slug});
        Self::of_run(server, kernel, source, more).await
    }

    async fn of_run(server: &Server, kernel: &str, source: &str, more: Value) -> Self {
        let mut socket = Socket::open(server).await;
        let run = socket.run_with(source, more).await;
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

    /// What the screen says up to these words, and how long that took. Panics
    /// once nothing new is on it for so long as anyone would wait.
    pub(crate) async fn until(&mut self, words: &str) -> (String, Duration) {
        let began = Instant::now();
        let mut changed = began;
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
            assert!(changed.elapsed() < PATIENCE, "{words:?} is not on the screen: {tail:?}");
            let before = self.socket.screen.len();
            let more = self.socket.hear().await;
            if self.socket.screen.len() > before {
                changed = Instant::now();
            }
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

    /// Puts a file into the guest, past all that a terminal does with keys.
    pub(crate) async fn put(&mut self, path: &str, bytes: &[u8]) {
        self.line(&format!("python3 -c \"{TAKE}\" {path} {}", bytes.len())).await;
        self.until("now\r\n").await;
        for piece in bytes.chunks(PIECE) {
            self.socket.say_raw(Message::binary(piece.to_vec())).await;
        }
        let size = self.ask(&format!("wc -c <{path}")).await;
        assert_eq!(size, bytes.len().to_string(), "the file arrived whole");
    }

    /// Gets a file of the guest's.
    pub(crate) async fn get(&mut self, path: &str) -> Vec<u8> {
        let text = self.ask(&format!("gzip -c {path} | base64 -w 0")).await;
        let mut decode = Command::new("base64");
        let decode = decode.arg("-d").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut decode = decode.expect("base64 starts");
        let mut stdin = decode.stdin.take().expect("it is piped");
        let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
        let mut bytes = Vec::new();
        let stdout = decode.stdout.take().expect("it is piped");
        std::io::copy(&mut stdout.take(LARGEST), &mut bytes).expect("it is read");
        writer.join().expect("a thread").expect("it is written");
        decode.wait().expect("it ends");
        let mut file = Vec::new();
        GzDecoder::new(bytes.as_slice()).read_to_end(&mut file).expect("the file arrived whole");
        file
    }

    /// Ends the run, as its button does.
    pub(crate) async fn stop(&mut self) {
        let run = self.run.clone();
        self.socket.stop(&run).await;
    }
}
