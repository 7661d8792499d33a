//! Snapshots of maps: what changed since the last look, decoded by BTF.
//!
//! Knows which maps can be listed. Does not know when to look: `observe` does.

mod arena;
mod batches;
mod declared;
mod owners;

use std::{
    collections::BTreeMap,
    os::fd::{AsRawFd as _, FromRawFd as _},
    ptr::NonNull,
    time::{Duration, Instant},
};

use bpflab_worker::{MAX_SHOWN, MapView, Value};
use libbpf_rs::{
    AsRawLibbpf, Map, MapCore, MapFlags, MapType,
    btf::{Btf, TypeId},
    libbpf_sys,
};

use crate::{
    decode::{decode, decode_key, prefix},
    frames,
    symbols::Symbols,
};

/// Keys and values of one map that are shown, in bytes: decoded they take some
/// five times as much, which a frame still holds.
const MAX_BYTES: usize = 512 << 10;

/// Slots of an array that may be empty that are looked at: each is asked for by
/// itself, and an array of maps may have a million.
const MAX_SLOTS: usize = 4096;

/// From one asking of all that a storage map may keep something for, or for all pages of
/// an arena, to the next: that takes some hundred system calls, which programs may watch.
const ASKING: Duration = Duration::from_millis(500);

/// Keys of a map without a capacity that are counted.
const MAX_WALKED: usize = 1 << 16;

/// Where the kernel's half of all addresses begins.
const KERNEL: u64 = 1 << 63;

/// Keys and values as the kernel holds them.
type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// A map that is watched, and what was last said of it.
pub(crate) struct Watched {
    said: Entries,
    total: u64,
    begun: bool,
    next: Instant,
    arena: Option<arena::Arena>,
}

impl Watched {
    /// Nothing has been said yet.
    pub(crate) fn new() -> Self {
        Self { said: Entries::new(), total: 0, begun: false, next: Instant::now(), arena: None }
    }

    /// The next look is one, however soon it comes.
    pub(crate) fn is_due(&mut self) {
        self.next = Instant::now();
    }

    /// Looks at the map; `None` when nothing changed.
    pub(crate) fn look(&mut self, map: &Map<'_>, btf: Option<&Btf<'_>>) -> Option<MapView> {
        if matches!(way(kind(map)), Some(Way::Owners | Way::Pages)) {
            if Instant::now() < self.next {
                return None;
            }
            self.next = Instant::now() + ASKING;
        }
        let (now, total) = match way(kind(map)) {
            Some(Way::Pages) => self.rows(map),
            way => read(map, way),
        };
        let full = !self.begun;
        let changed: Entries = now
            .iter()
            .filter(|(key, value)| self.said.get(*key) != Some(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let removed: Vec<Vec<u8>> = self.said.keys().filter(|key| !now.contains_key(*key)).cloned().collect();
        if !full && changed.is_empty() && removed.is_empty() && total == self.total {
            return None;
        }
        let (key_type, value_type) = types(map, btf);
        let view = MapView {
            name: map.name().to_string_lossy().into_owned(),
            full,
            entries: changed
                .iter()
                .map(|(key, value)| (keyed(map, btf, key_type, key), values(map, btf, value_type, value)))
                .collect(),
            removed: removed.iter().map(|key| keyed(map, btf, key_type, key)).collect(),
            total,
            shown: now.len() as u64,
        };
        self.said = now;
        self.total = total;
        self.begun = true;
        Some(view)
    }

    fn rows(&mut self, map: &Map<'_>) -> (Entries, u64) {
        if self.arena.is_none() {
            self.arena = arena::Arena::of(map);
        }
        counted(
            self.arena
                .as_ref()
                .map(|arena| arena.rows(map.max_entries().into(), MAX_SHOWN))
                .unwrap_or_default(),
        )
    }
}

/// How a map's content is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Keys are numbers from 0 on, each with a value.
    Slots,
    /// The same, and most may be empty.
    SparseSlots,
    /// The kernel says what keys there are.
    Walk,
    /// The element that comes out next; the kernel shows no others.
    Peek,
    /// Those that something may be kept for are asked one by one.
    Owners,
    /// There are no entries but memory, which a program reads.
    Pages,
}

fn way(kind: MapType) -> Option<Way> {
    Some(match kind {
        MapType::Array | MapType::PercpuArray => Way::Slots,
        MapType::ProgArray | MapType::ArrayOfMaps | MapType::Sockmap | MapType::Devmap | MapType::Cpumap => {
            Way::SparseSlots
        }
        MapType::Hash
        | MapType::LruHash
        | MapType::PercpuHash
        | MapType::LruPercpuHash
        | MapType::LpmTrie
        | MapType::StackTrace
        | MapType::HashOfMaps
        | MapType::Sockhash
        | MapType::DevmapHash
        | MapType::CgroupStorage
        | MapType::PercpuCgroupStorage => Way::Walk,
        MapType::Queue | MapType::Stack => Way::Peek,
        MapType::TaskStorage | MapType::SkStorage | MapType::InodeStorage | MapType::CGrpStorage => {
            Way::Owners
        }
        MapType::Arena => Way::Pages,
        _ => return None,
    })
}

/// A map's type; libbpf-rs does not know all numbers.
pub(crate) fn kind(map: &Map<'_>) -> MapType {
    // SAFETY: the map lives as long as its object.
    let number = unsafe { libbpf_sys::bpf_map__type(map.as_libbpf_object().as_ptr()) };
    match number {
        libbpf_sys::BPF_MAP_TYPE_CGRP_STORAGE => MapType::CGrpStorage,
        _ => map.map_type(),
    }
}

/// Whether something of the map's content can be shown.
pub(crate) fn can_show(map: &Map<'_>) -> bool {
    way(kind(map)).is_some() && !holds_globals(map.as_libbpf_object())
}

/// Whether libbpf made this map to hold global variables.
pub(crate) fn holds_globals(map: NonNull<libbpf_sys::bpf_map>) -> bool {
    // SAFETY: the map lives as long as its object.
    unsafe { libbpf_sys::bpf_map__is_internal(map.as_ptr()) }
}

/// BTF types of key and value; 0 where the source has none.
pub(crate) fn types(map: &Map<'_>, btf: Option<&Btf<'_>>) -> (TypeId, TypeId) {
    let raw = map.as_libbpf_object().as_ptr();
    let none = TypeId::from(0);
    // SAFETY: the map lives as long as its object.
    let key = unsafe { libbpf_sys::bpf_map__btf_key_type_id(raw) }.into();
    match (key, section(map.as_libbpf_object()), btf) {
        (key, value, Some(btf)) if (key, value) == (none, none) => declared::types(btf, map.name()),
        (key, value, _) => (key, value),
    }
}

/// BTF type of the value: of a map that holds globals, their section's.
pub(crate) fn section(map: NonNull<libbpf_sys::bpf_map>) -> TypeId {
    // SAFETY: the map lives as long as its object.
    unsafe { libbpf_sys::bpf_map__btf_value_type_id(map.as_ptr()) }.into()
}

/// The first entries, as many as are shown, and how many there are; of an array
/// that is how many slots it has.
fn read(map: &Map<'_>, way: Option<Way>) -> (Entries, u64) {
    let capacity = map.max_entries() as usize;
    let size = (map.key_size() + map.value_size()).max(1) as usize;
    let most = MAX_SHOWN.min((MAX_BYTES / size).max(1));
    let first = |slots: usize| {
        let slots = 0..capacity.min(slots) as u32;
        slots.filter_map(|index| entry(map, index.to_ne_bytes().to_vec())).take(most).collect()
    };
    match way {
        Some(Way::Slots) => (first(most), capacity as u64),
        Some(Way::SparseSlots) => (first(MAX_SLOTS), capacity as u64),
        // Without a key: the next one, left where it is.
        Some(Way::Peek) => counted(entry(map, Vec::new()).into_iter().collect()),
        Some(Way::Owners) => counted(owners::read(map, most)),
        Some(Way::Walk | Way::Pages) | None => {
            batches::read(map, most).unwrap_or_else(|| walk(map, capacity, most))
        }
    }
}

/// Entries of a map that says no number itself.
fn counted(entries: Entries) -> (Entries, u64) {
    let count = entries.len() as u64;
    (entries, count)
}

/// Key by key. One that goes between listing and look-up is left out. A hash may
/// hand out keys again while it changes: the walk ends at its capacity, which a
/// map that grows does not have.
fn walk(map: &Map<'_>, capacity: usize, most: usize) -> (Entries, u64) {
    let mut entries = Entries::new();
    let mut total = 0;
    for key in map.keys().take(if capacity == 0 { MAX_WALKED } else { capacity }) {
        total += 1;
        if entries.len() < most {
            entries.extend(entry(map, key));
        }
    }
    (entries, total)
}

fn entry(map: &Map<'_>, key: Vec<u8>) -> Option<(Vec<u8>, Vec<u8>)> {
    let value = if map.map_type().is_percpu() {
        map.lookup_percpu(&key, MapFlags::ANY).ok()??.concat()
    } else {
        map.lookup(&key, MapFlags::ANY).ok()??
    };
    Some((key, value))
}

fn typed(btf: Option<&Btf<'_>>, id: TypeId, bytes: &[u8]) -> Value {
    match btf {
        Some(btf) if id != TypeId::from(0) => decode(btf, id, bytes),
        _ => Value::Bytes(bytes.to_vec()),
    }
}

fn keyed(map: &Map<'_>, btf: Option<&Btf<'_>>, id: TypeId, bytes: &[u8]) -> Value {
    let number =
        || bytes.try_into().ok().map(|word| Value::Uint { value: u32::from_ne_bytes(word).into(), bits: 32 });
    let known = match kind(map) {
        MapType::LpmTrie => prefix(bytes),
        MapType::Queue => Some(Value::Text("next".to_owned())),
        MapType::Stack => Some(Value::Text("top".to_owned())),
        MapType::Arena => arena::place(bytes).map(Value::Text),
        MapType::TaskStorage | MapType::SkStorage | MapType::InodeStorage | MapType::CGrpStorage => {
            Some(Value::Text(String::from_utf8_lossy(bytes).into_owned()))
        }
        // libbpf keeps the types of these from the kernel; their keys are numbers.
        MapType::StackTrace | MapType::ProgArray | MapType::ArrayOfMaps => number(),
        _ => None,
    };
    known.unwrap_or_else(|| match btf {
        Some(btf) if id != TypeId::from(0) => decode_key(btf, id, bytes),
        _ => Value::Bytes(bytes.to_vec()),
    })
}

fn values(map: &Map<'_>, btf: Option<&Btf<'_>>, id: TypeId, bytes: &[u8]) -> Value {
    match kind(map) {
        MapType::StackTrace => return stack(bytes),
        MapType::ProgArray => return named(bytes, "program", program_name),
        MapType::ArrayOfMaps | MapType::HashOfMaps => return named(bytes, "map", map_name),
        kind if !kind.is_percpu() => return typed(btf, id, bytes),
        _ => {}
    }
    let size = (map.value_size() as usize).max(1);
    Value::PerCpu(bytes.chunks(size).map(|value| typed(btf, id, value)).collect())
}

/// Addresses of functions, the innermost first, by their names. The kernel
/// fills up with zeros.
fn stack(bytes: &[u8]) -> Value {
    let addresses = bytes.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap_or_default()));
    let addresses: Vec<u64> = addresses.take_while(|address| *address != 0).collect();
    let is_kernels = addresses.first().is_some_and(|first| *first >= KERNEL);
    Value::Array(match is_kernels {
        true => addresses.iter().map(|address| Symbols::of_kernel().name(*address)).collect(),
        false => frames::names(&addresses),
    })
}

/// What an array of programs or maps holds: a number, and the name behind it.
fn named(bytes: &[u8], what: &str, name: impl Fn(u32) -> Option<String>) -> Value {
    let Ok(id) = <[u8; 4]>::try_from(bytes).map(u32::from_ne_bytes) else {
        return Value::Bytes(bytes.to_vec());
    };
    let name = name(id).map(|name| format!(" {name}")).unwrap_or_default();
    Value::Text(format!("{what} {id}{name}"))
}

fn program_name(id: u32) -> Option<String> {
    let fd = libbpf_rs::Program::fd_from_id(id).ok()?;
    let mut info = libbpf_sys::bpf_prog_info::default();
    let mut size = size_of_val(&info) as u32;
    // SAFETY: the kernel writes at most `size` bytes of `info`.
    let done =
        unsafe { libbpf_sys::bpf_obj_get_info_by_fd(fd.as_raw_fd(), (&raw mut info).cast(), &raw mut size) };
    (done == 0).then(|| word(&info.name))
}

fn map_name(id: u32) -> Option<String> {
    // SAFETY: a number only; a descriptor or a negative errno comes back.
    let fd = unsafe { libbpf_sys::bpf_map_get_fd_by_id(id) };
    if fd < 0 {
        return None;
    }
    // SAFETY: it is new, and nobody else's.
    let fd = unsafe { std::os::fd::OwnedFd::from_raw_fd(fd) };
    let mut info = libbpf_sys::bpf_map_info::default();
    let mut size = size_of_val(&info) as u32;
    // SAFETY: the kernel writes at most `size` bytes of `info`.
    let done =
        unsafe { libbpf_sys::bpf_obj_get_info_by_fd(fd.as_raw_fd(), (&raw mut info).cast(), &raw mut size) };
    (done == 0).then(|| word(&info.name))
}

/// A kernel's name, which ends in NUL where it is shorter than its place.
fn word(name: &[std::ffi::c_char]) -> String {
    let bytes: Vec<u8> = name.iter().map(|c| *c as u8).take_while(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
