//! A kernel value decoded by BTF: what a map, a record or a global holds.
//!
//! Knows shapes. Does not know BTF (the worker's `decode` does) or JSON (the
//! server's wire does).

use std::cell::Cell;

use serde::{Deserialize, Deserializer, Serialize};

/// How deep a value may nest: C types that people write stay far below it,
/// and a reader's stack stays bounded whatever a guest sends.
pub const MAX_DEPTH: usize = 24;

/// One decoded value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// `_Bool`.
    Bool(bool),
    /// A signed integer of `bits`.
    Int {
        /// Sign-extended.
        value: i64,
        /// Its width in the program.
        bits: u8,
    },
    /// An unsigned integer of `bits`.
    Uint {
        /// Zero-extended.
        value: u64,
        /// Its width in the program.
        bits: u8,
    },
    /// `float` or `double`.
    Float(f64),
    /// An enumerator; the name is missing when the number has none.
    Enum {
        /// Its name.
        name: Option<String>,
        /// Its number.
        value: i64,
    },
    /// A pointer, as a number.
    Pointer(u64),
    /// A char array up to its NUL, when that is UTF-8.
    Text(String),
    /// Bytes without a better reading.
    Bytes(Vec<u8>),
    /// An array.
    Array(#[serde(deserialize_with = "deeper")] Vec<Value>),
    /// A struct or union: fields in order. An anonymous member's fields are
    /// lifted into it.
    Struct(#[serde(deserialize_with = "deeper")] Vec<(String, Value)>),
    /// One value for each possible CPU.
    PerCpu(#[serde(deserialize_with = "deeper")] Vec<Value>),
}

/// Reads what is nested in a value, and refuses to go below [`MAX_DEPTH`].
fn deeper<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    thread_local!(static DEPTH: Cell<usize> = const { Cell::new(0) });
    DEPTH.with(|depth| {
        if depth.get() == MAX_DEPTH {
            return Err(serde::de::Error::custom("a value nested too deeply"));
        }
        depth.set(depth.get() + 1);
        let inner = T::deserialize(from);
        depth.set(depth.get() - 1);
        inner
    })
}
