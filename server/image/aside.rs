//! A folder beside the images in which newer ones are tried before anybody
//! else gets them.
//!
//! Knows files; does not know how an image is tried.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::{Error, KernelRecipe, Recipe, build, folder};

/// Its name in the data folder.
const ASIDE: &str = "newer";

/// A data folder of its own; gone on drop, with all that was tried in it.
#[derive(Debug)]
pub struct Aside(PathBuf);

impl Aside {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // the next one removes what stays
    }
}

/// A data folder with a copy of these kernels' images, as far as there are any,
/// and the roots; what was there before goes.
///
/// # Errors
/// The disk.
pub fn aside(recipe: &Recipe, data: &Path, kernels: &[&KernelRecipe]) -> Result<Aside, Error> {
    let aside = Aside(data.join(ASIDE));
    match fs::remove_dir_all(aside.path()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::files(aside.path())(error));
        }
        _ => {}
    }
    let (from, to) = (folder(data), folder(aside.path()));
    fs::create_dir_all(&to).map_err(Error::files(&to))?;
    for kernel in kernels {
        let (old, copy) = (from.join(kernel.folder()), to.join(kernel.folder()));
        if old.is_dir() {
            copy_files(&old, &copy).map_err(Error::files(&copy))?;
        }
    }
    for own in recipe.extras().iter().chain([&recipe.root]) {
        let root = from.join(&own.folder);
        if root.is_dir() {
            let root = fs::canonicalize(&root).map_err(Error::files(&root))?;
            symlink(root, to.join(&own.folder)).map_err(Error::files(&to))?;
        }
    }
    Ok(aside)
}

/// Puts a kernel that was tried where everybody gets it, in one step. Whoever
/// runs the old one goes on with it: its files stay open.
///
/// # Errors
/// The disk.
pub fn take_over(aside: &Aside, data: &Path, kernel: &KernelRecipe) -> Result<(), Error> {
    let images = folder(data);
    let _lock = build::lock(&images.join(".lock"), &|_| {})?;
    let tried = folder(aside.path()).join(kernel.folder());
    build::put(&images, &tried, &kernel.folder())
}

fn copy_files(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
