//! Global variables: named, typed, set before load and changed while running.
//!
//! Knows `.bss`, `.data` and `.rodata` and their BTF. Does not know when to look.

mod path;

use std::ptr::NonNull;

use bpflab_worker::{BadGlobal, Global, Value};
use libbpf_rs::{
    AsRawLibbpf, Object, OpenObject,
    btf::{
        Btf, BtfType, TypeId,
        types::{DataSec, Var},
    },
    libbpf_sys,
};

use crate::{ctype, decode, encode, maps};

/// Stands for the stimulus's pid in a value.
const STIMULUS: &str = "@stimulus";

/// One variable and where its bytes are.
struct Variable {
    name: String,
    ty: TypeId,
    bytes: *mut u8,
    size: usize,
    read_only: bool,
}

/// The variables of an object, and what was last said of them.
pub(crate) struct Globals {
    variables: Vec<Variable>,
    said: Vec<Option<Vec<u8>>>,
}

impl Globals {
    /// Before load: values set now are the ones the program starts with.
    pub(crate) fn before_load(opened: &OpenObject) -> Self {
        let Some(btf) = btf_of_opened(opened) else { return Self::none() };
        Self::find(&btf, opened.maps().map(|map| map.as_libbpf_object()))
    }

    /// After load: libbpf has mapped the kernel's memory at the same place.
    pub(crate) fn of(object: &Object) -> Self {
        let Ok(Some(btf)) = object.btf() else { return Self::none() };
        Self::find(&btf, object.maps().map(|map| map.as_libbpf_object()))
    }

    fn none() -> Self {
        Self { variables: Vec::new(), said: Vec::new() }
    }

    fn find(btf: &Btf<'_>, all: impl Iterator<Item = NonNull<libbpf_sys::bpf_map>>) -> Self {
        let mut variables = Vec::new();
        for map in all.filter(|map| maps::holds_globals(*map)) {
            let raw = map.as_ptr();
            let mut size = 0;
            // SAFETY: the map lives as long as its object; libbpf answers with null or `size` bytes.
            let memory = unsafe { libbpf_sys::bpf_map__initial_value(raw, &raw mut size) }.cast::<u8>();
            // SAFETY: the map lives as long as its object.
            let name = unsafe { std::ffi::CStr::from_ptr(libbpf_sys::bpf_map__name(raw)) }.to_string_lossy();
            let section = btf.type_by_id::<BtfType<'_>>(maps::section(map));
            let Some(section) = section.and_then(|ty| DataSec::try_from(ty).ok()) else { continue };
            if memory.is_null() {
                continue;
            }
            for entry in section.iter() {
                let Some(var) = btf.type_by_id::<Var<'_>>(entry.ty) else { continue };
                let Some(ty) = var.next_type().map(|ty| ty.type_id()) else { continue };
                let Some(variable) = var.name().map(|name| name.to_string_lossy().into_owned()) else {
                    continue;
                };
                // bpf_printk keeps each format in a constant of this name.
                let is_format = variable.contains("____fmt");
                let end = entry.offset as usize + entry.size;
                if is_format || end as u64 > size {
                    continue;
                }
                variables.push(Variable {
                    name: variable,
                    ty,
                    // SAFETY: the whole variable lies within the map's value.
                    bytes: unsafe { memory.add(entry.offset as usize) },
                    size: entry.size,
                    read_only: name.contains(".rodata") || name.contains(".kconfig"),
                });
            }
        }
        let said = variables.iter().map(|_| None).collect();
        Self { variables, said }
    }

    /// Sets a variable before load; constants can be set then.
    pub(crate) fn set(
        &self,
        btf: &Btf<'_>,
        name: &str,
        word: &str,
        stimulus: Option<u32>,
    ) -> Result<(), BadGlobal> {
        self.write(btf, name, word, stimulus, true)
    }

    /// Changes a variable of a running program.
    pub(crate) fn change(
        &self,
        btf: &Btf<'_>,
        name: &str,
        word: &str,
        stimulus: Option<u32>,
    ) -> Result<(), BadGlobal> {
        self.write(btf, name, word, stimulus, false)
    }

    fn write(
        &self,
        btf: &Btf<'_>,
        name: &str,
        word: &str,
        stimulus: Option<u32>,
        constants: bool,
    ) -> Result<(), BadGlobal> {
        // One of a function's own is called `function.name`: the longest name that fits is meant.
        let named = self.variables.iter().filter_map(|variable| {
            let path = name.strip_prefix(variable.name.as_str())?;
            (path.is_empty() || path.starts_with(['.', '['])).then_some((variable, path))
        });
        let Some((variable, path)) = named.min_by_key(|(_, path)| path.len()) else {
            let known = self.variables.iter().map(|variable| variable.name.clone()).collect();
            return Err(BadGlobal::Unknown { known });
        };
        if variable.read_only && !constants {
            return Err(BadGlobal::ReadOnly);
        }
        let part = path::part(btf, variable.ty, path).map_err(|around| BadGlobal::Unknown {
            known: around.into_iter().map(|part| format!("{}{part}", variable.name)).collect(),
        })?;
        let misfit = || BadGlobal::DoesNotFit { ctype: ctype::name(btf, part.ty) };
        // The types are the object's, which may lie: what is written lies within the variable.
        let end = decode::size_of(btf, part.ty).and_then(|size| part.offset.checked_add(size));
        if end.is_none_or(|end| end > variable.size) {
            return Err(misfit());
        }
        let pid = stimulus.map(|pid| pid.to_string());
        let word = match (word, &pid) {
            (STIMULUS, Some(pid)) => pid.as_str(),
            (STIMULUS, None) => return Err(BadGlobal::NoStimulus),
            (word, _) => word,
        };
        let bytes = encode::word(btf, part.ty, word)
            .filter(|bytes| bytes.len() <= variable.size - part.offset)
            .ok_or_else(misfit)?;
        // SAFETY: the part lies within the `size` bytes of the map's value, writable since
        // constants are only written before load, when libbpf still owns them.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), variable.bytes.add(part.offset), bytes.len());
        }
        Ok(())
    }

    /// The variables whose value changed since the last look.
    pub(crate) fn look(&mut self, btf: Option<&Btf<'_>>) -> Vec<Global> {
        let mut changed = Vec::new();
        for (variable, said) in self.variables.iter().zip(&mut self.said) {
            let mut now = vec![0; variable.size];
            // SAFETY: `size` bytes of mapped memory; the kernel may write meanwhile,
            // which at worst shows one torn value until the next look.
            unsafe { std::ptr::copy_nonoverlapping(variable.bytes, now.as_mut_ptr(), variable.size) };
            if said.as_ref() == Some(&now) {
                continue;
            }
            let (ctype, value) = match btf {
                Some(btf) => (ctype::name(btf, variable.ty), decode::decode(btf, variable.ty, &now)),
                None => (String::new(), Value::Bytes(now.clone())),
            };
            changed.push(Global { name: variable.name.clone(), ctype, value });
            *said = Some(now);
        }
        changed
    }
}

/// The BTF of an object that is not loaded yet.
pub(crate) fn btf_of_opened(opened: &OpenObject) -> Option<Btf<'_>> {
    // SAFETY: the object outlives the borrow.
    Btf::from_bpf_object(unsafe { opened.as_libbpf_object().as_ref() }).ok().flatten()
}
