//! What a kernel can do, found by trying: the answer to [`crate::Command::Probe`].
//!
//! Knows names and bounds: the answer may come from a guest, and is kept in a
//! file. Does not know how anything is tried.

use serde::{Deserialize, Serialize};

/// Entries of all lists together, at most: a kernel has some 60,000 functions,
/// and a guest that names more lies.
pub const MAX_NAMES: usize = 400_000;

/// Bytes of all names together, at most: 60,000 functions take one MiB.
const MAX_BYTES: usize = 32 << 20;

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
        self.check()
    }

    /// Looks at every name.
    ///
    /// # Errors
    /// There are more than any kernel has, or one that is no name.
    pub fn check(&self) -> Result<(), Unbelievable> {
        let good = |name: &&String| {
            name.len() <= MAX_NAME && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let (mut count, mut bytes) = (0, 0);
        for name in self.names() {
            (count, bytes) = (count + 1, bytes + name.len());
            if count > MAX_NAMES || bytes > MAX_BYTES || !good(&name) {
                return Err(Unbelievable);
            }
        }
        Ok(())
    }

    /// Whether all was tried: a busy machine's tries may have been cut short.
    pub fn is_whole(&self) -> bool {
        let tried = |probe: &Probe| probe.load != Tried::NotTried;
        let loads = !self.programs.is_empty() && self.programs.iter().all(tried);
        loads && !self.maps.is_empty() && !self.helpers.is_empty() && !self.hooks.tracepoints.is_empty()
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        let Self { programs, maps, helpers, kfuncs, security, hooks } = self;
        let tried = programs.iter().map(|probe| &probe.kind);
        let callable = helpers.iter().flat_map(|own| own.programs.iter().chain([&own.name]));
        let lists = [maps, kfuncs, security].into_iter().chain(hooks.lists()).flatten();
        tried.chain(callable).chain(lists)
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
