//! The types that a program's source gives a map: libbpf keeps them from the
//! kernel, and forgets them, for kinds of maps whose types no kernel takes.
//!
//! Knows how BTF has what `SEC(".maps")` declares. Knows no map itself.

use std::ffi::OsStr;

use libbpf_rs::btf::{
    Btf, BtfKind, BtfType, TypeId,
    types::{Composite, DataSec, Ptr, Var},
};

const SECTION: &str = ".maps";

/// Of key and value; 0 where the source has none.
pub(super) fn types(btf: &Btf<'_>, map: &OsStr) -> (TypeId, TypeId) {
    declaration(btf, map).map_or((TypeId::from(0), TypeId::from(0)), |of| {
        (pointed(btf, &of, "key"), pointed(btf, &of, "value"))
    })
}

/// The struct of a map's own, such as `struct { __uint(type, ...); __type(value, int); }`.
fn declaration<'b>(btf: &'b Btf<'b>, map: &OsStr) -> Option<Composite<'b>> {
    let section = (1..btf.len() as u32).rev().find_map(|id| {
        let ty = btf.type_by_id::<BtfType<'_>>(TypeId::from(id))?;
        let is_it = ty.kind() == BtfKind::DataSec && ty.name().is_some_and(|name| name == SECTION);
        is_it.then(|| DataSec::try_from(ty).ok()).flatten()
    })?;
    section.iter().find_map(|entry| {
        let var = btf.type_by_id::<Var<'_>>(entry.ty).filter(|var| var.name() == Some(map))?;
        Composite::try_from(var.next_type()?.skip_mods_and_typedefs()).ok()
    })
}

/// `__type(NAME, T)` declares a field that points to a T.
fn pointed(btf: &Btf<'_>, of: &Composite<'_>, name: &str) -> TypeId {
    let field = of.iter().find(|member| member.name.is_some_and(|found| found == name));
    let pointer = field.and_then(|member| btf.type_by_id::<Ptr<'_>>(member.ty));
    pointer.and_then(|pointer| pointer.next_type()).map_or(TypeId::from(0), |ty| ty.type_id())
}
