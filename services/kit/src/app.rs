//! The application port: what all its requests go through, and its routes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Json, Router, http::StatusCode, response::IntoResponse, routing::any};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use serde_json::json;

use crate::{
    attempts::Attempts,
    body::{BodyLimits, DiscardBody},
    config::{Config, HELLO_PATH, Lines, OnUpstreamError},
    echo::{self, BELOW_ECHO_PATH, ECHO_PATH},
    faults::{FaultLayer, Registry},
    hello::{self, DirectHello, HopStart},
    identity::Identity,
    net::Routes,
    observe::Observe,
    telemetry::Traces,
    upstream::Client,
};

/// What the application's handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) identity: Identity,
    /// What the service says in an answer without failures.
    pub(crate) message: String,
    /// Part of every answer.
    pub(crate) identity_headers: HeaderMap,
    /// Headers of the call tree's answers.
    pub(crate) hello_headers: HeaderMap,
    /// First members of an answer without failures.
    pub(crate) hello_start: HopStart,
    pub(crate) traces: Traces,
    pub(crate) client: Client,
    pub(crate) on_upstream_error: OnUpstreamError,
    /// Headers that are passed on besides those of the trace.
    pub(crate) forward: Vec<HeaderName>,
    pub(crate) trust_xfcc: bool,
    pub(crate) hop_limit: u32,
    pub(crate) body_limits: BodyLimits,
    /// How many requests came, and how many attempts at them.
    pub(crate) attempts: Attempts,
    ending: AtomicBool,
}

impl App {
    /// The application, with at most `upstream_connections` connections to its upstreams.
    pub(crate) fn new(config: &Config, identity: Identity, traces: Traces, upstream_connections: usize) -> Self {
        let message = identity.release.message(&identity.service);
        let mut hello_headers = identity.headers();
        hello_headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self {
            hello_start: HopStart::new(&identity, &message),
            hello_headers,
            message,
            identity_headers: identity.headers(),
            identity,
            client: Client::new(&config.upstreams, upstream_connections, traces.clone()),
            traces,
            on_upstream_error: config.upstreams.on_upstream_error,
            forward: Lines::flat(&config.upstreams.forward_header).map(|header| header.0.clone()).collect(),
            trust_xfcc: config.trust_xfcc,
            hop_limit: config.upstreams.hop_limit,
            body_limits: BodyLimits::from(&config.limits),
            attempts: Attempts::new(),
            ending: AtomicBool::new(false),
        }
    }

    /// From now on, connections are asked to close and requests are counted as late.
    pub(crate) fn begin_end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }
}

/// The application's routes. Everything is observed and limited; faults meet the call tree, the echo and unknown paths, but
/// not a service's own routes, because a user who looks at a fault needs the page.
pub(crate) fn routes(app: Arc<App>, faults: Registry, extra: Router) -> Routes {
    // A new layer of the router must be considered here, too.
    let direct = Arc::new(DirectHello::new(Arc::clone(&app), faults.clone()));
    let router = Router::new()
        .route(HELLO_PATH, any(hello::answer))
        .route(ECHO_PATH, any(echo::answer))
        .route(BELOW_ECHO_PATH, any(echo::answer))
        .with_state(Arc::clone(&app))
        .fallback(no_such_path)
        .layer(FaultLayer::new(faults).hand_over(HELLO_PATH))
        .merge(extra)
        .layer(DiscardBody(app.body_limits))
        .layer(Observe(app));
    Routes::with_direct(router, direct)
}

async fn no_such_path(uri: Uri) -> impl IntoResponse {
    let error = format!("there is nothing at {}; the call tree is at {HELLO_PATH}", uri.path());
    (StatusCode::NOT_FOUND, Json(json!({"status": 404, "error": error})))
}
