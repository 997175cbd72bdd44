//! Reasons why a request's body cannot be read.

use std::{error::Error, fmt, io, time::Duration};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, Version, header};
use serde_json::json;

use crate::{
    limits::{Action, Limit},
    net::ConnectionAbort,
};

/// A request's body that was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// The body has more bytes than the limit.
    TooLarge(u64),
    /// The body was not complete within the limit.
    Timeout(Duration),
    /// The process has no memory left for bodies.
    NoMemory,
    /// The body is not valid HTTP, with the reason from the HTTP library.
    Malformed(String),
    /// The client reset the connection or the stream.
    Cancelled,
}

impl BodyError {
    /// Classifies an error of the HTTP library.
    ///
    /// The library's error does not say what happened to a body, so this follows the chain of its sources. An
    /// [`h2::Error`] comes before an [`io::Error`], because it wraps one when the connection of a stream is lost.
    pub(super) fn from_library(error: &(dyn Error + 'static)) -> Self {
        let chain = || std::iter::successors(Some(error), |&error| error.source());
        if let Some(error) = chain().find_map(|error| error.downcast_ref::<h2::Error>()) {
            // The library noticed a violation of the protocol, such as DATA that disagrees with content-length.
            return if error.is_library() { Self::Malformed(error.to_string()) } else { Self::Cancelled };
        }
        let malformed = chain().any(|error| {
            let is_incomplete = error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message);
            let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
            // Kinds that hyper's decoder uses; an error of the socket has another one.
            let is_framing = matches!(
                kind,
                Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
            );
            is_incomplete || is_framing
        });
        match chain().last() {
            Some(reason) if malformed => Self::Malformed(reason.to_string()),
            _ => Self::Cancelled,
        }
    }

    /// Status of the answer, or `None` if the client waits for none.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::TooLarge(_) => Some(StatusCode::PAYLOAD_TOO_LARGE),
            Self::Timeout(_) => Some(StatusCode::REQUEST_TIMEOUT),
            Self::NoMemory => Some(StatusCode::SERVICE_UNAVAILABLE),
            Self::Malformed(_) => Some(StatusCode::BAD_REQUEST),
            Self::Cancelled => None,
        }
    }

    /// Counts the limit that caused the error, if one did.
    pub(super) fn record(&self) {
        match self {
            Self::TooLarge(limit) => {
                Limit::MAX_BODY_BYTES.record(Action::Rejected, format_args!("a body has more than {limit} bytes"));
            }
            Self::Timeout(limit) => {
                Limit::BODY_READ_TIMEOUT.record(Action::Rejected, format_args!("no whole body in {limit:?}"));
            }
            Self::NoMemory => Limit::BODY_MEMORY.record(Action::Rejected, "no memory left for bodies"),
            Self::Malformed(_) | Self::Cancelled => {}
        }
    }

    /// Response in JSON, as all routes of the application answer.
    pub(super) fn into_json(self, version: Version) -> Response {
        self.respond_with(version, |status, text| {
            (status, Json(json!({"status": status.as_u16(), "error": text}))).into_response()
        })
    }

    /// Response in plain text.
    pub(crate) fn into_text(self, version: Version) -> Response {
        self.respond_with(version, |status, text| (status, format!("{text}\n")).into_response())
    }

    fn respond_with(self, version: Version, format: impl FnOnce(StatusCode, String) -> Response) -> Response {
        let Some(status) = self.status() else { return ConnectionAbort::Cancelled.into_response() };
        let mut response = format(status, self.to_string());
        if version < Version::HTTP_2 {
            // The rest of the body may never be read, and the next request cannot be found without it.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(limit) => write!(f, "the body has more than {limit} bytes"),
            Self::Timeout(limit) => write!(f, "the body was not complete within {limit:?}"),
            Self::NoMemory => f.write_str("too many bodies are being read; retry later"),
            Self::Malformed(reason) => write!(f, "the body is malformed: {reason}"),
            Self::Cancelled => f.write_str("the client cancelled the request before the end of the body"),
        }
    }
}
