//! A run of this process's own, with a terminal and a limit that a test can wait for: the
//! page's is half an hour.
//!
//! Does not know what is typed.

use std::time::Duration;

use bpflab::{
    lab,
    run::{About, RunEvent, Runs, Submission, Unjudged},
    say::Lang,
    wire::Writer,
};

use super::{
    guests::DEFAULT,
    lab::submission,
    program::{self, fresh_name},
    story::Story,
};

/// A run in which root types a line, to its end.
pub(crate) async fn to_its_limit(runs: &Runs, line: &str, limit: Duration) -> Story {
    let program = program::quiet(&fresh_name());
    let mut submission = Submission {
        stimulus: Some("exec sleep 1000".to_owned()),
        span: lab::span(None, limit),
        ..submission(&program, &[DEFAULT])
    };
    lab::with_terminal(&mut submission);
    submission.span.at_most_ms = limit.as_millis().try_into().expect("seconds");
    let handle = runs.start(submission, About::default(), || Box::new(Unjudged)).expect("a run");
    let writer = Writer::new(handle.id.to_string(), handle.about.clone(), Lang::En);
    let mut watcher = handle.watch(0);
    let (mut told, mut holding) = (Vec::new(), None);
    while let Some(batch) = watcher.next().await {
        writer.write(&batch, &mut told);
        if holding.is_none()
            && batch.entries.iter().any(|entry| matches!(*entry.event, RunEvent::Terminal { open: true }))
        {
            let (held, _, _) = handle.terminal(DEFAULT).expect("a terminal").hold(0);
            held.write(format!("{line}\n").as_bytes()).await.expect("it is typed");
            holding = Some(held);
        }
    }
    Story::parse(&String::from_utf8(told).expect("JSON"))
}
