//! Writes what learners include: this kernel's `vmlinux.h`, libbpf's headers,
//! which are those of the libbpf that this worker carries, and what programs of
//! others expect of a C library (`bpf/include/`).

use std::{
    ffi::{c_char, c_void},
    fs,
    path::Path,
    ptr::NonNull,
};

use libbpf_rs::AsRawLibbpf;

/// Around every type, so that CO-RE relocates each access to a kernel struct.
/// The compiler's `stddef.h` shall leave alone what may be the kernel's `wchar_t`; the second
/// name tells the C library's headers that all types are there, as a selection's does not.
const BEFORE: &str = "\
#ifndef __VMLINUX_H__
#define __VMLINUX_H__
#define BPFLAB_VMLINUX_H
#define _WCHAR_T

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

";

const AFTER: &str = "
#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
";

/// The names that a C library's headers have, with what of them makes sense in the kernel.
const LIBRARY: [(&str, &str); 9] = [
    ("arpa/inet.h", include_str!("../include/arpa/inet.h")),
    ("errno.h", include_str!("../include/errno.h")),
    ("features.h", include_str!("../include/features.h")),
    ("inttypes.h", include_str!("../include/inttypes.h")),
    ("netinet/in.h", include_str!("../include/netinet/in.h")),
    ("string.h", include_str!("../include/string.h")),
    ("sys/socket.h", include_str!("../include/sys/socket.h")),
    ("sys/types.h", include_str!("../include/sys/types.h")),
    ("time.h", include_str!("../include/time.h")),
];

/// Writes `vmlinux.h`, `bpf/*.h` and a C library's below `folder`. `types` is the raw BTF of
/// another kernel.
pub(crate) fn write(folder: &Path, types: Option<&Path>) -> crate::Result {
    let libbpf = folder.join("bpf");
    fs::create_dir_all(&libbpf)?;
    for (name, text) in libbpf_sys::API_HEADERS {
        fs::write(libbpf.join(name), text)?;
    }
    for (name, text) in LIBRARY {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap_or(folder))?;
        fs::write(file, text)?;
    }
    fs::write(folder.join("vmlinux.h"), vmlinux(types)?)?;
    Ok(())
}

/// Every type of a kernel as C; of the running one if no file is named.
fn vmlinux(types: Option<&Path>) -> crate::Result<String> {
    let btf = match types {
        None => libbpf_rs::btf::Btf::from_vmlinux()?,
        Some(file) => libbpf_rs::btf::Btf::from_path(file)?,
    };
    let mut text = String::from(BEFORE);
    // SAFETY: `btf` and `text` outlive the dump; the callback gets `text` back as it was given.
    unsafe {
        let dump = libbpf_sys::btf_dump__new(
            btf.as_libbpf_object().as_ptr(),
            Some(append),
            (&raw mut text).cast(),
            std::ptr::null(),
        );
        let dump = NonNull::new(dump).ok_or("btf_dump__new failed")?;
        for id in 1..libbpf_sys::btf__type_cnt(btf.as_libbpf_object().as_ptr()) {
            let status = libbpf_sys::btf_dump__dump_type(dump.as_ptr(), id);
            if status < 0 {
                libbpf_sys::btf_dump__free(dump.as_ptr());
                return Err(format!("type {id} of the kernel's BTF: error {status}").into());
            }
        }
        libbpf_sys::btf_dump__free(dump.as_ptr());
    }
    text.push_str(AFTER);
    Ok(text)
}

/// libbpf hands over a format and its arguments; both are bounded by one type's text.
unsafe extern "C" fn append(
    to: *mut c_void,
    format: *const c_char,
    arguments: *mut libbpf_sys::__va_list_tag,
) {
    // SAFETY: `to` is the String of `vmlinux`, format and arguments are libbpf's own.
    unsafe {
        let text = &mut *to.cast::<String>();
        if let Ok(piece) = vsprintf::vsprintf(format, arguments.cast::<c_void>()) {
            text.push_str(&piece);
        }
    }
}
