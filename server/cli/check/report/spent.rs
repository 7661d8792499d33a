//! Where the time of all runs went.
//!
//! Runs go side by side, so the stages' sums are more than the time that passed.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::run::Stages;

/// Milliseconds of each stage, of one run or added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(super) struct Spent {
    queued: u64,
    prepare: u64,
    compile: u64,
    place: u64,
    load: u64,
    attach: u64,
    observe: u64,
}

impl From<&Stages> for Spent {
    fn from(Stages { queued, prepare, compile, place, load, attach, observe }: &Stages) -> Self {
        let ms = |stage: &Option<f64>| stage.unwrap_or_default().round() as u64;
        Self {
            queued: ms(queued),
            prepare: ms(prepare),
            compile: ms(compile),
            place: ms(place),
            load: ms(load),
            attach: ms(attach),
            observe: ms(observe),
        }
    }
}

impl Spent {
    /// With another run's.
    pub(super) fn add(&mut self, run: &Self) {
        let Self { queued, prepare, compile, place, load, attach, observe } = run;
        self.queued += queued;
        self.prepare += prepare;
        self.compile += compile;
        self.place += place;
        self.load += load;
        self.attach += attach;
        self.observe += observe;
    }

    /// In the order in which a run goes through them.
    pub(super) fn stages(&self) -> [(&'static str, u64); 7] {
        let Self { queued, prepare, compile, place, load, attach, observe } = *self;
        [
            ("queued", queued),
            ("prepare", prepare),
            ("compile", compile),
            ("place", place),
            ("load", load),
            ("attach", attach),
            ("observe", observe),
        ]
    }
}

/// `compile 3.1 s, load 12.0 s, …`
impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, ms)) in self.stages().into_iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{name} {}", time(Duration::from_millis(ms)))?;
        }
        Ok(())
    }
}

/// `12.3 s`, or `4 min 05 s`.
pub(super) fn time(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    if seconds < 100.0 {
        return format!("{seconds:.1} s");
    }
    let seconds = seconds.round() as u64;
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_add_up_and_one_that_was_not_reached_took_nothing() {
        let compiled = Stages { queued: Some(0.5), compile: Some(1_000.0), ..Stages::default() };
        let observed = Stages { compile: Some(500.0), observe: Some(120_000.0), ..Stages::default() };
        let mut spent = Spent::default();
        [&compiled, &observed].into_iter().for_each(|run| spent.add(&run.into()));
        assert_eq!((spent.compile, spent.observe, spent.load), (1_500, 120_000, 0));
        assert_eq!(
            spent.to_string(),
            "queued 0.0 s, prepare 0.0 s, compile 1.5 s, place 0.0 s, load 0.0 s, attach 0.0 s, \
             observe 2 min 00 s"
        );
    }
}
