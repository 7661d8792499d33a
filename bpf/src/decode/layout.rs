//! A struct whose fields were looked up once: the records of a buffer are all
//! alike, and there are many.
//!
//! Knows where numbers, pointers and text stand. All else it leaves to
//! [`super::decode`], whose values these are.

use bpflab_worker::{MAX_DEPTH, Value};
use libbpf_rs::btf::{
    Btf, BtfKind, BtfType, TypeId,
    types::{Array, Composite, Int, IntEncoding, MemberAttr},
};

use super::{address, decode, decode_at, integer, is_char, size_of, text, unsigned};

/// How deep a field's value may be: [`super::decode`] has used two for the
/// struct and what is around it.
const DEPTH: usize = MAX_DEPTH - 2;

/// A type of records.
pub(crate) struct Layout {
    id: TypeId,
    /// None of what is not read field by field: another type, bit fields,
    /// fields without a name.
    fields: Option<Vec<Field>>,
}

struct Field {
    name: String,
    start: usize,
    size: usize,
    kind: Kind,
}

enum Kind {
    Int(IntEncoding, u8),
    Pointer,
    Text,
    Other(TypeId),
}

impl Layout {
    /// Looks a type up.
    pub(crate) fn of(btf: &Btf<'_>, id: TypeId) -> Self {
        let ty = btf.type_by_id::<BtfType<'_>>(id).map(|ty| ty.skip_mods_and_typedefs());
        let fields = ty.and_then(|ty| {
            let composite = Composite::try_from(ty).ok()?;
            (0..composite.len()).map(|at| field(btf, &composite, at)).collect()
        });
        Self { id, fields }
    }

    /// Reads one record.
    pub(crate) fn read(&self, btf: &Btf<'_>, bytes: &[u8]) -> Value {
        let Some(fields) = &self.fields else { return decode(btf, self.id, bytes) };
        let value = |field: &Field| Some((field.name.clone(), field.read(btf, bytes)?));
        match fields.iter().map(value).collect() {
            Some(fields) => Value::Struct(fields),
            None => Value::Bytes(bytes.to_vec()),
        }
    }
}

impl Field {
    fn read(&self, btf: &Btf<'_>, bytes: &[u8]) -> Option<Value> {
        let piece = bytes.get(self.start..self.start + self.size)?;
        Some(match self.kind {
            Kind::Int(encoding, bits) => integer(encoding, piece, bits),
            Kind::Pointer => Value::Pointer(unsigned(piece)),
            Kind::Text => text(piece),
            Kind::Other(id) => match address::read(btf, id, Some(&self.name), piece) {
                Some(address) => address,
                None => decode_at(btf, id, piece, DEPTH)?,
            },
        })
    }
}

fn field(btf: &Btf<'_>, of: &Composite<'_>, at: usize) -> Option<Field> {
    let member = of.get(at)?;
    let MemberAttr::Normal { offset } = member.attr else { return None };
    let name = member.name?.to_str().filter(|name| !name.is_empty())?;
    let (start, size) = (offset as usize / 8, size_of(btf, member.ty)?);
    let ty = btf.type_by_id::<BtfType<'_>>(member.ty)?.skip_mods_and_typedefs();
    let is_address = address::read(btf, member.ty, Some(name), &vec![0; size]).is_some();
    let kind = match ty.kind() {
        _ if is_address => Kind::Other(member.ty),
        BtfKind::Int => {
            let int = Int::try_from(ty).ok()?;
            match usize::from(int.bits) == size * 8 {
                true => Kind::Int(int.encoding, int.bits),
                false => Kind::Other(member.ty),
            }
        }
        BtfKind::Ptr => Kind::Pointer,
        BtfKind::Array if is_char(&Array::try_from(ty).ok()?.contained_type()) => Kind::Text,
        _ => Kind::Other(member.ty),
    };
    Some(Field { name: name.to_owned(), start, size, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_struct_of_the_kernel_reads_as_it_does_when_it_is_looked_up_each_time() {
        let Ok(btf) = Btf::from_vmlinux() else {
            assert!(std::env::var_os("CI").is_none(), "this kernel has no BTF");
            return eprintln!("skipped: this kernel has no BTF");
        };
        let mut read = 0;
        for id in 1..btf.len() {
            let id = TypeId::from(u32::try_from(id).unwrap());
            let ty = btf.type_by_id::<BtfType<'_>>(id).unwrap();
            let Some(size) = size_of(&btf, id).filter(|size| *size < 1024) else { continue };
            if !matches!(ty.kind(), BtfKind::Struct | BtfKind::Union | BtfKind::Typedef) {
                continue;
            }
            let layout = Layout::of(&btf, id);
            // Letters and others, then too few.
            let bytes: Vec<u8> = (0..size).map(|at| (at * 37 + 65) as u8).collect();
            for bytes in [vec![b'a'; size], bytes[..size / 2].to_vec(), bytes] {
                assert_eq!(layout.read(&btf, &bytes), decode(&btf, id, &bytes), "{:?}", ty.name());
            }
            read += usize::from(layout.fields.is_some());
        }
        assert!(read > 1000, "only {read} structs were read by their fields");
    }
}
