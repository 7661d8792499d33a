//! A lesson's pictures by their names, and which is shown in which language.
//! Does not follow a path out of the folder.

use super::Lesson;
use crate::say::Lang;

/// What ends the name of a picture with Chinese words.
const CHINESE: &str = ".zh.svg";

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

/// The name of a picture's Chinese twin: `a.zh.svg` for `a.svg`.
pub(super) fn twin(name: &str) -> Option<String> {
    let stem = name.strip_suffix(".svg")?;
    (!name.ends_with(CHINESE)).then(|| format!("{stem}{CHINESE}"))
}

/// The name of the picture whose Chinese twin this is.
pub(super) fn twin_of(name: &str) -> Option<String> {
    name.strip_suffix(CHINESE).map(|stem| format!("{stem}.svg"))
}

/// What a page in `lang` shows where its text names this picture: the Chinese
/// twin, where it is there.
pub(super) fn shown(name: &str, lang: Lang, is_there: impl Fn(&str) -> bool) -> String {
    match lang {
        Lang::En => None,
        Lang::Zh => twin(name).filter(|twin| is_there(twin)),
    }
    .unwrap_or_else(|| name.to_owned())
}
