//! What some maps hold is no number that a person knows: a program, a map, an interface, a
//! cgroup, a process. They are named, and the kernel is given a descriptor or an index.
//!
//! Knows the names. Does not know how a map is changed.

use std::{
    fs::File,
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd, RawFd},
};

use bpflab_worker::{BadChange, Value};
use libbpf_rs::{AsRawLibbpf as _, MapCore as _, MapType, Object};
use nix::net::if_::if_nametoindex;

use crate::{maps, pidfd, stimulus::CGROUP, target::interfaces};

/// Bytes for the kernel, and what must stay open until it has read them.
pub(super) struct Given {
    pub(super) bytes: Vec<u8>,
    _open: Option<OwnedFd>,
}

impl From<Vec<u8>> for Given {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, _open: None }
    }
}

impl Given {
    fn number(fd: RawFd) -> Self {
        fd.to_ne_bytes().to_vec().into()
    }

    fn open(fd: OwnedFd) -> Self {
        Self { bytes: fd.as_raw_fd().to_ne_bytes().to_vec(), _open: Some(fd) }
    }
}

/// The value that `value` names in a map of a kind, which takes `size` bytes; `None` where
/// values of the kind are written as they are.
pub(super) fn value(
    object: &Object,
    kind: MapType,
    size: usize,
    value: &Value,
) -> Option<Result<Given, BadChange>> {
    if let (MapType::Devmap | MapType::DevmapHash, Value::Struct(fields)) = (kind, value) {
        return Some(device(object, size, fields));
    }
    let Value::Text(name) = value else { return None };
    let unknown = |known: Vec<String>| BadChange::Unnamed { name: name.clone(), known };
    match kind {
        MapType::ProgArray => Some(program(object, name).map_err(unknown)),
        MapType::ArrayOfMaps | MapType::HashOfMaps => {
            let visible = || object.maps().filter(|map| !maps::holds_globals(map.as_libbpf_object()));
            let known = || visible().map(|map| map.name().to_string_lossy().into_owned());
            let map = visible().find(|map| map.name() == name.as_str());
            let given = map.map(|map| Given::number(map.as_fd().as_raw_fd()));
            Some(given.ok_or_else(|| unknown(known().collect())))
        }
        MapType::Devmap | MapType::DevmapHash if name.parse::<u32>().is_err() => {
            Some(interface(name, size).ok_or_else(|| unknown(interfaces(false))))
        }
        MapType::CgroupArray => Some(match name.as_str() {
            "cgroup" => File::open(CGROUP).map(|folder| Given::open(folder.into())).map_err(errno),
            _ => Err(unknown(vec!["cgroup".to_owned()])),
        }),
        _ => None,
    }
}

/// The key of whom a storage map keeps something for; `None` where keys are values.
pub(super) fn key(kind: MapType, key: &Value) -> Option<Result<Given, BadChange>> {
    (kind == MapType::TaskStorage).then_some(())?;
    let pid = match key {
        Value::Text(text) => text.parse().ok(),
        Value::Uint { value, .. } => u32::try_from(*value).ok(),
        Value::Int { value, .. } => u32::try_from(*value).ok(),
        _ => None,
    };
    let misfit = BadChange::Misfit { part: "key".into(), field: String::new(), ctype: "process ID".into() };
    Some(pid.ok_or(misfit).and_then(|pid| pidfd::open(pid).map(Given::open).map_err(errno)))
}

/// An interface and the program that packets to it go through, as the kernel's
/// `struct bpf_devmap_val` has them: `ifindex` and `bpf_prog`, each by its name.
fn device(object: &Object, size: usize, fields: &[(String, Value)]) -> Result<Given, BadChange> {
    let misfit = |field: &str, ctype: &str| BadChange::Misfit {
        part: "value".into(),
        field: field.to_owned(),
        ctype: ctype.to_owned(),
    };
    if size < 2 * size_of::<u32>() {
        return Err(misfit("", "an interface, without a program: its values have 4 bytes"));
    }
    let mut bytes = vec![0; size];
    for (field, value) in fields {
        let Value::Text(name) = value else { return Err(misfit(field, "name")) };
        let unknown = |known: Vec<String>| BadChange::Unnamed { name: name.clone(), known };
        let (at, given) = match field.as_str() {
            "ifindex" => (0, interface(name, size_of::<u32>()).ok_or_else(|| unknown(interfaces(false)))?),
            "bpf_prog" => (size_of::<u32>(), program(object, name).map_err(unknown)?),
            _ => return Err(misfit(field, "struct bpf_devmap_val")),
        };
        bytes[at..at + size_of::<u32>()].copy_from_slice(&given.bytes);
    }
    Ok(bytes.into())
}

/// A program of the object; else the names of those that there are.
fn program(object: &Object, name: &str) -> Result<Given, Vec<String>> {
    let found = object.progs().find(|program| program.name() == name);
    found
        .map(|program| Given::number(program.as_fd().as_raw_fd()))
        .ok_or_else(|| object.progs().map(|program| program.name().to_string_lossy().into_owned()).collect())
}

/// The index of an interface, and no program besides it.
fn interface(name: &str, size: usize) -> Option<Given> {
    let mut bytes = if_nametoindex(name).ok()?.to_ne_bytes().to_vec();
    bytes.resize(size, 0);
    Some(bytes.into())
}

fn errno(error: std::io::Error) -> BadChange {
    BadChange::Errno(error.raw_os_error().unwrap_or(nix::libc::EINVAL))
}
