//! `bpflab serve`: the page.

use std::net::SocketAddr;

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
    if let Err(why) = &lab.compilers {
        eprintln!("bpflab: {}", why.say(context.lang));
    }
    for kernel in lab.backends.kernels() {
        match kernel.state {
            State::Ready => eprintln!("bpflab: {} {}", kernel.name, kernel.release.unwrap_or_default()),
            State::Preparing => eprintln!("bpflab: {} is being prepared", kernel.name),
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
    Ok(status::OK)
}
