//! Structs that a program may send through a buffer: clang is asked for their
//! types, which it describes only for what something global names.
//!
//! Knows C's brackets and comments, and nothing more of it. A struct that is
//! found by mistake does no harm: a pointer to it is legal C all the same.

use super::Sources;

/// More than any program sends.
const MAX: usize = 32;

/// The program, and after its end a pointer to each struct that its files
/// define, in a section that nothing loads. `None` where no buffer is used.
pub(super) fn with_types(sources: &Sources) -> Option<String> {
    let (_, program) = sources.program();
    let texts = || sources.headers().iter().map(|(_, text)| text.as_str()).chain([program]);
    if !texts().any(|text| text.contains("RINGBUF") || text.contains("PERF_EVENT_ARRAY")) {
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    for name in texts().flat_map(defined) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut text = format!("{program}\n");
    for (number, name) in names.iter().take(MAX).enumerate() {
        text.push_str(&format!(
            "{name} *bpflab_carries_{number} __attribute__((section(\".bpflab\"), used));\n"
        ));
    }
    (!names.is_empty()).then_some(text)
}

/// `struct NAME` and `union NAME` that are defined outside of everything else.
/// A name with `___` is CO-RE's word for another version of a kernel's type.
fn defined(text: &str) -> Vec<String> {
    let words = words(text);
    let mut depth = 0usize;
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match *word {
            "{" | "(" => depth += 1,
            "}" | ")" => depth = depth.saturating_sub(1),
            "struct" | "union" if depth == 0 => {
                if let (Some(name), Some(&"{")) = (words.get(at + 1), words.get(at + 2))
                    && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && !name.contains("___")
                {
                    found.push(format!("{word} {name}"));
                }
            }
            _ => {}
        }
    }
    found
}

/// Names and brackets; comments, strings and directives are left out.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") || first == '#' {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' || first == '\'' {
            quoted(rest, first)
        } else if first.is_ascii_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            words.push(&rest[..length]);
            length
        } else {
            if matches!(first, '{' | '}' | '(' | ')') {
                words.push(&rest[..1]);
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    words
}

/// The length of a string or character constant, its quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return at, // no constant after all
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structs_are_found_where_they_are_defined_and_nowhere_else() {
        let text = r#"
            // struct no {
            /* struct neither { */
            struct event { int a; struct inner { int b; } c; union { int d; }; };
            union both { int a; };
            struct task_struct___old { int state; } __attribute__((preserve_access_index));
            char *s = "struct quoted {"; char c = '"';
            #define X struct macro {
            int f(struct event *e) { struct local { int x; } l; return 0; }
            struct event *declared(void);
            struct later { int z; };
        "#;
        assert_eq!(defined(text), ["struct event", "union both", "struct later"]);
    }

    #[test]
    fn any_text_comes_to_an_end() {
        for text in ["", "\"", "'\\", "/*", "#", "é{é", "struct", "struct x", "}}}", "\"\\\"\n{"] {
            let _ = defined(text);
        }
    }
}
