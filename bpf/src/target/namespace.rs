//! Where an interface is: in this network namespace, or in `lab`, whose `lab1` is the other
//! end of `lab0`.
//!
//! Knows how to go there and back. Does not know what is attached.

use std::{fs::File, path::Path};

use nix::{
    libc::ENODEV,
    net::if_::{if_nameindex, if_nametoindex},
    sched::{CloneFlags, setns},
};

/// Where `ip netns add lab` keeps it.
const LAB: &str = "/run/netns/lab";

/// A network namespace.
#[derive(Debug)]
pub(crate) struct Namespace(Option<File>);

impl Namespace {
    /// The one that has an interface of this name, and the interface's number in it.
    pub(super) fn of(name: &str) -> Result<(Self, i32), i32> {
        let here = Self(None);
        if let Ok(index) = interface(name) {
            return Ok((here, index));
        }
        let lab = Self::lab().ok_or(ENODEV)?;
        let index = lab.inside(|| interface(name))?;
        Ok((lab, index))
    }

    fn lab() -> Option<Self> {
        File::open(Path::new(LAB)).ok().map(|file| Self(Some(file)))
    }

    /// Does something there: what it opens and what it names is there. This thread alone goes.
    pub(crate) fn inside<T>(&self, what: impl FnOnce() -> Result<T, i32>) -> Result<T, i32> {
        let Self(Some(there)) = self else { return what() };
        let here = File::open("/proc/thread-self/ns/net").map_err(|_| ENODEV)?;
        setns(there, CloneFlags::CLONE_NEWNET).map_err(|errno| errno as i32)?;
        let done = what();
        setns(&here, CloneFlags::CLONE_NEWNET).expect("the namespace that this thread came from");
        done
    }
}

/// The number of an interface of this namespace.
pub(super) fn interface(name: &str) -> Result<i32, i32> {
    if_nametoindex(name).ok().and_then(|index| i32::try_from(index).ok()).ok_or(ENODEV)
}

/// The names of the interfaces of this namespace, and of the other where it is reached.
pub(crate) fn interfaces(reaches_both: bool) -> Vec<String> {
    let here = || {
        let all = if_nameindex().map_err(|errno| errno as i32)?;
        Ok(all.iter().map(|one| one.name().to_string_lossy().into_owned()).collect::<Vec<_>>())
    };
    let mut names = here().unwrap_or_default();
    let other = Namespace::lab().filter(|_| reaches_both);
    let there = other.and_then(|lab| lab.inside(here).ok()).unwrap_or_default();
    there.into_iter().for_each(|name| {
        if !names.contains(&name) {
            names.push(name);
        }
    });
    names
}
