//! Records: what programs send through ring buffers and perf buffers, decoded
//! by the struct that they carry.
//!
//! A buffer does not say what is in it. The compiler was asked to describe the
//! structs that the program defines, by a pointer to each ([`PREFIX`]): a
//! record is the struct of its size, unless somebody has named another.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    rc::Rc,
};

use bpflab_worker::{BadChange, Event, Record, Stream, Value};
use libbpf_rs::{
    Map, MapCore, MapType, Object, OpenObject, PerfBuffer, PerfBufferBuilder, RingBuffer, RingBufferBuilder,
    btf::{
        Btf, BtfKind, BtfType, TypeId,
        types::{Ptr, Var},
    },
};
use nix::time::{ClockId, clock_gettime};

use crate::{
    decode::{self, Layout},
    globals,
    outlet::Outlet,
    unsaid,
};

/// How the variables are called that the compiler added (`server/compile/carried.rs`).
const PREFIX: &str = "bpflab_carries_";

/// Taken out of a buffer at once, so that an event stays small: decoded, a
/// record is some five times as large.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 128 << 10;

/// Pages of a perf buffer for each CPU.
const PERF_PAGES: usize = 64;

/// A perf record is padded to eight bytes together with its four of length.
const PADDING: usize = 7;

/// All buffers of an object.
pub(crate) struct Records<'a> {
    buffers: Vec<Buffer<'a>>,
    carried: Vec<(TypeId, usize)>,
    /// Of the types that came.
    layouts: RefCell<HashMap<TypeId, Layout>>,
}

struct Buffer<'a> {
    map: String,
    /// What was named.
    carries: Cell<Option<(TypeId, usize)>>,
    kind: Kind<'a>,
    got: Rc<RefCell<Got>>,
}

enum Kind<'a> {
    Ring(RingBuffer<'a>),
    /// And its map.
    Perf(PerfBuffer<'a>, OwnedFd),
}

/// What was taken out and not sent yet.
#[derive(Default)]
struct Got {
    records: Vec<(Option<u32>, Vec<u8>)>,
    bytes: usize,
    lost: u64,
    /// What is taken out from here on is only counted.
    is_over: bool,
}

impl Got {
    /// Whether there is room for another.
    fn take(&mut self, cpu: Option<u32>, bytes: &[u8]) -> bool {
        if self.is_over {
            self.lost += u64::from(bytes.get(..unsaid::MARK.len()) != Some(unsaid::MARK.as_slice()));
            return true;
        }
        self.bytes += bytes.len();
        self.records.push((cpu, bytes.to_vec()));
        self.records.len() < BATCH && self.bytes < BATCH_BYTES
    }

    fn give(&mut self) -> Vec<(Option<u32>, Vec<u8>)> {
        self.bytes = 0;
        std::mem::take(&mut self.records)
    }
}

impl<'a> Records<'a> {
    /// Opens every buffer of a loaded object. Before anything is attached: a
    /// perf buffer that nobody has opened loses what is sent.
    pub(crate) fn open(object: &'a Object, named: &[(String, String)]) -> Self {
        let btf = object.btf().ok().flatten();
        let buffers: Vec<Buffer<'_>> = object.maps().filter_map(|map| Buffer::open(&map)).collect();
        let carried = btf.as_ref().map(carried).unwrap_or_default();
        let records = Self { buffers, carried, layouts: RefCell::default() };
        for (map, name) in named {
            // Whether that can be was looked at before.
            let _ = records.name(btf.as_ref(), map, name);
        }
        records
    }

    /// Reads the records of a buffer as this struct from here on; without a
    /// name, as their size says.
    pub(crate) fn name(
        &self,
        btf: Option<&Btf<'_>>,
        map: &str,
        name: &str,
    ) -> std::result::Result<(), BadChange> {
        let Some(buffer) = self.buffers.iter().find(|buffer| buffer.map == map) else {
            let known = self.buffers.iter().map(|buffer| buffer.map.clone()).collect();
            return Err(BadChange::UnknownBuffer { known });
        };
        let found = btf.and_then(|btf| find(btf, name));
        if found.is_none() && !name.is_empty() {
            let known = btf.map(names).unwrap_or_default();
            return Err(BadChange::UnknownStruct { name: name.to_owned(), known });
        }
        buffer.carries.set(found);
        Ok(())
    }

    /// To wait on.
    pub(crate) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.buffers.iter().map(|buffer| {
            let fd = match &buffer.kind {
                Kind::Ring(ring) => ring.epoll_fd(),
                Kind::Perf(perf, _) => perf.epoll_fd(),
            };
            // SAFETY: the descriptor is the buffer's, which lives as long as the borrow.
            unsafe { BorrowedFd::borrow_raw(fd) }
        })
    }

    /// Sends one batch of each buffer; whether more may be waiting.
    pub(crate) fn read(&mut self, btf: Option<&Btf<'_>>, outlet: &mut Outlet) -> crate::Result<bool> {
        let mut more = false;
        for buffer in &self.buffers {
            match &buffer.kind {
                // Stops, with an error of ours, when the batch is full.
                Kind::Ring(ring) => more |= ring.consume_raw() < 0,
                Kind::Perf(perf, _) => drop(perf.consume()),
            }
            buffer.declare_lost(outlet)?;
            let records = buffer.got.borrow_mut().give();
            let is_padded = matches!(buffer.kind, Kind::Perf(..));
            let time = now()?;
            for batch in records.chunks(BATCH) {
                let record = |(cpu, bytes): &(Option<u32>, Vec<u8>)| Record {
                    time,
                    cpu: *cpu,
                    value: self.value(btf, buffer, bytes, is_padded),
                };
                let records = batch.iter().map(record).collect();
                outlet.send(&Event::Records { map: buffer.map.clone(), records })?;
            }
        }
        Ok(more)
    }

    /// Nothing is sent any more: declares lost what was not read, and what the
    /// kernel has not said yet.
    pub(crate) fn leave(&self, outlet: &mut Outlet) -> crate::Result {
        for buffer in &self.buffers {
            buffer.got.borrow_mut().is_over = true;
            match &buffer.kind {
                Kind::Ring(ring) => drop(ring.consume_raw()),
                Kind::Perf(perf, map) => {
                    drop(perf.consume());
                    // A kernel that cannot (before 5.10) keeps it to itself.
                    let _ = unsaid::have_it_said(map.as_fd());
                    drop(perf.consume());
                }
            }
            buffer.declare_lost(outlet)?;
        }
        Ok(())
    }

    fn value(&self, btf: Option<&Btf<'_>>, buffer: &Buffer<'_>, bytes: &[u8], is_padded: bool) -> Value {
        let Some(btf) = btf else { return Value::Bytes(bytes.to_vec()) };
        if let Some((id, size)) = buffer.carries.get() {
            return self.as_far_as_it_goes(btf, id, size, bytes);
        }
        let slack = if is_padded { PADDING } else { 0 };
        let is_of = |size: usize| size <= bytes.len() && bytes.len() - size <= slack;
        if let Some((id, size)) = self.carried.iter().find(|(_, size)| is_of(*size)) {
            return self.read_as(btf, *id, &bytes[..*size]);
        }
        match (self.carried.as_slice(), bytes.len()) {
            // Sent up to what is used of its last field, or followed by
            // something that no type describes.
            ([(id, size)], _) => self.as_far_as_it_goes(btf, *id, *size, bytes),
            (_, 4) => Value::Uint { value: number(bytes), bits: 32 },
            (_, 8) => Value::Uint { value: number(bytes), bits: 64 },
            _ => Value::Bytes(bytes.to_vec()),
        }
    }

    /// A struct from bytes that may be fewer or more than its own.
    fn as_far_as_it_goes(&self, btf: &Btf<'_>, id: TypeId, size: usize, bytes: &[u8]) -> Value {
        let mut whole = bytes.to_vec();
        whole.resize(size, 0);
        self.read_as(btf, id, &whole)
    }

    fn read_as(&self, btf: &Btf<'_>, id: TypeId, bytes: &[u8]) -> Value {
        self.layouts.borrow_mut().entry(id).or_insert_with(|| Layout::of(btf, id)).read(btf, bytes)
    }
}

impl Buffer<'_> {
    fn open(map: &Map<'_>) -> Option<Self> {
        let got = Rc::new(RefCell::new(Got::default()));
        let (samples, losses) = (got.clone(), got.clone());
        let kind = match map.map_type() {
            MapType::RingBuf => {
                let mut builder = RingBufferBuilder::new();
                let take = move |bytes: &[u8]| if samples.borrow_mut().take(None, bytes) { 0 } else { -1 };
                builder.add(map, take).ok()?;
                Kind::Ring(builder.build().ok()?)
            }
            // One that holds counters for the program to read is opened in vain.
            MapType::PerfEventArray => {
                let take = move |cpu: i32, bytes: &[u8]| {
                    samples.borrow_mut().take(u32::try_from(cpu).ok(), bytes);
                };
                let builder = PerfBufferBuilder::new(map).pages(PERF_PAGES).sample_cb(take);
                let builder = builder.lost_cb(move |_, count| losses.borrow_mut().lost += count);
                Kind::Perf(builder.build().ok()?, map.as_fd().try_clone_to_owned().ok()?)
            }
            _ => return None,
        };
        Some(Self { map: map.name().to_string_lossy().into_owned(), carries: Cell::default(), kind, got })
    }

    fn declare_lost(&self, outlet: &mut Outlet) -> crate::Result {
        match std::mem::take(&mut self.got.borrow_mut().lost) {
            0 => Ok(()),
            count => outlet.send(&Event::Lost { stream: Stream::Record { map: self.map.clone() }, count }),
        }
    }
}

/// The structs that the program defines, and their sizes.
fn carried(btf: &Btf<'_>) -> Vec<(TypeId, usize)> {
    (1..btf.len())
        .filter_map(|id| {
            let var = btf.type_by_id::<Var<'_>>(u32::try_from(id).ok()?.into())?;
            var.name()?.to_str()?.starts_with(PREFIX).then_some(())?;
            let pointer = Ptr::try_from(var.next_type()?).ok()?;
            let ty: BtfType<'_> = pointer.next_type()?;
            matches!(ty.kind(), BtfKind::Struct | BtfKind::Union).then_some(())?;
            Some((ty.type_id(), decode::size_of(btf, ty.type_id())?))
        })
        .collect()
}

/// Whether what is named is there; else the map, and why not.
pub(crate) fn can_read(
    opened: &OpenObject,
    named: &[(String, String)],
) -> std::result::Result<(), (String, BadChange)> {
    let btf = globals::btf_of_opened(opened);
    let is_buffer = |kind| matches!(kind, MapType::RingBuf | MapType::PerfEventArray);
    let buffers = opened.maps().filter(|map| is_buffer(map.map_type()));
    let buffers: Vec<String> = buffers.map(|map| map.name().to_string_lossy().into_owned()).collect();
    for (map, name) in named {
        if !buffers.contains(map) {
            return Err((map.clone(), BadChange::UnknownBuffer { known: buffers }));
        }
        if btf.as_ref().and_then(|btf| find(btf, name)).is_none() {
            let known = btf.as_ref().map(names).unwrap_or_default();
            return Err((map.clone(), BadChange::UnknownStruct { name: name.clone(), known }));
        }
    }
    Ok(())
}

/// A struct, a union or a type of this name, and its size.
fn find(btf: &Btf<'_>, name: &str) -> Option<(TypeId, usize)> {
    let name = name.trim();
    let name = ["struct ", "union "].iter().find_map(|word| name.strip_prefix(word)).unwrap_or(name).trim();
    (1..btf.len()).find_map(|id| {
        let ty = btf.type_by_id::<BtfType<'_>>(u32::try_from(id).ok()?.into())?;
        matches!(ty.kind(), BtfKind::Struct | BtfKind::Union | BtfKind::Typedef).then_some(())?;
        (ty.name()? == name).then_some(())?;
        Some((ty.type_id(), decode::size_of(btf, ty.type_id())?))
    })
}

/// The names of the program's own structs.
fn names(btf: &Btf<'_>) -> Vec<String> {
    let name = |(id, _): (TypeId, usize)| {
        Some(btf.type_by_id::<BtfType<'_>>(id)?.name()?.to_string_lossy().into_owned())
    };
    carried(btf).into_iter().filter_map(name).collect()
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn now() -> nix::Result<f64> {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC)?;
    Ok(now.tv_sec() as f64 + now.tv_nsec() as f64 / 1e9)
}
