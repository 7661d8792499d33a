//! What a kernel can do, found by trying: the answer to [`crate::Command::Probe`].
//!
//! Knows names and bounds: the answer may come from a guest, and is kept in a
//! file. Does not know how anything is tried.

use serde::{Deserialize, Serialize};

/// Entries of all lists together, at most: a kernel has some 60,000 functions,
/// and a guest that names more lies.
pub const MAX_NAMES: usize = 400_000;

/// Bytes of one name, at most: a function's symbol has up to 511 in the kernel.
const MAX_NAME: usize = 512;

/// What one kernel can do. A part of it is one too: it comes in pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Features {
    /// Program types, in the order in which they were tried.
    pub programs: Vec<Probe>,
    /// Map types that the kernel makes, by libbpf's names: `hash`, `ringbuf`, …
    pub maps: Vec<String>,
    /// Helpers that some program type may call.
    pub helpers: Vec<Helper>,
    /// Kernel functions that programs may call, where the kernel's types tell.
    pub kfuncs: Vec<String>,
    /// Security modules that are active; programs of type `lsm` run where `bpf` is one.
    pub security: Vec<String>,
    /// Where programs can be attached.
    pub hooks: Hooks,
}

/// Where programs can be attached. An empty list means that the kernel does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hooks {
    /// `category/event`.
    pub tracepoints: Vec<String>,
    /// As `raw_tp` and `tp_btf` name them.
    pub raw_tracepoints: Vec<String>,
    /// Functions with types: kprobes and fentry.
    pub functions: Vec<String>,
    /// Functions without types: kprobes alone.
    pub untyped: Vec<String>,
    /// Decisions of security modules, as `lsm` names them.
    pub decisions: Vec<String>,
    /// As `iter` names them.
    pub iterators: Vec<String>,
    /// Structures of operations that `struct_ops` fills in.
    pub operations: Vec<String>,
}

/// What one program type can do on this kernel, found by trying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The type as a section names it: `tracepoint`, `kprobe`, `xdp`, `struct_ops`, …
    pub kind: String,
    /// Whether the kernel loaded one.
    pub load: Tried,
    /// Whether it attached.
    pub attach: Tried,
}

/// A helper and who may call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Helper {
    /// With its prefix: `bpf_loop`.
    pub name: String,
    /// Of the program types that were asked.
    pub programs: Vec<String>,
}

/// How a try went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tried {
    /// It worked, and was undone at once.
    Worked,
    /// The kernel said this (a positive errno).
    Errno(i32),
    /// Not tried: it is not safe on a machine's own kernel, or what comes before failed.
    NotTried,
}

/// Names that no kernel has: too many, too long, or not printable.
#[derive(Debug, thiserror::Error)]
#[error("features that no kernel has")]
pub struct Unbelievable;

impl Features {
    /// Adds the next piece.
    ///
    /// # Errors
    /// With it there would be more than any kernel has.
    pub fn join(&mut self, part: Self) -> Result<(), Unbelievable> {
        part.check()?;
        let Self { programs, maps, helpers, kfuncs, security, hooks } = part;
        self.programs.extend(programs);
        self.maps.extend(maps);
        self.helpers.extend(helpers);
        self.kfuncs.extend(kfuncs);
        self.security.extend(security);
        for (own, more) in self.hooks.lists_mut().into_iter().zip(hooks.into_lists()) {
            own.extend(more);
        }
        if self.count() > MAX_NAMES { Err(Unbelievable) } else { Ok(()) }
    }

    /// Looks at every name.
    ///
    /// # Errors
    /// There are more than any kernel has, or one that is no name.
    pub fn check(&self) -> Result<(), Unbelievable> {
        let names = self.programs.iter().map(|probe| &probe.kind);
        let names = names.chain(self.helpers.iter().flat_map(|own| own.programs.iter().chain([&own.name])));
        let names = names.chain(&self.maps).chain(&self.kfuncs).chain(&self.security);
        let names = names.chain(self.hooks.lists().into_iter().flatten());
        let good = |name: &String| {
            name.len() <= MAX_NAME && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if self.count() <= MAX_NAMES && names.fold(true, |all, name| all && good(name)) {
            Ok(())
        } else {
            Err(Unbelievable)
        }
    }

    /// Whether all was tried: a busy machine's tries may have been cut short.
    pub fn is_whole(&self) -> bool {
        let tried = |probe: &Probe| probe.load != Tried::NotTried;
        let loads = !self.programs.is_empty() && self.programs.iter().all(tried);
        loads && !self.maps.is_empty() && !self.helpers.is_empty() && !self.hooks.tracepoints.is_empty()
    }

    fn count(&self) -> usize {
        let callers: usize = self.helpers.iter().map(|helper| 1 + helper.programs.len()).sum();
        let hooks: usize = self.hooks.lists().into_iter().map(Vec::len).sum();
        self.programs.len() + self.maps.len() + callers + self.kfuncs.len() + self.security.len() + hooks
    }
}

impl Hooks {
    fn lists(&self) -> [&Vec<String>; 7] {
        let Self { tracepoints, raw_tracepoints, functions, untyped, decisions, iterators, operations } =
            self;
        [tracepoints, raw_tracepoints, functions, untyped, decisions, iterators, operations]
    }

    fn lists_mut(&mut self) -> [&mut Vec<String>; 7] {
        let Self { tracepoints, raw_tracepoints, functions, untyped, decisions, iterators, operations } =
            self;
        [tracepoints, raw_tracepoints, functions, untyped, decisions, iterators, operations]
    }

    fn into_lists(self) -> [Vec<String>; 7] {
        let Self { tracepoints, raw_tracepoints, functions, untyped, decisions, iterators, operations } =
            self;
        [tracepoints, raw_tracepoints, functions, untyped, decisions, iterators, operations]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions(names: impl Iterator<Item = String>) -> Features {
        Features { hooks: Hooks { functions: names.collect(), ..Hooks::default() }, ..Features::default() }
    }

    #[test]
    fn pieces_make_a_whole() {
        let mut all = functions(["vfs_read".to_owned()].into_iter());
        all.join(functions(["vfs_write".to_owned()].into_iter())).unwrap();
        assert_eq!(all.hooks.functions, ["vfs_read", "vfs_write"]);
    }

    #[test]
    fn a_guest_that_names_too_much_is_not_believed() {
        let many = || functions((0..MAX_NAMES / 2 + 1).map(|number| format!("f{number}")));
        let mut all = many();
        assert!(all.join(many()).is_err());
        for name in ["", "two words", "\u{1b}[2J", &"x".repeat(MAX_NAME + 1)] {
            assert!(functions([name.to_owned()].into_iter()).check().is_err(), "{name:?}");
        }
    }
}
