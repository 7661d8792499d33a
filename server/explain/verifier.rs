//! The verifier's verdict, one line of its own words -> the mistake behind it.
//!
//! Knows how kernels from 5.10 to 7.x word their verdicts; the same mistake has
//! had several wordings. What it does not know it does not guess.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::newer::helper;
use crate::say::{Mistake, Newer, Pointee};

/// What makes a mistake of a verdict's words; `None` where they are not meant.
type Make = fn(&Captures<'_>) -> Option<Mistake>;

/// Verdicts, in the order in which they are tried.
const VERDICTS: &[(&str, Make)] = &[
    (r"R\d+ invalid mem access '([a-z_]*_or_null[a-z_]*)'", |c| {
        Some(Mistake::NullCheck { what: pointee(c.get(1)?.as_str()) })
    }),
    (r"pointer arithmetic on ([a-z_]*_or_null[a-z_]*) prohibited", |c| {
        Some(Mistake::NullCheck { what: pointee(c.get(1)?.as_str()) })
    }),
    (r"R\d+ type=([a-z_]*_or_null[a-z_]*) expected=", |c| {
        Some(Mistake::NullCheck { what: pointee(c.get(1)?.as_str()) })
    }),
    (r"Possibly NULL pointer passed to ", |_| Some(Mistake::NullCheck { what: Pointee::Other })),
    (r"R\d+ invalid mem access '(inv|scalar)'", |_| Some(Mistake::NotAPointer { is_pid_like: true })),
    (r"R\d+ invalid mem access '", |_| Some(Mistake::NotAPointer { is_pid_like: false })),
    (r"invalid access to packet, off=-?\d+ size=(\d+)", |c| {
        Some(Mistake::PacketBounds { size: number(c, 1) })
    }),
    (r"R\d+ offset is outside of the packet", |_| Some(Mistake::PacketBounds { size: None })),
    (r"invalid access to map value, value_size=(\d+)", |c| Some(Mistake::ValueBounds { size: number(c, 1) })),
    (r"invalid access to (?:memory|mem), mem_size=(\d+)", |c| {
        Some(Mistake::ValueBounds { size: number(c, 1) })
    }),
    (r"access beyond struct (\w+) at off (\d+) size (\d+)", |c| {
        Some(Mistake::StructBounds {
            name: c.get(1)?.as_str().to_owned(),
            offset: number(c, 2)?,
            size: number(c, 3)?,
        })
    }),
    (r"access beyond the end of member (\w+) \(mend:\d+\) in struct (\w+) with off (\d+) size (\d+)", |c| {
        Some(Mistake::MemberBounds {
            member: c.get(1)?.as_str().to_owned(),
            name: c.get(2)?.as_str().to_owned(),
            offset: number(c, 3)?,
            size: number(c, 4)?,
        })
    }),
    (r"R\d+ invalid \w+ buffer access: off=", |_| Some(Mistake::ValueBounds { size: None })),
    (r"R\d+ min value is outside of the allowed memory range", |_| Some(Mistake::ValueBounds { size: None })),
    (r"R\d+ max value is outside of the allowed memory range", |_| Some(Mistake::ValueBounds { size: None })),
    (r"R\d+ unbounded memory access", |_| Some(Mistake::Unbounded)),
    (r"math between .* pointer and register with unbounded", |_| Some(Mistake::Unbounded)),
    (r"value -?\d+ makes .* pointer be out of bounds", |_| Some(Mistake::Unbounded)),
    (r"R\d+ min value is negative", |_| Some(Mistake::NegativeIndex)),
    (r"invalid (?:zero-sized|negative) (?:read|access)", |_| Some(Mistake::NegativeIndex)),
    (r"invalid (?:indirect )?read from stack (?:R\d+ )?off -?\d+\+\d+ size", |_| {
        Some(Mistake::StackUninitialised)
    }),
    (r"invalid (?:read from|write to|unbounded|variable-offset) ?.*stack R\d+ off=(-?\d+)", |c| {
        Some(Mistake::StackBounds { offset: number(c, 1)? })
    }),
    (r"invalid (?:indirect access to )?stack (?:type )?(?:R\d+ )?off=(-?\d+)", |c| {
        Some(Mistake::StackBounds { offset: number(c, 1)? })
    }),
    (r"invalid (?:variable-offset|unbounded variable-offset).*stack", |_| Some(Mistake::Unbounded)),
    (r"R(\d+) !read_ok", |c| {
        Some(Mistake::RegisterUninitialised { register: c.get(1)?.as_str().parse().ok()? })
    }),
    (r"infinite loop detected|back-edge from insn", |_| Some(Mistake::Endless)),
    (r"sequence of \d+ jumps is too complex|BPF program is too large", |_| Some(Mistake::TooManyPaths)),
    (r"R(\d+) type=([A-Za-z0-9_]+) expected=(.+)", |c| {
        Some(Mistake::WrongArgument {
            argument: c.get(1)?.as_str().parse().ok()?,
            got: c.get(2)?.as_str().to_owned(),
            wanted: c.get(3)?.as_str().trim_end_matches([',', ' ']).to_owned(),
        })
    }),
    (r"R(\d+) is of type (\w+) but (\w+) is expected", |c| {
        Some(Mistake::WrongArgument {
            argument: c.get(1)?.as_str().parse().ok()?,
            got: format!("struct {}", &c[2]),
            wanted: format!("struct {}", &c[3]),
        })
    }),
    (r"invalid bpf_context access off=(-?\d+)", |c| Some(Mistake::Context { offset: number(c, 1)? })),
    (r"dereference of modified ctx ptr|variable ctx access", |_| Some(Mistake::ModifiedContext)),
    (r"func '([^']+)' doesn't have \d+-th argument", |c| {
        Some(Mistake::NoSuchArgument { function: c.get(1)?.as_str().to_owned() })
    }),
    (r"(?:unknown func|cannot use helper) (bpf_\w+)#\d+", |c| {
        Some(Mistake::Helper { helper: c.get(1)?.as_str().to_owned() })
    }),
    (r"helper call is not allowed in probe|calling kernel function (\w+) is not allowed", |c| {
        let helper = c.get(1).map_or("that helper", |name| name.as_str());
        Some(Mistake::Helper { helper: helper.to_owned() })
    }),
    (r"(\w+)\(\) is not modifiable", |c| {
        Some(Mistake::NotModifiable { function: c.get(1)?.as_str().to_owned() })
    }),
    (r"The address of function (\w+) cannot be found", |c| {
        Some(Mistake::NoCode { function: c.get(1)?.as_str().to_owned() })
    }),
    (r"Unreleased reference|would lead to reference leak", |_| Some(Mistake::Reference)),
    (r"function calls are not allowed while holding a lock", |_| Some(Mistake::LockedCall)),
    (r"bpf_spin_unlock is missing|bpf_spin_lock-ed region|Locking two bpf_spin_locks", |_| {
        Some(Mistake::Lock)
    }),
    (r"R\d+ leaks addr|partial copy of pointer|pointer comparison prohibited", |_| Some(Mistake::Leak)),
    (
        r"At program exit the register R0 has value \(([^;)]+)[^)]*\) should have been in (?:\(([^)]+)\)|(\[[^\]]+\]))",
        |c| {
            let wanted = c.get(2).or(c.get(3))?.as_str().replace("; ", " to ");
            Some(Mistake::ReturnValue { got: c.get(1)?.as_str().to_owned(), wanted })
        },
    ),
    (
        r"At (?:program exit|subprogram exit|\w+ return) the register R0 has (.+?) should have been in (\[[^\]]+\])",
        |c| {
            let (got, wanted) = (c.get(1)?.as_str(), c.get(2)?.as_str());
            Some(Mistake::ReturnValue { got: got.to_owned(), wanted: wanted.to_owned() })
        },
    ),
    (
        r"At program exit the register R0 is not a known value \((?:[a-z_]*ptr_|ctx|fp|map_|pkt|mem|buf|sock|tp_)",
        |_| Some(Mistake::PointerReturned { by_function: false }),
    ),
    (r"At subprogram exit the register R0 is not a scalar value", |_| {
        Some(Mistake::PointerReturned { by_function: true })
    }),
    (r"At program exit the register R0 is not a known value", |_| Some(Mistake::NoReturnValue)),
    (r"invalid func unknown#(\d+)", |c| {
        let name = helper(c.get(1)?.as_str().parse().ok()?)?;
        Some(Mistake::Newer(Newer::Helper { name }))
    }),
    (r"number of funcs in func_info doesn't match number of subprogs", |_| {
        Some(Mistake::Newer(Newer::Callback { helper: None }))
    }),
    (r"BPF_STX uses reserved fields", |_| Some(Mistake::Newer(Newer::Atomic))),
    (r"misaligned (?:\w+ )?access", |_| Some(Mistake::Misaligned)),
    (r"combined stack size of \d+ calls is (\d+)", |c| {
        Some(Mistake::StackTotal { bytes: c.get(1)?.as_str().parse().ok()? })
    }),
    (r"failed to resolve CO-RE relocation <\w+> \[\d+\] (.+?)(?: \(| = )", |c| {
        Some(Mistake::Core { what: c.get(1)?.as_str().to_owned() })
    }),
    (
        r"write into map forbidden|cannot write into rdonly|R\d+ cannot write into|only read from .* is allowed",
        |_| Some(Mistake::ReadOnly),
    ),
    (r"only read is supported", |_| Some(Mistake::KernelWrite)),
    (r"unreachable insn|last insn is not an exit|jump out of range|subprog.* falls through", |_| {
        Some(Mistake::Unreachable)
    }),
    (
        r"(\w+)\(\) has \d+ args while (\w+)\(\)|Return type .* of (\w+)\(\) doesn't match type .* of (\w+)\(\)|arg\d+ in (\w+)\(.*\) (?:is|has) .* while (\w+)\(\)",
        |c| {
            let mut names = (1..=6).filter_map(|group| c.get(group)).map(|name| name.as_str().to_owned());
            Some(Mistake::NotAlike { own: names.next()?, replaced: names.next()? })
        },
    ),
    (r"Cannot replace static functions", |_| Some(Mistake::NotSeparate)),
    (r"^(\w+) is not sleepable$", |c| Some(Mistake::NotSleepable { function: c[1].to_owned() })),
    (r"attach to unsupported member (\w+) of struct (\w+)", |c| {
        Some(Mistake::NotAMember { member: c[1].to_owned(), table: c[2].to_owned() })
    }),
    (r"progs cannot use (bpf_\w+) yet", |c| Some(Mistake::NotInItsMaps { what: c[1].to_owned() })),
    (r"metadata kfuncs require device-bound program", |_| Some(Mistake::NeedsDevice)),
    (r"(?:timer|workqueue) pointer in R\d+ .* doesn't match map pointer", |_| Some(Mistake::OtherMap)),
    (r"type ID argument must be of a struct", |_| Some(Mistake::NotAStruct)),
    (r"might sleep|sleepable in non-sleepable|may sleep", |_| Some(Mistake::MaySleep)),
];

/// The mistake behind a verdict, if these words are known.
pub(super) fn mistake(verdict: &str) -> Option<Mistake> {
    static KNOWN: LazyLock<Vec<(Regex, Make)>> = LazyLock::new(|| {
        let compile = |(pattern, make): &(&str, Make)| (Regex::new(pattern).expect("a pattern"), *make);
        VERDICTS.iter().map(compile).collect()
    });
    KNOWN.iter().find_map(|(pattern, make)| make(&pattern.captures(verdict)?))
}

fn pointee(kind: &str) -> Pointee {
    match kind {
        kind if kind.starts_with("map_value") => Pointee::MapValue,
        kind if kind.contains("mem") => Pointee::Record,
        kind if kind.contains("sock") => Pointee::Socket,
        kind if kind.starts_with("ptr_") => Pointee::Kernel,
        _ => Pointee::Other,
    }
}

fn number(found: &Captures<'_>, group: usize) -> Option<i64> {
    found.get(group)?.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_mistake_is_known_in_every_kernels_words() {
        for (verdict, id) in [
            ("R0 invalid mem access 'map_value_or_null'", "verifier-null-check"),
            ("R6 invalid mem access 'alloc_mem_or_null'", "verifier-null-check"),
            ("R0 invalid mem access 'inv'", "verifier-not-a-pointer"),
            ("R1 invalid mem access 'scalar'", "verifier-not-a-pointer"),
            ("invalid access to packet, off=0 size=14, R1(id=0,off=0,r=0)", "verifier-packet-bounds"),
            ("invalid access to map value, value_size=16 off=16 size=4", "verifier-value-bounds"),
            ("access beyond struct sockaddr at off 16 size 8", "verifier-struct-bounds"),
            ("R0 unbounded memory access, make sure to bounds check any such access", "verifier-unbounded"),
            ("invalid indirect read from stack R2 off -8+0 size 8", "verifier-stack-uninitialised"),
            ("invalid read from stack off -16+0 size 8", "verifier-stack-uninitialised"),
            ("invalid write to stack R10 off=-520 size=8", "verifier-stack-bounds"),
            ("invalid stack off=-520 size=8", "verifier-stack-bounds"),
            ("R0 !read_ok", "verifier-uninitialised"),
            ("back-edge from insn 7 to 2", "verifier-endless"),
            ("R1 type=fp expected=map_ptr", "verifier-argument"),
            ("invalid bpf_context access off=8192 size=4", "verifier-context"),
            ("unknown func bpf_get_current_task#35", "verifier-helper"),
            ("program of this type cannot use helper bpf_get_current_task#35", "verifier-helper"),
            ("vfs_unlink() is not modifiable", "verifier-not-modifiable"),
            ("The address of function finish_task_switch cannot be found", "verifier-no-code"),
            ("Unreleased reference id=2 alloc_insn=4", "verifier-reference"),
            (
                "At program exit the register R0 has value (0x5; 0x0) should have been in (0x0; 0x1)",
                "verifier-return-value",
            ),
            (
                "At program exit the register R0 has smin=5 smax=5 should have been in [0, 1]",
                "verifier-return-value",
            ),
            ("At program exit the register R0 is not a known value (ctx)", "verifier-leak"),
            ("At program exit the register R0 is not a known value (trusted_ptr_)", "verifier-leak"),
            ("At program exit the register R0 is not a known value (something)", "verifier-no-return-value"),
            ("At subprogram exit the register R0 is not a scalar value (ctx)", "verifier-leak"),
            ("invalid func unknown#181", "verifier-newer-helper"),
            ("BPF_STX uses reserved fields", "verifier-newer-atomic"),
            ("instead() has 2 args while answer() has 1 args", "verifier-not-alike"),
            ("Return type UNKNOWN of f() doesn't match type INT of g()", "verifier-not-alike"),
            ("arg0 in f() is INT while g() has PTR", "verifier-not-alike"),
            ("Cannot replace static functions", "verifier-not-separate"),
            ("combined stack size of 2 calls is 560. Too large", "verifier-stack-total"),
            (
                "failed to resolve CO-RE relocation <byte_off> [9] struct task_struct.nothing (0:0 @ offset 0)",
                "verifier-core",
            ),
            (
                "failed to resolve CO-RE relocation <enumval_value> [7] enum named_enum::VAL1 = 1",
                "verifier-core",
            ),
            ("R1 invalid rdwr buffer access: off=-4, size=4", "verifier-value-bounds"),
            ("R2 is of type task_struct but cgroup is expected", "verifier-argument"),
            ("__x64_sys_getpgid is not sleepable", "verifier-not-sleepable"),
            ("attach to unsupported member get_info of struct tcp_congestion_ops", "verifier-not-a-member"),
            ("tracing progs cannot use bpf_timer yet", "verifier-not-in-its-maps"),
            ("metadata kfuncs require device-bound program", "verifier-needs-device"),
            ("timer pointer in R1 map_uid=1 doesn't match map pointer in R2 map_uid=2", "verifier-other-map"),
            ("bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct", "verifier-not-a-struct"),
        ] {
            assert_eq!(mistake(verdict).map(|mistake| mistake.id()), Some(id), "{verdict}");
        }
        for unknown in ["something that no kernel has said yet", "invalid func unknown#4096"] {
            assert_eq!(mistake(unknown), None);
        }
    }
}
