//! A program's forms in a terminal: each instruction under the source line it is of.

use std::io;

use bpflab_worker::{Code, CodeLine};

use crate::wire::{Row, forms};

/// Prints all forms; the first word of a line says which it is of.
pub(super) fn print(out: &mut impl io::Write, code: &Code) -> io::Result<()> {
    let [given, translated, machine] = forms(code);
    let sizes = code.sizes;
    for (word, what, rows, bytes) in [
        ("compiled", "as compiled", given, sizes.given),
        ("kernel", "as the kernel keeps it", translated, sizes.translated),
        ("machine", "machine code", machine, sizes.machine),
    ] {
        if rows.is_empty() {
            continue;
        }
        writeln!(out, "code      {}, {what} ({bytes} bytes)", code.program)?;
        let mut before = None;
        for Row { at, text, of } in rows {
            // A line that several expressions stand on is said once.
            let line = of.and_then(|of| code.lines.get(of)).map(|CodeLine { line, text, .. }| (line, text));
            if let Some((line, text)) = line
                && before != Some(line)
            {
                writeln!(out, "{word:<9} ; {line}: {text}")?;
            }
            before = line.map(|(line, _)| line);
            writeln!(out, "{word:<9} {at:>5}  {text}")?;
        }
    }
    Ok(())
}
