//! Which events a worker may send when. What comes from a guest is hostile:
//! something in it may have taken the worker's place.

use bpflab_worker::Event;

use super::Phase;

/// Whether a worker of ours could say this now. What it says later is taken at
/// its word: it is about this run's own programs, and shown as theirs.
pub(super) fn legal(phase: Phase, event: &Event) -> bool {
    let started =
        matches!(phase, Phase::Turn | Phase::Load | Phase::Attach | Phase::Observe | Phase::Stop(_));
    let observing = matches!(phase, Phase::Observe | Phase::Stop(_));
    match event {
        Event::Hello { .. } => phase == Phase::Place,
        Event::Waiting => matches!(phase, Phase::Place | Phase::Load | Phase::Turn),
        Event::Log { .. } | Event::Done(_) => true,
        Event::Refused(_)
        | Event::BadGlobal { .. }
        | Event::OpenFailed { .. }
        | Event::LoadFailed { .. }
        | Event::Relocated(_)
        | Event::Sized { .. }
        | Event::Loaded { .. } => matches!(phase, Phase::Load | Phase::Turn),
        Event::BadEntry { .. } | Event::LeftOut { .. } | Event::Attached { .. } | Event::Observing { .. } => {
            phase == Phase::Attach
        }
        Event::AttachFailed { .. } => started,
        Event::Trace(_)
        | Event::Records { .. }
        | Event::Map(_)
        | Event::Globals(_)
        | Event::Output { .. }
        | Event::StimulusEnded { .. }
        | Event::ThrownOut { .. }
        | Event::Stats(_)
        | Event::Unprintable(_)
        | Event::Tested { .. }
        | Event::Code(_)
        | Event::Edited { .. } => observing,
        Event::Lost { .. } => started,
        Event::Probed { .. } | Event::Types { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use bpflab_worker::Done;

    use super::*;
    use crate::run::Outcome;

    #[test]
    fn what_comes_before_its_time_is_no_worker_s_word() {
        let attached = Event::Attached { program: "p".into(), to: "t".into() };
        let hello = Event::Hello { version: 0, release: String::new() };
        assert!(legal(Phase::Place, &hello) && !legal(Phase::Observe, &hello));
        assert!(legal(Phase::Attach, &attached) && !legal(Phase::Load, &attached));
        assert!(!legal(Phase::Load, &Event::Trace(Vec::new())));
        assert!(legal(Phase::Stop(Outcome::Cancelled), &Event::Trace(Vec::new())));
        assert!(legal(Phase::Load, &Event::Done(Done::Failed)));
    }
}
