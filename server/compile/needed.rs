//! The kernel's types that an object's CO-RE relocations speak of: some
//! kilobytes out of megabytes, so that a guest need not read them all before
//! it loads the object.
//!
//! Knows how libbpf finds a relocation's candidates (src/relo_core.c): by kind
//! and by name without its flavour. Does not relocate: that is libbpf's, with
//! these types as with all of them.

use std::collections::BTreeSet;

use bpflab_worker::KernelTypes;

use super::btf::{Btf, kind, u32_at};

/// Where the header of BTF.ext says how long it is, and where relocations are.
const HEADER_LENGTH_AT: usize = 4;
const RELOCATIONS_AT: usize = 24;
const HEADER_WITH_RELOCATIONS: usize = 32;

/// In a relocation: its type, and what of that it asks.
const TYPE_AT: usize = 4;
const ASKED_AT: usize = 12;

/// What a relocation may ask (`enum bpf_core_relo_kind`).
const OWN_TYPE_ID: usize = 6;
const KERNEL_TYPE_ID: usize = 7;
const TYPE_EXISTS: usize = 8;
const TYPE_SIZE: usize = 9;
const TYPE_MATCHES: usize = 12;

/// More of the kernel's types than any program speaks of: then all may be read.
const MAX_TYPES: usize = 20_000;

/// The types of `kernel` that relocations of the object with these sections
/// speak of. `None` where only all types will do: a type's number is one among
/// all, and comparing whole types follows their pointers.
pub(super) fn needed(btf: &[u8], ext: &[u8], kernel: &[u8]) -> Option<KernelTypes> {
    let own = Btf::read(btf)?;
    let asked = relocations(ext)?;
    if asked.is_empty() {
        return None; // nothing is read then
    }
    let kernel = Btf::read(kernel)?;
    let mut wanted = Vec::new();
    for (id, asks) in asked {
        let of = own.get(id)?;
        match asks {
            OWN_TYPE_ID => continue,
            KERNEL_TYPE_ID | TYPE_MATCHES => return None,
            TYPE_EXISTS | TYPE_SIZE if !is_whole(of.kind) => return None,
            _ => {}
        }
        let name = essential(own.name(of).filter(|name| !name.is_empty())?);
        wanted.push((family(of.kind), name));
    }
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = vec![false; wanted.len()];
    let mut todo = Vec::new();
    for id in 1..kernel.count() {
        let of = kernel.get(id)?;
        let name = essential(kernel.name(of)?);
        if let Ok(at) = wanted.binary_search(&(family(of.kind), name)) {
            found[at] = true;
            todo.push(id);
        }
    }
    let needed = kernel.only(&with_parts(&kernel, todo)?)?;
    Some(if found.contains(&false) { KernelTypes::Partly(needed) } else { KernelTypes::Needed(needed) })
}

/// Types and all that they are made of, pointers' ends left out.
fn with_parts(kernel: &Btf<'_>, mut todo: Vec<usize>) -> Option<Vec<usize>> {
    let mut parts = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if id == 0 || !parts.insert(id) {
            continue;
        }
        let of = kernel.get(id)?;
        if of.kind == kind::PROTOTYPE || parts.len() > MAX_TYPES {
            return None;
        }
        if of.kind != kind::POINTER {
            todo.extend(of.refers_to());
        }
    }
    Some(parts.into_iter().collect())
}

/// Whether what is asked of the type itself is known without what it refers to.
fn is_whole(kind: u32) -> bool {
    matches!(
        kind,
        kind::STRUCT | kind::UNION | kind::ENUM | kind::ENUM64 | kind::INT | kind::FLOAT | kind::FORWARD
    )
}

/// Both sizes of enum are one to libbpf.
fn family(kind: u32) -> u32 {
    if kind == kind::ENUM64 { kind::ENUM } else { kind }
}

/// The name before its flavour: `task_struct` of `task_struct___old`.
fn essential(name: &[u8]) -> &[u8] {
    let is_mark = |five: &[u8]| five[0] != b'_' && &five[1..4] == b"___" && five[4] != b'_';
    name.windows(5).rposition(is_mark).map_or(name, |at| &name[..=at])
}

/// The type and the question of each relocation.
fn relocations(ext: &[u8]) -> Option<Vec<(usize, usize)>> {
    let header = u32_at(ext, HEADER_LENGTH_AT)?;
    if header < HEADER_WITH_RELOCATIONS {
        return Some(Vec::new());
    }
    let at = header.checked_add(u32_at(ext, RELOCATIONS_AT)?)?;
    let all = ext.get(at..)?.get(..u32_at(ext, RELOCATIONS_AT + 4)?)?;
    if all.is_empty() {
        return Some(Vec::new());
    }
    let size = u32_at(all, 0).filter(|size| *size > ASKED_AT)?;
    let (mut rest, mut found) = (all.get(4..)?, Vec::new());
    while !rest.is_empty() {
        // A section's name, how many it has, and these.
        let (of_section, others) = rest.get(8..)?.split_at_checked(u32_at(rest, 4)?.checked_mul(size)?)?;
        for one in of_section.chunks_exact(size) {
            found.push((u32_at(one, TYPE_AT)?, u32_at(one, ASKED_AT)?));
        }
        rest = others;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_flavour_is_no_part_of_a_name() {
        let names = ["task_struct", "task_struct___old", "a___b___c", "____x", "x___", "a____b", ""];
        let expected = ["task_struct", "task_struct", "a___b", "____x", "x___", "a____b", ""];
        let found = names.map(|name| essential(name.as_bytes()));
        assert_eq!(found.map(|name| std::str::from_utf8(name).expect("text")), expected);
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(btf: Vec<u8>, ext: Vec<u8>, kernel: Vec<u8>) {
            prop_assert!(needed(&btf, &ext, &kernel).is_none());
        }
    }
}
