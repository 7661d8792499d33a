//! A part of a variable, as C writes it: `.field`, `[2]`, and so on inwards.
//!
//! Knows BTF's layouts. Does not know where the variable is.

use libbpf_rs::btf::{
    Btf, BtfType, TypeId,
    types::{Array, Composite, MemberAttr},
};

use crate::decode::size_of;

/// A type, and where it begins within the whole, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) ty: TypeId,
    pub(crate) offset: usize,
}

/// What `path` leads to within a type; the paths that there are instead, where it leads nowhere.
pub(crate) fn part(btf: &Btf<'_>, ty: TypeId, path: &str) -> Result<Part, Vec<String>> {
    let mut at = Part { ty, offset: 0 };
    let mut left = path;
    while !left.is_empty() {
        let before = &path[..path.len() - left.len()];
        let instead = || -> Vec<String> {
            around(btf, at.ty).into_iter().map(|part| format!("{before}{part}")).collect()
        };
        let (next, rest) = step(btf, at, left).ok_or_else(instead)?;
        (at, left) = (next, rest);
    }
    Ok(at)
}

/// One field or element further in, and what is left of the path.
fn step<'p>(btf: &Btf<'_>, at: Part, path: &'p str) -> Option<(Part, &'p str)> {
    let ty = btf.type_by_id::<BtfType<'_>>(at.ty)?.skip_mods_and_typedefs();
    if let Some(path) = path.strip_prefix('[') {
        let (index, rest) = path.split_once(']')?;
        let array = Array::try_from(ty).ok()?;
        let index = index.trim().parse::<usize>().ok().filter(|index| *index < array.capacity())?;
        let element = array.contained_type().type_id();
        return Some((Part { ty: element, offset: at.offset + index * size_of(btf, element)? }, rest));
    }
    let path = path.strip_prefix('.')?;
    let (name, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    let field = field(btf, &Composite::try_from(ty).ok()?, name)?;
    Some((Part { offset: at.offset + field.offset, ..field }, rest))
}

/// A field by its name; those of nameless structs and unions are the outer one's.
fn field(btf: &Btf<'_>, of: &Composite<'_>, name: &str) -> Option<Part> {
    of.iter().find_map(|member| {
        // A part of a byte cannot be written by itself.
        let MemberAttr::Normal { offset } = member.attr else { return None };
        let here = Part { ty: member.ty, offset: offset as usize / 8 };
        match member.name.filter(|name| !name.is_empty()) {
            Some(found) => (found == name).then_some(here),
            None => {
                let inner = btf.type_by_id::<BtfType<'_>>(member.ty)?.skip_mods_and_typedefs();
                let inner = field(btf, &Composite::try_from(inner).ok()?, name)?;
                Some(Part { offset: here.offset + inner.offset, ..inner })
            }
        }
    })
}

/// The steps that lead further in.
fn around(btf: &Btf<'_>, ty: TypeId) -> Vec<String> {
    let Some(ty) = btf.type_by_id::<BtfType<'_>>(ty).map(|ty| ty.skip_mods_and_typedefs()) else {
        return Vec::new();
    };
    if let Ok(array) = Array::try_from(ty) {
        return vec!["[0]".to_owned(), format!("[{}]", array.capacity().saturating_sub(1))];
    }
    let Ok(of) = Composite::try_from(ty) else { return vec![String::new()] };
    of.iter()
        .filter_map(|member| member.name)
        .map(|name| format!(".{}", name.to_string_lossy()))
        .filter(|name| name != ".")
        .collect()
}
