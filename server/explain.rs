//! What the kernel said, in plain words, on the learner's own line.
//!
//! Knows the verifier's log, sections and what was seen. Never guesses: an
//! unknown refusal is shown by its own last line.

mod compiled;
mod newer;
mod opinion;
mod origin;
mod printed;
mod refusal;
mod report;
mod silence;
mod step;
mod unmet;
mod verifier;

pub use compiled::{compiled, legacy_maps};
pub use newer::needed;
pub use opinion::{Verdict, opinion};
pub use printed::printed_at;
pub use refusal::{named_place, refusal};
pub use silence::Seen;
pub use step::step;
pub use unmet::{is_unmet, unmet};
