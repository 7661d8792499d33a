//! Courses made for a test: copies of real lessons, and lessons with a
//! stimulus of the test's own (a page cannot send one).

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{folder, lessons, program};

/// A folder of lessons; goes on drop.
pub(crate) struct Course(tempfile::TempDir);

impl Course {
    /// With the real `course.toml` and no lesson.
    pub(crate) fn new() -> Self {
        let folder = folder();
        fs::copy(lessons().join("course.toml"), folder.path().join("course.toml")).expect("course.toml");
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Copies a real lesson's folder; `as_name` is the copy's.
    pub(crate) fn copy(&self, name: &str, as_name: &str) -> PathBuf {
        let to = self.path().join(as_name);
        fs::create_dir(&to).expect("a lesson's folder");
        for entry in fs::read_dir(lessons().join(name)).expect("the real lesson") {
            let entry = entry.expect("a file of it");
            fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
        }
        // The lessons that should have been read before it are not in this course.
        let toml = fs::read_to_string(to.join("lesson.toml")).expect("lesson.toml");
        let alone: Vec<&str> = toml.lines().filter(|line| !line.starts_with("after = ")).collect();
        fs::write(to.join("lesson.toml"), alone.join("\n") + "\n").expect("lesson.toml");
        to
    }

    /// A lesson that is nothing but its stimulus, whose pid is the global `target`.
    pub(crate) fn stimulus(self, slug: &str, stimulus: &str) -> Self {
        let to = self.path().join(format!("010-{slug}"));
        let text = r#"{ en = "x", zh = "x" }"#;
        let toml = format!(
            "title = {text}\nsummary = {text}\npart = \"foundations\"\nminutes = 1\n\n[run]\nseconds = 60\n\
             stimulus = '''\n{stimulus}\n'''\n\n[run.globals]\ntarget = \"@stimulus\"\n"
        );
        fs::create_dir(&to).expect("a lesson's folder");
        fs::write(to.join("lesson.toml"), toml).expect("lesson.toml");
        fs::write(to.join("lesson.md"), "Text.\n").expect("lesson.md");
        for file in ["starter.bpf.c", "solution.bpf.c"] {
            fs::write(to.join(file), program::quiet("quiet")).expect(file);
        }
        self
    }
}

/// Changes a file of a lesson; the old words must be there.
pub(crate) fn change(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("a file of the lesson");
    assert!(text.contains(from), "{from} is not in {}", file.display());
    fs::write(file, text.replace(from, to)).expect("the changed file");
}
