//! What a person means by a value -> its bytes, by their BTF type; and which
//! field does not fit.
//!
//! Knows BTF's layouts and how addresses are written. Knows no map.

use std::net::{Ipv4Addr, Ipv6Addr};

use bpflab_worker::{MAX_DEPTH, Value};
use libbpf_rs::btf::{
    Btf, BtfKind, BtfType, TypeId,
    types::{Array, Composite, Enum, Enum64, Int, IntEncoding, MemberAttr},
};

use crate::{ctype, decode::size_of};

/// The field that a value does not fit, and its C type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// Dotted, from the outermost; empty for the whole value.
    pub(crate) field: String,
    pub(crate) ctype: String,
}

/// A value of type `id` as bytes.
pub(crate) fn encode(btf: &Btf<'_>, id: TypeId, value: &Value) -> Result<Vec<u8>, Misfit> {
    let size = size_of(btf, id).ok_or_else(|| misfit(btf, id, ""))?;
    let mut bytes = vec![0; size];
    put(btf, id, value, &mut bytes, "", MAX_DEPTH)?;
    Ok(bytes)
}

/// A person's word for a number, an enumerator, an address or a text; `None`
/// when it does not fit.
pub(crate) fn word(btf: &Btf<'_>, id: TypeId, word: &str) -> Option<Vec<u8>> {
    let ty = btf.type_by_id::<BtfType<'_>>(id)?.skip_mods_and_typedefs();
    let size = size_of(btf, id)?;
    if let Some(address) = address(word).filter(|address| address.len() == size) {
        return Some(address);
    }
    let value = match ty.kind() {
        BtfKind::Int => {
            let int = Int::try_from(ty).ok()?;
            let value = match (int.encoding, word) {
                (IntEncoding::Bool, "true") => 1,
                (IntEncoding::Bool, "false") => 0,
                _ => number(word)?,
            };
            fits(int.encoding, int.bits, value).then_some(value)?
        }
        BtfKind::Enum => {
            let list = Enum::try_from(ty).ok()?;
            enumerator(word, list.iter().map(|member| (member.name, i128::from(member.value))))?
        }
        BtfKind::Enum64 => {
            let list = Enum64::try_from(ty).ok()?;
            enumerator(word, list.iter().map(|member| (member.name, member.value)))?
        }
        BtfKind::Ptr => number(word).filter(|value| fits(IntEncoding::None, 64, *value))?,
        BtfKind::Array => {
            let array = Array::try_from(ty).ok()?;
            let element = array.contained_type();
            let mut bytes = match is_text(&array) {
                true => {
                    Some(word.as_bytes().to_vec()).filter(|text| text.len() < size && !text.contains(&0))?
                }
                false => list(btf, element.type_id(), array.capacity(), word)?,
            };
            bytes.resize(size, 0);
            return Some(bytes);
        }
        _ => return None,
    };
    Some(value.to_le_bytes().get(..size)?.to_vec())
}

/// Whether it is a `char[]`.
fn is_text(array: &Array<'_>) -> bool {
    array.contained_type().skip_mods_and_typedefs().name().is_some_and(|name| name == "char")
}

/// The first elements of an array, with commas between them; of rows none, since a
/// list does not say where one ends.
fn list(btf: &Btf<'_>, element: TypeId, most: usize, words: &str) -> Option<Vec<u8>> {
    let kind = btf.type_by_id::<BtfType<'_>>(element)?.skip_mods_and_typedefs();
    if kind.kind() == BtfKind::Array && !is_text(&Array::try_from(kind).ok()?) {
        return None;
    }
    let words: Vec<&str> = words.split(',').map(str::trim).collect();
    if words.len() > most {
        return None;
    }
    words.iter().map(|one| word(btf, element, one)).collect::<Option<Vec<_>>>().map(|all| all.concat())
}

/// Bytes of a type that BTF does not know: a number, or `0x` and digits for each byte.
pub(crate) fn plain(value: &Value, size: usize) -> Option<Vec<u8>> {
    let number = match value {
        Value::Int { value, .. } => i128::from(*value),
        Value::Uint { value, .. } => i128::from(*value),
        Value::Text(text) => match text.strip_prefix("0x") {
            Some(digits) if digits.len() == size * 2 => {
                let byte = |at| u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok();
                return (0..size).map(byte).collect();
            }
            _ => number(text)?,
        },
        _ => return None,
    };
    let mut bytes = number.to_le_bytes().to_vec();
    let rest = if number < 0 { 0xff } else { 0 };
    let used = size.min(bytes.len());
    if bytes[used..].iter().any(|byte| *byte != rest) {
        return None;
    }
    bytes.resize(size, rest);
    Some(bytes)
}

/// `10.0.0.0/8` as the key of a trie of `size` bytes: the length, then the address.
pub(crate) fn prefix(word: &str, size: usize) -> Option<Vec<u8>> {
    let (net, length) = word.split_once('/')?;
    let (net, length) = (address(net)?, length.parse::<u32>().ok()?);
    if length as usize > net.len() * 8 || net.len() + 4 > size {
        return None;
    }
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(net);
    bytes.resize(size, 0);
    Some(bytes)
}

fn put(
    btf: &Btf<'_>,
    id: TypeId,
    value: &Value,
    into: &mut [u8],
    field: &str,
    depth: usize,
) -> Result<(), Misfit> {
    let wrong = || misfit(btf, id, field);
    let deeper = depth.checked_sub(1).ok_or_else(wrong)?;
    let ty = btf.type_by_id::<BtfType<'_>>(id).ok_or_else(wrong)?.skip_mods_and_typedefs();
    let text = match value {
        Value::Text(text) => text.clone(),
        Value::Int { value, .. } => value.to_string(),
        Value::Uint { value, .. } => value.to_string(),
        Value::Bool(value) if ty.kind() == BtfKind::Int => u8::from(*value).to_string(),
        Value::Array(items) => {
            let array = Array::try_from(ty).map_err(|_| wrong())?;
            let element = array.contained_type().type_id();
            let size = size_of(btf, element).filter(|size| *size > 0).ok_or_else(wrong)?;
            if items.len() > array.capacity() {
                return Err(wrong());
            }
            for (at, (item, place)) in items.iter().zip(into.chunks_exact_mut(size)).enumerate() {
                put(btf, element, item, place, &format!("{field}[{at}]"), deeper)?;
            }
            return Ok(());
        }
        // As an enumerator and bytes are written: back again.
        Value::Struct(fields) if ty.kind() == BtfKind::Enum || ty.kind() == BtfKind::Enum64 => {
            let (_, value) = fields.iter().find(|(name, _)| name == "value").ok_or_else(wrong)?;
            return put(btf, id, value, into, field, deeper);
        }
        Value::Struct(fields) if ty.kind() == BtfKind::Array => match fields.as_slice() {
            [(name, Value::Text(digits))] if name == "hex" => {
                let digits = Value::Text(format!("0x{digits}"));
                into.copy_from_slice(&plain(&digits, into.len()).ok_or_else(wrong)?);
                return Ok(());
            }
            _ => return Err(wrong()),
        },
        Value::Struct(fields) => {
            let of = Composite::try_from(ty).map_err(|_| wrong())?;
            for (name, value) in fields {
                let path = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
                put_field(btf, &of, name, value, into, &path, deeper)?
                    .ok_or_else(|| no_such_field(btf, id, &of, &path))?;
            }
            return Ok(());
        }
        _ => return Err(wrong()),
    };
    let bytes = word(btf, id, &text).filter(|bytes| bytes.len() == into.len()).ok_or_else(wrong)?;
    into.copy_from_slice(&bytes);
    Ok(())
}

/// Puts one field where it belongs; `None` when there is no field of this name.
fn put_field(
    btf: &Btf<'_>,
    of: &Composite<'_>,
    name: &str,
    value: &Value,
    into: &mut [u8],
    path: &str,
    depth: usize,
) -> Result<Option<()>, Misfit> {
    for member in of.iter() {
        let wrong = || misfit(btf, member.ty, path);
        let named = member.name.is_some_and(|found| found == name);
        match member.attr {
            MemberAttr::BitField { size, offset } if named => {
                let number = match value {
                    Value::Int { value, .. } => i128::from(*value),
                    Value::Uint { value, .. } => i128::from(*value),
                    Value::Text(text) => number(text).ok_or_else(wrong)?,
                    _ => return Err(wrong()),
                };
                if !(0..1i128 << size.min(64)).contains(&number) {
                    return Err(wrong());
                }
                for bit in 0..usize::from(size) {
                    let at = offset as usize + bit;
                    let byte = into.get_mut(at / 8).ok_or_else(wrong)?;
                    *byte = *byte & !(1 << (at % 8)) | ((number >> bit & 1) as u8) << (at % 8);
                }
                return Ok(Some(()));
            }
            MemberAttr::BitField { .. } => {}
            MemberAttr::Normal { offset } => {
                let nameless = member.name.is_none_or(|name| name.is_empty());
                if !named && !nameless {
                    continue;
                }
                let start = offset as usize / 8;
                let size = size_of(btf, member.ty).ok_or_else(wrong)?;
                let place = into.get_mut(start..start + size).ok_or_else(wrong)?;
                if named {
                    put(btf, member.ty, value, place, path, depth)?;
                    return Ok(Some(()));
                }
                let inner = btf.type_by_id::<BtfType<'_>>(member.ty).ok_or_else(wrong)?;
                let inner = Composite::try_from(inner.skip_mods_and_typedefs()).map_err(|_| wrong())?;
                let deeper = depth.checked_sub(1).ok_or_else(wrong)?;
                if put_field(btf, &inner, name, value, place, path, deeper)?.is_some() {
                    return Ok(Some(()));
                }
            }
        }
    }
    Ok(None)
}

/// With the fields that there are.
fn no_such_field(btf: &Btf<'_>, id: TypeId, of: &Composite<'_>, field: &str) -> Misfit {
    let names = of.iter().filter_map(|member| member.name).map(|name| name.to_string_lossy().into_owned());
    let names: Vec<String> = names.collect();
    Misfit { field: field.to_owned(), ctype: format!("{} {{ {} }}", ctype::name(btf, id), names.join(", ")) }
}

fn misfit(btf: &Btf<'_>, id: TypeId, field: &str) -> Misfit {
    Misfit { field: field.to_owned(), ctype: ctype::name(btf, id) }
}

fn fits(encoding: IntEncoding, bits: u8, value: i128) -> bool {
    let bits = u32::from(bits);
    match encoding {
        IntEncoding::Bool => (0..=1).contains(&value),
        IntEncoding::Signed | IntEncoding::Char => {
            (-(1i128 << (bits - 1))..1i128 << (bits - 1)).contains(&value)
        }
        IntEncoding::None => (0..1i128 << bits.min(126)).contains(&value),
    }
}

/// The number of a name, or a number that has one.
fn enumerator<'n>(
    word: &str,
    members: impl Iterator<Item = (Option<&'n std::ffi::OsStr>, i128)>,
) -> Option<i128> {
    let known: Vec<_> = members.collect();
    let named = known.iter().find(|(name, _)| name.is_some_and(|name| name == word));
    match named {
        Some((_, value)) => Some(*value),
        None => number(word).filter(|number| known.iter().any(|(_, value)| value == number)),
    }
}

/// An IPv4, IPv6 or hardware address, in the order in which it is sent.
fn address(word: &str) -> Option<Vec<u8>> {
    if let Ok(address) = word.parse::<Ipv4Addr>() {
        return Some(address.octets().to_vec());
    }
    if let Ok(address) = word.parse::<Ipv6Addr>() {
        return Some(address.octets().to_vec());
    }
    let pairs: Vec<&str> = word.split(':').collect();
    let byte = |pair: &&str| (pair.len() == 2).then(|| u8::from_str_radix(pair, 16).ok()).flatten();
    (pairs.len() == 6).then(|| pairs.iter().map(byte).collect::<Option<_>>()).flatten()
}

/// Decimal, or hexadecimal after `0x`; a sign in front.
fn number(word: &str) -> Option<i128> {
    let (negative, digits) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let magnitude = match digits.strip_prefix("0x") {
        Some(hex) => i128::from(u64::from_str_radix(hex, 16).ok()?),
        None => i128::from(digits.parse::<u64>().ok()?),
    };
    Some(if negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_the_order_in_which_they_are_sent() {
        assert_eq!(address("10.0.0.1"), Some(vec![10, 0, 0, 1]));
        assert_eq!(address("02:00:00:00:00:0a"), Some(vec![2, 0, 0, 0, 0, 10]));
        assert_eq!(address("::1").map(|bytes| bytes.len()), Some(16));
        assert_eq!(address("10"), None);
    }

    #[test]
    fn a_prefix_is_a_length_and_an_address() {
        assert_eq!(prefix("10.1.0.0/16", 8), Some(vec![16, 0, 0, 0, 10, 1, 0, 0]));
        assert_eq!(prefix("10.1.0.0/33", 8), None);
        assert_eq!(prefix("::/0", 8), None);
    }

    #[test]
    fn bytes_without_a_type_are_a_number_or_digits() {
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(plain(&text("258"), 4), Some(vec![2, 1, 0, 0]));
        assert_eq!(plain(&text("0x0102"), 2), Some(vec![1, 2]));
        assert_eq!(plain(&text("-1"), 2), Some(vec![255, 255]));
        assert_eq!(plain(&text("256"), 1), None);
        assert_eq!(plain(&Value::Int { value: 7, bits: 64 }, 20).map(|bytes| bytes[0]), Some(7));
    }
}
