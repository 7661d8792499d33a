//! BPF programs for tests, each with a name of its own, so that a test sees
//! its own program among all that the machine has.

use std::sync::atomic::{AtomicU32, Ordering};

/// Attaches everywhere and needs no stimulus.
pub(crate) const ANY_CALL: &str = "raw_tp/sys_enter";

/// For programs that look at one process.
pub(crate) const WRITE: &str = "tp/syscalls/sys_enter_write";

/// A function name that nobody else uses; the kernel keeps fifteen letters.
pub(crate) fn fresh_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// One program with its globals.
pub(crate) fn program(name: &str, section: &str, globals: &str, body: &str) -> String {
    format!(
        r#"#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
{globals}
SEC("{section}")
int {name}(void *ctx)
{{
	{body}
	return 0;
}}

char LICENSE[] SEC("license") = "GPL";
"#
    )
}

/// Prints `hello` once, at the first system call of any process.
pub(crate) fn once(name: &str) -> String {
    program(
        name,
        ANY_CALL,
        "int printed;",
        r#"if (__sync_bool_compare_and_swap(&printed, 0, 1)) bpf_printk("hello");"#,
    )
}

/// The same for kernels that give an atomic exchange no result (before 5.12);
/// each processor may be the first.
pub(crate) fn early(name: &str) -> String {
    program(name, ANY_CALL, "int printed;", r#"if (!printed) { printed = 1; bpf_printk("hello"); }"#)
}

/// Does nothing, as often as it can; takes a lesson's `target` too.
pub(crate) fn quiet(name: &str) -> String {
    program(name, ANY_CALL, "const volatile int target;", "")
}

/// Prints `line N` for each write of the process `target`, and counts in `printed`.
pub(crate) fn counting(name: &str, lines_each: u32) -> String {
    program(
        name,
        WRITE,
        "const volatile int target;\n__u64 printed;",
        &format!(
            r#"if (bpf_get_current_pid_tgid() >> 32 != target) return 0;
	for (int i = 0; i < {lines_each}; i++)
		bpf_printk("line %llu", __sync_fetch_and_add(&printed, 1));"#
        ),
    )
}
