//! axum: pages, the API, the websocket, and who may use them.
//!
//! The only place that knows HTTP and HTML. Runs belong to `run`; a socket
//! only watches them.

mod api;
mod assets;
mod error;
mod home;
mod kernels;
mod listen;
mod messages;
mod pages;
mod site;
mod socket;

pub use listen::listen;
pub use site::{Settings, Site};

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

/// Everything that answers.
pub fn router(site: Arc<Site>) -> Router {
    let pages = Router::new()
        .route("/", get(pages::course_en))
        .route("/zh/", get(pages::course_zh))
        .route("/zh", get(pages::course_zh))
        .route("/glossary", get(pages::glossary_en))
        .route("/zh/glossary", get(pages::glossary_zh))
        .route("/needs", get(pages::needs_en))
        .route("/zh/needs", get(pages::needs_zh))
        .route("/sandbox", get(pages::sandbox_en))
        .route("/zh/sandbox", get(pages::sandbox_zh))
        .route("/lessons/{slug}", get(pages::lesson_en))
        .route("/zh/lessons/{slug}", get(pages::lesson_zh))
        .route("/lessons/{slug}/{picture}", get(pages::picture))
        .route("/enter", get(site::enter))
        .route("/static/{file}", get(assets::file))
        .route("/api/kernels", get(kernels::now))
        .route("/api/runs", post(api::start))
        .route("/api/runs/{id}", get(api::story))
        .fallback(pages::nothing_here)
        .layer(CompressionLayer::new());
    // An archive is compressed already.
    let home = Router::new()
        .route("/sandbox/home", post(home::sandbox_en))
        .route("/zh/sandbox/home", post(home::sandbox_zh))
        .route("/lessons/{slug}/home", post(home::home_en))
        .route("/zh/lessons/{slug}/home", post(home::home_zh))
        .layer(DefaultBodyLimit::max(home::MAX_FORM));
    Router::new()
        .route("/ws", get(socket::upgrade))
        .merge(home)
        .merge(pages)
        .layer(middleware::from_fn_with_state(site.clone(), site::our_host_only))
        .layer(middleware::from_fn(pages::security_headers))
        .layer(CatchPanicLayer::new())
        .with_state(site)
}
