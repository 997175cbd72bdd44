//! The admin port: probes, metrics, version. No fault delays or breaks its answers; some change the result of a probe.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    middleware,
    response::IntoResponse,
    routing::get,
};
use serde_json::json;

use crate::{
    body,
    faults::{Probe, Registry},
    health::Readiness,
    identity::Identity,
    net::ConnectionGauges,
    telemetry::Metrics,
};

/// What the admin port shows.
#[derive(Debug, Clone)]
pub(crate) struct Admin {
    pub(crate) identity: Identity,
    pub(crate) readiness: Readiness,
    pub(crate) faults: Registry,
    pub(crate) metrics: Metrics,
    pub(crate) connections: ConnectionGauges,
}

impl Admin {
    pub(crate) fn router(self) -> Router {
        Router::new()
            // Alive is who answers.
            .route(Probe::Alive.path(), get(async |State(admin): State<Self>| admin.probe(Probe::Alive, "alive")))
            // The port is opened last, so a client that gets an answer here sees a process that has started.
            .route(Probe::Started.path(), get(async |State(admin): State<Self>| admin.probe(Probe::Started, "started")))
            .route(Probe::Ready.path(), get(readyz))
            .route("/metrics", get(metrics))
            .route("/version", get(version))
            .layer(middleware::map_request(body::linger))
            .with_state(self)
    }

    /// What only a fault denies.
    fn probe(&self, probe: Probe, state: &str) -> (StatusCode, String) {
        match self.faults.fails(probe) {
            None => (StatusCode::OK, format!("{state}\n")),
            Some(id) => (StatusCode::SERVICE_UNAVAILABLE, format!("not {state}: fault {id}\n")),
        }
    }
}

async fn readyz(State(admin): State<Admin>) -> impl IntoResponse {
    let pending = admin.readiness.pending(&admin.faults);
    let status = if pending.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({"ready": pending.is_empty(), "pending": pending})))
}

async fn metrics(State(admin): State<Admin>, headers: HeaderMap) -> impl IntoResponse {
    admin.connections.refresh();
    admin.metrics.response(&headers).await
}

async fn version(State(admin): State<Admin>) -> impl IntoResponse {
    let Identity { service, release, instance, .. } = &admin.identity;
    Json(json!({
        "service": service, "version": release.as_str(), "instance": instance,
        "build": {"package": env!("CARGO_PKG_VERSION")},
    }))
}
