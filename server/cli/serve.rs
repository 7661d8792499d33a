//! `bpflab serve`: the page.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Context, status};
use crate::{
    backend::HostSettings,
    kernel::State,
    lab,
    lesson::Course,
    run::Runs,
    say::Lang,
    web::{Settings, Site, listen},
};

/// Arguments of `bpflab serve`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// A name that the server goes by, besides localhost
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// Memory that guests may take while they wait for a run, in MiB
    /// [default: an eighth of the machine's]
    #[arg(long, value_name = "MIB")]
    warm_memory: Option<u64>,
    /// Read a lesson again whenever it is looked at
    #[arg(long)]
    watch: bool,
}

/// Serves until Ctrl-C.
pub(super) async fn serve(arguments: Arguments, context: &Context) -> anyhow::Result<u8> {
    let course = Course::read(&context.folders.lessons)?;
    for fault in course.faults() {
        eprintln!("bpflab: {}: {}", fault.slug, fault.why);
    }
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("{} cannot be listened on; name another with --listen", arguments.listen))?;
    let address = listener.local_addr()?;
    let host = HostSettings { loopback: address.ip().is_loopback(), ..HostSettings::local() };
    let setup = lab::Setup {
        host,
        own_files: false,
        warm_bytes: arguments.warm_memory.map_or_else(lab::warm_bytes, |mib| mib << 20),
    };
    let mut lab = lab::prepare(&context.folders, &setup).await;
    lab.ahead = true;
    lab.second_opinions = true;
    if let Err(why) = &lab.compilers {
        eprintln!("bpflab: {}", why.say(context.lang));
    }
    for kernel in lab.backends.kernels() {
        match kernel.state {
            State::Ready | State::Preparing => {}
            State::NoImage(why) | State::Off(why) => {
                eprintln!("bpflab: {} is off: {}", kernel.name, why.say(context.lang))
            }
        }
    }
    let down = CancellationToken::new();
    let settings = Settings {
        lessons: context.folders.lessons.clone(),
        watch: arguments.watch,
        hosts: arguments.host,
        port: address.port(),
    };
    let site = Site::new(Runs::new(lab), course, settings, down.clone());
    let preparing = tokio::spawn(prepare(site.clone(), context.lang));
    println!("bpflab: reading is open at http://{address}/");
    println!("bpflab: to run programs, open {}", site.link());
    let on_signal = down.clone();
    let signals = tokio::spawn(async move {
        let terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        match terminated {
            Ok(mut terminated) => tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            },
            Err(_) => drop(tokio::signal::ctrl_c().await),
        }
        on_signal.cancel();
    });
    listen(listener, site, down).await;
    signals.abort();
    preparing.abort();
    Ok(status::OK)
}

/// Makes one kernel after the other ready, the default first: each boots once,
/// unless an earlier start has kept its snapshot.
async fn prepare(site: Arc<Site>, lang: Lang) {
    let lab = site.lab();
    let default = lab.backends.default_kernel().to_owned();
    let mut kernels = lab.backends.kernels();
    kernels.sort_by_key(|kernel| kernel.name != default);
    for kernel in kernels.iter().filter(|kernel| kernel.is_ready()) {
        let began = Instant::now();
        match lab::make_ready(lab, &kernel.name).await {
            Ok(()) => {
                let (release, took) = (kernel.release.as_deref().unwrap_or_default(), began.elapsed());
                eprintln!("bpflab: {} {release} is ready ({:.1} s)", kernel.name, took.as_secs_f64());
            }
            Err(why) => eprintln!("bpflab: {}: {}", kernel.name, why.say(lang)),
        }
    }
    // Only lessons with needs ask for it; by then it is known.
    for kernel in kernels.iter().filter(|kernel| kernel.is_ready()) {
        if let Err(error) = lab.backends.features(&kernel.name).await {
            tracing::warn!(kernel = kernel.name, %error, "what it can do is not known");
        }
    }
}
