//! Bytes and their BTF type -> [`Value`]; `encode` is the way back.
//!
//! Knows BTF kinds and layouts. Does not know where the bytes come from.

mod address;
mod hidden;
mod layout;

pub(crate) use address::prefix;
use bpflab_worker::{MAX_DEPTH, Value};
pub(crate) use layout::Layout;
use libbpf_rs::btf::{
    Btf, BtfKind, BtfType, TypeId,
    types::{Array, Composite, Enum, Enum64, Int, IntEncoding, MemberAttr},
};

/// Elements of one array that are shown.
const MAX_ELEMENTS: usize = 256;

/// Reads `bytes` as a value of type `id`; as plain bytes where BTF does not say.
pub(crate) fn decode(btf: &Btf<'_>, id: TypeId, bytes: &[u8]) -> Value {
    // One level is left for the array of a per-CPU value around this one.
    decode_at(btf, id, bytes, MAX_DEPTH - 1).unwrap_or_else(|| Value::Bytes(bytes.to_vec()))
}

/// A map's key: with what its value does not tell, since that makes keys differ.
pub(crate) fn decode_key(btf: &Btf<'_>, id: TypeId, bytes: &[u8]) -> Value {
    hidden::shown(btf, id, bytes, decode(btf, id, bytes))
}

fn decode_at(btf: &Btf<'_>, id: TypeId, bytes: &[u8], depth: usize) -> Option<Value> {
    let ty = btf.type_by_id::<BtfType<'_>>(id)?.skip_mods_and_typedefs();
    match ty.kind() {
        BtfKind::Int => {
            let int = Int::try_from(ty).ok()?;
            let size = usize::from(int.bits).div_ceil(8);
            Some(integer(int.encoding, bytes.get(..size)?, int.bits))
        }
        BtfKind::Enum => {
            let list = Enum::try_from(ty).ok()?;
            let raw = unsigned(bytes.get(..4)?);
            let value = if list.is_signed() { i64::from(raw as u32 as i32) } else { raw as i64 };
            let name = list.iter().find(|member| member.value == value).and_then(|member| member.name);
            Some(Value::Enum { name: name.map(|name| name.to_string_lossy().into_owned()), value })
        }
        BtfKind::Enum64 => {
            let list = Enum64::try_from(ty).ok()?;
            let value = unsigned(bytes.get(..8)?) as i64;
            let name = list.iter().find(|member| member.value as i64 == value).and_then(|member| member.name);
            Some(Value::Enum { name: name.map(|name| name.to_string_lossy().into_owned()), value })
        }
        BtfKind::Ptr => Some(Value::Pointer(unsigned(bytes.get(..8)?))),
        BtfKind::Float => match bytes.len() {
            4 => Some(Value::Float(f32::from_ne_bytes(bytes.try_into().ok()?).into())),
            8 => Some(Value::Float(f64::from_ne_bytes(bytes.try_into().ok()?))),
            _ => None,
        },
        BtfKind::Array => array(btf, Array::try_from(ty).ok()?, bytes, depth.checked_sub(1)?),
        BtfKind::Struct | BtfKind::Union => {
            let mut fields = Vec::new();
            members(btf, Composite::try_from(ty).ok()?, bytes, depth.checked_sub(1)?, &mut fields)?;
            Some(Value::Struct(fields))
        }
        _ => None,
    }
}

fn integer(encoding: IntEncoding, bytes: &[u8], bits: u8) -> Value {
    if bytes.len() > 8 {
        return Value::Bytes(bytes.to_vec());
    }
    let raw = unsigned(bytes);
    match encoding {
        IntEncoding::Bool => Value::Bool(raw != 0),
        IntEncoding::Signed | IntEncoding::Char => Value::Int { value: sign_extend(raw, bits), bits },
        IntEncoding::None => Value::Uint { value: raw, bits },
    }
}

fn array(btf: &Btf<'_>, array: Array<'_>, bytes: &[u8], depth: usize) -> Option<Value> {
    let element = array.contained_type();
    let size = size_of(btf, element.type_id())?;
    if is_char(&element) {
        return Some(text(bytes));
    }
    if size == 0 {
        return Some(Value::Array(Vec::new()));
    }
    bytes
        .chunks_exact(size)
        .take(array.capacity().min(MAX_ELEMENTS))
        .map(|piece| decode_at(btf, element.type_id(), piece, depth))
        .collect::<Option<_>>()
        .map(Value::Array)
}

fn text(bytes: &[u8]) -> Value {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    match std::str::from_utf8(&bytes[..end]) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Bytes(bytes.to_vec()),
    }
}

/// A char array is text. `__u8` is an unsigned char and is not.
fn is_char(element: &BtfType<'_>) -> bool {
    let plain = element.skip_mods_and_typedefs();
    plain.name().is_some_and(|name| name == "char")
}

fn members(
    btf: &Btf<'_>,
    of: Composite<'_>,
    bytes: &[u8],
    depth: usize,
    into: &mut Vec<(String, Value)>,
) -> Option<()> {
    for member in of.iter() {
        let value = match member.attr {
            MemberAttr::BitField { size, offset } => bitfield(btf, member.ty, bytes, offset as usize, size)?,
            MemberAttr::Normal { offset } => {
                let start = offset as usize / 8;
                let length = size_of(btf, member.ty)?;
                let piece = bytes.get(start..start + length)?;
                if member.name.is_none_or(|name| name.is_empty()) {
                    // An anonymous struct or union: its fields are C's own names here.
                    let inner = btf.type_by_id::<BtfType<'_>>(member.ty)?.skip_mods_and_typedefs();
                    members(btf, Composite::try_from(inner).ok()?, piece, depth.checked_sub(1)?, into)?;
                    continue;
                }
                let name = member.name.and_then(std::ffi::OsStr::to_str);
                match address::read(btf, member.ty, name, piece) {
                    Some(address) => address,
                    None => decode_at(btf, member.ty, piece, depth)?,
                }
            }
        };
        if let Some(name) = member.name.filter(|name| !name.is_empty()) {
            into.push((name.to_string_lossy().into_owned(), value));
        }
    }
    Some(())
}

/// Bits counted from the least significant one, as on every little-endian machine.
fn bitfield(btf: &Btf<'_>, id: TypeId, bytes: &[u8], offset: usize, size: u8) -> Option<Value> {
    let first = offset / 8;
    let last = (offset + usize::from(size)).div_ceil(8);
    let mut wide = [0; 16];
    let piece = bytes.get(first..last)?;
    wide.get_mut(..piece.len())?.copy_from_slice(piece);
    let shifted = u128::from_le_bytes(wide) >> (offset % 8);
    let raw = shifted as u64 & (u64::MAX >> (64 - u32::from(size.clamp(1, 64))));
    let ty = btf.type_by_id::<BtfType<'_>>(id)?.skip_mods_and_typedefs();
    Some(match Int::try_from(ty).map(|int| int.encoding) {
        Ok(IntEncoding::Bool) => Value::Bool(raw != 0),
        Ok(IntEncoding::Signed | IntEncoding::Char) => {
            Value::Int { value: sign_extend(raw, size), bits: size }
        }
        Ok(IntEncoding::None) | Err(_) => Value::Uint { value: raw, bits: size },
    })
}

/// Size in bytes, through modifiers, typedefs and arrays.
pub(crate) fn size_of(btf: &Btf<'_>, id: TypeId) -> Option<usize> {
    use libbpf_rs::AsRawLibbpf as _;
    // SAFETY: the BTF lives as long as the borrow; an unknown id gives a negative answer.
    let size = unsafe { libbpf_sys::btf__resolve_size(btf.as_libbpf_object().as_ptr(), id.into()) };
    usize::try_from(size).ok()
}

fn unsigned(bytes: &[u8]) -> u64 {
    let mut wide = [0; 8];
    let length = bytes.len().min(8);
    wide[..length].copy_from_slice(&bytes[..length]);
    u64::from_le_bytes(wide)
}

fn sign_extend(raw: u64, bits: u8) -> i64 {
    let spare = 64 - u32::from(bits.clamp(1, 64));
    ((raw << spare) as i64) >> spare
}
