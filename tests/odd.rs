//! Objects that are legal and odd: hundreds of programs, maps beyond all memory,
//! types that lie. Each ends with a sentence, and the machine goes on.

mod support;

use support::{
    can_use_kernel,
    command::run,
    program::{self, fresh_name},
};

const HEAD: &str = "#include \"vmlinux.h\"\n#include <bpf/bpf_helpers.h>\n";
const LICENSE: &str = "char LICENSE[] SEC(\"license\") = \"GPL\";\n";
const FOR: [&str; 2] = ["--for", "300ms"];

/// So many programs, each for an event of its own or all for one.
fn many(count: u32, section: &str) -> String {
    let name = fresh_name();
    let programs = (0..count)
        .map(|at| format!("SEC(\"{section}\") int {name}_{at}(void *ctx) {{ return {at} & 1; }}\n"));
    format!("{HEAD}{}{LICENSE}", programs.collect::<String>())
}

#[test]
fn five_hundred_programs_are_loaded_and_more_than_an_event_takes_are_not_attached() {
    if !can_use_kernel() {
        return;
    }
    let (status, story) = run(&many(500, "raw_tp/sys_enter"), &FOR);
    assert_eq!(status, 0, "{story:?}");
    assert_eq!(story.one("loaded")["programs"].as_array().map(Vec::len), Some(500));
    assert_eq!(story.of("attached").count(), 500);
    let (status, story) = run(&many(70, "tp/syscalls/sys_enter_unlinkat"), &FOR);
    assert_eq!((status, story.outcome()), (1, "attach_failed"), "{story:?}");
    assert!(story.says("attach-full").contains("at most 64 programs"), "{story:?}");
}

#[test]
fn a_map_beyond_all_memory_is_refused_by_name() {
    if !can_use_kernel() {
        return;
    }
    let map = "struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 0xffffffff); __type(key, int); \
               __type(value, long); } vast SEC(\".maps\");";
    let source = program::program(
        &fresh_name(),
        program::ANY_CALL,
        map,
        "int zero = 0; if (bpf_map_lookup_elem(&vast, &zero)) return 1;",
    );
    let (status, story) = run(&source, &FOR);
    assert_eq!((status, story.outcome()), (1, "rejected"), "{story:?}");
    let found = story.of("diagnostic").next().expect("a sentence");
    let says = found["message"].as_str().expect("text");
    assert!(says.contains("vast") && says.contains("max_entries"), "{says}");
}

/// Bytes in the sections that hold types: lengths beyond the file, types of no
/// kind, and nothing at all.
#[test]
fn types_that_lie_end_a_run_cleanly_or_are_passed_over() {
    if !can_use_kernel() {
        return;
    }
    let lies = [
        "0x0001eb9f, 24, 0, 0x7ffffff0, 0x7ffffff0, 0x7fffffff",
        "0x0001eb9f, 24, 0, 16, 16, 4, 1, 0xffffffff, 0xffffffff, 0xffffffff, 0",
        "0, 0, 0, 0",
    ];
    for section in [".BTF", ".BTF.ext", ".maps", ".rodata", "license"] {
        for lie in lies {
            let globals =
                format!("unsigned lie[] __attribute__((section(\"{section}\"), used)) = {{ {lie} }};");
            let source = program::program(&fresh_name(), program::ANY_CALL, &globals, "");
            let (_, story) = run(&source, &FOR);
            let ends = ["completed", "rejected", "compile_failed"];
            assert!(ends.contains(&story.outcome()), "{section}: {story:?}");
            let is_told = story.of("diagnostic").any(|found| found["severity"] == "error");
            assert!(story.outcome() == "completed" || is_told, "{section}: {story:?}");
        }
    }
}
