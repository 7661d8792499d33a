//! Bytes of a key that its shown value does not tell: padding, and what stands
//! after the end of a text. Two keys that differ only there are two keys.

use bpflab_worker::Value;
use libbpf_rs::btf::{
    Btf, BtfKind, BtfType, TypeId,
    types::{Array, Composite, MemberAttr},
};

use super::{is_char, size_of};

/// What a struct's hidden bytes are called.
const PADDING: &str = "(padding)";

/// The value with its hidden bytes, where there are any that are not zero.
pub(super) fn shown(btf: &Btf<'_>, id: TypeId, bytes: &[u8], value: Value) -> Value {
    let mut told = vec![false; bytes.len()];
    mark(btf, id, bytes, &mut told, 0);
    let hidden: Vec<u8> = bytes.iter().zip(told).filter(|(_, told)| !told).map(|(byte, _)| *byte).collect();
    if hidden.iter().all(|byte| *byte == 0) {
        return value;
    }
    match value {
        Value::Struct(mut fields) => {
            fields.push((PADDING.to_owned(), Value::Bytes(hidden)));
            Value::Struct(fields)
        }
        _ => Value::Bytes(bytes.to_vec()),
    }
}

/// Marks the bytes from `start` on that a value of this type tells.
fn mark(btf: &Btf<'_>, id: TypeId, bytes: &[u8], told: &mut [bool], start: usize) {
    let Some(ty) = btf.type_by_id::<BtfType<'_>>(id).map(|ty| ty.skip_mods_and_typedefs()) else { return };
    let size = size_of(btf, id).unwrap_or(0);
    let end = (start + size).min(bytes.len());
    match ty.kind() {
        BtfKind::Struct => {
            let Ok(of) = Composite::try_from(ty) else { return };
            for member in of.iter() {
                match member.attr {
                    MemberAttr::Normal { offset } => {
                        mark(btf, member.ty, bytes, told, start + offset as usize / 8);
                    }
                    // The bits beside it in its bytes are not looked at.
                    MemberAttr::BitField { size, offset } => {
                        let first = start + offset as usize / 8;
                        let last = start + (offset as usize + usize::from(size)).div_ceil(8);
                        fill(told, first, last);
                    }
                }
            }
        }
        BtfKind::Array => {
            let Ok(array) = Array::try_from(ty) else { return };
            let element = array.contained_type();
            let each = size_of(btf, element.type_id()).unwrap_or(0).max(1);
            if is_char(&element) {
                let text = bytes.get(start..end).unwrap_or_default();
                let length = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
                // A text that is none is told as bytes.
                let is_text = std::str::from_utf8(&text[..length]).is_ok();
                fill(told, start, if is_text { start + length } else { end });
            } else {
                (start..end).step_by(each).for_each(|at| mark(btf, element.type_id(), bytes, told, at));
            }
        }
        _ => fill(told, start, end),
    }
}

fn fill(told: &mut [bool], start: usize, end: usize) {
    let end = end.min(told.len());
    if let Some(part) = told.get_mut(start..end) {
        part.fill(true);
    }
}
