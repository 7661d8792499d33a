//! `bpflab new`: a folder for a lesson that passes the lint and the check from
//! its first minute, so that an author only ever replaces what works.

use std::{fs, path::Path};

use clap::Args;

use super::{Context, status};
use crate::lesson::Course;

/// Arguments of `bpflab new`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The lesson's name in addresses: small letters, digits and hyphens
    slug: String,
    /// The part of the course that it belongs to [default: the last that has a lesson]
    #[arg(long, value_name = "ID")]
    part: Option<String>,
    /// Its place in the course, as a number up to 999 [default: after the last]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..1000))]
    number: Option<u32>,
}

/// The files of a new lesson; `PART` stands for the part.
const FILES: [(&str, &str); 6] = [
    ("lesson.toml", include_str!("new/lesson.toml")),
    ("lesson.md", include_str!("new/lesson.md")),
    ("lesson.zh.md", include_str!("new/lesson.zh.md")),
    ("starter.bpf.c", include_str!("new/starter.bpf.c")),
    ("solution.bpf.c", include_str!("new/solution.bpf.c")),
    ("picture.svg", include_str!("new/picture.svg")),
];

/// A course of one part, for a folder that has none yet.
const COURSE: &str = include_str!("new/course.toml");

/// Makes the folder.
pub(super) fn new(arguments: &Arguments, context: &Context) -> anyhow::Result<u8> {
    let slug = &arguments.slug;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if slug.is_empty() || !slug.bytes().all(plain) {
        return Ok(refuse(&format!("\"{slug}\" is no name for a lesson: small letters, digits and hyphens")));
    }
    let lessons = &context.folders.lessons;
    if !lessons.join("course.toml").exists() {
        fs::create_dir_all(lessons)?;
        fs::write(lessons.join("course.toml"), COURSE)?;
        println!("{}: a course of your own", lessons.join("course.toml").display());
    }
    let course = Course::read(lessons)?;
    if course.entries.iter().any(|entry| entry.slug() == slug) {
        return Ok(refuse(&format!("there is a lesson named {slug} already: choose another name")));
    }
    let last = course.lessons().last();
    let number = arguments.number.unwrap_or_else(|| last.map_or(10, |last| (last.number / 10 + 1) * 10));
    if let Some(taken) = course.lessons().find(|lesson| lesson.number == number) {
        return Ok(refuse(&format!(
            "number {number} is taken by {}: give another with --number",
            taken.slug
        )));
    }
    let named = arguments.part.as_deref().or(last.map(|last| last.part.as_str()));
    let part = named.or(course.parts.first().map(|part| part.id.as_str())).unwrap_or_default();
    if !course.parts.iter().any(|known| known.id == part) {
        let known: Vec<&str> = course.parts.iter().map(|part| part.id.as_str()).collect();
        return Ok(refuse(&format!("course.toml has no part \"{part}\"; it has: {}", known.join(", "))));
    }
    let folder = lessons.join(format!("{number:03}-{slug}"));
    write(&folder, part)?;
    let lesson = Course::read(lessons)?;
    if let Some(lesson) = lesson.lesson(slug) {
        crate::lesson::mark_translated(lesson).map_err(anyhow::Error::msg)?;
    }
    println!("{}: a lesson that works; now make it yours.", folder.display());
    println!("bpflab serve --watch shows what you save; bpflab check {slug} proves it.");
    Ok(status::OK)
}

fn refuse(why: &str) -> u8 {
    eprintln!("bpflab: {why}");
    status::USAGE
}

fn write(folder: &Path, part: &str) -> std::io::Result<()> {
    fs::create_dir(folder)?;
    for (name, text) in FILES {
        fs::write(folder.join(name), text.replace("\"PART\"", &format!("\"{part}\"")))?;
    }
    Ok(())
}
