//! The control port: `/faults`.

use axum::{Router, routing::get};

use super::Registry;

/// The control port's router. Lay nothing else on that port.
pub fn control_router(registry: Registry) -> Router {
    Router::new().route("/faults", get(async move || axum::Json(registry.list())))
}
