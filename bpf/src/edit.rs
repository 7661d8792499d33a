//! Changes to the maps of a running program, as someone asked for them.
//!
//! Knows which kinds of map can be changed, and how. Does not know who asked.

mod named;

use std::os::fd::{AsFd as _, AsRawFd as _};

use bpflab_worker::{BadChange, MapChange, Value};
use libbpf_rs::{
    AsRawLibbpf as _, Map, MapCore as _, MapType, Object,
    btf::{Btf, BtfKind, BtfType, TypeId, types::Composite},
    libbpf_sys,
};
use nix::libc;

use crate::{encode, maps};
use named::Given;

/// Entries of an array that are cleared in one go.
const MAX_CLEARED: u32 = 1 << 16;

/// Changes a map.
pub(crate) fn map(
    object: &Object,
    btf: Option<&Btf<'_>>,
    name: &str,
    change: &MapChange,
) -> Result<(), BadChange> {
    let map = find(object, name)?;
    let edit = Edit { object, map: &map, btf };
    match (maps::kind(&map), change) {
        (MapType::Queue | MapType::Stack | MapType::BloomFilter, MapChange::Set { value, .. }) => {
            edit.update(None, &edit.value(value)?.bytes)
        }
        (MapType::Queue | MapType::Stack, MapChange::Clear) => edit.pop_all(),
        (kind, _) if !takes_keys(kind) => Err(edit.wrong_kind()),
        (_, MapChange::Set { key, value }) => {
            let key = key.as_ref().ok_or_else(|| edit.wrong_kind())?;
            let (key, value) = (edit.key(key)?, edit.value(value)?);
            edit.update(Some(&key.bytes), &value.bytes)
        }
        (kind, MapChange::Delete { .. }) if is_array(kind) => Err(edit.wrong_kind()),
        (_, MapChange::Delete { key }) => edit.delete(&edit.key(key)?.bytes),
        (kind, MapChange::Clear) if is_array(kind) => edit.zero_all(),
        (_, MapChange::Clear) => {
            let keys: Vec<Vec<u8>> = map.keys().take(map.max_entries() as usize).collect();
            keys.iter().try_for_each(|key| match edit.delete(key) {
                Err(BadChange::NoSuchKey) => Ok(()), // the program was quicker
                other => other,
            })
        }
    }
}

/// Sends a record to the program, through a user ring buffer.
pub(crate) fn submit(
    object: &Object,
    btf: Option<&Btf<'_>>,
    name: &str,
    value: &Value,
) -> Result<(), BadChange> {
    let map = find(object, name)?;
    if map.map_type() != MapType::UserRingBuf {
        return Err(Edit { object, map: &map, btf }.wrong_kind());
    }
    let bytes = record(btf, value)?;
    let size = u32::try_from(bytes.len()).map_err(|_| BadChange::Full)?;
    let fd = map.as_fd().as_raw_fd();
    // SAFETY: the descriptor is a user ring buffer's; no options are given.
    let ring = unsafe { libbpf_sys::user_ring_buffer__new(fd, std::ptr::null()) };
    if ring.is_null() {
        return Err(BadChange::Errno(last_errno()));
    }
    // SAFETY: the ring is there, and freed once; a place that was reserved has
    // `size` bytes and is submitted.
    unsafe {
        let place = libbpf_sys::user_ring_buffer__reserve(ring, size);
        let errno = last_errno();
        if !place.is_null() {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), place.cast::<u8>(), bytes.len());
            libbpf_sys::user_ring_buffer__submit(ring, place);
        }
        libbpf_sys::user_ring_buffer__free(ring);
        match place.is_null() {
            false => Ok(()),
            true if matches!(errno, libc::ENOSPC | libc::E2BIG) => Err(BadChange::Full),
            true => Err(BadChange::Errno(errno)),
        }
    }
}

/// Fields are the struct's that has these; a text goes as it is, a number as 8 bytes.
fn record(btf: Option<&Btf<'_>>, value: &Value) -> Result<Vec<u8>, BadChange> {
    let misfit = |field: &str, ctype: &str| BadChange::Misfit {
        part: "value".into(),
        field: field.to_owned(),
        ctype: ctype.to_owned(),
    };
    match (value, btf) {
        (Value::Text(text), _) if !text.is_empty() => Ok(text.as_bytes().to_vec()),
        (Value::Struct(fields), Some(btf)) => {
            let id = with_fields(btf, fields).ok_or_else(|| misfit("", "struct"))?;
            encode::encode(btf, id, value).map_err(|wrong| misfit(&wrong.field, &wrong.ctype))
        }
        (value, _) => encode::plain(value, 8).ok_or_else(|| misfit("", "struct, text, number")),
    }
}

/// The first struct that has all of these fields.
fn with_fields(btf: &Btf<'_>, fields: &[(String, Value)]) -> Option<TypeId> {
    (1..btf.len() as u32).map(TypeId::from).find(|id| {
        let Some(ty) = btf.type_by_id::<BtfType<'_>>(*id) else { return false };
        if ty.kind() != BtfKind::Struct {
            return false;
        }
        let Ok(of) = Composite::try_from(ty) else { return false };
        fields
            .iter()
            .all(|(name, _)| of.iter().any(|member| member.name.is_some_and(|found| found == name.as_str())))
    })
}

fn find<'o>(object: &'o Object, name: &str) -> Result<Map<'o>, BadChange> {
    let visible = || object.maps().filter(|map| !maps::holds_globals(map.as_libbpf_object()));
    visible().find(|map| map.name() == name).ok_or_else(|| BadChange::UnknownMap {
        known: visible().map(|map| map.name().to_string_lossy().into_owned()).collect(),
    })
}

fn is_array(kind: MapType) -> bool {
    matches!(kind, MapType::Array | MapType::PercpuArray)
}

fn takes_keys(kind: MapType) -> bool {
    is_array(kind)
        || matches!(
            kind,
            MapType::Hash
                | MapType::LruHash
                | MapType::PercpuHash
                | MapType::LruPercpuHash
                | MapType::LpmTrie
                | MapType::ProgArray
                | MapType::ArrayOfMaps
                | MapType::HashOfMaps
                | MapType::Devmap
                | MapType::DevmapHash
                | MapType::Cpumap
                | MapType::CgroupArray
                | MapType::TaskStorage
                | MapType::CgroupStorage
        )
}

/// One map that is changed.
struct Edit<'a> {
    object: &'a Object,
    map: &'a Map<'a>,
    btf: Option<&'a Btf<'a>>,
}

impl Edit<'_> {
    fn wrong_kind(&self) -> BadChange {
        BadChange::WrongKind { kind: crate::object::map_type(self.map.map_type() as u32) }
    }

    fn key(&self, key: &Value) -> Result<Given, BadChange> {
        if let Some(named) = named::key(maps::kind(self.map), key) {
            return named;
        }
        let size = self.map.key_size() as usize;
        if let (MapType::LpmTrie, Value::Text(text)) = (self.map.map_type(), key)
            && let Some(bytes) = encode::prefix(text, size)
        {
            return Ok(bytes.into());
        }
        self.bytes("key", maps::types(self.map, self.btf).0, size, key).map(Given::from)
    }

    fn value(&self, value: &Value) -> Result<Given, BadChange> {
        let size = self.map.value_size() as usize;
        if let Some(named) = named::value(self.object, maps::kind(self.map), size, value) {
            return named;
        }
        let bytes = self.bytes("value", maps::types(self.map, self.btf).1, size, value)?;
        if !self.map.map_type().is_percpu() {
            return Ok(bytes.into());
        }
        // The same on every CPU; the kernel wants each at a multiple of eight.
        let mut padded = bytes;
        padded.resize(size.next_multiple_of(8), 0);
        let cpus = libbpf_rs::num_possible_cpus().map_err(|_| BadChange::Errno(libc::EINVAL))?;
        Ok(padded.repeat(cpus).into())
    }

    fn bytes(&self, part: &str, id: TypeId, size: usize, value: &Value) -> Result<Vec<u8>, BadChange> {
        let misfit = |field: String, ctype: String| BadChange::Misfit { part: part.to_owned(), field, ctype };
        match self.btf {
            Some(btf) if id != TypeId::from(0) => {
                let bytes =
                    encode::encode(btf, id, value).map_err(|wrong| misfit(wrong.field, wrong.ctype))?;
                (bytes.len() == size)
                    .then_some(bytes)
                    .ok_or_else(|| misfit(String::new(), format!("{size} bytes")))
            }
            _ => encode::plain(value, size).ok_or_else(|| misfit(String::new(), format!("{size} bytes"))),
        }
    }

    fn update(&self, key: Option<&[u8]>, value: &[u8]) -> Result<(), BadChange> {
        let key = key.map_or(std::ptr::null(), <[u8]>::as_ptr);
        // SAFETY: key and value have the sizes that the map says; the kernel reads them only.
        let status = unsafe {
            libbpf_sys::bpf_map_update_elem(
                self.map.as_fd().as_raw_fd(),
                key.cast(),
                value.as_ptr().cast(),
                u64::from(libbpf_sys::BPF_ANY),
            )
        };
        said(status)
    }

    fn delete(&self, key: &[u8]) -> Result<(), BadChange> {
        // SAFETY: the key has the size that the map says; the kernel reads it only.
        said(unsafe { libbpf_sys::bpf_map_delete_elem(self.map.as_fd().as_raw_fd(), key.as_ptr().cast()) })
    }

    fn zero_all(&self) -> Result<(), BadChange> {
        let size = self.map.value_size() as usize;
        let value = match self.map.map_type().is_percpu() {
            false => vec![0; size],
            true => {
                let cpus = libbpf_rs::num_possible_cpus().map_err(|_| BadChange::Errno(libc::EINVAL))?;
                vec![0; size.next_multiple_of(8) * cpus]
            }
        };
        let entries = self.map.max_entries().min(MAX_CLEARED);
        (0..entries).try_for_each(|index| self.update(Some(&index.to_ne_bytes()), &value))
    }

    fn pop_all(&self) -> Result<(), BadChange> {
        let mut value = vec![0u8; self.map.value_size() as usize];
        for _ in 0..self.map.max_entries() {
            // SAFETY: there is no key, and the value has the size that the map says.
            let status = unsafe {
                libbpf_sys::bpf_map_lookup_and_delete_elem(
                    self.map.as_fd().as_raw_fd(),
                    std::ptr::null(),
                    value.as_mut_ptr().cast(),
                )
            };
            match said(status) {
                Err(BadChange::NoSuchKey) => break,
                other => other?,
            }
        }
        Ok(())
    }
}

fn said(status: i32) -> Result<(), BadChange> {
    match -status {
        0 => Ok(()),
        libc::ENOENT => Err(BadChange::NoSuchKey),
        libc::EPERM => Err(BadChange::Frozen),
        // A hash that is full, and an index behind the end of an array.
        libc::E2BIG | libc::ENOMEM => Err(BadChange::Full),
        errno => Err(BadChange::Errno(errno)),
    }
}

fn last_errno() -> i32 {
    crate::object::last_errno()
}
