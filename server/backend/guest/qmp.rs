//! QEMU's monitor: a line of JSON there, a line of JSON back.
//!
//! Knows the six commands that a snapshot takes and nothing of what they are
//! for. The `qapi` crate would bring all of QMP, some ten thousand lines.

use std::{fs::File, io::IoSlice, mem::MaybeUninit, os::fd::AsFd as _, time::Duration};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Interest},
    net::UnixStream,
};

use super::Error;

/// A line of the monitor's, in bytes; a guest that has broken out of its
/// machine could send anything.
const MAX_LINE: u64 = 256 << 10;

/// How often a migration is asked whether it is done.
const ASK_EVERY: Duration = Duration::from_millis(3);

/// The name by which QEMU knows the file of a machine's state.
const STATE: &str = "state";

/// One machine's monitor.
#[derive(Debug)]
pub(crate) struct Monitor(BufReader<UnixStream>);

impl Monitor {
    /// Hears the greeting and asks for command mode.
    pub(super) async fn greet(stream: UnixStream) -> Result<Self, Error> {
        let mut monitor = Self(BufReader::new(stream));
        monitor.line().await?;
        monitor.execute("qmp_capabilities", json!({})).await?;
        let ignore_shared = json!({"capabilities": [{"capability": "x-ignore-shared", "state": true}]});
        monitor.execute("migrate-set-capabilities", ignore_shared).await?;
        Ok(monitor)
    }

    /// Lets the machine run.
    pub(super) async fn go_on(&mut self) -> Result<(), Error> {
        self.execute("cont", json!({})).await.map(drop)
    }

    /// Halts the machine.
    pub(super) async fn halt(&mut self) -> Result<(), Error> {
        self.execute("stop", json!({})).await.map(drop)
    }

    /// Writes the state of a halted machine, its memory not included.
    pub(super) async fn save(&mut self, state: &File) -> Result<(), Error> {
        self.pass(state).await?;
        self.execute("migrate", json!({"uri": format!("fd:{STATE}")})).await?;
        self.migrated().await
    }

    /// Takes on the state of a machine that was saved.
    pub(super) async fn restore(&mut self, state: &File) -> Result<(), Error> {
        self.pass(state).await?;
        self.execute("migrate-incoming", json!({"uri": format!("fd:{STATE}")})).await?;
        self.migrated().await
    }

    /// Hands over an open file. QEMU takes no number here, and `file:` only
    /// from 8.2 on.
    async fn pass(&mut self, file: &File) -> Result<(), Error> {
        let line = format!("{}\n", json!({"execute": "getfd", "arguments": {"fdname": STATE}}));
        let stream = self.0.get_ref();
        stream
            .async_io(Interest::WRITABLE, || {
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
                let mut with = SendAncillaryBuffer::new(&mut space);
                let files = [file.as_fd()];
                with.push(SendAncillaryMessage::ScmRights(&files));
                // So short a line is written whole or not at all.
                Ok(sendmsg(stream, &[IoSlice::new(line.as_bytes())], &mut with, SendFlags::NOSIGNAL)?)
            })
            .await?;
        self.answer("getfd").await.map(drop)
    }

    async fn migrated(&mut self) -> Result<(), Error> {
        loop {
            let answer = self.execute("query-migrate", json!({})).await?;
            match answer["status"].as_str() {
                Some("completed") => return Ok(()),
                Some("failed" | "cancelled") => {
                    let why = answer["error-desc"].as_str().unwrap_or("without a reason").to_owned();
                    return Err(Error::Migration(why));
                }
                _ => tokio::time::sleep(ASK_EVERY).await,
            }
        }
    }

    async fn execute(&mut self, command: &str, arguments: Value) -> Result<Value, Error> {
        let line = format!("{}\n", json!({"execute": command, "arguments": arguments}));
        self.0.write_all(line.as_bytes()).await?;
        self.answer(command).await
    }

    async fn answer(&mut self, command: &str) -> Result<Value, Error> {
        loop {
            let mut answer = self.line().await?;
            if let Some(error) = answer.get("error") {
                return Err(Error::Monitor(format!("{command}: {error}")));
            }
            if let Some(value) = answer.get_mut("return") {
                return Ok(value.take());
            }
        } // anything else is an event
    }

    async fn line(&mut self) -> Result<Value, Error> {
        let mut line = Vec::new();
        let got = (&mut self.0).take(MAX_LINE).read_until(b'\n', &mut line).await?;
        if got == 0 {
            return Err(Error::Ended);
        }
        serde_json::from_slice(&line).map_err(|error| Error::Monitor(error.to_string()))
    }
}
