//! Builds the images that are missing, two at a time, and puts each in its
//! place whole or not at all.
//!
//! Knows the order of things and the lock between builders; what an image is
//! made by is the scripts' affair.

use std::{
    collections::{BTreeSet, VecDeque},
    fs::{self, File},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::fs::{CWD, FlockOperation, RenameFlags};

use super::{
    Error, KernelRecipe, Missing, Recipe, RootRecipe, find, folder, manifest, off_mark, ready,
    script::{self, Listed, Workshop},
};
use crate::say::Sentence;

/// Images at once: unpacking and compressing take a processor each, and a
/// small machine has two.
const AT_ONCE: usize = 2;

/// What to build.
#[derive(Debug)]
pub struct Wish<'a> {
    /// The kernels; the root belongs to each.
    pub kernels: Vec<&'a KernelRecipe>,
    /// Roots with more in them. Nothing else builds one.
    pub extras: Vec<&'a RootRecipe>,
    /// Look for newer packages of those that are built.
    pub newer: bool,
    /// Try again those that are off.
    pub again: bool,
}

/// A part of the work.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum What {
    List { suite: String },
    Kernel { name: String },
    Root,
    Extra { name: String },
}

/// The story of a build. Of each part `Began` comes first, and one of the
/// others but `Waiting` last.
#[derive(Debug)]
#[expect(missing_docs, reason = "a part's place is told by the same two numbers everywhere")]
pub enum Progress {
    /// Another builder is at work.
    Waiting,
    Began {
        number: usize,
        of: usize,
        what: What,
    },
    Done {
        number: usize,
        of: usize,
        what: What,
        took: Duration,
    },
    /// What is there is the newest that there is.
    Current {
        number: usize,
        of: usize,
        what: What,
        version: String,
    },
    /// A suite has left the mirror, or with it every suite of a kernel.
    Off {
        number: usize,
        of: usize,
        what: What,
        why: Sentence,
    },
    Failed {
        number: usize,
        of: usize,
        what: What,
        error: Error,
    },
}

/// What came of a build.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// Images that were made.
    pub images: Vec<What>,
    /// Kernels that cannot be built any more.
    pub off: Vec<String>,
    /// Images that are not there, though they should be.
    pub failed: Vec<What>,
}

/// Builds what is missing of a wish, and tells how it goes.
///
/// One image's failure does not stop the others.
///
/// # Errors
/// What stops all of it: no tools, no room, no folder.
pub fn build(
    recipe: &Recipe,
    data: &Path,
    wish: &Wish<'_>,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Built, Error> {
    if !wish.newer && jobs(recipe, data, wish).is_empty() {
        return Ok(Built::default());
    }
    let images = folder(data);
    fs::DirBuilder::new().recursive(true).mode(0o755).create(&images).map_err(Error::files(&images))?;
    let lock = lock(&images.join(".lock"), tell)?;
    let (half_built, note) = (images.join(".new"), images.join(".work"));
    script::sweep(&note)?;
    if half_built.exists() {
        script::remove(&half_built)?;
    }
    // Another builder may have done it meanwhile.
    let jobs = jobs(recipe, data, wish);
    if jobs.is_empty() {
        return Ok(Built::default());
    }
    let place = ready::workshop();
    let roots = jobs.iter().filter(|job| matches!(job, Job::Root(_))).count();
    let extra = jobs.iter().any(|job| matches!(job.what(), What::Extra { .. }));
    let kinds = ready::Take { root: roots > 0, extra, kernels: jobs.len() > roots };
    ready::check(&kinds, &images, &place)?;
    fs::create_dir(&half_built).map_err(Error::files(&half_built))?;
    let suites: BTreeSet<&str> = jobs.iter().flat_map(|job| job.suites()).collect();
    let site = Site {
        recipe,
        data,
        images: &images,
        half_built: &half_built,
        workshop: Workshop::new(&recipe.folder, &place, &note, lock)?,
        number: AtomicUsize::new(0),
        of: jobs.len() + suites.len(),
        built: Mutex::default(),
        tell,
    };
    let queue = Mutex::new(jobs);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(job) = take(&queue) {
                    site.work(&job);
                }
            });
        }
    });
    let Site { workshop, built, .. } = site;
    script::remove(&half_built)?;
    fs::remove_file(&note).map_err(Error::files(&note))?;
    drop(workshop);
    Ok(built.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn take<'a>(queue: &Mutex<VecDeque<Job<'a>>>) -> Option<Job<'a>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

/// Held until the last that has it is gone, this process or a script of it.
pub(super) fn lock(path: &Path, tell: &(dyn Fn(Progress) + Sync)) -> Result<File, Error> {
    let file = File::options().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(Error::files(path))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => return Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => tell(Progress::Waiting),
        Err(errno) => return Err(Error::files(path)(errno.into())),
    }
    rustix::fs::flock(&file, FlockOperation::LockExclusive)
        .map_err(|errno| Error::files(path)(errno.into()))?;
    Ok(file)
}

/// One image to make.
enum Job<'a> {
    Root(&'a RootRecipe),
    /// With the version that is there, when only a newer one is wanted.
    Kernel(&'a KernelRecipe, Option<String>),
}

impl Job<'_> {
    fn suites(&self) -> Vec<&str> {
        match self {
            Self::Root(root) => vec![&root.suite],
            Self::Kernel(kernel, _) => kernel.suites.iter().map(String::as_str).collect(),
        }
    }

    fn what(&self) -> What {
        match self {
            Self::Root(root) => root.extra.clone().map_or(What::Root, |name| What::Extra { name }),
            Self::Kernel(kernel, _) => What::Kernel { name: kernel.name.clone() },
        }
    }
}

/// What there is to do. Roots come first: they take the longest.
fn jobs<'a>(recipe: &'a Recipe, data: &Path, wish: &Wish<'a>) -> VecDeque<Job<'a>> {
    let images = folder(data);
    let mut jobs = VecDeque::new();
    // Guests with an extra need no other root.
    let usual = (!wish.kernels.is_empty()).then_some(&recipe.root);
    for root in wish.extras.iter().copied().chain(usual) {
        if manifest::check(&images.join(&root.folder), &RootRecipe::FILES).is_err() {
            jobs.push_back(Job::Root(root));
        }
    }
    for &kernel in &wish.kernels {
        match manifest::check(&images.join(kernel.folder()), &kernel.files()) {
            Ok((manifest, _)) if wish.newer => {
                jobs.push_back(Job::Kernel(kernel, manifest.packages.get(&kernel.package).cloned()));
            }
            Ok(_) => {}
            Err(_) => {
                let off = matches!(find(data, kernel), Err(Missing::Off { .. }));
                if !off || wish.newer || wish.again {
                    jobs.push_back(Job::Kernel(kernel, None));
                }
            }
        }
    }
    jobs
}

/// What both builders share.
struct Site<'a> {
    recipe: &'a Recipe,
    data: &'a Path,
    images: &'a Path,
    half_built: &'a Path,
    workshop: Workshop,
    number: AtomicUsize,
    of: usize,
    built: Mutex<Built>,
    tell: &'a (dyn Fn(Progress) + Sync),
}

/// How a job ended that did not fail.
enum End {
    Made,
    Current(String),
    Off(Sentence),
}

impl Site<'_> {
    fn work(&self, job: &Job<'_>) {
        // The lists are parts of their own, so that a job's time is the job's.
        let listed = self.lists(job);
        let (number, of, what) = (self.next(), self.of, job.what());
        let began = Instant::now();
        (self.tell)(Progress::Began { number, of, what: what.clone() });
        let end = listed.and_then(|there| match job {
            Job::Root(root) => self.root(root),
            Job::Kernel(kernel, have) => self.kernel(kernel, have.as_deref(), there),
        });
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        (self.tell)(match end {
            Ok(End::Made) => {
                built.images.push(what.clone());
                Progress::Done { number, of, what, took: began.elapsed() }
            }
            Ok(End::Current(version)) => Progress::Current { number, of, what, version },
            Ok(End::Off(why)) => {
                if let Job::Kernel(kernel, _) = job {
                    built.off.push(kernel.name.clone());
                }
                Progress::Off { number, of, what, why }
            }
            Err(error) => {
                built.failed.push(what.clone());
                Progress::Failed { number, of, what, error }
            }
        });
    }

    fn next(&self) -> usize {
        self.number.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Fetches a job's lists; whether any of its suites is on the mirror.
    fn lists(&self, job: &Job<'_>) -> Result<bool, Error> {
        let mut there = false;
        for suite in job.suites() {
            match self.list(suite) {
                Listed::Fetched => there = true,
                Listed::Left => {}
                // Another suite may have an older one; whoever asks again gets the newest.
                Listed::Failed(error) => return Err(error),
            }
        }
        if !there {
            // A mirror without the root's suite is no mirror of Debian, and proves nothing.
            match self.list(&self.recipe.root.suite) {
                Listed::Fetched => {}
                Listed::Left => return Err(Error::NotOnMirror(self.recipe.root.suite.clone())),
                Listed::Failed(error) => return Err(error),
            }
        }
        Ok(there)
    }

    fn list(&self, suite: &str) -> Listed {
        self.workshop.list(suite, || {
            let suite = suite.to_owned();
            let (number, of, what) = (self.next(), self.of, What::List { suite: suite.clone() });
            let began = Instant::now();
            (self.tell)(Progress::Began { number, of, what: what.clone() });
            Box::new(move |listed: &Listed| {
                (self.tell)(match listed.clone() {
                    Listed::Fetched => Progress::Done { number, of, what, took: began.elapsed() },
                    Listed::Left => {
                        Progress::Off { number, of, what, why: Sentence::ImageMirrorLacks { suite } }
                    }
                    Listed::Failed(error) => Progress::Failed { number, of, what, error },
                });
            })
        })
    }

    fn root(&self, root: &RootRecipe) -> Result<End, Error> {
        let new = self.half_built.join(&root.folder);
        self.workshop.root(root, &new)?;
        manifest::write(&new, &root.suite, &RootRecipe::FILES).map_err(Error::files(&new))?;
        put(self.images, &new, &root.folder)?;
        // Whoever looks first reads all of it: here, rather than where a learner waits.
        let _ = manifest::check(&self.images.join(&root.folder), &RootRecipe::FILES);
        Ok(End::Made)
    }

    fn kernel(&self, kernel: &KernelRecipe, have: Option<&str>, there: bool) -> Result<End, Error> {
        if !there {
            return match have {
                Some(version) => Ok(End::Current(version.to_owned())),
                None => self.off(kernel),
            };
        }
        let (suite, version) = self.workshop.newest(kernel)?;
        if have == Some(version.as_str()) {
            return Ok(End::Current(version));
        }
        let new = self.half_built.join(kernel.folder());
        self.workshop.kernel(kernel, &suite, &version, &new)?;
        let release = fs::read_to_string(new.join("release")).map_err(Error::files(&new))?;
        manifest::write(&new, release.trim(), &kernel.files()).map_err(Error::files(&new))?;
        put(self.images, &new, &kernel.folder())?;
        match fs::remove_file(off_mark(self.images, kernel)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::files(self.images)(error)),
        }
        Ok(End::Made)
    }

    /// Remembers that every suite of a kernel has left the mirror. The
    /// damaged image of before, if any, goes with them.
    fn off(&self, kernel: &KernelRecipe) -> Result<End, Error> {
        script::remove(&self.images.join(kernel.folder()))?;
        let mark = off_mark(self.images, kernel);
        fs::write(&mark, kernel.suites.join(" ")).map_err(Error::files(&mark))?;
        match find(self.data, kernel) {
            Err(Missing::Off { why }) => Ok(End::Off(why)),
            other => Err(Error::Files { path: mark, why: format!("{other:?}") }),
        }
    }
}

/// Puts a finished folder in its place among the images, in one step; one that
/// was there goes.
pub(super) fn put(images: &Path, new: &Path, name: &str) -> Result<(), Error> {
    let place = images.join(name);
    if place.exists() {
        rustix::fs::renameat_with(CWD, new, CWD, &place, RenameFlags::EXCHANGE)
            .map_err(|errno| Error::files(&place)(errno.into()))?;
        script::remove(new)?;
    } else {
        fs::rename(new, &place).map_err(Error::files(&place))?;
    }
    File::open(images).and_then(|folder| folder.sync_all()).map_err(Error::files(images))
}
