//! The limit of a request's body.

use std::sync::Arc;

use axum::{
    Json,
    body::{Body, HttpBody},
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    app::App,
    limits::{Action, Limit},
};

/// Reads the body before the request goes on, and refuses one that is too large. No route here works on a body as it
/// comes in, so that whole is as good, and the limit holds for all of them.
pub(crate) async fn limit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let limit = app.max_body_bytes;
    let (parts, body) = request.into_parts();
    // What is announced as too large is refused before it is read.
    if body.size_hint().lower() > limit {
        return too_large(limit);
    }
    match axum::body::to_bytes(body, usize::try_from(limit).unwrap_or(usize::MAX)).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(_) => too_large(limit),
    }
}

fn too_large(limit: u64) -> Response {
    Limit::MAX_BODY_BYTES.record(Action::Rejected, format_args!("--max-body-bytes is {limit}"));
    let error = format!("the body has more than {limit} bytes");
    (StatusCode::PAYLOAD_TOO_LARGE, Json(json!({"status": 413, "error": error}))).into_response()
}
