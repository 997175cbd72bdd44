//! The response to a connection for which a port has no place.

use std::time::Duration;

use axum::{Json, Router, extract::Request, response::IntoResponse};
use http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use http_body_util::BodyExt;
use serde_json::json;

/// Limit for the whole connection of a rejected client.
pub(super) const REJECTION_LIMIT: Duration = Duration::from_secs(2);

/// Limit for a request body before the response. A close with unread bytes would discard the response.
const BODY_LIMIT: Duration = Duration::from_millis(200);

/// Time after which a client may try again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Answers every request with 503, with these headers besides its own.
pub(super) fn router(headers: HeaderMap, connections: usize) -> Router {
    Router::new().fallback(move |request: Request| {
        let headers = headers.clone();
        async move {
            let version = request.version();
            let _ = tokio::time::timeout(BODY_LIMIT, discard(request)).await;
            let error = format!("all {connections} connections of this port have requests in flight");
            let body = Json(json!({"status": 503, "error": error}));
            let mut response = (StatusCode::SERVICE_UNAVAILABLE, headers, body).into_response();
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
            if version < Version::HTTP_2 {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            response
        }
    })
}

/// Reads a request's body to its end, and keeps none of it.
async fn discard(request: Request) {
    let mut body = request.into_body();
    while let Some(Ok(_)) = body.frame().await {}
}
