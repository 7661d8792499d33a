//! Where a value came from that the verifier did not like: back through its
//! log, from register to register.
//!
//! Knows how instructions are printed. Follows one way only, the one that the
//! verifier was on last.

use crate::say::{Hop, HopKind};

/// Steps that are followed.
const MAX_HOPS: usize = 6;

/// What is not bounded is the number that was added to a pointer, not the pointer.
const OF_THE_NUMBER: [&str; 5] =
    ["unbounded", "value is negative", "max value is outside", "min value is outside", "math between"];

/// Where a value lies.
#[derive(Clone, Copy, PartialEq)]
enum Seat {
    Register(u8),
    /// On the stack, at this offset from its top.
    Slot(i32),
}

/// The way of a verdict's value, from where it was made: each step with the source line, as
/// the log shows it, that it belongs to.
pub(super) fn path<'l>(log: &'l str, verdict: &str) -> Vec<(Option<&'l str>, Hop)> {
    let lines: Vec<&str> = log.lines().map(str::trim).collect();
    let hop =
        |at: usize, kind| Some((shown(&lines[..at]), Hop { kind, how: instruction(lines[at])?.to_owned() }));
    if let Some(at) = taken(&lines, verdict) {
        return hop(at, HopKind::Made).into_iter().collect();
    }
    let mut found: Vec<(Option<&str>, Hop)> = Vec::new();
    let is_of_number = OF_THE_NUMBER.iter().any(|words| verdict.contains(words));
    // The instruction that was refused stands right before its verdict.
    let refused = lines.iter().rposition(|line| line.contains(verdict));
    let refused = refused.and_then(|at| lines[..at].iter().rposition(|line| instruction(line).is_some()));
    let Some(mut at) = refused else { return found };
    let text = instruction(lines[at]).unwrap_or_default();
    let number = added(text).filter(|_| is_of_number);
    let named = || register(verdict).map(Seat::Register);
    let Some(mut seat) = number.or_else(named).or_else(|| pointer(text)) else { return found };
    while found.len() < MAX_HOPS {
        let puts = |line: &&str| instruction(line).is_some_and(|text| sets(text, seat));
        let Some(before) = lines[..at].iter().rposition(puts) else { break };
        let is_called = |line: &&str| instruction(line).is_some_and(|text| text.starts_with("call "));
        if matches!(seat, Seat::Slot(_)) && lines[before + 1..at].iter().any(is_called) {
            // Whoever was called may have put something else there: it came from the stack.
            if let Some((_, hop)) = found.last_mut() {
                hop.kind = HopKind::Made;
            }
            break;
        }
        at = before;
        let Some(text) = instruction(lines[at]) else { break };
        let (kind, next) = match (changes(text), added(text).filter(|_| is_of_number), moved_from(text)) {
            (true, Some(number), _) => (HopKind::Changed, Some(number)),
            (true, None, _) => (HopKind::Changed, Some(seat)),
            (false, _, Some(from)) => (HopKind::PassedOn, Some(from)),
            (false, _, None) => (HopKind::Made, None),
        };
        found.extend(hop(at, kind));
        match next {
            Some(from) => seat = from,
            None => break,
        }
    }
    found.reverse();
    found
}

/// Helpers after which no pointer into the packet holds (net/core/filter.c,
/// bpf_helper_changes_pkt_data()).
const MOVES_PACKETS: [&str; 12] = [
    "bpf_skb_pull_data",
    "bpf_skb_store_bytes",
    "bpf_skb_change_",
    "bpf_skb_adjust_room",
    "bpf_skb_vlan_",
    "bpf_l3_csum_replace",
    "bpf_l4_csum_replace",
    "bpf_clone_redirect",
    "bpf_xdp_adjust_",
    "bpf_lwt_",
    "bpf_msg_",
    "bpf_sk_store_hdr_opt",
];

/// The call that made a plain number of a packet pointer in the verdict's
/// register, where it was one before and nothing was put there since.
pub(super) fn moved<'l>(log: &'l str, verdict: &str) -> Option<&'l str> {
    let register = register(verdict)?;
    let lines: Vec<&str> = log.lines().map(str::trim).collect();
    let (at, helper) = (lines.iter().enumerate().rev()).find_map(|(at, line)| {
        let name = instruction(line)?.strip_prefix("call ")?.split('#').next()?;
        MOVES_PACKETS.iter().any(|known| name.starts_with(known)).then_some((at, name))
    })?;
    let was_packet = ["", "_w", "_r", "_rw"].map(|mark| format!("R{register}{mark}=pkt"));
    let was = lines[..at].iter().any(|line| was_packet.iter().any(|words| line.contains(words)));
    let since = lines[at + 1..]
        .iter()
        .any(|line| instruction(line).is_some_and(|text| sets(text, Seat::Register(register))));
    (was && !since).then_some(helper)
}

/// The last source line that was shown.
fn shown<'l>(lines: &[&'l str]) -> Option<&'l str> {
    lines.iter().rev().find_map(|line| line.strip_prefix("; "))
}

/// The call that took what was not given back.
fn taken(lines: &[&str], verdict: &str) -> Option<usize> {
    let calls = |line: &str, what: &str| instruction(line).is_some_and(|text| text.starts_with(what));
    if let Some((_, number)) = verdict.split_once("alloc_insn=") {
        let start = format!("{}: (", number.split(' ').next()?);
        return lines.iter().rposition(|line| line.starts_with(&start) && calls(line, "call "));
    }
    if !verdict.contains("spin_lock") && !verdict.contains("spin_unlock") {
        return None;
    }
    lines.iter().rposition(|line| calls(line, "call bpf_spin_lock"))
}

/// `6` of `R6 invalid mem access`.
fn register(verdict: &str) -> Option<u8> {
    let rest = verdict.split_once('R')?.1;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok().filter(|register| *register < 10)
}

/// `r6 = r0` of `4: (bf) r6 = r0   ; R0=…`.
fn instruction(line: &str) -> Option<&str> {
    let (number, rest) = line.split_once(": (")?;
    number.parse::<u32>().ok()?;
    let text = rest.split_once(") ")?.1;
    Some(text.split_once(" ;").map_or(text, |(text, _)| text).trim_end())
}

/// Whether an instruction puts something there; a call puts its result into the first register.
fn sets(text: &str, seat: Seat) -> bool {
    match seat {
        Seat::Register(register) if text.starts_with("call ") => register <= 5,
        Seat::Register(register) => ["r", "w"].iter().any(|half| {
            text.strip_prefix(&format!("{half}{register} ")).is_some_and(|rest| rest.contains('='))
        }),
        Seat::Slot(_) => text.split_once(" = ").is_some_and(|(to, _)| slot(to) == Some(seat)),
    }
}

/// Whether it makes something else of what is there: `r1 += r2`.
fn changes(text: &str) -> bool {
    let operation = text.split(' ').nth(1).unwrap_or_default();
    text.starts_with(['r', 'w']) && operation.len() > 1 && operation.ends_with('=')
}

/// The register that is added to another: 2 of `r1 += r2`.
fn added(text: &str) -> Option<Seat> {
    // Not an atomic one, which adds to what is in memory.
    let (_, from) = text.starts_with(['r', 'w']).then(|| text.split_once(" += "))??;
    seat(from)
}

/// The register that is read or written through: 6 of `r0 = *(u8 *)(r6 +24)`.
fn pointer(text: &str) -> Option<Seat> {
    let (_, rest) = text.split_once("*(")?.1.split_once(")(")?;
    seat(rest.split(' ').next()?)
}

/// Where it is only passed on from.
fn moved_from(text: &str) -> Option<Seat> {
    let (_, from) = text.split_once(" = ")?;
    seat(from).or_else(|| slot(from))
}

fn seat(name: &str) -> Option<Seat> {
    let register = name.strip_prefix(['r', 'w'])?.parse().ok().filter(|register| *register < 10)?;
    Some(Seat::Register(register))
}

/// `-8` of `*(u64 *)(r10 -8)`.
fn slot(operand: &str) -> Option<Seat> {
    let (_, offset) = operand.strip_prefix("*(")?.split_once(")(r10 ")?;
    offset.strip_suffix(')')?.parse().ok().map(Seat::Slot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_atomic_addend_is_no_offset_and_a_call_may_have_written_the_stack() {
        let verdict = "R1 unbounded memory access";
        let kinds = |log: &str| -> Vec<(String, HopKind)> {
            path(log, verdict).into_iter().map(|(_, hop)| (hop.how, hop.kind)).collect()
        };
        let atomic = "1: (85) call bpf_get_prandom_u32#7\n2: (b7) r2 = 9\n3: (bf) r3 = r0\n4: (0f) r1 += r3\n\
                      5: (db) lock *(u64 *)(r1 +0) += r2\nR1 unbounded memory access, x\n";
        assert_eq!(kinds(atomic)[0], ("call bpf_get_prandom_u32#7".to_owned(), HopKind::Made));
        let read = "1: (7b) *(u64 *)(r10 -8) = r0\n2: (85) call bpf_probe_read_kernel#113\n\
                    3: (79) r2 = *(u64 *)(r10 -8)\n4: (0f) r1 += r2\n5: (71) r0 = *(u8 *)(r1 +0)\n\
                    R1 unbounded memory access, x\n";
        assert_eq!(kinds(read)[0], ("r2 = *(u64 *)(r10 -8)".to_owned(), HopKind::Made));
    }

    #[test]
    fn a_number_without_bounds_is_followed_rather_than_its_pointer() {
        let log = "; p = lookup();\n6: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value\n7: (bf) r6 = r0\n\
                   ; n = random();\n8: (85) call bpf_get_prandom_u32#7\n\
                   ; keep = n;\n9: (7b) *(u64 *)(r10 -16) = r0\n; n = keep * 3;\n10: (79) r1 = *(u64 *)(r10 -16)\n\
                   11: (27) r1 *= 3\n; return p[n];\n12: (0f) r6 += r1\n13: (71) r0 = *(u8 *)(r6 +8)\n\
                   R6 unbounded memory access, make sure to bounds check any such access\n";
        let way: Vec<(&str, HopKind)> = path(log, "R6 unbounded memory access")
            .into_iter()
            .map(|(line, hop)| (line.unwrap_or_default(), hop.kind))
            .collect();
        assert_eq!(
            way,
            [
                ("n = random();", HopKind::Made),
                ("keep = n;", HopKind::PassedOn),
                ("n = keep * 3;", HopKind::PassedOn),
                ("n = keep * 3;", HopKind::Changed),
                ("return p[n];", HopKind::Changed),
            ]
        );
    }
}
