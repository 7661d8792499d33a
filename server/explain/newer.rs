//! What a verifier refuses because it came with a later kernel.
//!
//! Knows the numbers of helpers and what such a thing looks like in a source.
//! Does not know which kernels there are.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    diagnostic::{Diagnostic, Words},
    kernel::{Needs, Version},
    say::{Mistake, Newer, Sentence},
};

/// The first helper that the oldest kernel of the lab (5.10) does not have.
const FIRST: usize = 156;

/// Its name and those that follow it, by their numbers, which are part of the kernel's interface
/// and never change (`enum bpf_func_id`). The list is closed: what comes now are kfuncs.
const HELPERS: [&str; 56] = [
    "task_storage_get",
    "task_storage_delete",
    "get_current_task_btf",
    "bprm_opts_set",
    "ktime_get_coarse_ns",
    "ima_inode_hash",
    "sock_from_file",
    "check_mtu",
    "for_each_map_elem",
    "snprintf",
    "sys_bpf",
    "btf_find_by_name_kind",
    "sys_close",
    "timer_init",
    "timer_set_callback",
    "timer_start",
    "timer_cancel",
    "get_func_ip",
    "get_attach_cookie",
    "task_pt_regs",
    "get_branch_snapshot",
    "trace_vprintk",
    "skc_to_unix_sock",
    "kallsyms_lookup_name",
    "find_vma",
    "loop",
    "strncmp",
    "get_func_arg",
    "get_func_ret",
    "get_func_arg_cnt",
    "get_retval",
    "set_retval",
    "xdp_get_buff_len",
    "xdp_load_bytes",
    "xdp_store_bytes",
    "copy_from_user_task",
    "skb_set_tstamp",
    "ima_file_hash",
    "kptr_xchg",
    "map_lookup_percpu_elem",
    "skc_to_mptcp_sock",
    "dynptr_from_mem",
    "ringbuf_reserve_dynptr",
    "ringbuf_submit_dynptr",
    "ringbuf_discard_dynptr",
    "dynptr_read",
    "dynptr_write",
    "dynptr_data",
    "tcp_raw_gen_syncookie_ipv4",
    "tcp_raw_gen_syncookie_ipv6",
    "tcp_raw_check_syncookie_ipv4",
    "tcp_raw_check_syncookie_ipv6",
    "ktime_get_tai_ns",
    "user_ringbuf_drain",
    "cgrp_storage_get",
    "cgrp_storage_delete",
];

/// The first kernel with atomic operations besides the plain addition.
const ATOMICS: Version = Version { major: 5, minor: 12 };

/// The first with a helper that calls a function of the program's.
const CALLBACKS: Version = Version { major: 5, minor: 13 };

/// A helper's name by its number, of those that some kernel of the lab lacks.
pub(super) fn helper(number: usize) -> Option<String> {
    Some(format!("bpf_{}", HELPERS.get(number.checked_sub(FIRST)?)?))
}

/// What a source says of it where the verifier names neither line nor helper: it completes
/// `newer`, and the line is told where only one can be meant.
pub(super) fn in_source(newer: &mut Newer, text: &str) -> Option<u32> {
    static CALLS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(bpf_(?:loop|for_each_map_elem|timer_set_callback|find_vma|user_ringbuf_drain))\s*\(")
            .expect("a pattern")
    });
    static ATOMIC: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(?:__sync|__atomic|__c11_atomic)_\w+\s*\(").expect("a pattern"));
    let lines = || (1_u32..).zip(text.lines()).filter(|(_, line)| !is_comment(line));
    match newer {
        Newer::Helper { .. } => None,
        Newer::Callback { helper } => {
            let calls: Vec<(u32, &str)> = lines()
                .filter_map(|(number, line)| Some((number, CALLS.captures(line)?.get(1)?.as_str())))
                .collect();
            let (line, name) = *calls.first()?;
            if calls.iter().all(|(_, other)| *other == name) {
                *helper = Some(name.to_owned());
            }
            (calls.len() == 1).then_some(line)
        }
        Newer::Atomic => {
            // An addition as a statement of its own is what every kernel has.
            let plain = |line: &str| line.trim_start().starts_with("__sync_fetch_and_add");
            let mut found = lines().filter(|(_, line)| ATOMIC.is_match(line) && !plain(line));
            let (line, _) = found.next()?;
            found.next().is_none().then_some(line)
        }
    }
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["//", "/*", "*"].iter().any(|start| line.starts_with(start))
}

/// What a kernel would need for a finding not to be there, where that is known.
pub fn needed(found: &Diagnostic) -> Option<Needs> {
    let Words::Lab(Sentence::Refused { mistake: Mistake::Newer(newer), .. }) = &found.message else {
        return None;
    };
    let (kernel, helper) = match newer {
        Newer::Helper { name } => (None, Some(name)),
        Newer::Callback { helper: Some(name) } => (None, Some(name)),
        Newer::Callback { helper: None } => (Some(CALLBACKS), None),
        Newer::Atomic => (Some(ATOMICS), None),
    };
    let features = helper.map(|name| format!("helper:{name}")).into_iter().collect();
    Some(Needs { kernel, features, ..Needs::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_kernels_interface() {
        assert_eq!(helper(155), None);
        for (number, name) in [
            (156, "bpf_task_storage_get"),
            (174, "bpf_get_attach_cookie"),
            (181, "bpf_loop"),
            (194, "bpf_kptr_xchg"),
            (208, "bpf_ktime_get_tai_ns"),
            (211, "bpf_cgrp_storage_delete"),
        ] {
            assert_eq!(helper(number).as_deref(), Some(name));
        }
        assert_eq!(helper(212), None);
    }

    #[test]
    fn a_line_is_told_only_where_no_other_can_be_meant() {
        let mut newer = Newer::Callback { helper: None };
        assert_eq!(in_source(&mut newer, "int a;\n bpf_loop(4, f, 0, 0);\n// bpf_loop(…)\n"), Some(2));
        assert_eq!(newer, Newer::Callback { helper: Some("bpf_loop".into()) });

        let mut newer = Newer::Callback { helper: None };
        assert_eq!(in_source(&mut newer, "bpf_loop(4, f, 0, 0);\nbpf_find_vma(t, 0, f, 0, 0);\n"), None);
        assert_eq!(newer, Newer::Callback { helper: None });

        let once = "__sync_fetch_and_add(&n, 1);\nlast = __sync_fetch_and_add(&n, 1);\n";
        assert_eq!(in_source(&mut Newer::Atomic, once), Some(2));
        assert_eq!(in_source(&mut Newer::Atomic, &once.repeat(2)), None);
    }

    #[test]
    fn what_would_have_it_is_known() {
        let refused = |newer| {
            let mistake = Mistake::Newer(newer);
            let sentence = Sentence::Refused { program: "f".into(), mistake };
            needed(&Diagnostic::error(crate::diagnostic::Origin::Verifier, "x", sentence)).unwrap().words()
        };
        assert_eq!(refused(Newer::Helper { name: "bpf_loop".into() }), ["helper:bpf_loop"]);
        assert_eq!(refused(Newer::Callback { helper: None }), ["5.13"]);
        assert_eq!(refused(Newer::Atomic), ["5.12"]);
    }
}
