//! Where the program's own headers lie in the sandbox.
//!
//! The program itself comes through standard input; its folder is where `-I` points. It is
//! `/src`, and deeper when a header's path leads out of it: then `../common/x.h` is inside
//! `/src` as well, and nothing lies beside it.

use std::path::{Component, Path, PathBuf};

/// The top of all that the learner sent.
const TOP: &str = "/src";

/// A folder between the top and the program's; no header can have this name.
const BETWEEN: &str = ".in";

/// How many folders out of the program's a path leads.
pub(super) fn outwards(name: &str) -> usize {
    name.split('/').take_while(|part| *part == "..").count()
}

/// The program's folder, from `top`.
pub(super) fn folder(top: &Path, local: &[(String, String)]) -> PathBuf {
    let deep = local.iter().map(|(name, _)| outwards(name)).max().unwrap_or(0);
    top.join([BETWEEN].repeat(deep).join("/"))
}

/// Where a header lies, the program being in `folder`.
pub(super) fn place(folder: &Path, name: &str) -> PathBuf {
    let mut place = folder.to_owned();
    for part in Path::new(name).components() {
        match part {
            Component::ParentDir => _ = place.pop(),
            other => place.push(other),
        }
    }
    place
}

/// A file's path in the sandbox as its author names it.
pub(super) fn named(path: &str) -> Option<&str> {
    let mut name = path.strip_prefix(TOP)?.strip_prefix('/')?;
    while let Some(inner) = name.strip_prefix(BETWEEN).and_then(|rest| rest.strip_prefix('/')) {
        name = inner;
    }
    Some(name)
}

/// [`folder`] in the sandbox.
pub(super) fn inside(local: &[(String, String)]) -> PathBuf {
    folder(Path::new(TOP), local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_beside_the_programs_folder_stays_below_the_top() {
        let local = |names: &[&str]| -> Vec<(String, String)> {
            names.iter().map(|name| ((*name).to_owned(), String::new())).collect()
        };
        assert_eq!(inside(&local(&["a.h", "in/b.h"])), Path::new("/src"));
        let folder = inside(&local(&["a.h", "../common/b.h", "../../c.h"]));
        assert_eq!(folder, Path::new("/src/.in/.in"));
        for (name, at) in
            [("a.h", "/src/.in/.in/a.h"), ("../common/b.h", "/src/.in/common/b.h"), ("../../c.h", "/src/c.h")]
        {
            assert_eq!(place(&folder, name), Path::new(at));
        }
        assert_eq!(named("/src/.in/.in/../common/b.h"), Some("../common/b.h"));
        assert_eq!(named("/src/a.h"), Some("a.h"));
        assert_eq!(named("/include/a.h"), None);
    }
}
