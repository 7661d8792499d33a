//! The C name of a BTF type, for a person: `struct event`, `u32`, `char[16]`.

use libbpf_rs::btf::{Btf, BtfKind, BtfType, TypeId, types::Array};

/// How far a chain of pointers and modifiers is followed.
const MAX_CHAIN: usize = 8;

/// The type's name as C would write it.
pub(crate) fn name(btf: &Btf<'_>, id: TypeId) -> String {
    name_at(btf, id, 0)
}

fn name_at(btf: &Btf<'_>, id: TypeId, depth: usize) -> String {
    let Some(ty) = btf.type_by_id::<BtfType<'_>>(id) else { return "void".into() };
    if depth == MAX_CHAIN {
        return "…".into();
    }
    let own = ty.name().map(|name| name.to_string_lossy().into_owned());
    let next = || match ty.next_type() {
        Some(next) => name_at(btf, next.type_id(), depth + 1),
        None => "void".into(),
    };
    match ty.kind() {
        BtfKind::Struct => format!("struct {}", own.as_deref().unwrap_or("(anonymous)")),
        BtfKind::Union => format!("union {}", own.as_deref().unwrap_or("(anonymous)")),
        BtfKind::Enum | BtfKind::Enum64 => format!("enum {}", own.as_deref().unwrap_or("(anonymous)")),
        BtfKind::Ptr => match next() {
            to if to.ends_with('*') => to + "*",
            to => to + " *",
        },
        BtfKind::Const => format!("const {}", next()),
        BtfKind::Volatile => format!("volatile {}", next()),
        BtfKind::Array => match Array::try_from(ty) {
            Ok(array) => format!("{}[{}]", name_at(btf, array.ty(), depth + 1), array.capacity()),
            Err(_) => "void".into(),
        },
        BtfKind::FuncProto => "function".into(),
        BtfKind::Void => "void".into(),
        BtfKind::Restrict | BtfKind::TypeTag | BtfKind::Var => next(),
        BtfKind::Int
        | BtfKind::Typedef
        | BtfKind::Float
        | BtfKind::Fwd
        | BtfKind::Func
        | BtfKind::DataSec
        | BtfKind::DeclTag => own.unwrap_or_else(|| "void".into()),
    }
}
