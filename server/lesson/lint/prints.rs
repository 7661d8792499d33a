//! `bpf_printk` that the oldest kernel of a lesson cannot print.
//!
//! From kernel/trace/bpf_trace.c of 5.10, bpf_trace_printk(), and tried there:
//! at most three values, one of them a string, and no width; 5.13 prints more.

use std::sync::LazyLock;

use regex::Regex;

use crate::kernel::Version;

/// The first kernel without these limits.
const FREE: Version = Version { major: 5, minor: 13 };

/// Lines of a program, from 1, and what is wrong there.
pub(super) fn wrong(program: &str, oldest: Option<Version>) -> Vec<(usize, String)> {
    static PRINT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"bpf_printk\(\s*"((?:[^"\\]|\\.)*)""#).expect("a pattern"));
    if oldest.is_some_and(|oldest| oldest >= FREE) {
        return Vec::new();
    }
    let line_of = |at: usize| program[..at].matches('\n').count() + 1;
    let mut found = Vec::new();
    for print in PRINT.captures_iter(program) {
        let at = print.get(0).map_or(0, |all| line_of(all.start()));
        found.extend(fault(&print[1]).map(|what| (at, format!("bpf_printk(\"{}\"): {what}", &print[1]))));
    }
    found
}

/// What 5.10 would not print of a format.
fn fault(format: &str) -> Option<String> {
    static VALUE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"%(%|[^a-zA-Z%]*(?:l{0,2})(?:p[A-Za-z]*|[a-zA-Z]))").expect("a pattern")
    });
    let (mut values, mut strings) = (0, 0);
    for value in VALUE.captures_iter(format) {
        let word = &value[1];
        values += 1;
        strings += usize::from(word == "s");
        let known = ["s", "p", "pks", "pus"].contains(&word)
            || ["d", "i", "u", "x"].contains(&word.trim_start_matches('l'));
        if !known {
            return Some(format!(
                "5.10 does not know %{word}, only %d, %i, %u, %x (with l or ll), %p and %s, without a width"
            ));
        }
    }
    match (values, strings) {
        (4.., _) => Some("5.10 prints at most three values: use two lines".into()),
        (_, 2..) => Some("5.10 prints at most one string a line: use two lines".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_5_10_cannot_print_is_found_on_its_line() {
        for (print, words) in [
            (r#"bpf_printk("%d %d %d %d", a, b, c, d);"#, Some("three values")),
            (r#"bpf_printk("%s %s", a, b);"#, Some("one string")),
            (r#"bpf_printk("%08x", a);"#, Some("know %08x")),
            (r#"bpf_printk("%c", a);"#, Some("know %c")),
            (r#"bpf_printk("%pI4", &a);"#, Some("know %pI")),
            (r#"bpf_printk("%d%%", a);"#, Some("know %%")),
            (r#"bpf_printk("%d of %llu by %s", a, b, c);"#, None),
            (r#"bpf_printk("%p \"%lx\"", a, b);"#, None),
        ] {
            let found = wrong(&format!("int x;\n\t{print}\n"), None);
            match words {
                None => assert_eq!(found, [], "{print}"),
                Some(words) => assert!(found[0].0 == 2 && found[0].1.contains(words), "{found:?}"),
            }
        }
        let newer = Some(Version { major: 6, minor: 1 });
        assert_eq!(wrong(r#"bpf_printk("%c", a);"#, newer), []);
    }
}
