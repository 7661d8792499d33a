//! A compiled BPF ELF. Only `compile` makes one.

use bpflab_worker::KernelTypes;

use super::{Sources, Types, lines, needed};

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
    pub(super) fn from_clang(elf: &[u8], sources: &Sources) -> Option<Self> {
        let btf = section(elf, b".BTF\0").zip(section(elf, b".BTF.ext\0"));
        let filled = btf.and_then(|(btf, ext)| lines::fill(btf, ext, sources));
        let instead = |name: &[u8]| {
            let (btf, ext) = filled.as_ref()?;
            match name {
                name if name.starts_with(b".BTF\0") => Some(btf.as_slice()),
                name if name.starts_with(b".BTF.ext\0") => Some(ext.as_slice()),
                _ => None,
            }
        };
        without_debug(elf, instead).map(Self)
    }

    /// The ELF.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Those of a kernel's types that loading it there takes: all where they
    /// cannot be read, or none is looked at. Takes milliseconds.
    pub fn types_needed(&self, kernel: &Types) -> KernelTypes {
        let found = || {
            let (btf, ext) = section(&self.0, b".BTF\0").zip(section(&self.0, b".BTF.ext\0"))?;
            needed::needed(btf, ext, &std::fs::read(kernel.file()).ok()?)
        };
        found().unwrap_or_default()
    }
}

/// The parts of an ELF that matter here.
struct Elf<'e> {
    all: &'e [u8],
    table: usize,
    count: u16,
    names: &'e [u8],
}

impl<'e> Elf<'e> {
    fn read(all: &'e [u8]) -> Option<Self> {
        if !all.starts_with(MAGIC) {
            return None;
        }
        let table = usize::try_from(u64_at(all, TABLE_AT)?).ok()?;
        let mut elf = Self { all, table, count: u16_at(all, COUNT_AT)?, names: &[] };
        elf.names = elf.content(elf.header(u16_at(all, NAMES_AT)?)?)?;
        Some(elf)
    }

    fn header(&self, index: u16) -> Option<&'e [u8]> {
        let start = self.table.checked_add(usize::from(index) * ENTRY)?;
        self.all.get(start..start.checked_add(ENTRY)?)
    }

    fn content(&self, header: &[u8]) -> Option<&'e [u8]> {
        let start = usize::try_from(u64_at(header, 24)?).ok()?;
        self.all.get(start..start.checked_add(usize::try_from(u64_at(header, 32)?).ok()?)?)
    }

    /// The name, and what follows it in the table of names.
    fn name(&self, header: &[u8]) -> Option<&'e [u8]> {
        self.names.get(u32_at(header, 0)? as usize..)
    }
}

/// The content of the section whose name, with its NUL, this is.
fn section<'e>(elf: &'e [u8], name: &[u8]) -> Option<&'e [u8]> {
    let elf = Elf::read(elf)?;
    let mut headers = (1..elf.count).filter_map(|index| elf.header(index));
    let header = headers.find(|header| elf.name(header).is_some_and(|found| found.starts_with(name)))?;
    elf.content(header)
}

/// Empties the debug sections and closes the gaps; where `instead` knows a
/// section by its name, its content takes the old one's place. Every section
/// keeps its number, so that symbols and relocations stay right.
fn without_debug<'i>(elf: &[u8], instead: impl Fn(&[u8]) -> Option<&'i [u8]>) -> Option<Vec<u8>> {
    let elf = Elf::read(elf)?;
    let mut out = elf.all.get(..HEADER)?.to_vec();
    let mut headers = Vec::new();
    for index in 0..elf.count {
        let mut header = elf.header(index)?.to_vec();
        let name = elf.name(&header)?;
        if index > 0 && u32_at(&header, 4)? != NO_BITS {
            let keep = !(name.starts_with(b".debug") || name.starts_with(b".rel.debug"));
            let bytes = match instead(name) {
                Some(bytes) => bytes,
                None if keep => elf.content(&header)?,
                None => &[],
            };
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
        let sources = Sources::new([("a.bpf.c".to_owned(), "int x;".to_owned())].into()).expect("a program");
        assert!(Object::from_clang(b"", &sources).is_none());
        assert!(Object::from_clang(b"\x7fELF\x02\x01 and then nothing", &sources).is_none());
        let mut lies = MAGIC.to_vec();
        lies.resize(HEADER, 0xff); // a table beyond the end
        assert!(Object::from_clang(&lies, &sources).is_none());
    }
}
