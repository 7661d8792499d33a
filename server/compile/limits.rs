//! What one compilation may use.

use std::time::Duration;

/// What one compilation may use.
#[derive(Debug)]
pub(super) struct Limits {
    /// Processor time, in seconds.
    pub(super) cpu_s: u64,
    /// Address space, in bytes.
    pub(super) memory_bytes: u64,
    /// From the source's arrival to the object's last byte.
    pub(super) wall: Duration,
    /// The object with its debug sections, in bytes.
    pub(super) object_bytes: usize,
    /// Messages, in bytes; more are not read by anyone.
    pub(super) message_bytes: usize,
}

/// A program takes 0.3 s and 150 MiB without the precompiled header; the
/// precompiled header itself is 16 MB.
pub(super) const LIMITS: Limits = Limits {
    cpu_s: 5,
    memory_bytes: 1 << 30,
    wall: Duration::from_secs(10),
    object_bytes: 32 << 20,
    message_bytes: 256 << 10,
};
