//! `bpflab kernels`: the places to run, and what each can do.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bpflab_worker::Helper;
use clap::Args;
use regex::Regex;
use serde::Serialize;

use super::{Context, Format, status};
use crate::{
    backend::Backends,
    kernel::{Features, HookKind, Kernel, State, program_types},
    lab,
    say::Lang,
    wire::step,
};

/// Arguments of `bpflab kernels`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How to print them
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// List the hooks that match, such as 'kprobe:.*unlinkat'
    #[arg(long, value_name = "REGEX")]
    hooks: Option<Regex>,
    /// List the helpers that match, such as 'bpf_loop', and who may call them
    #[arg(long, value_name = "REGEX")]
    helpers: Option<Regex>,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    release: Option<&'a str>,
    state: &'static str,
    why: Option<String>,
    accelerator: &'static str,
    features: Vec<&'a str>,
    maps: &'a [String],
    helpers: Vec<HelperLine<'a>>,
    hooks: BTreeMap<&'static str, Vec<&'a str>>,
}

#[derive(Serialize)]
struct HelperLine<'a> {
    name: &'a str,
    programs: &'a [String],
}

/// When a kernel is still silent after this, a person is told what it is busy with.
const SILENCE: Duration = Duration::from_secs(1);

/// Lists them; one that was never used is made ready first.
pub(super) async fn kernels(arguments: Arguments, context: &Context) -> anyhow::Result<u8> {
    let lab = lab::prepare(&context.folders, &lab::Setup::local()).await;
    let backends = &lab.backends;
    for kernel in backends.kernels() {
        let features = match kernel.is_ready() {
            true => features(backends, &kernel.name, context.lang).await,
            false => None,
        };
        // How it is run may have been found out meanwhile.
        let kernel = backends.kernels().into_iter().find(|own| own.name == kernel.name).unwrap_or(kernel);
        let features = features.unwrap_or_default();
        match arguments.format {
            Format::Json => json(&kernel, &features, &arguments, context.lang)?,
            Format::Text => text(&kernel, &features, &arguments, context.lang),
        }
    }
    Ok(status::OK)
}

/// What a kernel can do; says on standard error what takes long, and why there
/// is no answer.
pub(super) async fn features(backends: &Backends, kernel: &str, lang: Lang) -> Option<Arc<Features>> {
    let mut steps = backends.guests().step(kernel);
    let mut asking = std::pin::pin!(backends.features(kernel));
    let mut told = false;
    loop {
        let busy = steps.as_ref().is_some_and(|steps| steps.borrow().is_some());
        let changed = async {
            match &mut steps {
                Some(steps) => steps.changed().await.is_ok(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            answer = &mut asking => {
                return match answer {
                    Ok((_, features)) => Some(features),
                    Err(error) => {
                        eprintln!("bpflab: {kernel}: {}", error.sentence().say(lang));
                        None
                    }
                };
            }
            _ = changed => {
                if let Some(now) = steps.as_mut().and_then(|steps| *steps.borrow_and_update()) {
                    eprintln!("bpflab: {kernel}: {}", step(now));
                }
            }
            () = tokio::time::sleep(SILENCE), if !told && !busy => {
                told = true;
                eprintln!("bpflab: {kernel}: trying what it can do");
            }
        }
    }
}

fn state(kernel: &Kernel, lang: Lang) -> (&'static str, Option<String>) {
    match &kernel.state {
        State::Ready | State::Preparing => ("ready", None),
        State::NoImage(why) => ("no_image", Some(why.say(lang))),
        State::Off(why) => ("off", Some(why.say(lang))),
    }
}

fn json(kernel: &Kernel, features: &Features, asked: &Arguments, lang: Lang) -> anyhow::Result<()> {
    let (state, why) = state(kernel, lang);
    let line = Line {
        kind: "kernel",
        name: &kernel.name,
        release: kernel.release.as_deref(),
        state,
        why,
        accelerator: kernel.accelerator.name(),
        features: program_types(features),
        maps: &features.maps,
        helpers: helpers(features, asked.helpers.as_ref()).map(helper).collect(),
        hooks: HookKind::ALL.map(|kind| (kind.name(), matching(features, kind, asked.hooks.as_ref()))).into(),
    };
    println!("{}", serde_json::to_string(&line)?);
    Ok(())
}

fn helper(Helper { name, programs }: &Helper) -> HelperLine<'_> {
    HelperLine { name, programs }
}

fn text(kernel: &Kernel, features: &Features, asked: &Arguments, lang: Lang) {
    let (state, why) = state(kernel, lang);
    let release = kernel.release.as_deref().unwrap_or("-");
    println!("{:8} {release:28} {state:9} {}", kernel.name, kernel.accelerator.name());
    if let Some(why) = why {
        println!("         {why}");
    }
    let programs = program_types(features);
    if programs.is_empty() {
        return;
    }
    println!("         {}", programs.join(", "));
    let counts = HookKind::ALL.map(|kind| format!("{} {}", kind.names(features).count(), kind.name()));
    println!("         maps: {}", features.maps.join(", "));
    println!("         {} map types, {} helpers", features.maps.len(), features.helpers.len());
    println!("         hooks: {}", counts.join(", "));
    if let Some(wanted) = &asked.helpers {
        for Helper { name, programs } in helpers(features, Some(wanted)) {
            println!("         {name}: {}", programs.join(", "));
        }
    }
    if let Some(wanted) = &asked.hooks {
        for kind in HookKind::ALL {
            for name in matching(features, kind, Some(wanted)) {
                println!("         {}:{name}", kind.name());
            }
        }
    }
}

/// The helpers that a person asked for; all when nobody did.
fn helpers<'a>(features: &'a Features, wanted: Option<&Regex>) -> impl Iterator<Item = &'a Helper> {
    features.helpers.iter().filter(move |own| wanted.is_none_or(|wanted| wanted.is_match(&own.name)))
}

/// The hooks of a kind that a person asked for; all when nobody did.
fn matching<'a>(features: &'a Features, kind: HookKind, wanted: Option<&Regex>) -> Vec<&'a str> {
    let asked = |name: &&str| wanted.is_none_or(|wanted| wanted.is_match(&format!("{}:{name}", kind.name())));
    kind.names(features).filter(asked).collect()
}
