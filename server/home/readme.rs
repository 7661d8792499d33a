//! `README.md`: what to install and type, and what the lab did besides.

use bpflab_worker::Target;

use crate::{
    kernel::Needs,
    lesson::{Facts, Lesson},
    say::Lang,
};

const EN: &str = include_str!("kit/README.en.md");
const ZH: &str = include_str!("kit/README.zh.md");

/// The examples in it are always the same.
const SEED: u64 = 1;

/// What a global holds in a lesson that wants its stimulus's number.
const STIMULUS: &str = "@stimulus";

/// The lesson's, in this language.
pub(super) fn readme(lesson: &Lesson, lang: Lang) -> String {
    let facts = Facts::draw(&lesson.draws, SEED);
    let value = |template: &String| match template.as_str() {
        STIMULUS => "PID".to_owned(),
        other => facts.fill(other),
    };
    let globals: Vec<String> =
        (lesson.run.globals.iter()).map(|(name, template)| format!("{name}={}", value(template))).collect();
    let targets: Vec<String> =
        lesson.run.targets.iter().map(|(program, to)| format!("- `{program}`: `{}`", words(to))).collect();
    let stimulus = lesson.run.stimulus.as_deref().map(|text| facts.fill(text)).unwrap_or_default();
    let mut text = match lang {
        Lang::En => EN.to_owned(),
        Lang::Zh => ZH.to_owned(),
    };
    let kernel = lesson.needs.kernel.map(|version| format!("Linux {version}"));
    // A guest is no package of anyone's.
    let others = Needs { kernel: None, guest: false, ..lesson.needs.clone() }.words();
    let needs: Vec<String> =
        kernel.into_iter().chain(others.into_iter().map(|word| format!("`{word}`"))).collect();
    let needs = if needs.is_empty() { "-".to_owned() } else { needs.join(", ") };
    let line: String = globals.iter().map(|word| format!(" {word}")).collect();
    for (mark, word) in [
        ("{title}", lesson.title.get(lang)),
        ("{slug}", &lesson.slug),
        ("{needs}", &needs),
        ("{words}", &line),
    ] {
        text = text.replace(mark, word);
    }
    let listed: Vec<String> = globals.iter().map(|word| format!("- `{word}`")).collect();
    let drawn = if lesson.draws.is_empty() { "" } else { "yes" };
    for (name, content) in [
        ("draws", drawn),
        ("globals", listed.join("\n").as_str()),
        ("targets", targets.join("\n").as_str()),
        ("stimulus", stimulus.trim()),
    ] {
        text = with_part(&text, name, content);
    }
    text
}

/// A part stays only where there is something to say in it.
fn with_part(text: &str, name: &str, content: &str) -> String {
    let (open, close) = (format!("{{{name}?}}\n"), format!("{{/{name}}}"));
    let Some((before, rest)) = text.split_once(&open) else { return text.to_owned() };
    let Some((part, after)) = rest.split_once(&close) else { return text.to_owned() };
    let part = match content {
        "" => String::new(),
        _ => format!("\n{}", part.replace(&format!("{{{name}}}"), content)),
    };
    format!("{before}{part}{after}")
}

/// As a lesson writes it.
fn words(target: &Target) -> String {
    match target {
        Target::Interface { name, egress: None } => format!("if:{name}"),
        Target::Interface { name, egress: Some(true) } => format!("if:{name}:egress"),
        Target::Interface { name, egress: Some(false) } => format!("if:{name}:ingress"),
        Target::Cgroup => "cgroup".to_owned(),
        Target::Nothing => "none".to_owned(),
        Target::Uprobe { path, symbol } => format!("uprobe:{path}:{symbol}"),
        Target::Usdt { path, provider, name } => format!("usdt:{path}:{provider}:{name}"),
        Target::Clock { hz } => format!("perf:cpu-clock:{hz}"),
        Target::Counter { event, hz } => format!("perf:{}:{hz}", event.name()),
    }
}
