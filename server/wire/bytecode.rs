//! BPF instructions as text, in the kernel's way of writing them.
//!
//! From Documentation/bpf/standardization/instruction-set.rst. Knows bytes;
//! names of helpers, maps and functions are the caller's.

/// Bytes of one instruction; a 64-bit constant takes two of them.
pub(super) const SIZE: usize = 8;

/// One instruction, or both halves of a wide one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, in instructions from the program's start.
    pub(super) at: u32,
    /// As text.
    pub(super) text: String,
    /// Where it may jump to.
    pub(super) to: Option<u32>,
}

/// What a caller knows of a number in an instruction.
pub(super) trait Names {
    /// The helper or function that instruction `at` calls.
    fn call(&self, at: u32, kind: Call, number: i32) -> Option<String>;
    /// What a 64-bit constant stands for, by its pseudo source register.
    fn constant(&self, at: u32, kind: u8, number: u64) -> Option<String>;
}

/// Who is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// A helper, by number or address.
    Helper,
    /// A function of the same program, by distance.
    Local,
    /// A kernel function.
    Kernel,
}

/// All instructions of a program. What is no instruction is shown as its bytes.
pub(super) fn lines(code: &[u8], names: &dyn Names) -> Vec<Line> {
    let all: Vec<Instruction> = code.chunks_exact(SIZE).filter_map(Instruction::read).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(one) = all.get(at) {
        let number = at as u32;
        let wide = one.code == WIDE;
        let next = all.get(at + 1).filter(|_| wide);
        found.push(Line { at: number, text: one.text(number, next, names), to: one.target(number) });
        at += if wide { 2 } else { 1 };
    }
    found
}

/// `dst = imm64`.
const WIDE: u8 = 0x18;

#[derive(Debug, Clone, Copy)]
struct Instruction {
    code: u8,
    to: u8,
    from: u8,
    offset: i16,
    number: i32,
}

impl Instruction {
    fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; SIZE] = bytes.try_into().ok()?;
        Some(Self {
            code: bytes[0],
            to: bytes[1] & 0xf,
            from: bytes[1] >> 4,
            offset: i16::from_le_bytes([bytes[2], bytes[3]]),
            number: i32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
        })
    }

    fn class(self) -> u8 {
        self.code & 0x07
    }

    fn is_register(self) -> bool {
        self.code & 0x08 != 0
    }

    fn target(self, at: u32) -> Option<u32> {
        let jumps = matches!(self.class(), 5 | 6) && !matches!(self.code, 0x85 | 0x8d | 0x95);
        let far = self.code == 0x06;
        let distance = if far { i64::from(self.number) } else { i64::from(self.offset) };
        jumps.then(|| u32::try_from(i64::from(at) + 1 + distance).ok()).flatten()
    }

    fn text(self, at: u32, next: Option<&Self>, names: &dyn Names) -> String {
        let text = match self.class() {
            0x00 => self.load(at, next, names),
            0x01 => self.load_register(),
            0x02 | 0x03 => self.store(),
            0x04 | 0x07 => self.calculate(),
            _ => self.jump(at, names),
        };
        text.unwrap_or_else(|| {
            format!(
                "(unknown) code {:#04x} dst {} src {} off {} imm {}",
                self.code, self.to, self.from, self.offset, self.number
            )
        })
    }

    fn load(self, at: u32, next: Option<&Self>, names: &dyn Names) -> Option<String> {
        let Self { to, from, number, .. } = self;
        let width = width(self.code, false)?;
        match self.code & 0xe0 {
            0x00 if self.code == WIDE => {
                let high = next.map_or(0, |next| next.number as u32);
                let whole = u64::from(number as u32) | u64::from(high) << 32;
                let named = (from != 0).then(|| names.constant(at, from, whole)).flatten();
                Some(format!("r{to} = {}", named.unwrap_or_else(|| format!("{whole:#x}"))))
            }
            0x20 => Some(format!("r0 = *({width} *)skb[{number}]")),
            0x40 => Some(format!("r0 = *({width} *)skb[r{from} {number:+}]")),
            _ => None,
        }
    }

    fn load_register(self) -> Option<String> {
        let signed = match self.code & 0xe0 {
            0x60 => false,
            0x80 => true,
            _ => return None,
        };
        let width = width(self.code, signed)?;
        Some(format!("r{} = *({width} *)(r{} {:+})", self.to, self.from, self.offset))
    }

    fn store(self) -> Option<String> {
        let place = format!("*({} *)(r{} {:+})", width(self.code, false)?, self.to, self.offset);
        match (self.class(), self.code & 0xe0) {
            (2, 0x60) => Some(format!("{place} = {}", self.number)),
            (3, 0x60) => Some(format!("{place} = r{}", self.from)),
            (3, 0xc0) => self.atomic(&place),
            _ => None,
        }
    }

    fn atomic(self, place: &str) -> Option<String> {
        let Self { to, from, offset, number, .. } = self;
        let size = if self.code & 0x18 == 0x18 { "64" } else { "" };
        let pointer = format!("(({} *)(r{to} {offset:+})", width(self.code, false)?);
        Some(match number {
            0x00 => format!("lock {place} += r{from}"),
            0x40 => format!("lock {place} |= r{from}"),
            0x50 => format!("lock {place} &= r{from}"),
            0xa0 => format!("lock {place} ^= r{from}"),
            0x01 => format!("r{from} = atomic{size}_fetch_add{pointer}, r{from})"),
            0x41 => format!("r{from} = atomic{size}_fetch_or{pointer}, r{from})"),
            0x51 => format!("r{from} = atomic{size}_fetch_and{pointer}, r{from})"),
            0xa1 => format!("r{from} = atomic{size}_fetch_xor{pointer}, r{from})"),
            0xe1 => format!("r{from} = atomic{size}_xchg{pointer}, r{from})"),
            0xf1 => format!("r0 = atomic{size}_cmpxchg{pointer}, r0, r{from})"),
            0x100 => format!("r{to} = load_acquire(({} *)(r{from} {offset:+}))", width(self.code, false)?),
            0x110 => format!("store_release{pointer}, r{from})"),
            _ => return None,
        })
    }

    fn calculate(self) -> Option<String> {
        let Self { to, from, offset, number, .. } = self;
        // Half registers are written w.
        let r = if self.class() == 7 { "r" } else { "w" };
        let operand = if self.is_register() { format!("{r}{from}") } else { number.to_string() };
        let sign = if offset == 1 { "s" } else { "" };
        Some(match self.code & 0xf0 {
            0x80 => format!("{r}{to} = -{r}{to}"),
            0xd0 => {
                let order = match (self.class(), self.is_register()) {
                    (7, _) => "bswap",
                    (_, true) => "be",
                    (_, false) => "le",
                };
                format!("r{to} = {order}{number} r{to}")
            }
            0xb0 if self.is_register() && offset == 1 && number != 0 => {
                format!("r{to} = addr_space_cast(r{from}, {}, {})", number >> 16, number & 0xffff)
            }
            0xb0 if self.is_register() && offset != 0 => format!("{r}{to} = (s{offset}){operand}"),
            0x30 => format!("{r}{to} {sign}/= {operand}"),
            0x90 => format!("{r}{to} {sign}%= {operand}"),
            0xc0 => format!("{r}{to} s>>= {operand}"),
            other => {
                let sign = match other {
                    0x00 => "+=",
                    0x10 => "-=",
                    0x20 => "*=",
                    0x40 => "|=",
                    0x50 => "&=",
                    0x60 => "<<=",
                    0x70 => ">>=",
                    0xa0 => "^=",
                    0xb0 => "=",
                    _ => return None,
                };
                format!("{r}{to} {sign} {operand}")
            }
        })
    }

    fn jump(self, at: u32, names: &dyn Names) -> Option<String> {
        let Self { to, from, offset, number, .. } = self;
        match self.code {
            0x05 => return Some(format!("goto pc{offset:+}")),
            0x06 => return Some(format!("gotol pc{number:+}")),
            0x95 => return Some("exit".to_owned()),
            0x85 => {
                let (kind, unnamed) = match from {
                    0 => (Call::Helper, format!("helper#{number}")),
                    1 => (Call::Local, format!("pc{number:+}")),
                    _ => (Call::Kernel, format!("kernel-function#{number}")),
                };
                return Some(format!("call {}", names.call(at, kind, number).unwrap_or(unnamed)));
            }
            0x8d => return Some(format!("callx r{to}")),
            0xe5 => return Some(format!("may_goto pc{offset:+}")),
            _ => {}
        }
        let r = if self.class() == 5 { "r" } else { "w" };
        let compare = match self.code & 0xf0 {
            0x10 => "==",
            0x20 => ">",
            0x30 => ">=",
            0x40 => "&",
            0x50 => "!=",
            0x60 => "s>",
            0x70 => "s>=",
            0xa0 => "<",
            0xb0 => "<=",
            0xc0 => "s<",
            0xd0 => "s<=",
            _ => return None,
        };
        let operand = if self.is_register() { format!("{r}{from}") } else { format!("{number:#x}") };
        Some(format!("if {r}{to} {compare} {operand} goto pc{offset:+}"))
    }
}

fn width(code: u8, signed: bool) -> Option<&'static str> {
    Some(match (code & 0x18, signed) {
        (0x00, false) => "u32",
        (0x08, false) => "u16",
        (0x10, false) => "u8",
        (0x18, false) => "u64",
        (0x00, true) => "s32",
        (0x08, true) => "s16",
        (0x10, true) => "s8",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plain;

    impl Names for Plain {
        fn call(&self, _: u32, kind: Call, number: i32) -> Option<String> {
            (kind == Call::Helper && number == 6).then(|| "bpf_trace_printk#6".to_owned())
        }

        fn constant(&self, _: u32, kind: u8, number: u64) -> Option<String> {
            (kind == 1).then(|| format!("map[{number}]"))
        }
    }

    fn text(bytes: [u8; 8]) -> String {
        lines(&bytes, &Plain).remove(0).text
    }

    #[test]
    fn instructions_read_as_the_kernel_writes_them() {
        for (bytes, wanted) in [
            ([0xb7, 0x01, 0, 0, 7, 0, 0, 0], "r1 = 7"),
            ([0xb4, 0x00, 0, 0, 0, 0, 0, 0], "w0 = 0"),
            ([0xbf, 0xa2, 0, 0, 0, 0, 0, 0], "r2 = r10"),
            ([0x07, 0x02, 0, 0, 0xfc, 0xff, 0xff, 0xff], "r2 += -4"),
            ([0x63, 0x1a, 0xfc, 0xff, 0, 0, 0, 0], "*(u32 *)(r10 -4) = r1"),
            ([0x61, 0x16, 8, 0, 0, 0, 0, 0], "r6 = *(u32 *)(r1 +8)"),
            ([0x85, 0, 0, 0, 6, 0, 0, 0], "call bpf_trace_printk#6"),
            ([0x85, 0, 0, 0, 7, 0, 0, 0], "call helper#7"),
            ([0x85, 0x10, 0, 0, 9, 0, 0, 0], "call pc+9"),
            ([0x15, 0x00, 3, 0, 0, 0, 0, 0], "if r0 == 0x0 goto pc+3"),
            ([0x1e, 0x21, 0xff, 0xff, 0, 0, 0, 0], "if w1 == w2 goto pc-1"),
            ([0xdb, 0x21, 0, 0, 1, 0, 0, 0], "r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)"),
            ([0xc3, 0x21, 4, 0, 0, 0, 0, 0], "lock *(u32 *)(r1 +4) += r2"),
            ([0xdc, 0x01, 0, 0, 16, 0, 0, 0], "r1 = be16 r1"),
            ([0xbf, 0x21, 8, 0, 0, 0, 0, 0], "r1 = (s8)r2"),
            ([0x95, 0, 0, 0, 0, 0, 0, 0], "exit"),
        ] {
            assert_eq!(text(bytes), wanted);
        }
        assert!(text([0xff, 0, 0, 0, 0, 0, 0, 0]).starts_with("(unknown)"));
    }

    #[test]
    fn a_wide_constant_is_one_line_and_jumps_know_where_they_lead() {
        let code = [
            [0x18, 0x11, 0, 0, 5, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 0],
            [0x05, 0, 1, 0, 0, 0, 0, 0],
            [0x95, 0, 0, 0, 0, 0, 0, 0],
            [0x95, 0, 0, 0, 0, 0, 0, 0],
        ];
        let found = lines(&code.concat(), &Plain);
        assert_eq!(found[0], Line { at: 0, text: "r1 = map[5]".into(), to: None });
        assert_eq!((found[1].at, found[1].to), (2, Some(4)));
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn any_bytes_are_shown() {
        proptest::proptest!(|(code: Vec<u8>)| {
            let found = lines(&code, &Plain);
            assert!(found.len() <= code.len() / SIZE);
        });
    }
}
