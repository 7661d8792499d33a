//! Newer kernels: built aside, proved by every lesson, and only then what
//! learners get.
//!
//! Does not know how an image is built, nor what a lesson is.

use std::path::Path;

use super::{super::check, Context, Format, status};
use crate::{
    image::{self, Aside, KernelRecipe, Recipe, What},
    lab::Folders,
    say::Sentence,
};

/// What was built aside.
pub(super) struct Tried {
    /// The data folder that it is in.
    pub(super) aside: Aside,
    /// The kernels that are newer there.
    pub(super) kernels: Vec<String>,
}

impl Tried {
    pub(super) fn new(aside: Aside, built: &[What]) -> Self {
        let kernels = built.iter().filter_map(|what| match what {
            What::Kernel { name } => Some(name.clone()),
            What::List { .. } | What::Root | What::Extra { .. } => None,
        });
        Self { aside, kernels: kernels.collect() }
    }
}

/// Proves each, and takes over those that all lessons pass on. 1 when one is
/// not taken.
pub(super) async fn prove(
    tried: &Tried,
    recipe: &Recipe,
    format: Format,
    context: &Context,
) -> anyhow::Result<u8> {
    let folders = Folders { lessons: context.folders.lessons.clone(), data: tried.aside.path().to_owned() };
    let there = Context { folders, lang: context.lang };
    let say = |sentence: Sentence| eprintln!("bpflab: {}", sentence.say(context.lang));
    let mut worst = status::OK;
    for name in &tried.kernels {
        say(Sentence::NewerIsTried { kernel: name.clone() });
        let proved = check::check(check::Arguments::of_kernel(name, format), &there).await?;
        if proved == status::OK {
            take_over(recipe, &tried.aside, &context.folders.data, name)?;
            say(Sentence::NewerIsTaken { kernel: name.clone() });
        } else {
            say(Sentence::NewerIsLeft { kernel: name.clone() });
            worst = status::FAILED;
        }
    }
    Ok(worst)
}

fn take_over(recipe: &Recipe, aside: &Aside, data: &Path, name: &str) -> Result<(), image::Error> {
    let kernel: Option<&KernelRecipe> = recipe.kernels().iter().find(|kernel| kernel.name == name);
    kernel.map_or(Ok(()), |kernel| image::take_over(aside, data, kernel))
}
