//! Requests at a constant rate, and what became of each.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

/// Where requests enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A TCP address.
    Tcp(SocketAddr),
    /// A Unix socket: an application behind its sidecar, reached as `kubectl port-forward` would reach it.
    Unix(PathBuf),
}

/// What to send, and how fast. Open loop: a request is due at its time whether or not earlier ones have been answered.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where requests enter.
    pub address: Address,
    /// The `Host` header.
    pub authority: String,
    /// The request's method.
    pub method: http::Method,
    /// The request's path and query.
    pub path: String,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// Requests per second.
    pub rate: f64,
    /// How long requests become due.
    pub duration: Duration,
    /// Whether each request opens a connection of its own.
    pub fresh_connections: bool,
    /// How long an answer may take before the request counts as timed out.
    pub timeout: Duration,
    /// Whose versions are counted: a service's name in the call tree, or the answering service itself.
    pub service: Option<String>,
}

/// What became of one request.
#[derive(Debug, Clone)]
pub struct Sample {
    /// When it was due, from the start of the run.
    pub due: Duration,
    /// From when it was due to its last byte.
    pub latency: Duration,
    /// What came back.
    pub outcome: Outcome,
}

/// What came back for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An HTTP answer.
    Answer(Answer),
    /// No HTTP answer.
    Failure {
        /// How it failed.
        kind: FailureKind,
        /// In words, for the report.
        detail: String,
    },
}

/// How a request failed without an HTTP answer. The words are those of the call tree's `error.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// The connection was refused.
    Refused,
    /// The connection was closed or reset before an answer.
    Reset,
    /// No answer in time.
    Timeout,
    /// The answer was no HTTP.
    Protocol,
}

/// An HTTP answer, and what its call tree says of the service whose versions are counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The status that the client saw.
    pub status: u16,
    /// The version of the counted service that took part, if the tree has it.
    pub version: Option<String>,
    /// The instance of the counted service that took part.
    pub instance: Option<String>,
    /// The counted service's peer, as a SPIFFE URI.
    pub peer: Option<String>,
    /// The status of the call to the counted service (in its caller's eyes).
    pub upstream_status: Option<u16>,
    /// `error.kind` of the call to the counted service, as its caller saw it.
    pub upstream_error: Option<String>,
    /// `x-envoy-attempt-count` as the counted service saw it.
    pub attempt: Option<u32>,
    /// Faults that applications injected, by mode, over the whole tree.
    pub faults: BTreeMap<String, u32>,
    /// The trace's id, from the tree.
    pub trace_id: Option<String>,
}
