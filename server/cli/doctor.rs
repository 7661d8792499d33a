//! `bpflab doctor`: what this machine can do, found out by trying.

mod guests;
mod matters;

use bpflab_worker::{Probe, Tried};
use clap::Args;
use serde::Serialize;

use super::{Context, Format, kernels, status};
use crate::{
    compile::Types,
    kernel::{ARCHITECTURE, HOST, State},
    lab,
    say::{Doctor, Lang, Sentence},
};

/// Arguments of `bpflab doctor`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How to print the findings
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// One thing that was looked at.
struct Finding {
    id: String,
    ok: bool,
    says: Sentence,
    mend: Option<&'static str>,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    ok: bool,
    says: String,
    mend: Option<&'a str>,
}

/// Looks at everything and says what it saw.
pub(super) async fn doctor(arguments: Arguments, context: &Context) -> anyhow::Result<u8> {
    let lab = lab::prepare(&context.folders, &lab::Setup { own_files: false, ..lab::Setup::local() }).await;
    let mut findings = vec![architecture()];
    match &lab.compilers {
        Ok(compilers) => {
            let version = compilers.version().to_owned();
            findings.push(good("compiler", Doctor::Clang { version }));
            findings.push(good("sandbox", Doctor::Sandbox));
            match compilers.get(&Types::Running).await {
                Ok(compiler) => {
                    let path = compiler.headers().folder().display().to_string();
                    findings.push(good("headers", Doctor::Headers { path }));
                }
                Err(error) => findings.push(bad("headers", error.sentence(), None)),
            }
        }
        Err(why) => findings.push(bad("compiler", why.clone(), mend(why))),
    }
    findings.extend(guests::place(&lab.backends, context).await);
    let mut can_run = false;
    for kernel in lab.backends.kernels() {
        if kernel.name != HOST {
            let found = guests::kernel(&lab.backends, &kernel, context.lang).await;
            can_run |= found.ok && lab.compilers.is_ok();
            findings.push(found);
            continue;
        }
        match kernel.state {
            State::Ready | State::Preparing => {
                can_run |= lab.compilers.is_ok();
                let release = kernel.release.unwrap_or_default();
                findings.push(good(HOST, Doctor::Host { release }));
                let features = kernels::features(&lab.backends, HOST, context.lang).await;
                let probes = features.map(|features| features.programs.clone()).unwrap_or_default();
                findings.extend(probes.into_iter().map(|probe| kind(HOST, probe)));
            }
            State::Off(why) | State::NoImage(why) => {
                let says = Doctor::HostOff { why: why.say(context.lang) };
                findings.push(bad(HOST, says, mend(&why)));
            }
        }
    }
    if !can_run {
        findings.push(bad("runs", Doctor::NothingRuns, None));
    }
    for finding in &findings {
        print(finding, arguments.format, context.lang)?;
    }
    Ok(if can_run { status::OK } else { status::UNAVAILABLE })
}

fn kind(kernel: &str, Probe { kind, load, attach }: Probe) -> Finding {
    let id = format!("{kernel}:{kind}");
    let matters = matters::words(&kind);
    match (load, attach) {
        (Tried::Worked, Tried::Worked) => good(&id, Sentence::ProbeWorked { kind }),
        (Tried::Worked, Tried::NotTried) => good(&id, Sentence::ProbeLoads { kind }),
        (Tried::Worked, Tried::Errno(errno)) => {
            bad(&id, Sentence::ProbeNoAttach { kind, errno, matters }, guest(kernel))
        }
        (Tried::Errno(errno), _) => bad(&id, Sentence::ProbeNoLoad { kind, errno, matters }, guest(kernel)),
        (Tried::NotTried, _) => bad(&id, Sentence::ProbeNotTried { kind }, None),
    }
}

/// What a person can do about a kernel that lacks something.
fn guest(kernel: &str) -> Option<&'static str> {
    (kernel == HOST).then_some("run such lessons in a guest, which has a kernel of its own")
}

fn architecture() -> Finding {
    let own = std::env::consts::ARCH;
    let says = Doctor::Architecture { name: own.to_owned() };
    match own == ARCHITECTURE {
        true => good("architecture", Doctor::ArchitectureRight { name: own.to_owned() }),
        false => bad("architecture", says, None),
    }
}

/// The command that mends what a sentence says is missing.
fn mend(why: &Sentence) -> Option<&'static str> {
    match why {
        Sentence::WorkerMissing { .. } | Sentence::WorkerStale => Some("make worker"),
        Sentence::NoClang | Sentence::NoSandbox { .. } | Sentence::NoQemu => Some("make setup"),
        Sentence::ImageNotBuilt { .. } | Sentence::ImageDamaged { .. } => Some("make images"),
        Sentence::HostNeedsRoot | Sentence::HostHelperGone => Some("make host"),
        _ => None,
    }
}

fn good(id: &str, says: impl Into<Sentence>) -> Finding {
    Finding { id: id.to_owned(), ok: true, says: says.into(), mend: None }
}

fn bad(id: &str, says: impl Into<Sentence>, mend: Option<&'static str>) -> Finding {
    Finding { id: id.to_owned(), ok: false, says: says.into(), mend }
}

fn print(finding: &Finding, format: Format, lang: Lang) -> anyhow::Result<()> {
    let Finding { id, ok, says, mend } = finding;
    let says = says.say(lang);
    match format {
        Format::Json => {
            let line = Line { kind: "finding", id, ok: *ok, says, mend: *mend };
            println!("{}", serde_json::to_string(&line)?);
        }
        Format::Text => {
            let mark = if *ok { "ok     " } else { "missing" };
            println!("{mark}  {says}");
            if let Some(mend) = mend {
                println!("         mend: {mend}");
            }
        }
    }
    Ok(())
}
