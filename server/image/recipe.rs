//! The recipe: `kernels.toml` and the scripts beside it, and the key of what
//! goes into each image.
//!
//! Does not know whether anything was built.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Error;
use crate::say::Sentence;

/// Names another folder than the usual ones.
const VARIABLE: &str = "BPFLAB_VM_IMAGES";

/// Raised when the builder itself makes something else of the same inputs.
const FORM: &str = "bpflab image 1";

/// Scripts whose text goes into a kernel's key.
const KERNEL_SCRIPTS: [&str; 4] = ["apt.sh", "lists.sh", "newest.sh", "kernel.sh"];

/// Scripts whose text goes into the root's key.
const ROOT_SCRIPTS: [&str; 6] = ["apt.sh", "lists.sh", "root.sh", "finish.sh", "leak.c", "shape.c"];

/// What the images are made of.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Where the scripts are.
    pub(super) folder: PathBuf,
    pub(super) root: RootRecipe,
    extras: Vec<RootRecipe>,
    kernels: Vec<KernelRecipe>,
}

/// The root of all kernels, or one that has more in it: an extra.
#[derive(Debug, Clone)]
pub struct RootRecipe {
    /// The extra's name; `None` for the root that guests have as a rule.
    pub extra: Option<String>,
    pub(super) suite: String,
    pub(super) packages: Vec<String>,
    pub(super) folder: String,
}

/// One kernel.
#[derive(Debug, Clone)]
pub struct KernelRecipe {
    /// `5.10`, `6.1`, `6.12`, `7.x`.
    pub name: String,
    /// Whether a run goes there when nobody names a kernel.
    pub default: bool,
    pub(super) suites: Vec<String>,
    pub(super) package: String,
    /// Modules without which the root cannot be mounted.
    pub(super) boot: Vec<String>,
    /// Modules that lessons use.
    pub(super) more: Vec<String>,
    pub(super) root_folder: String,
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    root: RootEntry,
    modules: ModulesEntry,
    kernel: Vec<KernelEntry>,
    #[serde(default)]
    extra: BTreeMap<String, ExtraEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootEntry {
    suite: String,
    packages: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModulesEntry {
    boot: Vec<String>,
    more: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KernelEntry {
    name: String,
    #[serde(default)]
    default: bool,
    suites: Vec<String>,
    package: String,
}

/// What a root has besides. `extra-NAME.sh` is run on it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtraEntry {
    packages: Vec<String>,
    /// What its script reads.
    #[serde(default)]
    files: Vec<String>,
}

impl RootRecipe {
    pub(super) const FILES: [&str; 2] = ["root.erofs", "packages"];
}

impl KernelRecipe {
    /// The image's folder, below the images' one.
    pub(super) fn folder(&self) -> String {
        format!("kernel-{}-{}", self.name, self.key)
    }

    pub(super) fn files(&self) -> [&'static str; 4] {
        ["vmlinuz", "modules.cpio", "release", "packages"]
    }
}

impl Recipe {
    /// Where the recipe usually lies: as the variable says, here, where the program
    /// was built, or beside the installed program.
    pub fn locate() -> PathBuf {
        if let Some(named) = std::env::var_os(VARIABLE) {
            return PathBuf::from(named);
        }
        let here = PathBuf::from("vm-images");
        let own = std::env::current_exe().unwrap_or_default();
        let built = own.ancestors().skip(2).map(|folder| folder.join(&here));
        let installed = own.parent().map(|folder| folder.join("../share/bpflab/vm-images"));
        let mut all = std::iter::once(here.clone()).chain(built).chain(installed);
        all.find(|path| path.is_dir()).unwrap_or(here)
    }

    /// Reads a recipe.
    ///
    /// # Errors
    /// [`Error::NoRecipe`] without one, [`Error::BadRecipe`] for what it says.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        // The scripts are run from another folder.
        let folder = folder.canonicalize().map_err(|_| Error::NoRecipe(folder.to_owned()))?;
        let text =
            fs::read_to_string(folder.join("kernels.toml")).map_err(|_| Error::NoRecipe(folder.clone()))?;
        let file: File = toml::from_str(&text).map_err(|error| Error::BadRecipe(error.to_string()))?;
        file.check()?;
        let root_key = key(
            &folder,
            &ROOT_SCRIPTS,
            &[("suite", std::slice::from_ref(&file.root.suite)), ("packages", &file.root.packages)],
        )?;
        let root = RootRecipe {
            extra: None,
            folder: format!("root-{root_key}"),
            suite: file.root.suite,
            packages: file.root.packages,
        };
        let kernels = file.kernel.into_iter().map(|entry| {
            let key = key(
                &folder,
                &KERNEL_SCRIPTS,
                &[
                    ("package", std::slice::from_ref(&entry.package)),
                    ("suites", &entry.suites),
                    ("boot", &file.modules.boot),
                    ("more", &file.modules.more),
                ],
            )?;
            Ok(KernelRecipe {
                name: entry.name,
                default: entry.default,
                suites: entry.suites,
                package: entry.package,
                boot: file.modules.boot.clone(),
                more: file.modules.more.clone(),
                root_folder: root.folder.clone(),
                key,
            })
        });
        let kernels = kernels.collect::<Result<_, Error>>()?;
        let extras = file.extra.into_iter().map(|(name, entry)| extra(&folder, &root, name, entry));
        let extras = extras.collect::<Result<_, Error>>()?;
        Ok(Self { folder, root, extras, kernels })
    }

    /// The roots that have more in them, by name; built only when they are asked for.
    pub fn extras(&self) -> &[RootRecipe] {
        &self.extras
    }

    /// The root with this extra.
    pub fn extra(&self, name: &str) -> Option<&RootRecipe> {
        self.extras.iter().find(|root| root.extra.as_deref() == Some(name))
    }

    /// That there is no such extra, and which there are.
    pub fn no_extra(&self, name: &str) -> Sentence {
        let known = self.extras.iter().filter_map(|root| root.extra.clone()).collect();
        Sentence::UnknownExtra { name: name.to_owned(), known }
    }

    /// The kernels, in the recipe's order.
    pub fn kernels(&self) -> &[KernelRecipe] {
        &self.kernels
    }
}

impl File {
    /// Every word becomes part of a path or an argument of a script.
    fn check(&self) -> Result<(), Error> {
        let fine = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_alphanumeric())
                && word.chars().all(|c| c.is_ascii_alphanumeric() || "+-._".contains(c))
        };
        let of_root = self.root.packages.iter().chain([&self.root.suite]);
        let of_modules = self.modules.boot.iter().chain(&self.modules.more);
        let of_kernels =
            self.kernel.iter().flat_map(|entry| entry.suites.iter().chain([&entry.name, &entry.package]));
        let of_extras =
            self.extra.iter().flat_map(|(name, own)| own.packages.iter().chain(&own.files).chain([name]));
        let all = of_root.chain(of_modules).chain(of_kernels).chain(of_extras);
        if let Some(word) = all.into_iter().find(|word| !fine(word)) {
            return Err(Error::BadRecipe(format!("\"{word}\" is no name")));
        }
        if self.kernel.is_empty() || self.kernel.iter().any(|entry| entry.suites.is_empty()) {
            return Err(Error::BadRecipe("a kernel with a suite is needed".into()));
        }
        if self.kernel.iter().filter(|entry| entry.default).count() != 1 {
            return Err(Error::BadRecipe("exactly one kernel is the default".into()));
        }
        let twice =
            |entry: &KernelEntry| self.kernel.iter().filter(|other| other.name == entry.name).count() > 1;
        match self.kernel.iter().find(|entry| twice(entry)) {
            Some(entry) => Err(Error::BadRecipe(format!("{} is there twice", entry.name))),
            None => Ok(()),
        }
    }
}

/// A root of the root's packages and an extra's: a tree of its own, so that no
/// file of the one can be missing from, or disagree with, the other.
fn extra(folder: &Path, root: &RootRecipe, name: String, entry: ExtraEntry) -> Result<RootRecipe, Error> {
    let script = format!("extra-{name}.sh");
    let own = [script].into_iter().chain(entry.files).collect::<Vec<_>>();
    let scripts: Vec<&str> = ROOT_SCRIPTS.into_iter().chain(own.iter().map(String::as_str)).collect();
    let packages: Vec<String> = root.packages.iter().cloned().chain(entry.packages).collect();
    let suite = root.suite.clone();
    let key = key(folder, &scripts, &[("suite", std::slice::from_ref(&suite)), ("packages", &packages)])?;
    Ok(RootRecipe { folder: format!("extra-{name}-{key}"), extra: Some(name), suite, packages })
}

/// The key of inputs. Each is hashed with its length, so that no two lists of
/// inputs are one text.
fn key(folder: &Path, scripts: &[&str], words: &[(&str, &[String])]) -> Result<String, Error> {
    let mut hash = Sha256::new();
    let mut add = |text: &[u8]| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    add(FORM.as_bytes());
    for script in scripts {
        let path = folder.join(script);
        let text = fs::read(&path).map_err(|_| Error::NoRecipe(path))?;
        add(script.as_bytes());
        add(&text);
    }
    for (name, list) in words {
        add(name.as_bytes());
        add(&(list.len() as u64).to_le_bytes());
        list.iter().for_each(|word| add(word.as_bytes()));
    }
    Ok(short(hash))
}

/// Twelve digits: enough to tell images apart, and short in a path.
pub(super) fn short(hash: Sha256) -> String {
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[root]\nsuite = \"s\"\npackages = [\"p\"]\n[modules]\nboot = [\"b\"]\nmore = [\"m\"]\n\
        [[kernel]]\nname = \"1\"\ndefault = true\nsuites = [\"k\"]\npackage = \"l\"\n";

    /// Folders of the kernel and of the root, for a recipe changed in one place.
    fn folders(changed: &str, by: &str) -> (String, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let text = |name: &str| {
            let text = if name == "kernels.toml" { TEXT } else { name };
            if changed == name { format!("{text}{by}") } else { text.replace(changed, by) }
        };
        for name in KERNEL_SCRIPTS.iter().chain(&ROOT_SCRIPTS).chain(&["kernels.toml"]) {
            fs::write(folder.path().join(name), text(name)).expect("a file");
        }
        let recipe = Recipe::read(folder.path()).expect("a recipe");
        (recipe.kernels()[0].folder(), recipe.root.folder)
    }

    #[test]
    fn a_key_follows_its_own_inputs_and_no_others() {
        let (kernel, root) = folders("nothing", "");
        assert_eq!(
            folders("nothing", ""),
            (kernel.clone(), root.clone()),
            "the folder's own name is no input"
        );
        assert_eq!(folders("kernels.toml", "# a word\n"), (kernel.clone(), root.clone()));
        for (changed, by, of_kernel, of_root) in [
            ("\"s\"", "\"t\"", false, true),
            ("[\"p\"]", "[\"p\", \"q\"]", false, true),
            ("[\"b\"]", "[\"c\"]", true, false),
            ("[\"m\"]", "[]", true, false),
            ("[\"k\"]", "[\"k\", \"n\"]", true, false),
            ("\"l\"", "\"r\"", true, false),
            ("kernel.sh", " ", true, false),
            ("newest.sh", " ", true, false),
            ("root.sh", " ", false, true),
            ("finish.sh", " ", false, true),
            ("apt.sh", " ", true, true),
            ("lists.sh", " ", true, true),
        ] {
            let (new_kernel, new_root) = folders(changed, by);
            assert_eq!((new_kernel != kernel, new_root != root), (of_kernel, of_root), "{changed}");
        }
    }

    #[test]
    fn a_word_that_moves_from_one_list_to_another_is_another_input() {
        let one = folders("boot = [\"b\"]\nmore = [\"m\"]", "boot = [\"b\", \"m\"]\nmore = []").0;
        let other = folders("boot = [\"b\"]\nmore = [\"m\"]", "boot = [\"b\"]\nmore = [\"m\"]").0;
        assert_ne!(one, other);
    }

    #[test]
    fn the_recipe_of_this_repository_is_fine() {
        let recipe =
            Recipe::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("vm-images")).expect("a recipe");
        let names: Vec<&str> = recipe.kernels().iter().map(|kernel| kernel.name.as_str()).collect();
        assert_eq!(names, ["5.10", "6.1", "6.12", "7.x"]);
        assert!(recipe.kernels().iter().any(|kernel| kernel.default && kernel.name == "6.1"));
    }
}
