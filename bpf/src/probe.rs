//! Finds out what this kernel can do, by trying: one program of each kind is
//! loaded and attached, and undone at once; each helper is called and each type
//! of map is made. Where programs can be attached, the kernel says itself.
//!
//! A list of versions would be wrong on hardened hosts, in containers and on
//! kernels with backports; only what was seen to work counts. The tries happen
//! in a forked child with a network and a mount namespace of its own: what a
//! crash or the deadline leaves behind goes with that child, and the worker
//! itself never moves. Knows nothing of objects, lessons or runs.

mod answer;
mod attach;
mod btf;
mod calls;
mod cgroup;
mod child;
pub(crate) mod hooks;
mod kinds;
mod load;
mod net;
mod perf;

use std::{fs::File, io::Write, time::Duration};

use bpflab_worker::{Event, Features, Hooks, Probe, Tried};

pub(crate) use self::net::netlink;
use self::{
    attach::Places,
    btf::Btf,
    cgroup::Cgroup,
    kinds::{KINDS, Kind},
    net::Netns,
};
use crate::outlet::Outlet;

/// How long all tries together may take: six times the slowest that was seen
/// (1.6 s, a cold guest under TCG; a machine's own kernel takes half a second,
/// nearly all of it in grace periods).
const DEADLINE: Duration = Duration::from_secs(10);

/// The same in a guest, whose answer is kept: it may share the machine with a
/// dozen others, and the server has a limit of its own.
const GUEST_DEADLINE: Duration = Duration::from_secs(60);

/// Load and attach of one kind, as the child writes them in the table's order.
type Answers = (Tried, Tried);

/// Names in one event: a long one has 60 bytes, which is far from what fits.
const PIECE: usize = 8192;

/// Tries everything and sends what came of it, in pieces. `ours`: the kernel is
/// a throw-away guest's, and may be tried harder.
///
/// The caller has one thread only: the child goes on in Rust after `fork`.
pub(crate) fn probe(ours: bool, outlet: &mut Outlet) -> crate::Result {
    let mut send = |part, last| outlet.send(&Event::Probed { part: Box::new(part), last });
    send(Features { programs: programs(ours), ..Features::default() }, false)?;
    let vmlinux = Btf::vmlinux();
    let (maps, helpers) = (calls::maps(deadline(ours)), calls::helpers(&vmlinux, ours, deadline(ours)));
    send(Features { maps, helpers, ..Features::default() }, false)?;
    let Features { hooks, kfuncs, security, .. } = hooks::find(&vmlinux);
    send(Features { kfuncs, security, ..Features::default() }, false)?;
    for hooks in pieces(hooks) {
        send(Features { hooks, ..Features::default() }, false)?;
    }
    send(Features::default(), true)
}

fn deadline(ours: bool) -> Duration {
    if ours { GUEST_DEADLINE } else { DEADLINE }
}

/// The same in several, each small enough for one event.
fn pieces(hooks: Hooks) -> Vec<Hooks> {
    let Hooks { tracepoints, raw_tracepoints, functions, untyped, decisions, iterators, operations } = hooks;
    let mut all = vec![Hooks { raw_tracepoints, decisions, iterators, operations, ..Hooks::default() }];
    let cut = |names: Vec<String>| names.chunks(PIECE).map(<[String]>::to_vec).collect::<Vec<_>>();
    all.extend(cut(tracepoints).into_iter().map(|tracepoints| Hooks { tracepoints, ..Hooks::default() }));
    all.extend(cut(functions).into_iter().map(|functions| Hooks { functions, ..Hooks::default() }));
    all.extend(cut(untyped).into_iter().map(|untyped| Hooks { untyped, ..Hooks::default() }));
    all
}

/// Tries every kind, in the table's order; what a dead child did not get to
/// is [`Tried::NotTried`].
fn programs(ours: bool) -> Vec<Probe> {
    let cgroup = Cgroup::make();
    let written = child::run(deadline(ours), |out| try_all(out, cgroup.as_ref(), ours));
    let mut rest = written.as_slice();
    let mut next = || {
        let (answers, after) = postcard::take_from_bytes::<Answers>(rest).ok()?;
        rest = after;
        Some(answers)
    };
    KINDS
        .iter()
        .map(|kind| {
            let (load, attach) = next().unwrap_or((Tried::NotTried, Tried::NotTried));
            Probe { kind: kind.name.to_owned(), load, attach }
        })
        .collect()
}

/// The child's work; each answer is written as soon as it is known.
fn try_all(out: &mut File, cgroup: Option<&Cgroup>, ours: bool) -> std::io::Result<()> {
    load::silence();
    // Where this fails, the file that a tracepoint needs is not there, which its try will say.
    let _ = crate::instance::enter_mounts();
    let places = Places { netns: Netns::enter(), cgroup, ours };
    let vmlinux = Btf::vmlinux();
    for kind in KINDS {
        let answers =
            postcard::to_stdvec(&try_one(kind, &vmlinux, &places)).map_err(std::io::Error::other)?;
        out.write_all(&answers)?;
    }
    Ok(())
}

fn try_one(kind: &Kind, vmlinux: &answer::Answer<Btf>, places: &Places) -> Answers {
    match load::load(kind, vmlinux) {
        Ok(program) => (Tried::Worked, answer::tried(attach::attach(kind, &program, places))),
        Err(no) => (no.into(), Tried::NotTried),
    }
}
