//! What libbpf patched into the program for this kernel, read from its log.
//!
//! libbpf has no call that tells; its words are those of the version that this
//! worker carries, and a test holds them. Knows nothing of BTF itself.

use std::collections::HashMap;

use bpflab_worker::Relocation;

/// Relocations told of one object; a large tool has a few hundred.
const MAX_TOLD: usize = 1024;

/// Every relocation that `lines` tell of, in their order.
///
/// `relo #N: <KIND> [ID] SPEC (…)` comes first, then, for each instruction,
/// `relo #N: patched insn #I (…) WHAT FROM -> TO`, or that it cannot be.
pub(crate) fn told(lines: &[String]) -> Vec<Relocation> {
    let mut asked: HashMap<(&str, &str), (&str, &str)> = HashMap::new();
    let mut found = Vec::new();
    for line in lines {
        let Some((program, number, what)) = split(line) else { continue };
        if let Some((kind, spec)) = spec(what) {
            asked.insert((program, number), (kind, spec));
        } else if let Some((instruction, local, target)) = patched(what)
            && let Some((kind, spec)) = asked.get(&(program, number))
            && found.len() < MAX_TOLD
        {
            found.push(Relocation {
                program: program.to_owned(),
                instruction,
                kind: (*kind).to_owned(),
                spec: (*spec).to_owned(),
                local,
                target,
            });
        }
    }
    found
}

/// Program, number and the rest of `libbpf: prog 'P': relo #N: REST`.
fn split(line: &str) -> Option<(&str, &str, &str)> {
    let rest = line.strip_prefix("libbpf: prog '")?;
    let (program, rest) = rest.split_once("': relo #")?;
    let (number, what) = rest.split_once(": ")?;
    Some((program, number, what.trim_end()))
}

/// Kind and spec of `<byte_off> [7] struct task_struct.pid (0:4 @ offset 16)`.
fn spec(what: &str) -> Option<(&str, &str)> {
    let (kind, rest) = what.strip_prefix('<')?.split_once("> [")?;
    let (_, rest) = rest.split_once("] ")?;
    let spec = rest.rsplit_once(" (").map_or(rest, |(spec, _)| spec);
    Some((kind, spec))
}

/// Instruction, value before and after: `patched insn #3 (LDX/ST/STX) off 16 -> 20`.
fn patched(what: &str) -> Option<(u32, u64, Option<u64>)> {
    if let Some(rest) = what.strip_prefix("substituting insn #") {
        let (instruction, _) = rest.split_once(' ')?;
        return Some((instruction.parse().ok()?, 0, None));
    }
    let rest = what.strip_prefix("patched insn #")?;
    let (instruction, rest) = rest.split_once(' ')?;
    let (before, after) = rest.rsplit_once(" -> ")?;
    let local = before.rsplit_once(' ')?.1;
    Some((instruction.parse().ok()?, number(local)?, Some(number(after)?)))
}

/// libbpf prints some of them signed.
fn number(word: &str) -> Option<u64> {
    word.parse::<u64>().ok().or_else(|| word.parse::<i64>().ok().map(i64::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_libbpf_are_understood() {
        let lines = [
            "libbpf: prog 'hello': relo #0: <byte_off> [12] struct task_struct.tgid (0:93 @ offset 1234)\n",
            "libbpf: prog 'hello': relo #0: matching candidate #0 <byte_off> [99] struct task_struct.tgid (0:94 @ offset 2276)\n",
            "libbpf: prog 'hello': relo #0: patched insn #3 (LDX/ST/STX) off 1234 -> 2276\n",
            "libbpf: prog 'hello': relo #1: <field_exists> [12] struct task_struct.__state (0:1 @ offset 24)\n",
            "libbpf: prog 'hello': relo #1: patched insn #7 (ALU/ALU64) imm 1 -> 0\n",
            "libbpf: prog 'hello': relo #2: <byte_off> [12] struct task_struct.gone (0:1 @ offset 24)\n",
            "libbpf: prog 'hello': relo #2: substituting insn #9 w/ invalid insn\n",
        ]
        .map(str::to_owned);
        let told = told(&lines);
        assert_eq!(told.len(), 3);
        assert_eq!(
            (told[0].instruction, told[0].local, told[0].target, told[0].spec.as_str()),
            (3, 1234, Some(2276), "struct task_struct.tgid")
        );
        assert_eq!((told[1].kind.as_str(), told[1].target), ("field_exists", Some(0)));
        assert_eq!(told[2].target, None);
    }
}
