//! A part of a variable, as C writes it: `.field`, `[2]`, and so on inwards.
//!
//! Knows BTF's layouts. Does not know where the variable is.

use bpflab_worker::MAX_DEPTH;
use libbpf_rs::btf::{
    Btf, BtfType, TypeId,
    types::{Array, Composite, MemberAttr},
};

use crate::decode::size_of;

/// Fields that are looked at for one name: types that lie may hold themselves.
const MOST: usize = 10_000;

/// A type, and where it begins within the whole, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) ty: TypeId,
    pub(crate) offset: usize,
}

impl Part {
    /// What lies so far further in.
    fn inside(self, inner: Self) -> Option<Self> {
        Some(Self { ty: inner.ty, offset: self.offset.checked_add(inner.offset)? })
    }
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
        let (next, rest) = step(btf, at.ty, left).ok_or_else(instead)?;
        (at, left) = (at.inside(next).ok_or_else(instead)?, rest);
    }
    Ok(at)
}

/// One field or element further in, and what is left of the path.
fn step<'p>(btf: &Btf<'_>, ty: TypeId, path: &'p str) -> Option<(Part, &'p str)> {
    let ty = btf.type_by_id::<BtfType<'_>>(ty)?.skip_mods_and_typedefs();
    if let Some(path) = path.strip_prefix('[') {
        let (index, rest) = path.split_once(']')?;
        let array = Array::try_from(ty).ok()?;
        let index = index.trim().parse::<usize>().ok().filter(|index| *index < array.capacity())?;
        let element = array.contained_type().type_id();
        return Some((Part { ty: element, offset: index.checked_mul(size_of(btf, element)?)? }, rest));
    }
    let path = path.strip_prefix('.')?;
    let (name, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    let of = Composite::try_from(ty).ok()?;
    let field = fields(btf, &of).into_iter().find(|(found, _)| found == name)?;
    Some((field.1, rest))
}

/// The fields that can be written by themselves; those of nameless structs and
/// unions are the outer one's. A part of a byte cannot.
fn fields(btf: &Btf<'_>, of: &Composite<'_>) -> Vec<(String, Part)> {
    let mut found = Vec::new();
    let mut left = MOST;
    collect(btf, of, Part { ty: TypeId::from(0), offset: 0 }, MAX_DEPTH, &mut left, &mut found);
    found
}

fn collect(
    btf: &Btf<'_>,
    of: &Composite<'_>,
    at: Part,
    depth: usize,
    left: &mut usize,
    found: &mut Vec<(String, Part)>,
) {
    let Some(deeper) = depth.checked_sub(1) else { return };
    for member in of.iter() {
        let Some(one_less) = left.checked_sub(1) else { return };
        *left = one_less;
        let MemberAttr::Normal { offset } = member.attr else { continue };
        let Some(here) = at.inside(Part { ty: member.ty, offset: offset as usize / 8 }) else { continue };
        match member.name.filter(|name| !name.is_empty()) {
            Some(name) => found.push((name.to_string_lossy().into_owned(), here)),
            None => {
                let inner = btf.type_by_id::<BtfType<'_>>(member.ty).map(|ty| ty.skip_mods_and_typedefs());
                if let Some(inner) = inner.and_then(|ty| Composite::try_from(ty).ok()) {
                    collect(btf, &inner, here, deeper, left, found);
                }
            }
        }
    }
}

/// The steps that lead further in.
fn around(btf: &Btf<'_>, ty: TypeId) -> Vec<String> {
    let Some(ty) = btf.type_by_id::<BtfType<'_>>(ty).map(|ty| ty.skip_mods_and_typedefs()) else {
        return Vec::new();
    };
    if let Ok(array) = Array::try_from(ty) {
        return match array.capacity() {
            0 => Vec::new(),
            1 => vec!["[0]".to_owned()],
            more => vec!["[0]".to_owned(), format!("[{}]", more - 1)],
        };
    }
    let Ok(of) = Composite::try_from(ty) else { return vec![String::new()] };
    fields(btf, &of).into_iter().map(|(name, _)| format!(".{name}")).collect()
}
