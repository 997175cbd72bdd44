//! The backend's JSON, by axum alone.

use std::net::SocketAddr;

use axum::{Json, Router, response::IntoResponse, routing::get};
use tokio::net::TcpListener;

use crate::hop;

pub(crate) async fn serve(listen: SocketAddr) -> anyhow::Result<()> {
    let router = Router::new().route("/api/hello", get(hello));
    axum::serve(TcpListener::bind(listen).await?, router).await?;
    Ok(())
}

async fn hello() -> impl IntoResponse {
    Json(hop::of("backend", "Hello from backend v1", 0.012, &[]))
}
