//! A request that gets no answer.

use std::fmt;

use axum::response::Response;
use http::StatusCode;

use crate::telemetry::CANCELLED;

/// How a request ends that gets no answer. The application puts it into a response's extensions, and the server sends
/// nothing of that response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The connection is reset: a TCP RST. Unix sockets know none and are closed. Of an HTTP/2 connection it is the stream
    /// that is reset (RST_STREAM, RFC 9113 section 6.4), because others use the connection, too.
    Reset,
    /// The connection is closed; an HTTP/2 stream is reset.
    Close,
    /// The client reset the connection or the stream before the end of the request.
    Cancelled,
}

impl NoAnswer {
    /// The response that stands for it.
    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::default();
        // No client sees the status unless the router is used without the server.
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response.extensions_mut().insert(self);
        response
    }

    /// For metrics, spans and logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Close => "closed",
            Self::Cancelled => CANCELLED,
        }
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} without an answer", self.as_str())
    }
}

impl std::error::Error for NoAnswer {}
