//! How many entries maps have, set before load: as it was asked for, and a
//! usual size for those that a program's own loader would have given theirs.
//!
//! Knows which types of maps have a usual size. Loads nothing.

use bpflab_worker::{BadChange, Event};
use libbpf_rs::{AsRawLibbpf as _, MapType, OpenMapMut, OpenObject, libbpf_sys};

use crate::{maps, object::map_type};

/// Bytes of a ring buffer that says none: what most programs give theirs.
const RING: u32 = 256 << 10;

/// Stacks that a map of stacks keeps: as many as BCC's tools do.
const STACKS: u32 = 1024;

/// Entries of any other.
const ENTRIES: u32 = 1024;

/// Bytes of a stack: `PERF_MAX_STACK_DEPTH` addresses, the most that a kernel takes unless it is told otherwise.
const STACK: u32 = 127 * 8;

/// Bytes of a stack's number.
const NUMBER: u32 = 4;

/// Sets what was asked for, then what is usual, and gives what to say of that.
///
/// # Errors
/// The first map whose size cannot be set, and why.
pub(crate) fn set(
    opened: &mut OpenObject,
    wanted: &[(String, u32)],
) -> Result<Vec<Event>, (String, BadChange)> {
    for (name, entries) in wanted {
        let own = |map: &OpenMapMut<'_>| map.name() == name.as_str() && !holds_globals(map);
        let Some(mut map) = opened.maps_mut().find(own) else {
            let all = opened.maps().filter(|map| !maps::holds_globals(map.as_libbpf_object()));
            let known = all.map(|map| map.name().to_string_lossy().into_owned()).collect();
            return Err((name.clone(), BadChange::UnknownMap { known }));
        };
        map.set_max_entries(*entries)
            .map_err(|_| (name.clone(), BadChange::Errno(crate::object::last_errno())))?;
    }
    Ok(opened.maps_mut().filter_map(|mut map| usual(&mut map)).collect())
}

/// Gives a map that says no size the usual one of its type, where there is one.
fn usual(map: &mut OpenMapMut<'_>) -> Option<Event> {
    let raw = map.as_libbpf_object().as_ptr();
    // SAFETY: the map belongs to an object that is open and not loaded.
    let (key, value) = unsafe { (libbpf_sys::bpf_map__key_size(raw), libbpf_sys::bpf_map__value_size(raw)) };
    let entries = match map.map_type() {
        MapType::RingBuf | MapType::UserRingBuf => RING,
        MapType::StackTrace => STACKS,
        MapType::Hash
        | MapType::Array
        | MapType::ProgArray
        | MapType::PercpuHash
        | MapType::PercpuArray
        | MapType::CgroupArray
        | MapType::LruHash
        | MapType::LruPercpuHash
        | MapType::LpmTrie
        | MapType::ArrayOfMaps
        | MapType::HashOfMaps
        | MapType::Devmap
        | MapType::DevmapHash
        | MapType::Sockmap
        | MapType::Sockhash
        | MapType::Cpumap
        | MapType::Queue
        | MapType::Stack
        | MapType::BloomFilter => ENTRIES,
        // Those of libbpf's own making, and those that take none.
        _ => return None,
    };
    let is_stacks = map.map_type() == MapType::StackTrace;
    if is_stacks && key == 0 {
        // SAFETY: as above.
        unsafe { libbpf_sys::bpf_map__set_key_size(raw, NUMBER) };
    }
    if is_stacks && value == 0 {
        // SAFETY: as above.
        unsafe { libbpf_sys::bpf_map__set_value_size(raw, STACK) };
    }
    if map.max_entries() != 0 {
        return None;
    }
    map.set_max_entries(entries).ok()?;
    let kind = map_type(map.map_type() as u32);
    Some(Event::Sized { map: map.name().to_string_lossy().into_owned(), kind, entries })
}

fn holds_globals(map: &OpenMapMut<'_>) -> bool {
    maps::holds_globals(map.as_libbpf_object())
}
