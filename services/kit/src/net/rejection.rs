//! The response to connections for which a port has no place.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::{Json, Router, extract::Request, response::IntoResponse};
use http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use http_body_util::BodyExt;
use serde_json::json;
use tokio::{
    task::{AbortHandle, JoinSet},
    time::{Instant, timeout},
};

use super::{
    Capacity, ConnHandle, ConnTable, Stream,
    connection::{self, HttpService},
    supervisor::{Supervisor, Timeouts},
};
use crate::limits::Action;

/// Limit for the whole connection of a rejected client.
const REJECTION_LIMIT: Duration = Duration::from_secs(2);

/// Time that a connection has for its request, while it is being rejected and others wait to be.
const REJECTION_TIME: Duration = Duration::from_millis(100);

/// Limit for a request body before the response. A close with unread bytes would discard the response.
const BODY_LIMIT: Duration = Duration::from_millis(200);

/// Time after which a client may try again, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Rejects connections of a full port.
pub(super) struct Rejector {
    http: Arc<HttpService>,
    timeouts: Timeouts,
    /// Capacity of the port.
    capacity: Capacity,
    table: Arc<ConnTable>,
    /// Connections that are being rejected, the oldest first.
    rejected: VecDeque<(Instant, AbortHandle)>,
}

impl Rejector {
    /// Rejects the connections of a port of this capacity, by a service that answers with [`router`].
    pub(super) fn new(capacity: Capacity, timeouts: Timeouts, http: Arc<HttpService>) -> Self {
        Self { http, timeouts, capacity, table: ConnTable::new(capacity), rejected: VecDeque::new() }
    }

    /// True if one more connection may be rejected at this time. If all that are being rejected have had time for their
    /// requests, the oldest one is closed for it.
    pub(super) fn may_reject(&mut self) -> bool {
        self.rejected.retain(|(_, task)| !task.is_finished());
        if self.rejected.len() < self.capacity.passing {
            return true;
        }
        if let Some((since, task)) = self.rejected.front()
            && since.elapsed() >= REJECTION_TIME
        {
            task.abort();
        }
        false
    }

    /// Answers a connection with 503, in a task of its own among `connections`.
    pub(super) fn reject(&mut self, stream: Stream, connections: &mut JoinSet<()>) {
        let Capacity { connections: places, limit, .. } = self.capacity;
        limit.record(Action::Rejected, format_args!("all {places} connections have requests in flight"));
        let registration = self.table.add(ConnHandle::new(&stream));
        registration.handle().close_after_answers();
        let supervisor = Supervisor::new(registration, self.timeouts);
        let http = Arc::clone(&self.http);
        let task = connections.spawn(async move {
            let _ = timeout(REJECTION_LIMIT, connection::serve(http, stream, supervisor)).await;
        });
        self.rejected.push_back((Instant::now(), task));
    }
}

/// Answers every request with 503 and this error, with these headers besides its own.
pub(super) fn router(headers: HeaderMap, error: String) -> Router {
    Router::new().fallback(move |request: Request| {
        let (headers, error) = (headers.clone(), error.clone());
        async move {
            let version = request.version();
            let _ = tokio::time::timeout(BODY_LIMIT, discard(request)).await;
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
