//! The story of a run as JSON: the contract's objects, one a line.
//!
//! The websocket, the API and `run --format json` all write these. Domain
//! types do not serialise; these twins name every field.

mod bytecode;
mod code;
mod story;
mod trace;
mod value;
mod writer;

pub use code::{Row, forms};
pub use value::{Typed, entry};
pub use writer::{Writer, outcome, severity, step, stream};
