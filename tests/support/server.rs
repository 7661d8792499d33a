//! A real server on a port of its own, until it is dropped.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{
    PATIENCE,
    command::bpflab,
    http::{self, Answer},
    lessons, machine, within,
};

/// A server under test.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What the printed link carries.
    pub(crate) key: String,
    log: Arc<Mutex<String>>,
}

/// The command that starts one.
pub(crate) fn command(lessons: &Path, words: &[&str]) -> Command {
    let lessons = lessons.display().to_string();
    let mut command = bpflab(&["serve", "--listen", "127.0.0.1:0", "--lessons", &lessons]);
    command.args(words);
    command
}

impl Server {
    /// With the repository's lessons.
    pub(crate) fn start() -> Self {
        Self::of(&mut command(&lessons(), &[]))
    }

    /// With lessons of a test.
    pub(crate) fn with_lessons(lessons: &Path) -> Self {
        Self::of(&mut command(lessons, &[]))
    }

    /// As the command says.
    pub(crate) fn of(command: &mut Command) -> Self {
        let (child, lines, log) = Self::spawn(command);
        let link = loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains("/enter?key=") => break line,
                Ok(_) => {}
                Err(_) => panic!("the server printed no link:\n{}", log.lock().expect("the log")),
            }
        };
        let link = link.split_once("http://").expect("a link").1;
        let (address, key) = link.split_once("/enter?key=").expect("a link with a key");
        let address = address.parse().expect("an address");
        Self { child, address, key: key.to_owned(), log }
    }

    /// Starts the command and hears what it prints, without waiting for a link.
    pub(crate) fn spawn(command: &mut Command) -> (Child, Receiver<String>, Arc<Mutex<String>>) {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        std::thread::spawn(move || {
            // Whoever listened may have heard enough.
            stdout.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        let log = Arc::new(Mutex::new(String::new()));
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let to = log.clone();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let mut log = to.lock().expect("the log");
                log.push_str(&line);
                log.push('\n');
            }
        });
        (child, lines, log)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it said on standard error so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// For requests that come from no page.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.key)
    }

    /// The cookie of a session, as the link opens it.
    pub(crate) fn cookie(&self) -> String {
        let answer = self.get(&format!("/enter?key={}", self.key));
        let cookie = answer.header("set-cookie");
        cookie.split(';').next().expect("a cookie").to_owned()
    }

    /// Reads a page, as anyone may.
    pub(crate) fn get(&self, path: &str) -> Answer {
        http::ask(self.address, "GET", path, &[], b"")
    }

    /// Guests of a kernel that were in trouble since the start, as it counts them.
    pub(crate) fn panics(&self, kernel: &str) -> u64 {
        let rows: Value = serde_json::from_str(&self.get("/api/kernels").body).expect("JSON");
        let row = rows.as_array().into_iter().flatten().find(|row| row["name"] == kernel);
        row.and_then(|row| row["panics"].as_u64()).expect("a kernel with its count")
    }

    /// Memory that is in use now, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        machine::memory(self.pid())
    }

    /// Asks it to end, and answers with its exit status.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let pid = Pid::from_child(&self.child);
        if matches!(self.child.try_wait(), Ok(None)) {
            kill_process(pid, Signal::TERM).expect("the server is ours");
        }
        within(PATIENCE, || self.child.try_wait().expect("a child")).and_then(|status| status.code())
    }

    /// `kill -9`, as soon as this is called.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the server is ours");
        self.child.wait().expect("a child");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            // Not the test's matter any more; a kill always works.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
