//! `course.toml` and the lessons' folders -> [`Course`].

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use super::{Glossary, Lesson, file};
use crate::say::Text;

/// The format of lesson folders that this version reads.
const FORMAT: u32 = 1;

/// All lessons of one folder.
#[derive(Debug)]
pub struct Course {
    /// Title.
    pub title: Text,
    /// A sentence or two.
    pub lead: Text,
    /// In order.
    pub parts: Vec<Part>,
    /// In the order of their numbers.
    pub entries: Vec<Entry>,
    /// Terms of art.
    pub glossary: Glossary,
}

/// A part of the course.
#[derive(Debug)]
pub struct Part {
    /// As lessons name it.
    pub id: String,
    /// Title.
    pub title: Text,
}

/// A lesson, or why it could not be read.
#[derive(Debug)]
pub enum Entry {
    /// A lesson.
    Lesson(Box<Lesson>),
    /// A folder that is none.
    Fault(Fault),
}

/// A folder that is no lesson.
#[derive(Debug)]
pub struct Fault {
    /// The folder's number.
    pub number: u32,
    /// The rest of its name.
    pub slug: String,
    /// File, place and mend, for its author.
    pub why: String,
}

/// The course itself could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct Error {
    path: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CourseFile {
    format: u32,
    title: file::Both,
    lead: file::Both,
    part: Vec<PartTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartTable {
    id: String,
    title: file::Both,
}

impl Course {
    /// Reads `folder`.
    ///
    /// # Errors
    /// `course.toml` is missing or wrong. A wrong lesson is an [`Entry::Fault`].
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("course.toml");
        let fail = |why: String| Error { path: path.display().to_string(), why };
        let text = fs::read_to_string(&path).map_err(|error| fail(error.to_string()))?;
        let file: CourseFile = toml::from_str(&text).map_err(|error| fail(error.to_string()))?;
        if file.format != FORMAT {
            return Err(fail(format!("format {} is not {FORMAT}, which this version reads", file.format)));
        }
        let parts: Vec<Part> =
            file.part.into_iter().map(|PartTable { id, title }| Part { id, title: title.into() }).collect();
        let glossary = Glossary::read(folder).map_err(fail)?;
        let mut entries = Vec::new();
        for (number, slug, path) in folders(folder).map_err(|error| fail(error.to_string()))? {
            let read = if path.is_symlink() {
                Err("the folder is a link, which is not followed: put the lesson itself there".to_owned())
            } else {
                file::read(&path, number, &slug, &parts, &glossary)
            };
            entries.push(match read {
                Ok(lesson) => Entry::Lesson(Box::new(lesson)),
                Err(why) => Entry::Fault(Fault { number, slug, why }),
            });
        }
        refuse_duplicates(&mut entries);
        Ok(Self { title: file.title.into(), lead: file.lead.into(), parts, entries, glossary })
    }

    /// The lessons that can be read, in order.
    pub fn lessons(&self) -> impl Iterator<Item = &Lesson> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Lesson(lesson) => Some(&**lesson),
            Entry::Fault(_) => None,
        })
    }

    /// What could not be read.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Lesson(_) => None,
            Entry::Fault(fault) => Some(fault),
        })
    }

    /// A lesson by its name.
    pub fn lesson(&self, slug: &str) -> Option<&Lesson> {
        self.lessons().find(|lesson| lesson.slug == slug)
    }

    /// The lessons before and after one.
    pub fn neighbours(&self, slug: &str) -> (Option<&Lesson>, Option<&Lesson>) {
        let lessons: Vec<&Lesson> = self.lessons().collect();
        match lessons.iter().position(|lesson| lesson.slug == slug) {
            Some(at) => (at.checked_sub(1).map(|before| lessons[before]), lessons.get(at + 1).copied()),
            None => (None, None),
        }
    }
}

/// Folders named `NNN-slug`, in order.
fn folders(of: &Path) -> std::io::Result<Vec<(u32, String, std::path::PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(of)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((number, slug)) = name.split_once('-') else { continue };
        let safe =
            slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if let (Ok(number), true, true) = (number.parse(), safe, entry.path().is_dir()) {
            found.push((number, slug.to_owned(), entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// Of two lessons with one number or one name, the later becomes a fault.
fn refuse_duplicates(entries: &mut [Entry]) {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut numbers: BTreeMap<u32, String> = BTreeMap::new();
    for entry in entries {
        let (number, slug) = match entry {
            Entry::Lesson(lesson) => (lesson.number, lesson.slug.clone()),
            Entry::Fault(fault) => (fault.number, fault.slug.clone()),
        };
        let twin = seen.insert(slug.clone(), number).is_some();
        let clash = numbers.insert(number, slug.clone()).filter(|other| *other != slug);
        if twin || clash.is_some() {
            let why = match clash {
                Some(other) => format!("number {number} is taken by {other}: give one of them another"),
                None => format!("there are two lessons named {slug}: rename one of them"),
            };
            *entry = Entry::Fault(Fault { number, slug, why });
        }
    }
}

impl Entry {
    /// Its name, whether it can be read or not.
    pub fn slug(&self) -> &str {
        match self {
            Self::Lesson(lesson) => &lesson.slug,
            Self::Fault(fault) => &fault.slug,
        }
    }
}
