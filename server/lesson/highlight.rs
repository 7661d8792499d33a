//! Code -> HTML with a class where the style sheet has a colour, and nothing else.
//!
//! syntect names every bracket and group; a page would be twice as long for it.

use std::sync::LazyLock;

use syntect::{
    easy::ScopeRegionIterator,
    parsing::{ParseState, Scope, ScopeStack, SyntaxSet},
    util::LinesWithEndings,
};

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// Scopes with a colour, and their classes. The innermost of them counts.
static COLOURED: LazyLock<Vec<(Scope, &str)>> = LazyLock::new(|| {
    let named = [
        ("comment", "hl-comment"),
        ("string", "hl-string"),
        ("constant", "hl-constant"),
        ("meta.preprocessor", "hl-preprocessor"),
        ("keyword", "hl-keyword"),
        ("storage", "hl-storage"),
        ("support", "hl-support"),
        ("entity", "hl-entity"),
    ];
    named.into_iter().filter_map(|(scope, class)| Some((Scope::new(scope).ok()?, class))).collect()
});

/// Scopes that take the colour of what is around them.
static PLAIN: LazyLock<Vec<Scope>> = LazyLock::new(|| {
    ["punctuation", "keyword.operator"].into_iter().filter_map(|scope| Scope::new(scope).ok()).collect()
});

/// The code in `language`; as plain text where that is not known.
pub(super) fn highlight(code: &str, language: &str) -> String {
    coloured(code, language).unwrap_or_else(|| escape(code))
}

fn coloured(code: &str, language: &str) -> Option<String> {
    let syntax = SYNTAXES.find_syntax_by_token(language)?;
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut out = String::with_capacity(code.len() * 2);
    let mut open = None;
    for line in LinesWithEndings::from(code) {
        let changes = state.parse_line(line, &SYNTAXES).ok()?;
        for (text, change) in ScopeRegionIterator::new(&changes, line) {
            stack.apply(change).ok()?;
            // White space has no colour: it joins what is before it.
            let class = if text.trim().is_empty() { open } else { class(&stack) };
            if class != open {
                out.push_str(open.map_or("", |_| "</span>"));
                if let Some(class) = class {
                    out.push_str(&format!("<span class=\"{class}\">"));
                }
                open = class;
            }
            out.push_str(&escape(text));
        }
    }
    out.push_str(open.map_or("", |_| "</span>"));
    Some(out)
}

fn class(stack: &ScopeStack) -> Option<&'static str> {
    let inner_first = stack.as_slice().iter().rev();
    inner_first.filter(|scope| !PLAIN.iter().any(|plain| plain.is_prefix_of(**scope))).find_map(|scope| {
        COLOURED.iter().find(|(named, _)| named.is_prefix_of(*scope)).map(|(_, class)| *class)
    })
}

/// Text as HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_a_colour_has_a_span() {
        let html = highlight("int x = f(a[1]); /* <b> */\n", "c");
        assert!(html.contains("<span class=\"hl-comment\">/* &lt;b&gt; */"), "{html}");
        assert!(html.contains("<span class=\"hl-constant\">1</span>]"), "{html}");
        assert!(!html.contains("hl-punctuation") && html.matches("<span").count() <= 5, "{html}");
        assert_eq!(highlight("a < b", "no such language"), "a &lt; b");
    }
}
