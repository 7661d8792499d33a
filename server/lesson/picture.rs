//! A lesson's picture by its name. Does not follow a path out of the folder.

use super::Lesson;

/// Largest picture, in bytes.
const MAX_PICTURE: u64 = 512 << 10;

/// The bytes of an SVG beside the lesson's text.
pub fn picture(lesson: &Lesson, name: &str) -> Option<Vec<u8>> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !plain || !name.ends_with(".svg") || name.starts_with('.') {
        return None;
    }
    let path = lesson.folder.join(name);
    let facts = std::fs::symlink_metadata(&path).ok()?;
    (facts.is_file() && facts.len() <= MAX_PICTURE).then(|| std::fs::read(path).ok()).flatten()
}
