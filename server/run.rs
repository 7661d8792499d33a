//! The pipeline: a [`Submission`] -> the ordered story of its [`RunEvent`]s.
//!
//! A run belongs here and not to a socket. Its events are numbered and kept in
//! a bounded buffer; any number of watchers join from a number on. Knows the
//! order of things, limits, the queue and cancellation. Knows no lesson, no
//! socket and no JSON.

mod event;
mod judge;
mod limits;
mod needs;
mod observe;
mod opinion;
mod pipeline;
mod queue;
mod runs;
mod story;
mod submission;
mod terminal;

pub use event::{CheckResult, Outcome, RunEvent, Stages};
pub use judge::{About, Judge, Unjudged};
pub use limits::{LIMITS, Limits};
pub use runs::{Handle, Lab, Refused, RunId, Runs};
pub use story::{Batch, Entry, Lost, Watcher};
pub use submission::{OfMap, Submission, entries, of_maps, test};
pub use terminal::{Holding, Terminal};
