//! First: the lab's compiler, warm, against plain clang on the same program.
//!
//! Sample by sample in turns, so that a busy machine slows both alike.

use std::{collections::BTreeMap, time::Instant};

use anyhow::bail;
use bpflab::compile::{Compiled, Compiler, Sources};

use crate::{hand::Hand, programs, table::Samples};

/// So many of each; a third of a second the pair.
const SAMPLES: usize = 25;

/// Milliseconds.
#[derive(Default)]
pub(crate) struct Measured {
    pub(crate) hand: Samples,
    pub(crate) lab: Samples,
    pub(crate) cached: Samples,
}

pub(crate) async fn measure(compiler: &Compiler, hand: &Hand) -> anyhow::Result<Measured> {
    let mut measured = Measured::default();
    for number in 0..=SAMPLES {
        let source = programs::opensnoop(number);
        compiler.warm().await; // as the server does when a run ends; ready while the other side has its turn
        let began = Instant::now();
        hand.compile(&source).await?;
        let by_hand = ms(began);
        let sources = Sources::new(BTreeMap::from([("bench.bpf.c".to_owned(), source)]))
            .map_err(|why| anyhow::anyhow!("{why:?}"))?;
        let lab = once(compiler, &sources, false).await?;
        let cached = once(compiler, &sources, true).await?;
        if number > 0 {
            // The first reads the files from disk.
            measured.hand.add(by_hand);
            measured.lab.add(lab);
            measured.cached.add(cached);
        }
    }
    Ok(measured)
}

async fn once(compiler: &Compiler, sources: &Sources, expected: bool) -> anyhow::Result<f64> {
    let began = Instant::now();
    match compiler.compile(sources).await? {
        Compiled::Object { cached, .. } if cached == expected => Ok(ms(began)),
        Compiled::Object { cached, .. } => bail!("cached is {cached}"),
        Compiled::Failed(found) => bail!("refused: {found:?}"),
    }
}

/// Milliseconds since.
pub(crate) fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
