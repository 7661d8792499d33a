//! What some lessons' guests have besides: whether the images' recipe knows it,
//! and that it is there before such a lesson is run.
//!
//! Does not know how an image is built, nor what a lesson does with it.

use std::{fs, path::PathBuf};

use crate::{
    cli::Context,
    image::{self, Progress, Recipe, Wish},
    kernel::HOST,
    lesson::{Finding, Lesson},
    run::Lab,
    say::{Lang, Sentence},
};

/// That a lesson names an extra that there is none of.
pub(super) fn unknown(lesson: &Lesson, recipe: &Recipe) -> Option<Finding> {
    let name = lesson.needs.extra.as_deref().filter(|name| recipe.extra(name).is_none())?;
    let toml = fs::read_to_string(lesson.folder.join("lesson.toml")).unwrap_or_default();
    let line = toml.lines().position(|line| line.trim_start().starts_with("extra")).map(|at| at + 1);
    let folder = lesson.folder.file_name().map(PathBuf::from).unwrap_or_default();
    Some(Finding {
        lesson: lesson.slug.clone(),
        file: folder.join("lesson.toml").display().to_string(),
        line,
        is_error: true,
        what: recipe.no_extra(name).say(Lang::En),
    })
}

/// Builds those that these lessons want and that are not there, if one of these
/// kernels has a guest. What cannot be built is said, and again by the run.
pub(super) async fn build(lessons: &[&Lesson], kernels: &[String], lab: &Lab, context: &Context) {
    let Ok(recipe) = Recipe::read(&Recipe::locate()) else { return };
    let is_guest = |name: &String| name != HOST && lab.backends.guests().step(name.as_str()).is_some();
    let mut names: Vec<String> = lessons.iter().filter_map(|lesson| lesson.needs.extra.clone()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() || !kernels.iter().any(is_guest) {
        return;
    }
    let (data, lang) = (context.folders.data.clone(), context.lang);
    // Of files and processes, all of it blocking.
    let building = tokio::task::spawn_blocking(move || {
        let extras = names.iter().filter_map(|name| recipe.extra(name)).collect();
        let wish = Wish { kernels: Vec::new(), extras, newer: false, again: false };
        let tell = |progress: Progress| match progress {
            Progress::Began { what: image::What::Extra { name }, .. } => {
                eprintln!("bpflab: {} …", Sentence::ImagePartExtra { name }.say(lang));
            }
            Progress::Waiting => eprintln!("bpflab: {}", Sentence::ImageWaiting.say(lang)),
            Progress::Failed { error, .. } => eprintln!("bpflab: {}", error.sentence().say(lang)),
            Progress::Began { .. }
            | Progress::Done { .. }
            | Progress::Current { .. }
            | Progress::Off { .. } => {}
        };
        if let Err(error) = image::build(&recipe, &data, &wish, &tell) {
            eprintln!("bpflab: {}", error.sentence().say(lang));
        }
    });
    if let Err(error) = building.await {
        tracing::error!(%error, "building what lessons want");
    }
}
