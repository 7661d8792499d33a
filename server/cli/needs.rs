//! `bpflab needs`: what each lesson needs, and which kernels have it.

use clap::Args;
use serde::Serialize;

use super::{Context, Format, kernels, status};
use crate::{
    kernel::HOST,
    lab,
    lesson::{Course, Lesson},
    say::Lang,
};

/// Arguments of `bpflab needs`.
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
    lesson: &'a str,
    needs: Vec<String>,
    kernels: Vec<&'a str>,
    lacking: Vec<Lacking<'a>>,
}

/// A kernel that a lesson does not run on.
#[derive(Serialize)]
struct Lacking<'a> {
    kernel: &'a str,
    why: Vec<String>,
}

/// Looks at each lesson on each kernel that can be used.
pub(super) async fn needs(arguments: Arguments, context: &Context) -> anyhow::Result<u8> {
    let course = Course::read(&context.folders.lessons)?;
    for fault in course.faults() {
        eprintln!("bpflab: {}: {}", fault.slug, fault.why);
    }
    let lab = lab::prepare(&context.folders, &lab::Setup::local()).await;
    let mut known = Vec::new();
    for kernel in lab.backends.kernels().into_iter().filter(|kernel| kernel.is_ready()) {
        if let Some(features) = kernels::features(&lab.backends, &kernel.name, context.lang).await {
            known.push((kernel.name, kernel.release.unwrap_or_default(), features));
        }
    }
    for lesson in course.lessons() {
        let (mut met, mut lacking) = (Vec::new(), Vec::new());
        for (kernel, release, features) in &known {
            let why = lab::lacks(lesson, kernel, release, features, context.lang);
            match why.is_empty() {
                true => met.push(kernel.as_str()),
                false => lacking.push(Lacking { kernel, why }),
            }
        }
        match arguments.format {
            Format::Json => {
                let (needs, kernels) = (lesson.needs.words(), met);
                let line = Line { kind: "needs", lesson: &lesson.slug, needs, kernels, lacking };
                println!("{}", serde_json::to_string(&line)?);
            }
            Format::Text => text(lesson, &met, &lacking, context.lang),
        }
    }
    Ok(status::OK)
}

fn text(lesson: &Lesson, met: &[&str], lacking: &[Lacking<'_>], lang: Lang) {
    let kernels = if met.is_empty() { "-".to_owned() } else { met.join(" ") };
    println!("{:20} {kernels:24} {}", lesson.slug, lesson.needs.words().join(", "));
    // A machine's own kernel may lack much, and guests are there for that.
    for Lacking { kernel, why } in lacking.iter().filter(|lacking| lacking.kernel != HOST) {
        let colon = if lang == Lang::Zh { "：" } else { ": " };
        println!("{:20} {kernel}{colon}{}", "", why.join(" "));
    }
}
