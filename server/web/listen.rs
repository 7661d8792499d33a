//! Accepts connections until told to stop.
//!
//! hyper by hand rather than `axum::serve`, which sets no time limit for a
//! request's headers.

use std::{sync::Arc, time::Duration};

use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{Site, router};

/// From a connection's first byte to the end of its headers.
const HEADER_LIMIT: Duration = Duration::from_secs(10);

/// Connections at once: a class of forty with a few tabs each.
const MAX_CONNECTIONS: usize = 512;

/// How long connections may take to finish once the server goes down.
const GRACE: Duration = Duration::from_secs(2);

/// Serves until `down`, then ends runs and connections.
pub async fn listen(listener: TcpListener, site: Arc<Site>, down: CancellationToken) {
    let router = router(site.clone());
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = down.cancelled() => break,
        };
        let Ok((stream, _)) = accepted else {
            // Out of descriptors, most likely: the next accept would fail at once too.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let service = TowerToHyperService::new(router.clone());
        let down = down.clone();
        connections.spawn(async move {
            let _place = place;
            let _ = stream.set_nodelay(true); // only slower without
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_LIMIT)
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades();
            tokio::pin!(connection);
            tokio::select! {
                ended = connection.as_mut() => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection");
                },
                () = down.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
        });
    }
    site.runs.shut_down().await;
    let finish = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finish).await.is_err() {
        tracing::debug!("connections were cut");
    }
}
