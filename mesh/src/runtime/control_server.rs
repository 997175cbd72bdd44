//! Server of the control API: HTTP and JSON on a Unix socket.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use tokio::net::UnixListener;

use super::handle::MeshHandle;
use crate::control::types::{
    ApplyError, ApplyErrorKind, Change, Files, ProxyFiles, Restart, Scale, Snapshot, Status, Trace, TraceSummary,
};

/// Serves the control API until the mesh stops.
pub(super) async fn serve(listener: UnixListener, shared: Arc<MeshHandle>) {
    let router = Router::new()
        .route("/status", get(status))
        .route("/apply", post(apply))
        .route("/delete", post(delete))
        .route("/restart", post(restart))
        .route("/scale", post(scale))
        .route("/resources", get(resources).put(put_resources))
        .route("/config/{workload}", get(config))
        .route("/traces", get(traces))
        .route("/traces/{id}", get(trace))
        .route("/down", post(down))
        .with_state(shared);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!("the control server stopped: {error}");
    }
}

impl IntoResponse for ApplyError {
    fn into_response(self) -> Response {
        let status = match self.kind {
            ApplyErrorKind::Input => StatusCode::UNPROCESSABLE_ENTITY,
            ApplyErrorKind::NotFound => StatusCode::NOT_FOUND,
            ApplyErrorKind::Envoy => StatusCode::CONFLICT,
            ApplyErrorKind::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(self)).into_response()
    }
}

type Handle = State<Arc<MeshHandle>>;

async fn status(State(mesh): Handle) -> Json<Status> {
    Json(mesh.status())
}

async fn apply(State(mesh): Handle, Json(files): Json<Files>) -> Result<Json<Change>, ApplyError> {
    mesh.apply(files).await.map(Json)
}

async fn delete(State(mesh): Handle, Json(files): Json<Files>) -> Result<Json<Change>, ApplyError> {
    mesh.delete(files).await.map(Json)
}

async fn restart(State(mesh): Handle, Json(restart): Json<Restart>) -> Result<Json<Change>, ApplyError> {
    mesh.restart(restart.deployments).await.map(Json)
}

async fn scale(State(mesh): Handle, Json(scale): Json<Scale>) -> Result<Json<Change>, ApplyError> {
    mesh.scale(scale.deployment, scale.replicas).await.map(Json)
}

async fn resources(State(mesh): Handle) -> Json<Snapshot> {
    Json(mesh.snapshot().await)
}

async fn put_resources(State(mesh): Handle, Json(snapshot): Json<Snapshot>) -> Result<Json<Change>, ApplyError> {
    mesh.restore(snapshot).await.map(Json)
}

async fn config(State(mesh): Handle, Path(workload): Path<String>) -> Result<Json<Vec<ProxyFiles>>, ApplyError> {
    mesh.config(&workload).map(Json)
}

/// Query parameters of the list of traces.
#[derive(Debug, Deserialize)]
struct TracesQuery {
    #[serde(default = "default_trace_limit")]
    limit: usize,
}

fn default_trace_limit() -> usize {
    20
}

async fn traces(State(mesh): Handle, Query(query): Query<TracesQuery>) -> Json<Vec<TraceSummary>> {
    Json(mesh.traces.recent(query.limit))
}

async fn trace(State(mesh): Handle, Path(id): Path<String>) -> Result<Json<Trace>, ApplyError> {
    mesh.traces.find(&id).map(Json).map_err(|error| ApplyError::new(ApplyErrorKind::NotFound, error.to_string()))
}

async fn down(State(mesh): Handle) -> Json<()> {
    mesh.stop_requested.notify_one();
    Json(())
}
