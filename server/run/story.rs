//! A run's events, numbered, in a bounded buffer, for any number of watchers.
//!
//! A watcher that is too slow, or comes late, is told exactly what it missed:
//! delivered + declared lost = produced, for every stream and every watcher.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use bpflab_worker::{MapView, Record, Stream, TraceLine, Value};
use tokio::sync::watch;

use super::RunEvent;

/// Given to a watcher at once, in bytes, about.
const BATCH_BYTES: usize = 256 << 10;

/// When the buffer is full it is emptied to this part, so that making room is rare.
const ROOM: (usize, usize) = (3, 4);

/// What the allocator takes for a short string besides its bytes, about.
const SMALLEST: usize = 16;

/// Notes of what was dropped. Each stands for a batch of a worker's (16 ms at
/// the least); past this many, the two oldest become one.
const MAX_GAPS: usize = 1 << 16;

/// An event with its number.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The number of its first line; it takes as many numbers as it has lines.
    pub seq: u64,
    /// The kernel that it happened on; `None` for what concerns the whole run.
    pub kernel: Option<Arc<str>>,
    /// Milliseconds since the run began.
    pub at_ms: f64,
    /// What happened.
    pub event: Arc<RunEvent>,
}

impl Entry {
    /// The entry, without the lines that one who saw all before `seq` has had.
    fn from(&self, seq: u64) -> Self {
        match &*self.event {
            RunEvent::Trace(lines) if self.seq < seq => {
                let had = usize::try_from(seq - self.seq).unwrap_or(usize::MAX);
                let rest = lines.get(had..).unwrap_or_default().to_vec();
                Self { seq, event: Arc::new(RunEvent::Trace(rest)), ..self.clone() }
            }
            RunEvent::Records { map, records } if self.seq < seq => {
                let had = usize::try_from(seq - self.seq).unwrap_or(usize::MAX);
                let (map, records) = (map.clone(), records.get(had..).unwrap_or_default().to_vec());
                Self { seq, event: Arc::new(RunEvent::Records { map, records }), ..self.clone() }
            }
            _ => self.clone(),
        }
    }
}

/// What a watcher gets at once.
#[derive(Debug, Default)]
pub struct Batch {
    /// What it missed just before.
    pub lost: Vec<Lost>,
    /// Events in order.
    pub entries: Vec<Entry>,
}

/// What one watcher missed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lost {
    /// On which kernel.
    pub kernel: Option<Arc<str>>,
    /// Of which stream.
    pub stream: Stream,
    /// How many lines, records or views.
    pub count: u64,
}

#[derive(Debug)]
pub(super) struct Story {
    began: Instant,
    most_bytes: usize,
    inner: Mutex<Inner>,
    /// How far the story is. Numbers begin at 1.
    next: watch::Sender<Tip>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tip {
    next: u64,
    over: bool,
}

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Entry>,
    bytes: usize,
    next: u64,
    gaps: VecDeque<Gap>,
    watchers: usize,
    unwatched_since: Option<Instant>,
}

/// Something that is not in the buffer any more.
#[derive(Debug)]
struct Gap {
    seq: u64,
    lost: Lost,
}

impl Story {
    pub(super) fn new(most_bytes: usize) -> Arc<Self> {
        let inner = Inner { next: 1, unwatched_since: Some(Instant::now()), ..Inner::default() };
        Arc::new(Self {
            began: Instant::now(),
            most_bytes,
            inner: Mutex::new(inner),
            next: watch::Sender::new(Tip { next: 1, over: false }),
        })
    }

    /// Adds an event; old lines make room.
    pub(super) fn push(&self, kernel: Option<&Arc<str>>, event: RunEvent) {
        let at_ms = self.began.elapsed().as_secs_f64() * 1e3;
        let mut inner = self.inner();
        let entry = Entry { seq: inner.next, kernel: kernel.cloned(), at_ms, event: Arc::new(event) };
        inner.next += entry.event.weight();
        inner.bytes += size(&entry.event);
        inner.entries.push_back(entry);
        if inner.bytes > self.most_bytes {
            inner.make_room(self.most_bytes / ROOM.1 * ROOM.0);
        }
        let next = inner.next;
        drop(inner);
        // Two kernels may come here at once, in either order.
        self.next.send_modify(|tip| tip.next = tip.next.max(next));
    }

    /// Nothing follows.
    pub(super) fn close(&self) {
        self.next.send_modify(|tip| tip.over = true);
    }

    /// Keeps of an ended run what is worth a second look.
    pub(super) fn shrink(&self, to: usize) {
        self.inner().make_room(to);
    }

    /// How long nobody has watched; `None` while somebody does.
    pub(super) fn unwatched(&self) -> Option<std::time::Duration> {
        self.inner().unwatched_since.map(|since| since.elapsed())
    }

    /// Watches from a number on.
    pub(super) fn watch(self: &Arc<Self>, from: u64) -> Watcher {
        let mut inner = self.inner();
        inner.watchers += 1;
        inner.unwatched_since = None;
        drop(inner);
        Watcher { story: self.clone(), cursor: from, tip: self.next.subscribe() }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Drops the oldest lines and records, and only if that is not enough other
    /// things of which there is a flow. What happened once stays.
    fn make_room(&mut self, to: usize) {
        for droppable in [pours as fn(&RunEvent) -> bool, flows] {
            if self.bytes <= to {
                return;
            }
            let Self { entries, bytes, gaps, .. } = self;
            entries.retain(|entry| {
                if *bytes <= to || !droppable(&entry.event) {
                    return true;
                }
                *bytes -= size(&entry.event);
                if let Some(stream) = stream(&entry.event) {
                    let lost = Lost { kernel: entry.kernel.clone(), stream, count: entry.event.weight() };
                    gaps.push_back(Gap { seq: entry.seq, lost });
                }
                false
            });
        }
        // The second pass may have added older numbers after newer ones.
        self.gaps.make_contiguous().sort_by_key(|gap| gap.seq);
        while self.gaps.len() > MAX_GAPS {
            let Some(oldest) = self.gaps.pop_front() else { return };
            match self
                .gaps
                .iter_mut()
                .find(|gap| gap.lost.stream == oldest.lost.stream && gap.lost.kernel == oldest.lost.kernel)
            {
                Some(next) => next.lost.count += oldest.lost.count,
                None => return self.gaps.push_front(oldest),
            }
        }
    }

    fn batch(&self, cursor: &mut u64) -> Batch {
        let first = self.entries.partition_point(|entry| entry.seq + entry.event.weight() <= *cursor);
        let mut bytes = 0;
        let mut entries = Vec::new();
        let mut reached = *cursor;
        for entry in self.entries.range(first..) {
            bytes += size(&entry.event);
            reached = entry.seq + entry.event.weight();
            entries.push(entry.from(*cursor));
            if bytes >= BATCH_BYTES {
                break;
            }
        }
        if first + entries.len() == self.entries.len() {
            reached = self.next.max(reached); // also past what was dropped at the end
        }
        let mut lost: BTreeMap<(Option<Arc<str>>, Stream), u64> = BTreeMap::new();
        let from = self.gaps.partition_point(|gap| gap.seq + gap.lost.count <= *cursor);
        for gap in self.gaps.range(from..).take_while(|gap| gap.seq < reached) {
            let had = cursor.saturating_sub(gap.seq);
            *lost.entry((gap.lost.kernel.clone(), gap.lost.stream.clone())).or_default() +=
                gap.lost.count - had;
        }
        *cursor = reached;
        let lost = lost.into_iter().map(|((kernel, stream), count)| Lost { kernel, stream, count }).collect();
        Batch { lost, entries }
    }
}

/// Someone who watches a run.
#[derive(Debug)]
pub struct Watcher {
    story: Arc<Story>,
    cursor: u64,
    tip: watch::Receiver<Tip>,
}

impl Watcher {
    /// The next events, as soon as there are any; `None` when all is told.
    /// May be cancelled without losing one.
    pub async fn next(&mut self) -> Option<Batch> {
        loop {
            let tip = *self.tip.borrow_and_update();
            if self.cursor < tip.next {
                return Some(self.story.inner().batch(&mut self.cursor));
            }
            if tip.over || self.tip.changed().await.is_err() {
                return None;
            }
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut inner = self.story.inner();
        inner.watchers -= 1;
        if inner.watchers == 0 {
            inner.unwatched_since = Some(Instant::now());
        }
    }
}

fn pours(event: &RunEvent) -> bool {
    matches!(event, RunEvent::Trace(_) | RunEvent::Records { .. })
}

fn flows(event: &RunEvent) -> bool {
    stream(event).is_some() || matches!(event, RunEvent::Stats(_) | RunEvent::Global(_))
}

/// The stream whose loss must be declared. Of counts and globals only the last matters.
fn stream(event: &RunEvent) -> Option<Stream> {
    match event {
        RunEvent::Trace(_) => Some(Stream::Trace),
        RunEvent::Records { map, .. } => Some(Stream::Record { map: map.clone() }),
        RunEvent::Map(_) => Some(Stream::Map),
        RunEvent::Output { .. } => Some(Stream::Output),
        RunEvent::Log { .. } => Some(Stream::Log),
        _ => None,
    }
}

/// About what an event takes in memory, in bytes.
fn size(event: &RunEvent) -> usize {
    let own = size_of::<RunEvent>() + size_of::<Entry>();
    own + match event {
        RunEvent::Trace(lines) => lines.iter().map(line_size).sum(),
        RunEvent::Records { records, .. } => {
            records.iter().map(|record| size_of::<Record>() + value_size(&record.value)).sum()
        }
        RunEvent::Map(MapView { entries, removed, .. }) => {
            entries.iter().map(|(key, value)| value_size(key) + value_size(value)).sum::<usize>()
                + removed.iter().map(value_size).sum::<usize>()
        }
        RunEvent::Log { text, .. } | RunEvent::Output { text, .. } => text.len(),
        RunEvent::Global(global) => value_size(&global.value),
        // Written as text it takes some eight times as much, but only while it is written.
        RunEvent::Code(code) => code.given.bytes.len() + code.translated.bytes.len() + code.lines.len() * 128,
        RunEvent::Tested { tested, .. } => tested.output.as_ref().map_or(0, Vec::len),
        _ => 0,
    }
}

fn line_size(line: &TraceLine) -> usize {
    size_of::<TraceLine>() + SMALLEST * 3 + line.task.len() + line.flags.len() + line.text.len()
}

fn value_size(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Array(values) | Value::PerCpu(values) => values.iter().map(value_size).sum(),
            Value::Struct(fields) => fields.iter().map(|(name, value)| name.len() + value_size(value)).sum(),
            _ => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> RunEvent {
        let line = TraceLine {
            time: 0.0,
            task: "t".into(),
            pid: 1,
            cpu: 0,
            flags: ".....".into(),
            text: "x".repeat(40),
            lab: false,
        };
        RunEvent::Trace(vec![line; count])
    }

    fn tell(story: &Story, batches: usize) -> u64 {
        for _ in 0..batches {
            story.push(None, lines(10));
        }
        story.push(None, RunEvent::StimulusEnded { status: 0 });
        story.close();
        batches as u64 * 10
    }

    async fn count(mut watcher: Watcher) -> (u64, u64) {
        let (mut delivered, mut lost) = (0, 0);
        while let Some(batch) = watcher.next().await {
            lost += batch.lost.iter().map(|lost| lost.count).sum::<u64>();
            let lines = batch.entries.iter().filter(|entry| pours(&entry.event));
            delivered += lines.map(|entry| entry.event.weight()).sum::<u64>();
        }
        (delivered, lost)
    }

    #[tokio::test]
    async fn a_late_watcher_is_told_exactly_what_it_missed() {
        let story = Story::new(64 << 10);
        let produced = tell(&story, 500);
        let (delivered, lost) = count(story.watch(0)).await;
        assert!(lost > 0 && delivered > 0);
        assert_eq!(delivered + lost, produced);
        assert!(story.inner().bytes <= 64 << 10);
    }

    #[tokio::test]
    async fn one_who_comes_back_amid_a_batch_gets_the_rest_of_it() {
        let story = Story::new(1 << 20);
        let produced = tell(&story, 3);
        for after in 0..produced {
            let (delivered, lost) = count(story.watch(after + 1)).await;
            assert_eq!((delivered, lost), (produced - after, 0));
        }
    }

    #[tokio::test]
    async fn one_who_comes_back_misses_only_what_came_meanwhile() {
        let story = Story::new(64 << 10);
        story.push(None, lines(10));
        let mut first = story.watch(0);
        let got = first.next().await.unwrap();
        let after = got.entries.last().map(|entry| entry.seq + entry.event.weight()).unwrap();
        drop(first);
        assert!(story.unwatched().is_some());
        let produced = tell(&story, 500);
        let (delivered, lost) = count(story.watch(after)).await;
        assert_eq!(delivered + lost, produced);
    }
}
