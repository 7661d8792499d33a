//! Frames: a little-endian `u32` length, then that many bytes of postcard.
//!
//! Knows bytes and bounds. Does not know what the messages mean, and does no
//! I/O of its own: a pipe, a socket and a test all feed [`Frames`].

use serde::{Serialize, de::DeserializeOwned};

/// The largest [`crate::Command`]: an object of a few MiB and its globals.
pub const MAX_COMMAND: usize = 16 << 20;

/// The largest [`crate::Event`]: a worker batches up to 256 KiB and a map view
/// of 1,024 entries fits many times over. A guest that announces more lies.
pub const MAX_EVENT: usize = 4 << 20;

/// What can be wrong with a frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Its announced length is over the reader's bound.
    #[error("a frame of {announced} bytes where at most {bound} are allowed")]
    TooLong {
        /// The length in the header.
        announced: usize,
        /// The reader's bound.
        bound: usize,
    },
    /// Its bytes are not a message.
    #[error("a frame that is no message: {0}")]
    Malformed(postcard::Error),
    /// Bytes after the message.
    #[error("a frame with {0} bytes left over")]
    Trailing(usize),
}

/// One message as a frame.
///
/// # Panics
/// Never for this protocol's own types: they hold nothing that postcard
/// cannot write, and a `Vec` always has room.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    let mut out = vec![0; 4];
    out = postcard::to_extend(message, out).expect("protocol types always serialise");
    let length = u32::try_from(out.len() - 4).expect("a frame is far below 4 GiB");
    out[..4].copy_from_slice(&length.to_le_bytes());
    out
}

/// Cuts a byte stream into messages.
#[derive(Debug)]
pub struct Frames {
    buffer: Vec<u8>,
    start: usize,
    bound: usize,
}

impl Frames {
    /// A reader that refuses frames over `bound` bytes.
    pub fn new(bound: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, bound }
    }

    /// Takes bytes as they arrive.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 && self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        } else if self.start > self.bound {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, if its bytes are there.
    ///
    /// # Errors
    /// A frame that is too long or no message; the stream is useless from there.
    pub fn take<T: DeserializeOwned>(&mut self) -> Result<Option<T>, FrameError> {
        let pending = &self.buffer[self.start..];
        let Some((header, rest)) = pending.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let announced = u32::from_le_bytes(*header) as usize;
        if announced > self.bound {
            return Err(FrameError::TooLong { announced, bound: self.bound });
        }
        let Some(body) = rest.get(..announced) else {
            return Ok(None);
        };
        let (message, left) = postcard::take_from_bytes(body).map_err(FrameError::Malformed)?;
        if !left.is_empty() {
            return Err(FrameError::Trailing(left.len()));
        }
        self.start += 4 + announced;
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Command, Event, MapView, Stream, TraceLine, Value};
    use proptest::{prelude::*, sample::Index};

    #[test]
    fn a_message_split_at_every_byte_arrives_whole() {
        let sent = Event::Lost { stream: Stream::Record { map: "rb".into() }, count: 7 };
        let bytes = encode(&sent);
        let mut frames = Frames::new(MAX_EVENT);
        for (i, byte) in bytes.iter().enumerate() {
            frames.push(&[*byte]);
            let got: Option<Event> = frames.take().unwrap();
            assert_eq!(got.is_some(), i + 1 == bytes.len());
        }
    }

    #[test]
    fn a_frame_of_4_gib_is_refused_from_its_header() {
        let mut frames = Frames::new(MAX_EVENT);
        frames.push(&u32::MAX.to_le_bytes());
        assert!(matches!(frames.take::<Event>(), Err(FrameError::TooLong { .. })));
    }

    #[test]
    fn a_value_nested_too_deeply_is_refused() {
        let mut value = Value::Bool(true);
        for _ in 0..crate::MAX_DEPTH + 2 {
            value = Value::Array(vec![value]);
        }
        let mut frames = Frames::new(MAX_EVENT);
        frames.push(&encode(&value));
        assert!(matches!(frames.take::<Value>(), Err(FrameError::Malformed(_))));
    }

    #[test]
    fn a_nest_of_10_000_values_does_not_end_the_reader() {
        // Value::Array with one element, over and over: what a hostile guest would send.
        let nest: Vec<u8> = encode(&Value::Array(vec![Value::Bool(true)]))[4..6].repeat(10_000);
        let mut frames = Frames::new(MAX_EVENT);
        frames.push(&(nest.len() as u32).to_le_bytes());
        frames.push(&nest);
        assert!(frames.take::<Value>().is_err());
    }

    /// What a worker says, with text, numbers and values in values.
    fn said() -> Vec<Event> {
        let value = Value::Array(vec![Value::Bool(true), Value::Array(vec![Value::Bool(false)])]);
        let entries = vec![(value.clone(), value)];
        let view =
            MapView { name: "counts".into(), full: true, entries, removed: Vec::new(), total: 1, shown: 1 };
        let line = TraceLine {
            time: 1.5,
            task: "cat".into(),
            pid: 7,
            cpu: 1,
            flags: ".....".into(),
            text: "hello".into(),
            lab: false,
        };
        vec![
            Event::Hello { version: crate::VERSION, release: "6.1.0".into() },
            Event::Lost { stream: Stream::Record { map: "rb".into() }, count: 7 },
            Event::Trace(vec![line; 3]),
            Event::Map(view),
        ]
    }

    proptest! {
        #[test]
        fn a_worker_s_words_with_bytes_changed_never_panic(
            which in 0..said().len(),
            edits in proptest::collection::vec((any::<Index>(), any::<u8>(), 0..3), 1..8),
        ) {
            let mut bytes = encode(&said()[which]);
            for (at, byte, how) in edits {
                let at = at.index(bytes.len());
                match how {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    _ if bytes.len() > 1 => drop(bytes.remove(at)),
                    _ => {}
                }
            }
            // More may follow, as it does where a length was made smaller.
            bytes.extend(encode(&said()[0]));
            let mut frames = Frames::new(MAX_EVENT);
            frames.push(&bytes);
            while let Ok(Some(_)) = frames.take::<Event>() {}
        }

        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
            let mut events = Frames::new(1 << 16);
            events.push(&bytes);
            while let Ok(Some(_)) = events.take::<Event>() {}
            let mut commands = Frames::new(1 << 16);
            commands.push(&bytes);
            while let Ok(Some(_)) = commands.take::<Command>() {}
        }

        #[test]
        fn a_framed_body_of_random_bytes_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
            let mut events = Frames::new(1 << 16);
            events.push(&(bytes.len() as u32).to_le_bytes());
            events.push(&bytes);
            let _ = events.take::<Event>();
        }
    }
}
