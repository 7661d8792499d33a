//! Programs that replace a function of another (`SEC("freplace/FUNCTION")`).
//!
//! The kernel verifies such a program against the one that it changes, which
//! must have been loaded before; libbpf loads all of an object at once. So an
//! object with both is loaded twice: first without its replacements, for them
//! to be verified against, then whole. The kernel lets a replacement attach to
//! another program than it was verified against, where that has the same
//! function: to the whole object's own. Does not know other kinds.

use std::{
    collections::BTreeSet,
    ffi::CString,
    os::fd::{AsFd as _, AsRawFd as _},
};

use bpflab_worker::{AttachFailure, Event, Irreplaceable, nearest};
use libbpf_rs::{
    AsRawLibbpf as _, Object, OpenObject, OpenProgramMut, Program, ProgramImpl, ProgramType,
    btf::{
        Btf,
        types::{Func, Linkage},
    },
    libbpf_sys,
    query::{ProgInfoIter, ProgInfoQueryOptions},
};
use nix::libc::{EINVAL, ENOENT};

use crate::{link::Link, logs, target::Attached};

/// Names offered for one that does not exist.
const MAX_NEAREST: usize = 5;

/// The section of a replacement begins so.
const SECTION: &str = "freplace/";

/// What an object's replacements are verified against.
#[derive(Debug)]
pub(crate) struct Originals {
    /// `None` where the kernel did not take it; it will not take the whole
    /// object either, and say why then.
    object: Option<Object>,
    /// Program and function to be replaced, by a replacement's name.
    aims: Vec<(String, i32, String)>,
}

impl Originals {
    /// Loads what `again` opens without its replacements; `None` when `opened`
    /// has no replacement, and what to say when one has nothing to replace.
    pub(crate) fn load(
        opened: &OpenObject,
        again: impl FnOnce() -> crate::Result<OpenObject>,
    ) -> crate::Result<Option<Result<Self, Box<Event>>>> {
        let wanted: Vec<(String, String)> = opened
            .progs()
            .filter(|program| program.prog_type() == ProgramType::Ext)
            .map(|program| {
                let section = program.section().to_string_lossy().into_owned();
                (program.name().to_string_lossy().into_owned(), section)
            })
            .collect();
        if wanted.is_empty() {
            return Ok(None);
        }
        let mut originals = again()?;
        originals.progs_mut().filter(is_replacement).for_each(|mut program| program.set_autoload(false));
        let object = originals.load().ok();
        // The whole object's load will say the same.
        let _ = logs::take();
        Ok(Some(Self::aim(object, wanted)))
    }

    fn aim(object: Option<Object>, wanted: Vec<(String, String)>) -> Result<Self, Box<Event>> {
        let mut aims = Vec::new();
        if let Some(object) = &object {
            let functions = Functions::of(object);
            for (program, section) in wanted {
                let Some(function) = section.strip_prefix(SECTION) else {
                    return Err(not_attached(
                        program,
                        section,
                        AttachFailure::NeedsTarget { forms: Vec::new() },
                    ));
                };
                let Some((original, _)) = functions.having(function).next() else {
                    let why = functions.irreplaceable(function);
                    return Err(not_attached(program, section, why));
                };
                aims.push((program, original.as_fd().as_raw_fd(), function.to_owned()));
            }
        }
        Ok(Self { object, aims })
    }

    /// Tells the replacements of an opened object what they replace.
    pub(crate) fn tell(&self, opened: &mut OpenObject) -> crate::Result {
        for mut program in opened.progs_mut().filter(is_replacement) {
            let name = program.name().to_string_lossy().into_owned();
            match self.aims.iter().find(|(own, ..)| self.object.is_some() && *own == name) {
                Some((_, original, function)) => {
                    program.set_attach_target(*original, Some(function.clone()))?;
                }
                None => program.set_autoload(false),
            }
        }
        Ok(())
    }
}

fn not_attached(program: String, section: String, reason: AttachFailure) -> Box<Event> {
    Box::new(Event::AttachFailed { program, section, reason })
}

fn is_replacement(program: &OpenProgramMut<'_>) -> bool {
    program.prog_type() == ProgramType::Ext
}

/// Puts a replacement in the place of its function, in every program of the
/// object that has that function and is of the same kind as the first.
pub(crate) fn attach(object: &Object, program: &ProgramImpl<'_>) -> Result<Attached, i32> {
    let section = program.section().to_string_lossy().into_owned();
    let name = section.strip_prefix(SECTION).ok_or(EINVAL)?;
    let function = CString::new(name).map_err(|_| EINVAL)?;
    let functions = Functions::of(object);
    let kind = functions.having(name).next().ok_or(ENOENT)?.0.prog_type();
    let mut links = Vec::new();
    let mut of = Vec::new();
    for (original, _) in functions.having(name).filter(|(original, _)| original.prog_type() == kind) {
        let fd = original.as_fd().as_raw_fd();
        let raw = program.as_libbpf_object().as_ptr();
        // SAFETY: both programs are loaded and live as long as their object; the
        // name lives through the call.
        let link = unsafe { libbpf_sys::bpf_program__attach_freplace(raw, fd, function.as_ptr()) };
        links.push(Link::libbpf(link)?);
        of.push(original.name().to_string_lossy().into_owned());
    }
    Ok((Link::Several(links), format!("{name} of {}", of.join(", "))))
}

/// The functions that an object's loaded programs are made of.
struct Functions<'o> {
    /// Each with the numbers of its functions' types.
    programs: Vec<(Program<'o>, Vec<u32>)>,
    btf: Option<Btf<'o>>,
}

impl<'o> Functions<'o> {
    fn of(object: &'o Object) -> Self {
        let wanted = ProgInfoQueryOptions::default().include_func_info(true);
        let known: Vec<_> = ProgInfoIter::with_query_opts(wanted).collect();
        let originals = object.progs().filter(|program| program.prog_type() != ProgramType::Ext);
        let programs = originals.filter_map(|program| {
            // One that was left out has no descriptor, and so no number.
            let id = Program::id_from_fd(program.as_fd()).ok()?;
            let info = known.iter().find(|info| info.id == id)?;
            let types = info.func_info.iter().map(|function| function.type_id).collect();
            Some((program, types))
        });
        Self { programs: programs.collect(), btf: object.btf().ok().flatten() }
    }

    fn name(&self, id: u32) -> Option<(&str, Linkage)> {
        let function = self.btf.as_ref()?.type_by_id::<Func<'_>>(id.into())?;
        Some((function.name()?.to_str()?, function.linkage()))
    }

    /// The programs that have a global function of this name.
    fn having(&self, name: &str) -> impl Iterator<Item = &(Program<'o>, Vec<u32>)> {
        self.programs.iter().filter(move |(_, types)| {
            types.iter().any(|id| matches!(self.name(*id), Some((own, Linkage::Global)) if own == name))
        })
    }

    /// Why no program's function of this name can be replaced.
    fn irreplaceable(&self, name: &str) -> AttachFailure {
        let all = 1..self.btf.as_ref().map_or(1, Btf::len);
        let all = all.filter_map(|id| self.name(u32::try_from(id).ok()?));
        let why = match all.into_iter().find(|(own, _)| *own == name) {
            Some((_, Linkage::Static)) => Irreplaceable::Static,
            Some(_) => Irreplaceable::Uncalled,
            None => Irreplaceable::Unknown,
        };
        let called = self.programs.iter().flat_map(|(_, types)| types.iter());
        let global = called.filter_map(|id| match self.name(*id)? {
            (own, Linkage::Global) => Some(own),
            _ => None,
        });
        let global: BTreeSet<&str> = global.collect();
        let mut nearest = nearest(name, global.iter().copied(), MAX_NEAREST);
        if nearest.is_empty() {
            // An object has few functions, and it is one of them.
            nearest = global.into_iter().take(MAX_NEAREST).map(str::to_owned).collect();
        }
        AttachFailure::Irreplaceable { function: name.to_owned(), why, nearest }
    }
}
