//! A lesson to take home: the learner's program with all that it takes to build
//! and run it without the lab, on plain Debian.
//!
//! Knows lessons. Does not know requests, nor what is in the learner's text: it
//! is a file like any other.

mod loader;
mod readme;

use std::{io, time::UNIX_EPOCH};

use flate2::{Compression, write::GzEncoder};
use tar::{Builder, Header};

use crate::{lesson::Lesson, say::Lang};

/// The files that are the same for every lesson.
const SAME: &[(&str, &str)] = &[
    ("home.h", include_str!("home/kit/home.h")),
    ("setup.c", include_str!("home/kit/setup.c")),
    ("attach.c", include_str!("home/kit/attach.c")),
    ("show.c", include_str!("home/kit/show.c")),
    ("older.h", include_str!("home/kit/older.h")),
];

/// The files of a lesson with this program, by their names.
pub fn files(lesson: &Lesson, source: &str, lang: Lang) -> Vec<(String, String)> {
    let own = [
        (lesson.program.clone(), source.to_owned()),
        ("main.c".to_owned(), loader::main(lesson)),
        ("Makefile".to_owned(), loader::makefile(lesson)),
        ("README.md".to_owned(), readme::readme(lesson, lang)),
    ];
    let same = SAME.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let headers = lesson.headers.iter().map(|(name, text)| (name.clone(), text.clone()));
    own.into_iter().chain(same).chain(headers).collect()
}

/// The same as one `.tar.gz`, in a folder that is named after the lesson.
///
/// # Errors
/// A file's name that an archive cannot hold.
pub fn archive(lesson: &Lesson, source: &str, lang: Lang) -> io::Result<Vec<u8>> {
    let now = UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (name, text) in files(lesson, source, lang) {
        let mut header = Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(now);
        archive.append_data(&mut header, format!("{}/{name}", lesson.slug), text.as_bytes())?;
    }
    archive.into_inner()?.finish()
}
