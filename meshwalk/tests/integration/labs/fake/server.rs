//! The fake's HTTP server.

use std::sync::{Arc, Mutex};

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use serde_json::json;

use super::Inner;

/// Every hundred requests hold exactly as many of v2 as is said, and of those exactly the injected part fails.
pub(super) async fn answer(State(inner): State<Arc<Mutex<Inner>>>) -> impl IntoResponse {
    let mut inner = inner.lock().unwrap();
    inner.requests += 1;
    // 37 and 100 have no common divisor, so that the answers of v2 are spread over the hundred.
    let is_v2 = inner.requests * 37 % 100 < inner.number("v2").unwrap_or_default();
    let (version, mut status) = if is_v2 { ("v2", 200) } else { ("v1", 200) };
    if let Some(stated) = inner.number("status") {
        status = u16::try_from(stated).unwrap();
    }
    if is_v2 {
        inner.v2_requests += 1;
        if inner.faults.contains_key("backend-v2-1") && inner.v2_requests % 5 < 2 {
            inner.injected += 1;
            status = 500;
        }
    }
    let hop = json!({
        "service": "backend", "version": version, "instance": format!("backend-{version}-1"),
        "peer": "spiffe://cluster.local/ns/meshwalk/sa/frontend", "attempt": 1, "status": status,
        "trace": {"id": "0af7651916cd43dd8448eb211c80319c"}, "upstreams": [],
    });
    (StatusCode::from_u16(status).unwrap(), Json(hop))
}
