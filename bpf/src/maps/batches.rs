//! The entries of a hash, many with one system call: a hundred thousand of them
//! take seconds one by one where the processor is emulated.
//!
//! Knows the call that reads batches. Decodes nothing.

use std::os::fd::{AsFd as _, AsRawFd as _};

use libbpf_rs::{Map, MapCore, MapType, libbpf_sys};

use super::Entries;

/// Entries of one call; a bucket of a hash has fewer.
const BATCH: usize = 1024;

/// A batch's values in memory, in bytes; with larger values it has fewer entries.
const MAX_BYTES: usize = 4 << 20;

/// The first `most` entries of a hash, and how many it has; `None` where the
/// kernel or the kind of map does not give them so. A value that each processor
/// has is all of them, one behind the other.
pub(super) fn read(map: &Map<'_>, most: usize) -> Option<(Entries, u64)> {
    let kind = map.map_type();
    if !matches!(kind, MapType::Hash | MapType::LruHash | MapType::PercpuHash | MapType::LruPercpuHash) {
        return None;
    }
    let key_size = map.key_size() as usize;
    let own_size = map.value_size() as usize;
    // Each processor's value begins at a multiple of eight bytes.
    let (place_size, places) = match kind.is_percpu() {
        true => (own_size.next_multiple_of(8), libbpf_rs::num_possible_cpus().ok()?),
        false => (own_size, 1),
    };
    let value_size = place_size * places;
    let each = BATCH.min(MAX_BYTES / value_size.max(1)).max(1);
    let mut keys = vec![0; each * key_size];
    let mut values = vec![0; each * value_size];
    // Where to go on: the kernel's, which writes four bytes at the least.
    let mut place = vec![0; key_size.max(4)];
    let mut entries = Entries::new();
    let (mut total, mut begun) = (0, false);
    loop {
        let mut count = u32::try_from(each).ok()?;
        let from = if begun { place.as_mut_ptr().cast() } else { std::ptr::null_mut() };
        // SAFETY: `keys` and `values` hold `count` entries of this map's sizes, and
        // `place` what the kernel goes on at; all outlive the call.
        let status = unsafe {
            libbpf_sys::bpf_map_lookup_batch(
                map.as_fd().as_raw_fd(),
                from,
                place.as_mut_ptr().cast(),
                keys.as_mut_ptr().cast(),
                values.as_mut_ptr().cast(),
                &raw mut count,
                std::ptr::null(),
            )
        };
        let is_last = status == -nix::libc::ENOENT;
        if status < 0 && !is_last {
            return None;
        }
        let got = count as usize;
        total += u64::from(count);
        let free = most.saturating_sub(entries.len());
        let pairs = keys.chunks_exact(key_size).zip(values.chunks_exact(value_size)).take(got.min(free));
        let own =
            |value: &[u8]| value.chunks_exact(place_size).flat_map(|own| &own[..own_size]).copied().collect();
        entries.extend(pairs.map(|(key, value)| (key.to_vec(), own(value))));
        if is_last {
            return Some((entries, total));
        }
        begun = true;
    }
}
