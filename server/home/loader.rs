//! What of the loader is a lesson's own: names, and a table of targets in C.

use bpflab_worker::Target;

use crate::lesson::Lesson;

const MAIN: &str = include_str!("kit/main.c");
const MAKEFILE: &str = include_str!("kit/Makefile");

/// `main.c`.
pub(super) fn main(lesson: &Lesson) -> String {
    let targets: String = lesson.run.targets.iter().map(|(program, to)| row(program, to)).collect();
    let sizes = lesson.run.map_sizes.iter();
    let sizes: String = sizes.map(|(map, size)| format!("\t{{{}, {size}}},\n", quoted(map))).collect();
    named(MAIN, lesson)
        .replace("\t/* LESSON_TARGETS */\n", &targets)
        .replace("\t/* LESSON_SIZES */\n", &sizes)
}

/// `Makefile`.
pub(super) fn makefile(lesson: &Lesson) -> String {
    named(MAKEFILE, lesson)
}

fn named(text: &str, lesson: &Lesson) -> String {
    text.replace("LESSON_SLUG", &lesson.slug).replace("LESSON_NAME", &name(&lesson.slug))
}

/// The skeleton's name, which has to be one in C.
fn name(slug: &str) -> String {
    let first = if slug.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    format!("{first}{}_bpf", slug.replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
}

/// A row of the table.
fn row(program: &str, target: &Target) -> String {
    let fields = match target {
        Target::Interface { name, egress: Some(true) } => {
            format!("INTERFACE, .what = {}, .egress = true", quoted(name))
        }
        Target::Interface { name, egress: Some(false) | None } => {
            format!("INTERFACE, .what = {}", quoted(name))
        }
        Target::Cgroup => "CGROUP".to_owned(),
        Target::Nothing => "LEFT_OUT".to_owned(),
        Target::Uprobe { path, symbol } => {
            let (name, offset) = place(symbol);
            format!("UPROBE, .what = {}, .name = {}, .number = {offset}", quoted(path), quoted(name))
        }
        Target::Usdt { path, provider, name } => {
            let [path, provider, name] = [path, provider, name].map(|word| quoted(word));
            format!("USDT, .what = {path}, .provider = {provider}, .name = {name}")
        }
        Target::Kprobe { function, at_return } => {
            let (name, offset) = place(function);
            format!("PROBE, .name = {}, .number = {offset}, .at_return = {at_return}", quoted(name))
        }
        Target::Call { function: name, at_return: _ } => format!("CALL, .name = {}", quoted(name)),
        Target::Tracepoint { category, name } => {
            format!("TRACEPOINT, .what = {}, .name = {}", quoted(category), quoted(name))
        }
        Target::RawTracepoint { name } => format!("RAW_TRACEPOINT, .name = {}", quoted(name)),
        Target::Clock { hz } => format!("CLOCK, .number = {hz}"),
        Target::Counter { event, hz } => {
            format!("COUNTER, .number = {hz}, .event = {}", event.number())
        }
    };
    format!("\t{{{}, {fields}}},\n", quoted(program))
}

/// A function and how far in it.
fn place(symbol: &str) -> (&str, u64) {
    let (name, offset) = symbol.split_once('+').unwrap_or((symbol, "0"));
    // What is not a number attaches nowhere in the lab either.
    (name, offset.strip_prefix("0x").map_or_else(|| offset.parse(), hexadecimal).unwrap_or(0))
}

fn hexadecimal(digits: &str) -> Result<u64, std::num::ParseIntError> {
    u64::from_str_radix(digits, 16)
}

/// A string in C: whatever is not plain becomes three octal digits.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| (byte.is_ascii_graphic() || byte == b' ') && !b"\"\\?".contains(&byte);
    let letters = word.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("\\{byte:03o}"),
    });
    format!("\"{}\"", letters.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skeleton_has_a_name_that_c_takes() {
        assert_eq!(name("co-re"), "co_re_bpf");
        assert_eq!(name("3-ways"), "_3_ways_bpf");
        assert_eq!(name("static"), "static_bpf");
    }

    #[test]
    fn a_word_stays_a_string() {
        assert_eq!(quoted("lab0"), "\"lab0\"");
        assert_eq!(quoted("a\"; x\\n\n??/"), "\"a\\042; x\\134n\\012\\077\\077/\"");
        let bash = Target::Uprobe { path: "/bin/bash".into(), symbol: "readline+0x10".into() };
        let expected = "\t{\"p\", UPROBE, .what = \"/bin/bash\", .name = \"readline\", .number = 16},\n";
        assert_eq!(row("p", &bash), expected);
        let read = Target::Kprobe { function: "vfs_read".into(), at_return: true };
        let expected = "\t{\"p\", PROBE, .name = \"vfs_read\", .number = 0, .at_return = true},\n";
        assert_eq!(row("p", &read), expected);
    }
}
