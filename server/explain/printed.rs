//! Where a program prints: from a format, as the kernel got it, to its place in the source.
//!
//! Does not know why it is asked.

use crate::diagnostic::Place;

/// Where a program prints with this format.
pub fn printed_at(format: &str, (file, text): (&str, &str)) -> Option<Place> {
    let literal = format.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    let literal = format!("\"{literal}\"");
    let (line, at) = (1..).zip(text.lines()).find_map(|(line, text)| {
        let at = text.find(&literal).filter(|at| text[..*at].ends_with("printk("))?;
        Some((line, at))
    })?;
    Some(Place { file: file.to_owned(), line, column: u32::try_from(at).ok()? + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_found_as_it_is_written_where_it_is_printed() {
        let source =
            "// \"a %f\\n\"\nint x;\n\tbpf_printk(\"a %f\\n\", 1);\n\tbpf_printk(\"say \\\"%q\\\"\");\n";
        let line =
            |format: &str| printed_at(format, ("a.bpf.c", source)).map(|place| (place.line, place.column));
        assert_eq!(line("a %f\n"), Some((3, 13)));
        assert_eq!(line("say \"%q\""), Some((4, 13)));
        assert_eq!(line("int x"), None);
    }
}
