//! What was heard of requests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A trace: every span that was received of it so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The trace's id, 32 hexadecimal digits.
    pub id: String,
    /// Its spans, by start.
    pub spans: Vec<Span>,
}

/// One span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// The span's id, 16 hexadecimal digits.
    pub id: String,
    /// The parent's id, if it has a parent.
    pub parent: Option<String>,
    /// The resource's `service.name`.
    pub service: String,
    /// The span's name.
    pub operation: String,
    /// `internal`, `server`, `client`, `producer`, `consumer` or `unspecified`.
    pub kind: String,
    /// Nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// How long it took, in nanoseconds.
    pub duration_ns: u64,
    /// Whether its status is an error.
    pub error: bool,
    /// The span's attributes as text.
    pub attributes: BTreeMap<String, String>,
    /// The resource's attributes as text.
    pub resource: BTreeMap<String, String>,
    /// The names of its events, with their attributes.
    pub events: Vec<SpanEvent>,
}

/// Something that happened in a span, as an injected fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanEvent {
    /// The event's name.
    pub name: String,
    /// The event's attributes as text.
    pub attributes: BTreeMap<String, String>,
}

/// One line of the list of recent traces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceSummary {
    /// The trace's id.
    pub id: String,
    /// How many spans of it were received.
    pub spans: usize,
    /// The services in it, in order of their first span.
    pub services: Vec<String>,
    /// Start of its first span, nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// From the first span's start to the last one's end, in nanoseconds.
    pub duration_ns: u64,
    /// Whether a span of it has an error.
    pub error: bool,
}
