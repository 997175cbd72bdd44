//! Ends a request without a response.

use std::fmt;

use axum::response::Response;
use http::StatusCode;

use crate::metric_names::CANCELLED;

/// How a request without a response ends. The application puts it into a response's extensions, and the server sends
/// nothing of that response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionAbort {
    /// Resets the connection by a TCP RST. A Unix socket, which has none, is closed. On HTTP/2, resets only the stream
    /// (RST_STREAM, RFC 9113 section 6.4), because other requests use the connection too.
    Reset,
    /// Closes the connection. On HTTP/2, resets the stream.
    Close,
    /// The client reset the connection or the stream before the end of the request.
    Cancelled,
}

impl ConnectionAbort {
    /// A response that makes the server abort.
    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::default();
        // No client sees the status unless the router is used without the server.
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response.extensions_mut().insert(self);
        response
    }

    /// Value in metrics, spans and logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Close => "closed",
            Self::Cancelled => CANCELLED,
        }
    }
}

impl fmt::Display for ConnectionAbort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} without an answer", self.as_str())
    }
}

impl std::error::Error for ConnectionAbort {}
