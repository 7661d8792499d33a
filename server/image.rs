//! The guests' images: which there should be, which there are, and how they
//! are made.
//!
//! Knows the recipe (`vm-images/`), files, keys and the scripts that build.
//! Knows no QEMU and no worker: an image holds neither.
//!
//! An image is a folder named after the key of its inputs, so that another
//! recipe's images lie beside it, and is believed only as far as its manifest
//! agrees with its files.

mod aside;
mod build;
mod manifest;
mod ready;
mod recipe;
mod script;

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

pub use aside::{Aside, aside, take_over};
pub use build::{Built, Progress, What, Wish, build};
pub use recipe::{KernelRecipe, Recipe, RootRecipe};

use crate::say::Sentence;

/// A kernel and the root, found whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The kernel's name in the recipe; with an extra, `KERNEL+EXTRA`.
    pub name: String,
    /// The kernel.
    pub vmlinuz: PathBuf,
    /// A newc archive: `/modules/*.ko`, and `/modules/load` with their file
    /// names, one a line, in the order in which to load them.
    pub modules: PathBuf,
    /// The root of all kernels, or one with an extra: an erofs file system.
    pub root: PathBuf,
    /// `uname -r`.
    pub release: String,
    /// Differs when a byte of the kernel, its modules or the root does.
    pub key: String,
}

/// Why there is no image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// Nobody built it.
    NotBuilt,
    /// A file of it is not what was built; the path is below the images' folder.
    Damaged {
        /// The first such file.
        file: String,
    },
    /// It cannot be built any more.
    Off {
        /// The reason.
        why: Sentence,
    },
}

impl Missing {
    /// In words, with what mends it.
    pub fn sentence(&self, kernel: &str) -> Sentence {
        match self {
            Self::NotBuilt => Sentence::ImageNotBuilt { name: kernel.to_owned() },
            Self::Damaged { file } => Sentence::ImageDamaged { file: file.clone() },
            Self::Off { why } => why.clone(),
        }
    }
}

/// Why images could not be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no recipe.
    #[error("no recipe in {}; BPFLAB_VM_IMAGES names its folder", .0.display())]
    NoRecipe(PathBuf),
    /// The recipe says what cannot be.
    #[error("the recipe: {0}")]
    BadRecipe(String),
    /// Programs that building takes are not installed.
    #[error("missing: {}", .0.join(", "))]
    NoTools(Vec<String>),
    /// The user may give files to nobody else; the command mends it.
    #[error("no subordinate numbers; {0}")]
    NoSubordinates(String),
    /// User namespaces do not work here.
    #[error("no user namespaces: {0}")]
    NoNamespaces(String),
    /// The machine names no mirror, and the variable none either.
    #[error("no mirror")]
    NoMirror,
    /// The mirror did not answer, or not with what was asked for.
    #[error("the mirror gave no list of {suite}: {log}")]
    Unreachable {
        /// What was asked for.
        suite: String,
        /// The end of what apt said.
        log: String,
    },
    /// The mirror has neither this suite nor the root's: it is no mirror of Debian.
    #[error("the mirror has no suite {0}")]
    NotOnMirror(String),
    /// A folder has too little room.
    #[error("{} needs {needed_mib} MiB", folder.display())]
    NoSpace {
        /// The folder.
        folder: PathBuf,
        /// Room that building takes there.
        needed_mib: u64,
    },
    /// A step failed.
    #[error("{what}: {log}")]
    Failed {
        /// The script.
        what: String,
        /// The end of what it said.
        log: String,
    },
    /// A file or folder of the images cannot be used.
    #[error("{}: {why}", path.display())]
    Files {
        /// Which.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
}

impl Error {
    /// In words, with what mends it.
    pub fn sentence(&self) -> Sentence {
        let shown = |path: &Path| path.display().to_string();
        match self {
            Self::NoRecipe(path) => Sentence::ImageNoRecipe { path: shown(path) },
            Self::BadRecipe(why) => Sentence::ImageBadRecipe { why: why.clone() },
            Self::NoTools(tools) => Sentence::ImageNoTools { tools: tools.clone() },
            Self::NoSubordinates(command) => Sentence::ImageNoSubordinates { command: command.clone() },
            Self::NoNamespaces(why) => Sentence::ImageNoNamespaces { why: why.clone() },
            Self::NoMirror => Sentence::ImageNoMirror,
            Self::Unreachable { suite, .. } => Sentence::ImageMirrorSilent { suite: suite.clone() },
            Self::NotOnMirror(suite) => Sentence::ImageMirrorLacks { suite: suite.clone() },
            Self::NoSpace { folder, needed_mib } => {
                Sentence::ImageNoSpace { folder: shown(folder), needed_mib: *needed_mib }
            }
            Self::Failed { what, .. } => Sentence::ImageStepFailed { what: what.clone() },
            Self::Files { path, why } => Sentence::ImageFolder { path: shown(path), why: why.clone() },
        }
    }

    /// What the tools said, for whoever wants to know more than the sentence.
    pub fn log(&self) -> &str {
        match self {
            Self::Unreachable { log, .. } | Self::Failed { log, .. } => log,
            Self::NoRecipe(_)
            | Self::BadRecipe(_)
            | Self::NoTools(_)
            | Self::NoSubordinates(_)
            | Self::NoNamespaces(_)
            | Self::NoMirror
            | Self::NotOnMirror(_)
            | Self::NoSpace { .. }
            | Self::Files { .. } => "",
        }
    }

    fn files(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |error| match error.kind() {
            std::io::ErrorKind::StorageFull => {
                Self::NoSpace { folder: path, needed_mib: ready::FINISHED_MIB }
            }
            _ => Self::Files { path, why: error.to_string() },
        }
    }
}

/// The image of a kernel, if every byte of it is as it was built.
///
/// Reads all of it once; afterwards only what the system says of the files,
/// until that differs.
///
/// # Errors
/// That there is none, and why.
pub fn find(data: &Path, kernel: &KernelRecipe) -> Result<Image, Missing> {
    find_on(data, kernel, &kernel.root_folder, kernel.name.clone())
}

/// The same with another root: one that has an extra in it.
///
/// # Errors
/// That there is none, and why.
pub fn find_with(data: &Path, kernel: &KernelRecipe, root: &RootRecipe) -> Result<Image, Missing> {
    let extra = root.extra.as_deref().unwrap_or_default();
    find_on(data, kernel, &root.folder, format!("{}+{extra}", kernel.name))
}

fn find_on(data: &Path, kernel: &KernelRecipe, root: &str, name: String) -> Result<Image, Missing> {
    let images = folder(data);
    // An image that was built while its suite was there stays good.
    if !images.join(kernel.folder()).exists()
        && let Ok(suites) = fs::read_to_string(off_mark(&images, kernel))
    {
        let suites = suites.split_whitespace().map(str::to_owned).collect();
        return Err(Missing::Off { why: Sentence::ImageSuiteLeft { name: kernel.name.clone(), suites } });
    }
    let (of_kernel, release, kernel_bytes) = whole(&images, &kernel.folder(), &kernel.files())?;
    let (of_root, _, root_bytes) = whole(&images, root, &RootRecipe::FILES)?;
    let mut both = Sha256::new();
    both.update(kernel_bytes);
    both.update(root_bytes);
    Ok(Image {
        name,
        vmlinuz: of_kernel.join("vmlinuz"),
        modules: of_kernel.join("modules.cpio"),
        root: of_root.join("root.erofs"),
        release,
        key: recipe::short(both),
    })
}

/// A folder that is whole, its release, and its manifest's text.
fn whole(images: &Path, name: &str, files: &[&str]) -> Result<(PathBuf, String, String), Missing> {
    let path = images.join(name);
    if !path.is_dir() {
        return Err(Missing::NotBuilt);
    }
    let (manifest, text) =
        manifest::check(&path, files).map_err(|file| Missing::Damaged { file: format!("{name}/{file}") })?;
    Ok((path, manifest.release, text))
}

/// Where images lie.
fn folder(data: &Path) -> PathBuf {
    data.join("images")
}

/// There when every suite of a kernel has left the mirror; holds their names.
fn off_mark(images: &Path, kernel: &KernelRecipe) -> PathBuf {
    images.join(format!("{}.off", kernel.folder()))
}
