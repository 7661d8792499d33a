//! Formats of `bpf_printk` that this kernel refuses: the helper answers with an error then,
//! prints nothing, and no program looks.
//!
//! Found out by trying: a program of the lab's own prints with the same format, after the
//! run, and no run shows those lines. Does not know what a run is.

use std::{
    collections::HashMap,
    os::fd::{AsFd as _, AsRawFd as _},
    time::Instant,
};

use bpflab_worker::{Event, Unprintable};
use libbpf_rs::{
    Map, MapCore as _, MapFlags, MapHandle, MapType, Object,
    libbpf_sys::{self, BPF_FUNC_trace_printk, BPF_FUNC_trace_vprintk, bpf_insn},
};

use crate::{
    outlet::Outlet,
    own::{self, insn},
};

/// Arguments that `bpf_trace_vprintk` takes at most: MAX_BPRINTF_VARARGS of include/linux/bpf.h.
const MOST_ARGUMENTS: i16 = 12;

/// The same in bytes.
const MOST_GIVEN: i32 = MOST_ARGUMENTS as i32 * size_of::<u64>() as i32;

/// Formats of one program that are tried, at most.
const MOST_FORMATS: usize = 64;

/// What a program of this type that is run by itself gets to read: an Ethernet header.
const PACKET: usize = 14;

/// Conversions of one format that are tried by themselves, at most.
const MOST_CONVERSIONS: usize = 16;

/// One call, as it stands in a program.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Call {
    helper: u32,
    /// With its NUL, as it is given to the helper.
    format: Vec<u8>,
    /// Bytes of arguments, where the helper takes them as one.
    given: i32,
}

/// What is wrong with a format: the errno, and which part of it is refused by itself.
type Refusal = Option<(i32, Option<String>)>;

/// Tells the formats of this object's programs that the kernel does not take, each once a
/// program. What is not found out `until` then is not told.
pub(crate) fn tell(object: &Object, until: Instant, outlet: &mut Outlet) -> crate::Result {
    let maps: Vec<Map<'_>> = object.maps().collect();
    let mut known: HashMap<Call, Refusal> = HashMap::new();
    for program in object.progs() {
        for call in calls(program.insns(), &maps) {
            if Instant::now() > until {
                return Ok(());
            }
            let refusal = known.entry(call.clone()).or_insert_with(|| refusal(&call, until));
            let Some((errno, culprit)) = refusal.clone() else { continue };
            let program = program.name().to_string_lossy().into_owned();
            let found = Unprintable { program, format: text(&call.format), culprit, errno };
            outlet.send(&Event::Unprintable(found))?;
        }
    }
    Ok(())
}

fn refusal(call: &Call, until: Instant) -> Refusal {
    let errno = tried(call)?;
    let format = text(&call.format);
    let mut parts = conversions(&format);
    parts.sort_unstable();
    parts.dedup();
    let alone = |part: &&str| {
        let format = format!("{part}\0").into_bytes();
        Instant::now() < until && tried(&Call { format, ..call.clone() }).is_some()
    };
    Some((errno, parts.into_iter().take(MOST_CONVERSIONS).find(alone).map(str::to_owned)))
}

fn text(format: &[u8]) -> String {
    String::from_utf8_lossy(format).trim_end_matches('\0').to_owned()
}

/// The calls whose format is a constant of the object's: its address and length are put into
/// the first two registers before each, and the length of the arguments into the fourth.
fn calls(program: &[bpf_insn], maps: &[Map<'_>]) -> Vec<Call> {
    const CONSTANT: u32 = libbpf_sys::BPF_LD | libbpf_sys::BPF_IMM | libbpf_sys::BPF_DW;
    const MOVE: u32 = libbpf_sys::BPF_ALU64 | libbpf_sys::BPF_MOV;
    const MOVE_HALF: u32 = libbpf_sys::BPF_ALU | libbpf_sys::BPF_MOV;
    const CALL: u32 = libbpf_sys::BPF_JMP | libbpf_sys::BPF_CALL;
    let (mut text, mut length, mut given) = (None, None, None);
    let mut found: Vec<Call> = Vec::new();
    for (at, one) in program.iter().enumerate() {
        let (code, helper) = (u32::from(one.code), one.imm as u32);
        match (code, one.dst_reg(), one.src_reg()) {
            (CONSTANT, 1, from) if u32::from(from) == libbpf_sys::BPF_PSEUDO_MAP_VALUE => {
                text = program.get(at + 1).map(|next| (one.imm, next.imm));
            }
            (MOVE | MOVE_HALF, 2, _) => length = Some(one.imm),
            (MOVE | MOVE_HALF, 4, _) => given = Some(one.imm),
            (CALL, _, 0) => {
                let prints = [BPF_FUNC_trace_printk, BPF_FUNC_trace_vprintk].contains(&helper);
                if let (true, Some((map, start)), Some(length)) = (prints, text, length)
                    && found.len() < MOST_FORMATS
                    && let Some(format) = bytes(maps, map, start, length)
                {
                    let given =
                        if helper == BPF_FUNC_trace_vprintk { given.unwrap_or(MOST_GIVEN) } else { 0 };
                    let call = Call { helper, format, given: given.clamp(0, MOST_GIVEN) };
                    if !found.contains(&call) {
                        found.push(call);
                    }
                }
                (text, length, given) = (None, None, None);
            }
            (_, 1, _) => text = None,
            (_, 2, _) => length = None,
            (_, 4, _) => given = None,
            _ => {}
        }
    }
    found
}

/// A part of a map's one value.
fn bytes(maps: &[Map<'_>], map: i32, start: i32, length: i32) -> Option<Vec<u8>> {
    let map = maps.iter().find(|one| one.as_fd().as_raw_fd() == map)?;
    let all = map.lookup(&0u32.to_ne_bytes(), MapFlags::ANY).ok().flatten()?;
    let start = usize::try_from(start).ok()?;
    all.get(start..start + usize::try_from(length).ok()?).map(<[u8]>::to_vec)
}

/// The errno with which the kernel refuses a format; `None` where it takes it, or cannot be asked.
fn tried(call: &Call) -> Option<i32> {
    let size = u32::try_from(call.format.len()).ok()?;
    let options = libbpf_sys::bpf_map_create_opts {
        sz: size_of::<libbpf_sys::bpf_map_create_opts>() as _,
        ..Default::default()
    };
    let map = MapHandle::create(MapType::Array, Some("bpflab_format"), 4, size, 1, &options).ok()?;
    map.update(&0u32.to_ne_bytes(), &call.format, MapFlags::ANY).ok()?;
    let code = printing(map.as_fd().as_raw_fd(), size as i32, call);
    let program = own::load(libbpf_sys::BPF_PROG_TYPE_SOCKET_FILTER, c"bpflab_format", &code, |_| {})?;
    let packet = [0u8; PACKET];
    // SAFETY: all zero is a value of this C struct: nothing given, nothing asked.
    let mut asked: libbpf_sys::bpf_test_run_opts = unsafe { std::mem::zeroed() };
    asked.sz = size_of_val(&asked) as libbpf_sys::size_t;
    asked.data_in = packet.as_ptr().cast();
    asked.data_size_in = PACKET as u32;
    // SAFETY: the packet has that size, and outlives the call.
    let status = unsafe { libbpf_sys::bpf_prog_test_run_opts(program.as_raw_fd(), &raw mut asked) };
    let returned = asked.retval as i32;
    (status == 0 && returned < 0).then_some(-returned)
}

/// Prints zeros with the format, and returns what the helper says.
fn printing(format: i32, size: i32, call: &Call) -> Vec<bpf_insn> {
    use libbpf_sys::{
        BPF_ADD, BPF_ALU64, BPF_CALL, BPF_DW, BPF_EXIT, BPF_IMM, BPF_JMP, BPF_LD, BPF_MEM, BPF_MOV,
        BPF_PSEUDO_MAP_VALUE, BPF_ST, BPF_X,
    };
    const FRAME: u8 = 10;
    let mut code = Vec::new();
    if call.helper == BPF_FUNC_trace_vprintk {
        let each = (1..=MOST_ARGUMENTS).map(|at| -at * size_of::<u64>() as i16);
        code.extend(each.map(|at| insn(BPF_ST | BPF_MEM | BPF_DW, FRAME, 0, at, 0)));
        code.push(insn(BPF_ALU64 | BPF_MOV | BPF_X, 3, FRAME, 0, 0));
        code.push(insn(BPF_ALU64 | BPF_ADD, 3, 0, 0, -MOST_GIVEN));
        code.push(insn(BPF_ALU64 | BPF_MOV, 4, 0, 0, call.given));
    } else {
        code.extend([3, 4, 5].map(|argument| insn(BPF_ALU64 | BPF_MOV, argument, 0, 0, 0)));
    }
    code.push(insn(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_VALUE as u8, 0, format));
    code.push(insn(0, 0, 0, 0, 0));
    code.push(insn(BPF_ALU64 | BPF_MOV, 2, 0, 0, size));
    code.push(insn(BPF_JMP | BPF_CALL, 0, 0, 0, call.helper as i32));
    code.push(insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
    code
}

/// What a kernel may not know in a format: its conversions, and letters that are not ASCII or
/// do not print.
fn conversions(format: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut letters = format.char_indices().peekable();
    while let Some((start, letter)) = letters.next() {
        if !letter.is_ascii() || letter.is_ascii_control() && !letter.is_ascii_whitespace() {
            found.push(&format[start..start + letter.len_utf8()]);
        }
        if letter != '%' {
            continue;
        }
        let mut end = start + 1;
        while let Some((at, letter)) = letters.next_if(|(_, letter)| letter.is_ascii()) {
            end = at + 1;
            // A pointer's kind may follow: %pks, %pI4.
            let is_last = letter.is_ascii_alphabetic() && !"hlzjt".contains(letter) || letter == '%';
            if is_last {
                let kind = |(_, next): &(usize, char)| letter == 'p' && next.is_ascii_alphanumeric();
                while let Some((at, _)) = letters.next_if(kind) {
                    end = at + 1;
                }
                break;
            }
        }
        found.push(&format[start..end]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_and_letters_are_told_apart() {
        assert_eq!(conversions("a %5.2f%% %llu"), ["%5.2f", "%%", "%llu"]);
        assert_eq!(conversions("%pI4, %pks: 你 %"), ["%pI4", "%pks", "你", "%"]);
        assert_eq!(conversions("\x1b[1m\t\n"), ["\x1b"]);
        assert!(conversions("nothing").is_empty());
    }
}
