//! The observing part of a run: one loop over everything that can happen.
//!
//! Reads and writes in batches at least [`BATCH`] apart, so that a program
//! which prints on every write of ours settles at a bounded rate.

use std::{
    collections::BTreeSet,
    io::Read,
    os::fd::AsFd,
    path::Path,
    time::{Duration, Instant},
};

use bpflab_worker::{
    BadChange, BadGlobal, Change, Command, Done, Event, Load, OutputStream, Policy, Span, Stream, Test,
};
use libbpf_rs::{Object, btf::Btf};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::{
    attach::Attachments,
    code, edit,
    globals::Globals,
    lab::Lab,
    logs,
    maps::{Watched, can_show},
    outlet::{Inlet, Outlet},
    printing,
    records::Records,
    scheduler::Scheduler,
    stats::Stats,
    stimulus::{self, Stimulus},
    terminal::Terminal,
    trace::{Batch, Pipe},
    trial,
};

/// The shortest time between two readings of a stream.
const BATCH: Duration = Duration::from_millis(16);

/// One trace event in memory, in bytes, so that a frame stays small.
const BATCH_BYTES: usize = 256 << 10;

/// The shortest time between two looks at maps, globals and counts.
const LOOK: Duration = Duration::from_millis(100);

/// The shortest time between two readings of an iterator.
const TEXT_EVERY: Duration = Duration::from_secs(1);

/// Looks may take this part of the time; large maps are looked at less often.
const LOOK_SHARE: u32 = 5;

/// Output of the stimulus that is passed on, in bytes; the rest is counted.
const MAX_OUTPUT: usize = 256 << 10;

/// Readings after detach, so that a full buffer is drained and a program of
/// someone else's that goes on printing does not hold the run up.
const MAX_DRAIN: Duration = Duration::from_secs(2);

/// The same in a guest, which is ended from outside a second after its time.
const MAX_DRAIN_IN_GUEST: Duration = Duration::from_millis(500);

/// What is asked after that has this long in any case.
const AT_LEAST: Duration = Duration::from_millis(250);

/// Everything that is looked at during a run.
pub(crate) struct Observer<'a> {
    span: Span,
    object: &'a Object,
    btf: Option<Btf<'a>>,
    globals: Globals,
    maps: Vec<Watched>,
    stats: Stats,
    scheduler: Option<Scheduler>,
    pipe: Pipe,
    records: Records<'a>,
    lab: Lab,
    stimulus: Option<Stimulus>,
    terminal: Option<Terminal>,
    tests: Vec<Test>,
    shows: Vec<String>,
    stimulus_pid: Option<u32>,
    passed_on: usize,
    is_in_guest: bool,
    begun: Instant,
}

impl<'a> Observer<'a> {
    /// Everything is attached and the stimulus runs.
    pub(crate) fn new(
        load: &Load,
        object: &'a Object,
        stats: Stats,
        records: Records<'a>,
        instance: &Path,
        stimulus: Option<Stimulus>,
        terminal: Option<Terminal>,
    ) -> crate::Result<Self> {
        Ok(Self {
            span: load.span,
            object,
            btf: object.btf()?,
            globals: Globals::of(object),
            maps: object.maps().map(|_| Watched::new()).collect(),
            stats,
            scheduler: Scheduler::of(object),
            pipe: Pipe::open(instance)?,
            records,
            lab: Lab::new(&load.lab),
            stimulus_pid: stimulus.as_ref().map(Stimulus::pid),
            stimulus,
            terminal,
            tests: load.tests.clone(),
            shows: load.shows.clone(),
            passed_on: 0,
            is_in_guest: load.policy != Policy::ObserveOnly,
            begun: Instant::now(),
        })
    }

    /// Streams until the run is over, then detaches and drains.
    pub(crate) fn observe(
        mut self,
        mut attached: Attachments,
        inlet: &mut Inlet,
        outlet: &mut Outlet,
    ) -> crate::Result<Done> {
        let done = self.stream(&mut attached, inlet, outlet)?;
        self.read_iterators(&mut attached, outlet)?;
        if self.is_in_guest {
            stimulus::hold_still();
        }
        drop(attached);
        let most = if self.is_in_guest { MAX_DRAIN_IN_GUEST } else { MAX_DRAIN };
        let drained_by = Instant::now() + most;
        while self.read_streams(outlet)? && Instant::now() < drained_by {}
        self.records.leave(outlet)?;
        let lost = self.pipe.unannounced();
        if lost > 0 {
            outlet.send(&Event::Lost { stream: Stream::Trace, count: lost })?;
        }
        self.read_output(outlet)?;
        self.maps.iter_mut().for_each(Watched::is_due);
        self.look(outlet)?;
        printing::tell(self.object, drained_by.max(Instant::now() + AT_LEAST), outlet)?;
        self.pipe.throw_away(); // what was printed by trying
        Ok(done)
    }

    fn stream(
        &mut self,
        attached: &mut Attachments,
        inlet: &mut Inlet,
        outlet: &mut Outlet,
    ) -> crate::Result<Done> {
        let mut next_text = Instant::now();
        let mut next_batch = Instant::now();
        let mut next_look = Instant::now();
        let mut ends = self.end_without_stimulus();
        for test in std::mem::take(&mut self.tests) {
            // Why not is told with it.
            let _ = trial::run(self.object, &test, outlet)?;
        }
        let shows: BTreeSet<String> = std::mem::take(&mut self.shows).into_iter().collect();
        for program in &shows {
            // One that is not there is said by who asked.
            let _ = self.show(program, outlet)?;
        }
        loop {
            let now = Instant::now();
            if now >= ends.at {
                return Ok(ends.done);
            }
            if now >= next_look {
                self.look(outlet)?;
                next_look = now + LOOK.max(now.elapsed() * LOOK_SHARE);
                if let Some(why) = self.scheduler.as_ref().and_then(Scheduler::thrown_out) {
                    outlet.send(&Event::ThrownOut { why })?;
                    return Ok(Done::Failed);
                }
            }
            if now >= next_text {
                self.read_iterators(attached, outlet)?;
                next_text = now + TEXT_EVERY.max(now.elapsed() * LOOK_SHARE);
            }
            let deadline = ends.at.min(next_look);
            let woken = self.wait(inlet, next_batch, deadline)?;
            if woken.command {
                if !inlet.fill()? {
                    return Ok(Done::Stopped);
                }
                while let Some(command) = inlet.pending()? {
                    match command {
                        Command::Stop => return Ok(Done::Stopped),
                        Command::Change { token, change } => {
                            let error = self.change(&change, outlet)?.err();
                            self.look(outlet)?;
                            outlet.send(&Event::Edited { token, error })?;
                        }
                        Command::Resize(window) => {
                            if let Some(terminal) = &self.terminal {
                                terminal.resize(window);
                            }
                        }
                        Command::Load(_) | Command::Wake(_) | Command::Types | Command::Probe => {
                            return Err("a command for before the run".into());
                        }
                    }
                }
            }
            if woken.stream {
                // A batch that is full is followed by the next at once: nothing is
                // won by letting the kernel's buffer overflow meanwhile.
                if !self.read_streams(outlet)? {
                    next_batch = Instant::now() + BATCH;
                }
                self.read_output(outlet)?;
                logs::send(outlet)?;
            }
            if woken.stimulus_ended {
                self.read_output(outlet)?;
                if let Some(status) = self.stimulus.as_mut().map(Stimulus::status).transpose()?.flatten() {
                    self.stimulus = None;
                    outlet.send(&Event::StimulusEnded { status })?;
                    ends = self.end_after_stimulus();
                }
            }
        }
    }

    fn change(&self, change: &Change, outlet: &mut Outlet) -> crate::Result<Result<(), BadChange>> {
        let btf = self.btf.as_ref();
        Ok(match change {
            Change::Global { name, value } => match btf {
                Some(btf) => self.globals.change(btf, name, value, self.stimulus_pid),
                None => Err(BadGlobal::Unknown { known: Vec::new() }),
            }
            .map_err(BadChange::Global),
            Change::Map { map, change } => edit::map(self.object, btf, map, change),
            Change::Submit { map, value } => edit::submit(self.object, btf, map, value),
            Change::Decode { map, name } => self.records.name(btf, map, name),
            Change::Show { program } => self.show(program, outlet)?,
            Change::Test(test) => trial::run(self.object, test, outlet)?,
        })
    }

    /// Tells what the kernel made of a program.
    fn show(&self, program: &str, outlet: &mut Outlet) -> crate::Result<Result<(), BadChange>> {
        Ok(match code::of(self.object, self.btf.as_ref(), program) {
            Ok(code) => {
                outlet.send(&Event::Code(code))?;
                Ok(())
            }
            Err(why) => Err(why),
        })
    }

    /// One batch of each stream; whether more may be waiting.
    fn read_streams(&mut self, outlet: &mut Outlet) -> crate::Result<bool> {
        let lines = self.read_trace(outlet)?;
        let records = self.records.read(self.btf.as_ref(), outlet)?;
        Ok(lines || records)
    }

    /// One batch of trace lines; whether more may be waiting.
    fn read_trace(&mut self, outlet: &mut Outlet) -> crate::Result<bool> {
        let mut batch = Batch::default();
        let mut more = true;
        while more && batch.bytes < BATCH_BYTES {
            more = self.pipe.read(&mut batch, &mut self.lab)?;
        }
        if batch.lost > 0 {
            outlet.send(&Event::Lost { stream: Stream::Trace, count: batch.lost })?;
        }
        if !batch.lines.is_empty() {
            outlet.send(&Event::Trace(batch.lines))?;
        }
        Ok(more)
    }

    fn read_output(&mut self, outlet: &mut Outlet) -> crate::Result {
        let Some(stimulus) = &mut self.stimulus else { return Ok(()) };
        let mut chunk = [0; 16 << 10];
        let mut lost = 0;
        let pipes: [(OutputStream, &mut dyn Read); 2] =
            [(OutputStream::Stdout, &mut stimulus.stdout), (OutputStream::Stderr, &mut stimulus.stderr)];
        for (stream, pipe) in pipes {
            // Non-blocking: an error is "nothing now", and a closed pipe reads as nothing.
            while let Ok(got @ 1..) = pipe.read(&mut chunk) {
                let keep = got.min(MAX_OUTPUT - self.passed_on);
                self.passed_on += keep;
                lost += (got - keep) as u64;
                if keep > 0 {
                    let text = String::from_utf8_lossy(&chunk[..keep]).into_owned();
                    outlet.send(&Event::Output { stream, text })?;
                }
                if self.passed_on == MAX_OUTPUT && lost > MAX_OUTPUT as u64 {
                    break; // a flood: the rest waits for the next batch
                }
            }
        }
        if lost > 0 {
            outlet.send(&Event::Lost { stream: Stream::Output, count: lost })?;
        }
        Ok(())
    }

    fn read_iterators(&mut self, attached: &mut Attachments, outlet: &mut Outlet) -> crate::Result {
        for text in attached.read() {
            outlet.send(&Event::Output { stream: OutputStream::Iterator, text })?;
        }
        Ok(())
    }

    fn look(&mut self, outlet: &mut Outlet) -> crate::Result {
        let globals = self.globals.look(self.btf.as_ref());
        if !globals.is_empty() {
            outlet.send(&Event::Globals(globals))?;
        }
        for (map, watched) in self.object.maps().zip(&mut self.maps) {
            if can_show(&map)
                && let Some(view) = watched.look(&map, self.btf.as_ref())
            {
                outlet.send(&Event::Map(view))?;
            }
        }
        // Records that were sent without waking us.
        self.records.read(self.btf.as_ref(), outlet)?;
        if let Some(stats) = self.stats.look(self.object) {
            outlet.send(&Event::Stats(stats))?;
        }
        Ok(())
    }

    fn end_without_stimulus(&self) -> End {
        match (self.span.exactly_ms, &self.stimulus) {
            (Some(exactly), _) => End { at: self.begun + ms(exactly), done: Done::Completed },
            (None, None) => End { at: self.begun + ms(self.span.at_most_ms), done: Done::Completed },
            (None, Some(_)) => End { at: self.begun + ms(self.span.at_most_ms), done: Done::TimedOut },
        }
    }

    fn end_after_stimulus(&self) -> End {
        let at = match self.span.exactly_ms {
            Some(exactly) => self.begun + ms(exactly),
            None => Instant::now() + ms(self.span.after_stimulus_ms),
        };
        End { at, done: Done::Completed }
    }

    /// Sleeps until something is there or `deadline` comes. Streams are not
    /// even looked at before `next_batch`.
    fn wait(&self, inlet: &Inlet, next_batch: Instant, deadline: Instant) -> crate::Result<Woken> {
        let now = Instant::now();
        let resting = now < next_batch;
        let until = if resting { deadline.min(next_batch) } else { deadline };
        let watch = if resting { PollFlags::empty() } else { PollFlags::POLLIN };
        let mut fds = vec![PollFd::new(inlet.fd(), PollFlags::POLLIN), PollFd::new(self.pipe.fd(), watch)];
        let ends_at = fds.len();
        fds.extend(self.stimulus.iter().map(|stimulus| PollFd::new(stimulus.exit(), PollFlags::POLLIN)));
        let streams_from = fds.len();
        if !resting {
            let output =
                self.stimulus.iter().flat_map(|stimulus| [stimulus.stdout.as_fd(), stimulus.stderr.as_fd()]);
            fds.extend(output.chain(self.records.fds()).map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        }
        // Rounded up: a poll that returns a little early would spin.
        let rest = until.saturating_duration_since(now).as_millis() + 1;
        match poll(&mut fds, PollTimeout::try_from(rest).unwrap_or(PollTimeout::MAX)) {
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let readable = |index: usize| {
            fds.get(index)
                .and_then(PollFd::revents)
                .is_some_and(|seen| seen.intersects(PollFlags::POLLIN | PollFlags::POLLHUP))
        };
        Ok(Woken {
            command: readable(0),
            stream: !resting && (readable(1) || (streams_from..fds.len()).any(readable)),
            stimulus_ended: ends_at < streams_from && readable(ends_at),
        })
    }
}

struct End {
    at: Instant,
    done: Done,
}

struct Woken {
    command: bool,
    stream: bool,
    stimulus_ended: bool,
}

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}
