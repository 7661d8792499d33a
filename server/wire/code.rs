//! A program's forms as text, each instruction with the source line it is of.
//!
//! Knows how both kinds of instructions are written. What the guest said of
//! them may be wrong, so nothing is taken as an index that was not looked at.

use bpflab_worker::{Code, CodeLine, Form, Function};
use iced_x86::{Decoder, DecoderOptions, Formatter as _, GasFormatter};

use super::{
    bytecode::{self, Call, Names},
    story::{Body, InstructionBody, LineBody, MachineBody, SizesBody},
};

/// The object of a program's forms.
pub(super) fn body(code: &Code) -> Body<'_> {
    let lines = code.lines.len();
    Body::Code {
        program: &code.program,
        given: instructions(&code.given, lines),
        translated: instructions(&code.translated, lines),
        machine: code.machine.iter().flat_map(|function| machine(function, lines)).collect(),
        lines: code.lines.iter().map(line).collect(),
        sizes: SizesBody {
            given: code.sizes.given,
            translated: code.sizes.translated,
            machine: code.sizes.machine,
        },
    }
}

/// An instruction of any form.
#[derive(Debug)]
pub struct Row {
    /// Its number; of machine code, bytes from the beginning of its function.
    pub at: u64,
    /// As the kernel's own tools write it.
    pub text: String,
    /// Which of [`Code::lines`] it is of.
    pub of: Option<usize>,
}

/// A program as compiled, as the kernel keeps it, and as machine code; what is not shown is empty.
pub fn forms(code: &Code) -> [Vec<Row>; 3] {
    let lines = code.lines.len();
    let bpf = |form| {
        let row = |one: InstructionBody| Row { at: one.at.into(), text: one.text, of: one.of };
        instructions(form, lines).into_iter().map(row).collect()
    };
    let functions = code.machine.iter().flat_map(|function| machine(function, lines));
    let machine = functions.map(|one| Row { at: one.at, text: one.text, of: one.of }).collect();
    [bpf(&code.given), bpf(&code.translated), machine]
}

fn line(line: &CodeLine) -> LineBody<'_> {
    // Standard input is the program, whose name is the reader's to know.
    let file = line.file.rsplit('/').next().unwrap_or_default();
    LineBody { file, line: line.line, column: line.column, text: &line.text }
}

/// Which line a place belongs to: the last that began before it.
fn of<P: PartialOrd>(marks: &[(P, u32)], at: &P, lines: usize) -> Option<usize> {
    let (_, line) = marks.iter().rfind(|(start, _)| start <= at)?;
    Some(*line as usize).filter(|line| *line < lines)
}

fn instructions(form: &Form, lines: usize) -> Vec<InstructionBody> {
    let one = |line: bytecode::Line| InstructionBody {
        of: of(&form.marks, &line.at, lines),
        at: line.at,
        text: line.text,
        to: line.to,
    };
    bytecode::lines(&form.bytes, &Known(&form.names)).into_iter().map(one).collect()
}

/// Names by the instruction that refers to them.
struct Known<'c>(&'c [(u32, String)]);

impl Known<'_> {
    fn name(&self, at: u32) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == at).map(|(_, name)| name.as_str())
    }
}

impl Names for Known<'_> {
    fn call(&self, at: u32, kind: Call, _: i32) -> Option<String> {
        (kind != Call::Local).then(|| self.name(at).map(str::to_owned))?
    }

    fn constant(&self, at: u32, kind: u8, number: u64) -> Option<String> {
        let number_of_map = (number as u32).to_string();
        let map = self.name(at).unwrap_or(&number_of_map);
        match kind {
            1 | 5 => Some(format!("map[{map}]")),
            2 | 6 => Some(format!("map[{map}][0]+{}", number >> 32)),
            _ => None,
        }
    }
}

/// x86-64, in the way in which the kernel's own tools write it.
fn machine(function: &Function, lines: usize) -> Vec<MachineBody> {
    let mut decoder = Decoder::with_ip(64, &function.bytes, function.address, DecoderOptions::NONE);
    let mut formatter = GasFormatter::new();
    let mut found = Vec::new();
    while decoder.can_decode() {
        let instruction = decoder.decode();
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        let address = instruction.ip();
        let of = of(&function.marks, &address, lines);
        found.push(MachineBody { at: address.wrapping_sub(function.address), text, of });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(marks: Vec<(u32, u32)>) -> Code {
        // r1 = map fd 5; call 6; exit
        let bytes = vec![
            0x18, 0x11, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
            0x85, 0, 0, 0, 6, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0,
        ];
        let line = CodeLine { file: "<stdin>".into(), line: 3, column: 2, text: "return 0;".into() };
        let names = vec![(0, "events".into()), (2, "bpf_trace_printk".into())];
        Code {
            program: "hello".into(),
            given: Form { bytes, names, marks },
            translated: Form::default(),
            machine: vec![Function { address: 0x1000, bytes: vec![0x55, 0xc3], marks: vec![(0x1001, 0)] }],
            lines: vec![line],
            sizes: bpflab_worker::CodeSizes::default(),
        }
    }

    #[test]
    fn instructions_name_what_they_refer_to_and_their_line() {
        let code = code(vec![(2, 0)]);
        let given = instructions(&code.given, 1);
        let texts: Vec<&str> = given.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(texts, ["r1 = map[events]", "call bpf_trace_printk", "exit"]);
        assert_eq!(given.iter().map(|one| one.of).collect::<Vec<_>>(), [None, Some(0), Some(0)]);
        let machine = machine(&code.machine[0], 1);
        assert_eq!(machine.iter().map(|one| (one.at, one.of)).collect::<Vec<_>>(), [(0, None), (1, Some(0))]);
    }

    #[test]
    fn a_line_that_a_guest_made_up_is_no_line() {
        assert_eq!(instructions(&code(vec![(0, 7), (1, u32::MAX)]).given, 1)[0].of, None);
    }
}
