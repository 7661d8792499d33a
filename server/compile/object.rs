//! A compiled BPF ELF. Only `compile` makes one.

/// A compiled BPF ELF, without DWARF: BTF is what a kernel reads, and the
/// embedded sources would make three megabytes of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Object(Vec<u8>);

/// Sizes and places in a 64-bit little-endian ELF, from its specification.
const HEADER: usize = 64;
const TABLE_AT: usize = 0x28;
const COUNT_AT: usize = 0x3c;
const NAMES_AT: usize = 0x3e;
const ENTRY: usize = 64;
const NO_BITS: u32 = 8;

/// What an ELF of clang's for BPF begins with.
const MAGIC: &[u8] = b"\x7fELF\x02\x01";

impl Object {
    /// Takes clang's output; `None` when that is no ELF.
    pub(super) fn from_clang(elf: &[u8]) -> Option<Self> {
        without_debug(elf).map(Self)
    }

    /// The ELF.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Empties the debug sections and closes the gaps. Every section keeps its
/// number, so that symbols and relocations stay right.
fn without_debug(elf: &[u8]) -> Option<Vec<u8>> {
    if !elf.starts_with(MAGIC) {
        return None;
    }
    let table = usize::try_from(u64_at(elf, TABLE_AT)?).ok()?;
    let count = u16_at(elf, COUNT_AT)?;
    let entry = |index: u16| {
        let start = table.checked_add(usize::from(index) * ENTRY)?;
        elf.get(start..start.checked_add(ENTRY)?)
    };
    let content = |header: &[u8]| {
        let start = usize::try_from(u64_at(header, 24)?).ok()?;
        elf.get(start..start.checked_add(usize::try_from(u64_at(header, 32)?).ok()?)?)
    };
    let names = content(entry(u16_at(elf, NAMES_AT)?)?)?;
    let mut out = elf.get(..HEADER)?.to_vec();
    let mut headers = Vec::new();
    for index in 0..count {
        let mut header = entry(index)?.to_vec();
        let name = names.get(u32_at(&header, 0)? as usize..)?;
        if index > 0 && u32_at(&header, 4)? != NO_BITS {
            let keep = !(name.starts_with(b".debug") || name.starts_with(b".rel.debug"));
            let bytes = if keep { content(&header)? } else { &[] };
            let align = usize::try_from(u64_at(&header, 48)?).ok()?.clamp(1, 4096);
            out.resize(out.len().next_multiple_of(align), 0);
            header[24..32].copy_from_slice(&(out.len() as u64).to_le_bytes());
            header[32..40].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
            out.extend_from_slice(bytes);
        }
        headers.extend_from_slice(&header);
    }
    out.resize(out.len().next_multiple_of(8), 0);
    let table = (out.len() as u64).to_le_bytes();
    out[TABLE_AT..TABLE_AT + 8].copy_from_slice(&table);
    out.extend_from_slice(&headers);
    Some(out)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_elf_is_no_object() {
        assert!(Object::from_clang(b"").is_none());
        assert!(Object::from_clang(b"\x7fELF\x02\x01 and then nothing").is_none());
        let mut lies = MAGIC.to_vec();
        lies.resize(HEADER, 0xff); // a table beyond the end
        assert!(Object::from_clang(&lies).is_none());
    }
}
