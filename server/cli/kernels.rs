//! `bpflab kernels`: the places to run.

use clap::Args;
use serde::Serialize;

use super::{Context, Format, status};
use crate::{kernel::State, lab};

/// Arguments of `bpflab kernels`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How to print them
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
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
    features: Vec<String>,
}

/// Lists them; what each supports is found out by `doctor` so far.
pub(super) async fn kernels(arguments: Arguments, context: &Context) -> anyhow::Result<u8> {
    let lab = lab::prepare(&context.folders, &lab::Setup::local()).await;
    let backends = &lab.backends;
    for kernel in backends.kernels() {
        let (state, why) = match &kernel.state {
            State::Ready | State::Preparing => ("ready", None),
            State::NoImage(why) => ("no_image", Some(why.say(context.lang))),
            State::Off(why) => ("off", Some(why.say(context.lang))),
        };
        let features = match state {
            "ready" => super::doctor::features(backends, &kernel.name).await,
            _ => Vec::new(),
        };
        let release = kernel.release.as_deref();
        match arguments.format {
            Format::Json => {
                let line = Line {
                    kind: "kernel",
                    name: &kernel.name,
                    release,
                    state,
                    why,
                    accelerator: kernel.accelerator.name(),
                    features,
                };
                println!("{}", serde_json::to_string(&line)?);
            }
            Format::Text => {
                println!("{:8} {:24} {state}", kernel.name, release.unwrap_or("-"));
                if let Some(why) = why {
                    println!("         {why}");
                }
                if !features.is_empty() {
                    println!("         {}", features.join(", "));
                }
            }
        }
    }
    Ok(status::OK)
}
