//! An author's Markdown -> safe HTML: headings with anchors, coloured code,
//! figures. Raw HTML is refused but for `details` and `summary`.

use std::fmt::Write as _;

use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, TextMergeStream, html,
};

use super::{
    Page,
    glossary::Reader,
    highlight::{escape, highlight},
    picture::shown,
    sections,
};
use crate::say::Lang;

/// Raw HTML that a lesson may use.
const ALLOWED_HTML: [&str; 4] = ["<details>", "</details>", "<summary>", "</summary>"];

/// A heading for the table of contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// Its anchor.
    pub id: String,
    /// Its words.
    pub title: String,
}

/// What an author may not write, and a piece of the text by which it is found.
#[derive(Debug)]
pub(super) struct Wrong {
    at: String,
    what: String,
}

impl Wrong {
    /// With the line of `markdown`, from 1, where that is known.
    pub(super) fn sentence(&self, file: &str, markdown: &str) -> String {
        let first = self.at.lines().next().unwrap_or_default().trim();
        match markdown.lines().position(|line| !first.is_empty() && line.contains(first)) {
            Some(line) => format!("{file}:{}: {}", line + 1, self.what),
            None => format!("{file}: {}", self.what),
        }
    }
}

fn wrong(at: &str, what: String) -> Wrong {
    Wrong { at: at.to_owned(), what }
}

/// Renders a lesson's text. Pictures are looked for by `has_picture` and lie
/// below `base`; the first use of each of the glossary's terms leads there.
pub(super) fn render(
    markdown: &str,
    base: &str,
    has_picture: impl Fn(&str) -> bool,
    mut terms: Reader<'_>,
) -> Result<Page, Wrong> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut events = TextMergeStream::new(Parser::new_ext(markdown, options)).peekable();
    let mut out: Vec<Event<'_>> = Vec::new();
    let mut headings = Vec::new();
    let mut in_link = false;
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let mut code = String::new();
                for inner in events.by_ref() {
                    match inner {
                        Event::Text(text) => code.push_str(&text),
                        Event::End(TagEnd::CodeBlock) => break,
                        _ => {}
                    }
                }
                let language = match &kind {
                    CodeBlockKind::Fenced(language) => language.split_whitespace().next().unwrap_or(""),
                    CodeBlockKind::Indented => "",
                };
                out.push(Event::Html(code_block(&code, language).into()));
            }
            Event::Start(Tag::Heading { level, .. }) => {
                let mut title = String::new();
                let mut inner = Vec::new();
                for event in events.by_ref() {
                    match event {
                        Event::End(TagEnd::Heading(_)) => break,
                        Event::Text(ref text) | Event::Code(ref text) => {
                            title.push_str(text);
                            inner.push(event);
                        }
                        other => inner.push(other),
                    }
                }
                // The page's own title is the first level.
                let level = level.max(HeadingLevel::H2);
                let id = anchor(&title, headings.len());
                out.push(Event::Html(format!("<{level} id=\"{id}\">").into()));
                out.append(&mut inner);
                out.push(Event::Html(format!("</{level}>\n").into()));
                if level == HeadingLevel::H2 {
                    headings.push(Heading { id, title });
                }
            }
            Event::Start(Tag::Paragraph)
                if matches!(events.peek(), Some(Event::Start(Tag::Image { .. }))) =>
            {
                let figure = figure(&mut events, base, terms.lang(), &has_picture)?;
                out.push(Event::Html(figure.into()));
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                let what = format!("the picture {dest_url} must stand alone in a paragraph");
                return Err(wrong(&dest_url, what));
            }
            Event::Start(Tag::Link { ref dest_url, .. }) if !is_safe_link(dest_url) => {
                let what = format!("the link {dest_url} leaves the lab: name the source in words");
                return Err(wrong(dest_url, what));
            }
            Event::Start(Tag::Link { .. }) => {
                in_link = true;
                out.push(event);
            }
            Event::End(TagEnd::Link) => {
                in_link = false;
                out.push(event);
            }
            Event::Text(ref text) if !in_link => {
                for (piece, term) in terms.read(text) {
                    let text = Event::Text(piece.to_owned().into());
                    match term {
                        None => out.push(text),
                        Some(term) => out.extend(link(text, &terms.href(term))),
                    }
                }
            }
            Event::Code(ref code) if !in_link => match terms.read_code(code) {
                None => out.push(event),
                Some(term) => out.extend(link(event, &terms.href(term))),
            },
            // Which English a translated section follows is for its author.
            Event::Html(ref raw) if raw.lines().all(|line| sections::mark(line).is_some()) => {}
            Event::Html(ref raw) | Event::InlineHtml(ref raw) => {
                let mut rest = raw.trim();
                while let Some(tag) = ALLOWED_HTML.iter().find(|tag| rest.starts_with(**tag)) {
                    rest = rest[tag.len()..].trim_start();
                    out.push(Event::Html(CowStr::Borrowed(tag)));
                    // The words of a one-line <summary>.
                    let words = rest.find('<').unwrap_or(rest.len());
                    out.push(Event::Text(rest[..words].to_owned().into()));
                    rest = &rest[words..];
                }
                if !rest.is_empty() {
                    return Err(wrong(rest, format!("raw HTML is not allowed here: {rest}")));
                }
            }
            other => out.push(other),
        }
    }
    let mut page = String::new();
    html::push_html(&mut page, out.into_iter());
    Ok(Page { html: page, headings })
}

/// A term's first use, which leads to the glossary.
fn link<'a>(used: Event<'a>, href: &str) -> [Event<'a>; 3] {
    let lead = format!("<a class=\"term\" href=\"{href}\">");
    [Event::InlineHtml(lead.into()), used, Event::InlineHtml("</a>".into())]
}

/// A picture alone in its paragraph: its alternative text and its caption.
fn figure<'a>(
    events: &mut impl Iterator<Item = Event<'a>>,
    base: &str,
    lang: Lang,
    has_picture: &impl Fn(&str) -> bool,
) -> Result<String, Wrong> {
    let Some(Event::Start(Tag::Image { dest_url, title, .. })) = events.next() else {
        return Err(wrong("", "a picture was expected".into()));
    };
    let mut alternative = String::new();
    for event in events.by_ref() {
        match event {
            Event::Text(text) | Event::Code(text) => alternative.push_str(&text),
            Event::SoftBreak => alternative.push(' '),
            Event::End(TagEnd::Paragraph) => break,
            _ => {}
        }
    }
    if dest_url.contains(['/', ':', '\\']) || !has_picture(&dest_url) {
        return Err(wrong(&dest_url, format!("the picture {dest_url} is not in the lesson's folder")));
    }
    if alternative.is_empty() {
        return Err(wrong(&dest_url, format!("the picture {dest_url} needs an alternative text")));
    }
    let file = shown(&dest_url, lang, has_picture);
    let mut out = format!("<figure><img src=\"{base}{}\" alt=\"{}\">", escape(&file), escape(&alternative));
    if !title.is_empty() {
        let _ = write!(out, "<figcaption>{}</figcaption>", escape(&title));
    }
    Ok(out + "</figure>\n")
}

/// C for reading, without JavaScript.
pub fn highlight_c(code: &str) -> String {
    code_block(code, "c")
}

/// One line of an author's text: code in backticks, nothing else.
pub fn inline(text: &str) -> String {
    let mut out = String::new();
    for (number, piece) in text.split('`').enumerate() {
        let piece = escape(piece);
        if number % 2 == 1 {
            let _ = write!(out, "<code>{piece}</code>");
        } else {
            out.push_str(&piece);
        }
    }
    out
}

fn code_block(code: &str, language: &str) -> String {
    let token = if language == "text" { "txt" } else { language };
    let body = highlight(code, token);
    format!(
        "<pre class=\"code\" tabindex=\"0\"><code class=\"language-{}\">{body}</code></pre>\n",
        escape(language)
    )
}

/// Letters and digits of any script, joined by hyphens.
fn anchor(title: &str, number: usize) -> String {
    let words: Vec<String> = title
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    if words.is_empty() { format!("section-{}", number + 1) } else { words.join("-") }
}

/// Within the lab: an anchor, or a path of this server.
fn is_safe_link(to: &str) -> bool {
    to.starts_with('#') || (to.starts_with('/') && !to.starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::Glossary;

    fn page(markdown: &str) -> Result<Page, Wrong> {
        page_in(Lang::En, markdown)
    }

    fn page_in(lang: Lang, markdown: &str) -> Result<Page, Wrong> {
        let there = ["there.svg", "there.zh.svg", "alone.svg"];
        let terms = Glossary::default();
        render(markdown, "/lessons/x/", |name| there.contains(&name), terms.reader(lang))
    }

    #[test]
    fn script_in_markdown_is_refused() {
        for bad in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "[x](javascript:alert(1))",
            "[x](//elsewhere/)",
            "<details onclick=x>",
        ] {
            assert!(page(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let text = "One.\n\n[x](javascript:alert(1))\n";
        let said = page(text).unwrap_err().sentence("lesson.md", text);
        assert!(said.starts_with("lesson.md:3: the link javascript:"), "{said}");
    }

    #[test]
    fn a_picture_becomes_a_figure_and_must_be_there() {
        let html = page("![what it shows](there.svg \"caption\")").unwrap().html;
        assert!(html.contains("<img src=\"/lessons/x/there.svg\" alt=\"what it shows\">"));
        assert!(html.contains("<figcaption>caption</figcaption>"));
        assert!(page("![x](missing.svg)").is_err());
        assert!(page("![x](../there.svg)").is_err());
    }

    #[test]
    fn a_chinese_page_shows_the_chinese_twin_where_there_is_one() {
        for (name, file) in [("there.svg", "there.zh.svg"), ("alone.svg", "alone.svg")] {
            let html = page_in(Lang::Zh, &format!("![x]({name})")).unwrap().html;
            assert!(html.contains(&format!("src=\"/lessons/x/{file}\"")), "{html}");
        }
        assert!(page_in(Lang::Zh, "![x](missing.svg)").is_err());
    }

    #[test]
    fn details_and_headings_and_code_are_kept() {
        let page = page("<!-- en: 00ff00ff -->\n\n## Two *words*\n<!-- en: 00ff00ff -->\n\n<details><summary>More</summary>\n\n```c\nint x; /* a<b */\n```\n\n</details>\n")
            .unwrap();
        assert!(!page.html.contains("en:"), "a mark is not shown");
        assert_eq!(page.headings, [Heading { id: "two-words".into(), title: "Two words".into() }]);
        assert!(page.html.contains("<summary>More</summary>"));
        assert!(page.html.contains("a&lt;b"));
    }
}
