//! A guest's terminal, as a browser has it, to type commands into.
//!
//! Knows bytes and what a shell prints; what else the lab says goes to whoever
//! asks.

use anyhow::{Context as _, ensure};

use crate::lab::{Client, Heard, told};

/// Takes so many bytes from the terminal as they are. The word that says when
/// is not in the command as it is typed.
const TAKE: &str = "import os,sys,tty,termios as t; s=t.tcgetattr(0); tty.setraw(0); print('n'+'ow\\r'); \
    sys.stdout.flush(); f=open(sys.argv[1],'wb'); n=int(sys.argv[2])
while n:
    b=os.read(0,min(n,65536)); f.write(b); n-=len(b)
f.close(); t.tcsetattr(0,t.TCSANOW,s)";

/// A message's size, in bytes.
const PIECE: usize = 16 << 10;

/// The terminal of one run.
pub(crate) struct Screen<'c> {
    pub(crate) client: &'c mut Client,
    run: String,
    seen: Vec<u8>,
}

impl<'c> Screen<'c> {
    /// Starts a run with a terminal, and takes it.
    pub(crate) async fn open(client: &'c mut Client, program: &str, kernel: &str) -> anyhow::Result<Self> {
        client.run_with_terminal(program, kernel).await?;
        loop {
            for line in client.next().await?.lines() {
                let told = told(line)?;
                ensure!(told.kind != "ended", "the run ended ({:?}) without a terminal", told.outcome);
                if told.kind == "terminal" {
                    client.take_terminal(&told.run, kernel).await?;
                    return Ok(Self { client, run: told.run, seen: Vec::new() });
                }
            }
        }
    }

    /// Puts a file into the guest, past all that a terminal does with keys.
    pub(crate) async fn put(&mut self, path: &str, bytes: &[u8]) -> anyhow::Result<()> {
        self.client.keys(format!("python3 -c \"{TAKE}\" {path} {}\n", bytes.len()).into_bytes()).await?;
        self.until("now\r\n", &mut |_| Ok(())).await?;
        for piece in bytes.chunks(PIECE) {
            self.client.keys(piece.to_vec()).await?;
        }
        let size = self.ask(&format!("wc -c <{path}"), &mut |_| Ok(())).await?;
        ensure!(size == bytes.len().to_string(), "{size} bytes of {} arrived", bytes.len());
        Ok(())
    }

    /// Runs a command and gives what it prints; `hear` gets what the run says
    /// meanwhile. The words around it are not in the command as it is typed.
    pub(crate) async fn ask(
        &mut self,
        command: &str,
        hear: &mut impl FnMut(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<String> {
        self.client.keys(format!("echo be''gin; {command}; echo e''nd\n").into_bytes()).await?;
        self.until("begin\r\n", hear).await?;
        let said = self.until("end\r\n", hear).await?;
        Ok(said.replace('\r', "").trim_end().to_owned())
    }

    async fn until(
        &mut self,
        words: &str,
        hear: &mut impl FnMut(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<String> {
        loop {
            if let Some(at) = self.seen.windows(words.len()).position(|bytes| bytes == words.as_bytes()) {
                let before = String::from_utf8_lossy(&self.seen[..at]).into_owned();
                self.seen.drain(..at + words.len());
                return Ok(before);
            }
            match self.client.hear().await.with_context(|| format!("no {words:?} on the screen"))? {
                Heard::Story(message) => hear(&message)?,
                Heard::Screen(bytes) => self.seen.extend_from_slice(&bytes),
            }
        }
    }

    /// Ends the run, as its button does.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.client.stop(&self.run).await
    }
}
