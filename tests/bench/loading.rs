//! What it saves a guest to be told the types that an object needs, rather
//! than to read all of its kernel's: the same objects loaded with and without,
//! each time in a guest of its own.
//!
//! Knows the worker's protocol. Nothing is attached.

use std::{sync::Arc, time::Instant};

use anyhow::{Context as _, bail};
use bpflab::{
    compile::{Compiled, Object, Sources, Types},
    run::Lab,
};
use bpflab_worker::{Command, Event, KernelTypes, Load, Policy, Span};

use crate::{
    programs,
    table::{Samples, Table, short},
};

/// Of each program, in each way.
const LOADS: usize = 7;

/// What is loaded, and whether its kind takes all types in any case.
const SECTIONS: [(&str, bool); 7] = [
    ("kprobe/ksys_write", false),
    ("tracepoint/syscalls/sys_enter_write", false),
    ("uprobe", false),
    ("tc", false),
    ("fentry/ksys_write", true),
    ("tp_btf/sys_enter", true),
    ("lsm/file_open", true),
];

/// Prints a row for each kind of program.
pub(crate) async fn measure(lab: &Lab, kernel: &str) -> anyhow::Result<()> {
    let types = Types::File(lab.backends.types(kernel).await?.context("a guest's types")?);
    let compilers = lab.compilers.as_ref().map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let compiler = compilers.get(&types).await?;
    let mut table =
        Table::new(&["a CO-RE program loads", "all types read", "those needed given", "ratio", "of them"]);
    for (section, all_the_same) in SECTIONS {
        let text = programs::core_in(section);
        let sources = Sources::new([("core.bpf.c".to_owned(), text)].into())
            .map_err(|why| anyhow::anyhow!("{why:?}"))?;
        let Compiled::Object { object, .. } = compiler.compile(&sources).await? else {
            bail!("{section} does not compile");
        };
        let KernelTypes::Needed(needed) = object.types_needed(&types) else {
            bail!("{section} needs all types");
        };
        let (mut all, mut given) = (Samples::default(), Samples::default());
        for _ in 0..LOADS {
            all.add(load(lab, kernel, &object, KernelTypes::All).await?);
            given.add(load(lab, kernel, &object, KernelTypes::Needed(needed.clone())).await?);
        }
        let what =
            if all_the_same { format!("{section} (reads all in any case)") } else { section.to_owned() };
        let ratio = given.median() / all.median();
        let size = format!("{:.1} kB", needed.len() as f64 / 1e3);
        table.row([&what, &all.shown("ms"), &given.shown("ms"), &short(ratio), &size]);
    }
    println!("\n{}", table.shown());
    Ok(())
}

/// Milliseconds from the order to the loaded object, in a fresh guest.
async fn load(lab: &Lab, kernel: &str, object: &Arc<Object>, types: KernelTypes) -> anyhow::Result<f64> {
    let span = Span { exactly_ms: None, after_stimulus_ms: 0, at_most_ms: 1_000 };
    let mut load = Some(Command::Load(Box::new(Load {
        types,
        ..Load::plain(object.bytes().to_vec(), Policy::VerifyOnly, span)
    })));
    let mut worker = lab.backends.worker(kernel).await?;
    let mut began = Instant::now();
    loop {
        match worker.next().await?.context("the guest ended before it had loaded")? {
            Event::Hello { .. } => {
                began = Instant::now();
                if let Some(load) = load.take() {
                    worker.send(&load).await?;
                }
            }
            Event::Loaded { .. } => break,
            Event::LoadFailed { errno, .. } => bail!("not loaded: error {errno}"),
            _ => {}
        }
    }
    let took = began.elapsed();
    worker.gone().await;
    Ok(took.as_secs_f64() * 1e3)
}
