//! BTF as bytes: where its types begin, what they name, and how a few of them
//! are written anew.
//!
//! The layout is that of the kernel's Documentation/bpf/btf.rst. Does not know
//! which types are wanted. Bytes that are not laid out so are `None`.

use std::collections::HashMap;

/// The first two bytes, of a little-endian machine's.
const MAGIC: u16 = 0xeb9f;

/// Bytes of the header that we write.
const HEADER: usize = 24;

/// Bytes of what every type begins with: name, info, size or type.
const TYPE: usize = 12;

/// What a type is. Only those that are looked at have names here.
pub(super) mod kind {
    pub(crate) const INT: u32 = 1;
    pub(crate) const POINTER: u32 = 2;
    pub(crate) const ARRAY: u32 = 3;
    pub(crate) const STRUCT: u32 = 4;
    pub(crate) const UNION: u32 = 5;
    pub(crate) const ENUM: u32 = 6;
    pub(crate) const FORWARD: u32 = 7;
    pub(crate) const TYPEDEF: u32 = 8;
    pub(crate) const VOLATILE: u32 = 9;
    pub(crate) const CONST: u32 = 10;
    pub(crate) const RESTRICT: u32 = 11;
    pub(crate) const FUNCTION: u32 = 12;
    pub(crate) const PROTOTYPE: u32 = 13;
    pub(crate) const VARIABLE: u32 = 14;
    pub(crate) const SECTION: u32 = 15;
    pub(crate) const FLOAT: u32 = 16;
    pub(crate) const DECLARATION_TAG: u32 = 17;
    pub(crate) const TYPE_TAG: u32 = 18;
    pub(crate) const ENUM64: u32 = 19;
}

/// Types and strings of someone's BTF.
#[derive(Debug)]
pub(super) struct Btf<'b> {
    types: &'b [u8],
    strings: &'b [u8],
    /// Where each type begins; the first is void, which begins nowhere.
    begins: Vec<u32>,
}

/// One type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type<'b> {
    pub(super) kind: u32,
    /// All of its bytes.
    bytes: &'b [u8],
}

impl<'b> Btf<'b> {
    pub(super) fn read(bytes: &'b [u8]) -> Option<Self> {
        if bytes.get(..2)? != MAGIC.to_le_bytes() {
            return None;
        }
        let body = bytes.get(u32_at(bytes, 4)?..)?;
        let part = |at: usize| body.get(u32_at(bytes, at)?..)?.get(..u32_at(bytes, at + 4)?);
        let (types, strings) = (part(8)?, part(16)?);
        let mut begins = vec![0];
        let mut at = 0;
        while at < types.len() {
            begins.push(u32::try_from(at).ok()?);
            at = at.checked_add(length(types.get(at..)?)?)?;
        }
        (at == types.len()).then_some(Self { types, strings, begins })
    }

    /// How many types there are, void among them.
    pub(super) fn count(&self) -> usize {
        self.begins.len()
    }

    /// The type of this number; `None` for void.
    pub(super) fn get(&self, id: usize) -> Option<Type<'b>> {
        let bytes = self.types.get(*self.begins.get(id).filter(|_| id > 0)? as usize..)?;
        Some(Type { kind: kind_of(bytes)?, bytes: bytes.get(..length(bytes)?)? })
    }

    /// What its name is; empty for none.
    pub(super) fn name(&self, of: Type<'_>) -> Option<&'b [u8]> {
        self.text(u32_at(of.bytes, 0)?)
    }

    fn text(&self, at: usize) -> Option<&'b [u8]> {
        let rest = self.strings.get(at..)?;
        Some(&rest[..rest.iter().position(|byte| *byte == 0)?])
    }

    /// These types alone, numbered from one in their order. What they refer to
    /// that is not among them is void.
    pub(super) fn only(&self, wanted: &[usize]) -> Option<Vec<u8>> {
        let numbers: HashMap<usize, u32> = wanted.iter().copied().zip(1..).collect();
        let (mut types, mut strings) = (Vec::new(), vec![0]);
        let mut texts: HashMap<usize, u32> = [(0, 0)].into();
        for id in wanted {
            let of = self.get(*id)?;
            let begin = types.len();
            types.extend_from_slice(of.bytes);
            for at in of.names() {
                let old = u32_at(of.bytes, at)?;
                let new = match texts.get(&old) {
                    Some(new) => *new,
                    None => {
                        let new = u32::try_from(strings.len()).ok()?;
                        strings.extend_from_slice(self.text(old)?);
                        strings.push(0);
                        *texts.entry(old).or_insert(new)
                    }
                };
                types[begin + at..begin + at + 4].copy_from_slice(&new.to_le_bytes());
            }
            for at in of.references() {
                let new = numbers.get(&u32_at(of.bytes, at)?).copied().unwrap_or_default();
                types[begin + at..begin + at + 4].copy_from_slice(&new.to_le_bytes());
            }
        }
        let (types_length, strings_length) =
            (u32::try_from(types.len()).ok()?, u32::try_from(strings.len()).ok()?);
        let mut out = MAGIC.to_le_bytes().to_vec();
        out.extend_from_slice(&[1, 0]); // version and flags
        for word in [HEADER as u32, 0, types_length, types_length, strings_length] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&types);
        out.extend_from_slice(&strings);
        Some(out)
    }
}

impl Type<'_> {
    /// The types that it refers to.
    pub(super) fn refers_to(&self) -> impl Iterator<Item = usize> {
        self.references().filter_map(|at| u32_at(self.bytes, at))
    }

    /// Where in its bytes numbers of types stand.
    fn references(&self) -> impl Iterator<Item = usize> + use<> {
        let own = match self.kind {
            kind::INT | kind::ENUM | kind::ENUM64 | kind::FLOAT | kind::FORWARD => None,
            kind::ARRAY | kind::STRUCT | kind::UNION | kind::SECTION => None,
            _ => Some(8),
        };
        let (first, step) = match self.kind {
            kind::ARRAY => (TYPE, 4), // element and index
            kind::STRUCT | kind::UNION => (TYPE + 4, 12),
            kind::PROTOTYPE => (TYPE + 4, 8),
            kind::SECTION => (TYPE, 12),
            _ => (usize::MAX, 1),
        };
        let end = if self.kind == kind::ARRAY { TYPE + 8 } else { self.bytes.len() };
        own.into_iter().chain((first..end).step_by(step))
    }

    /// Where in its bytes places of names stand.
    fn names(&self) -> impl Iterator<Item = usize> + use<> {
        let (first, step) = match self.kind {
            kind::STRUCT | kind::UNION | kind::ENUM64 => (TYPE, 12),
            kind::ENUM | kind::PROTOTYPE => (TYPE, 8),
            _ => (usize::MAX, 1),
        };
        [0].into_iter().chain((first..self.bytes.len()).step_by(step))
    }
}

fn kind_of(bytes: &[u8]) -> Option<u32> {
    u32::try_from(u32_at(bytes, 4)? >> 24 & 0x1f).ok()
}

/// Bytes of the type that begins here.
fn length(bytes: &[u8]) -> Option<usize> {
    let entries = u32_at(bytes, 4)? & 0xffff;
    let more = match kind_of(bytes)? {
        kind::INT | kind::VARIABLE | kind::DECLARATION_TAG => 4,
        kind::ARRAY => 12,
        kind::STRUCT | kind::UNION | kind::SECTION | kind::ENUM64 => 12 * entries,
        kind::ENUM | kind::PROTOTYPE => 8 * entries,
        kind::POINTER | kind::FORWARD | kind::TYPEDEF | kind::VOLATILE | kind::CONST => 0,
        kind::RESTRICT | kind::FUNCTION | kind::FLOAT | kind::TYPE_TAG => 0,
        _ => return None,
    };
    bytes.get(..TYPE + more).map(<[u8]>::len)
}

/// A number in little-endian bytes, wide enough for a place.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?) as usize)
}
