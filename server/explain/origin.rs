//! Where a value came from that the verifier did not like: back through its
//! log, from register to register.
//!
//! Knows how instructions are printed. Follows one way only, the one that the
//! verifier was on last.

/// Registers passed through.
const MAX_HOPS: usize = 6;

/// The source line, as the log shows it, at which the register of a verdict got
/// its value, and the instruction that put it there.
pub(super) fn origin<'l>(log: &'l str, verdict: &str) -> Option<(Option<&'l str>, &'l str)> {
    let lines: Vec<&str> = log.lines().map(str::trim).collect();
    if let Some(at) = taken(&lines, verdict) {
        return Some((shown(&lines[..at]), instruction(lines[at])?));
    }
    let mut register = register(verdict)?;
    let mut at = lines.iter().rposition(|line| line.contains(verdict))?;
    // The instruction that was refused stands right before its verdict.
    at = lines[..at].iter().rposition(|line| instruction(line).is_some())?;
    for _ in 0..MAX_HOPS {
        let found = lines[..at]
            .iter()
            .rposition(|line| instruction(line).is_some_and(|text| sets(text, register)))?;
        let text = instruction(lines[found])?;
        at = found;
        match moved_from(text) {
            Some(from) => register = from,
            None => break,
        }
    }
    Some((shown(&lines[..at]), instruction(lines[at])?))
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
    let since = lines[at + 1..].iter().any(|line| instruction(line).is_some_and(|text| sets(text, register)));
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

/// Whether an instruction puts something into a register; a call puts its result into the first.
fn sets(text: &str, register: u8) -> bool {
    if text.starts_with("call ") {
        return register <= 5;
    }
    ["r", "w"].iter().any(|half| {
        text.strip_prefix(&format!("{half}{register} ")).is_some_and(|rest| rest.starts_with("= "))
    })
}

/// The register that is only passed on.
fn moved_from(text: &str) -> Option<u8> {
    let (_, from) = text.split_once(" = ")?;
    from.strip_prefix(['r', 'w'])?.parse().ok().filter(|register| *register < 10)
}
