//! How clang is called: one constant, which the page shows.

/// clang's options for every program and for the precompiled header.
///
/// `-gdwarf-5 -gembed-source` lets clang put the source lines into BTF though
/// the source has no file; `-fno-addrsig` leaves a section out that only
/// linkers read; `-fms-extensions` keeps members of 7.x's vmlinux.h.
pub const FLAGS: &[&str] = &[
    "-target",
    "bpf",
    "-mcpu=v3",
    "-O2",
    "-g",
    "-gdwarf-5",
    "-gembed-source",
    "-fno-addrsig",
    "-Wall",
    "-fms-extensions",
    "-Wno-microsoft-anon-tag",
    "-D__TARGET_ARCH_x86",
    "-I/include",
    "-I/uapi",
    OWN,
];

/// Where the program's own headers are, unless one of them leads out of its folder.
pub(super) const OWN: &str = "-I/src";

/// How findings are printed: a line each, and what would mend them, which
/// clang leaves out together with the source line.
pub(super) const MESSAGES: &[&str] = &[
    "-fno-color-diagnostics",
    "-fcaret-diagnostics-max-lines=1",
    "-fdiagnostics-parseable-fixits",
    "-ferror-limit=30",
];

/// The command line as a person would type it.
pub fn shown() -> String {
    format!("clang {} -c program.bpf.c -o program.bpf.o", FLAGS.join(" "))
}
