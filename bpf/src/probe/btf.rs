//! BTF, as far as the probe needs it: the kernel's types by name, and the
//! little that a program needs to be replaced.
//!
//! Does not know which programs ask.

use std::{ffi::CStr, ptr::NonNull};

use libbpf_sys::{
    BTF_FUNC_GLOBAL, BTF_INT_SIGNED, btf, btf__add_func, btf__add_func_param, btf__add_func_proto,
    btf__add_int, btf__add_ptr, btf__add_struct, btf__fd, btf__find_by_name_kind, btf__free,
    btf__load_into_kernel, btf__load_module_btf, btf__load_vmlinux_btf, btf__name_by_offset, btf__new_empty,
    btf__type_by_id, btf__type_cnt, btf_enum, btf_member, btf_type,
};
use nix::{errno::Errno, libc::c_int};

use super::answer::{Answer, No, check};

/// A kind of BTF type, as its id in libbpf (`BTF_KIND_…`).
pub(super) type BtfKind = u32;

/// A named type.
pub(super) struct Type<'a> {
    /// Which kind it is.
    pub(super) kind: BtfKind,
    /// Its name.
    pub(super) name: &'a str,
    /// The type that it is about, where it is about one.
    pub(super) of: u32,
    /// How many parts follow.
    parts: usize,
    header: &'a btf_type,
}

/// Parsed BTF; freed on drop.
pub(super) struct Btf(NonNull<btf>);

impl Btf {
    /// The kernel's own; parsing it takes about 50 ms.
    pub(super) fn vmlinux() -> Answer<Self> {
        // SAFETY: no argument; the result is ours to free.
        Self::owned(unsafe { btf__load_vmlinux_btf() })
    }

    /// A loaded module's, on top of the kernel's own, which must outlive it.
    pub(super) fn module(name: &CStr, vmlinux: &Self) -> Answer<Self> {
        // SAFETY: both pointers live through the call; the result is ours to free.
        Self::owned(unsafe { btf__load_module_btf(name.as_ptr(), vmlinux.0.as_ptr()) })
    }

    /// The BTF of a program that consists of one function, loaded into the
    /// kernel, and that function's id: `int probed(struct __sk_buff *)`, which
    /// is what both ends of a replacement must agree on.
    pub(super) fn function() -> Answer<(Self, u32)> {
        // SAFETY: no argument; the result is ours to free.
        let made = Self::owned(unsafe { btf__new_empty() })?;
        let btf = made.0.as_ptr();
        // SAFETY: `btf` lives as long as `made`; libbpf copies the names.
        let function = unsafe {
            let int = check(btf__add_int(btf, c"int".as_ptr(), 4, BTF_INT_SIGNED as c_int))?;
            let buffer = check(btf__add_struct(btf, c"__sk_buff".as_ptr(), 0))?;
            let pointer = check(btf__add_ptr(btf, buffer))?;
            let shape = check(btf__add_func_proto(btf, int))?;
            check(btf__add_func_param(btf, c"context".as_ptr(), pointer))?;
            let function = btf__add_func(btf, c"probed".as_ptr(), BTF_FUNC_GLOBAL, shape);
            check(btf__load_into_kernel(btf))?;
            check(function)?
        };
        Ok((made, function as u32))
    }

    /// The id of a named type; ENOENT when this kernel has none.
    pub(super) fn find(&self, name: &CStr, kind: BtfKind) -> Answer<u32> {
        // SAFETY: both pointers live through the call.
        let id = unsafe { btf__find_by_name_kind(self.0.as_ptr(), name.as_ptr(), kind) };
        Ok(check(id)? as u32)
    }

    /// How many types there are; their ids begin at 1.
    pub(super) fn count(&self) -> u32 {
        // SAFETY: the pointer is valid while `self` lives.
        unsafe { btf__type_cnt(self.0.as_ptr()) }
    }

    /// A type by its id; `None` when it has no name.
    pub(super) fn get(&self, id: u32) -> Option<Type<'_>> {
        // SAFETY: null, or valid while `self` lives, which nobody changes.
        let header = unsafe { btf__type_by_id(self.0.as_ptr(), id).as_ref() }?;
        // SAFETY: both variants are the same `u32`.
        let of = unsafe { header.__bindgen_anon_1.type_ };
        let (kind, parts) = ((header.info >> 24) & 0x1f, header.info as usize & 0xffff);
        let name = self.name(header.name_off).filter(|name| !name.is_empty())?;
        Some(Type { kind, name, of, parts, header })
    }

    /// All named types from an id on.
    pub(super) fn types(&self, from: u32) -> impl Iterator<Item = Type<'_>> {
        (from.max(1)..self.count()).filter_map(|id| self.get(id))
    }

    /// The names and values of an enumeration.
    pub(super) fn enumerators(&self, name: &CStr) -> Vec<(&str, i32)> {
        let Ok(id) = self.find(name, libbpf_sys::BTF_KIND_ENUM) else { return Vec::new() };
        let Some(found) = self.get(id) else { return Vec::new() };
        // SAFETY: an enumeration's `parts` entries follow its header in the same
        // allocation; libbpf checked that on parsing.
        let entries = unsafe {
            let first = std::ptr::from_ref(found.header).add(1).cast::<btf_enum>();
            std::slice::from_raw_parts(first, found.parts)
        };
        entries.iter().filter_map(|entry| Some((self.name(entry.name_off)?, entry.val))).collect()
    }

    fn name(&self, offset: u32) -> Option<&str> {
        // SAFETY: null, or a string with its end inside the BTF's string section.
        let found = unsafe { btf__name_by_offset(self.0.as_ptr(), offset) };
        // SAFETY: the same.
        (!found.is_null()).then(|| unsafe { CStr::from_ptr(found) })?.to_str().ok()
    }

    /// Which member of a structure bears a name, counted from 0.
    pub(super) fn member(&self, structure: u32, name: &CStr) -> Answer<u32> {
        // SAFETY: the pointer is null or valid while `self` lives.
        let found = unsafe { btf__type_by_id(self.0.as_ptr(), structure).as_ref() };
        let header = found.ok_or(No::Kernel(Errno::ENOENT as i32))?;
        let count = header.info as usize & 0xffff;
        // SAFETY: the low 16 bits of a structure's `info` say how many members
        // follow its header in the same allocation; libbpf checked that on parsing.
        let members = unsafe {
            let first = std::ptr::from_ref(header).add(1).cast::<btf_member>();
            std::slice::from_raw_parts(first, count)
        };
        let position = members.iter().position(|member| {
            self.name(member.name_off).is_some_and(|own| own.as_bytes() == name.to_bytes())
        });
        position.map(|index| index as u32).ok_or(No::Kernel(Errno::ENOENT as i32))
    }

    /// Its file descriptor in the kernel, once loaded.
    pub(super) fn fd(&self) -> u32 {
        // SAFETY: the pointer is valid while `self` lives.
        (unsafe { btf__fd(self.0.as_ptr()) }) as u32
    }

    fn owned(pointer: *mut btf) -> Answer<Self> {
        // libbpf says why in errno.
        NonNull::new(pointer).map(Self).ok_or_else(|| Errno::last().into())
    }
}

impl Drop for Btf {
    fn drop(&mut self) {
        // SAFETY: ours, and used by no one any more.
        unsafe { btf__free(self.0.as_ptr()) }
    }
}
