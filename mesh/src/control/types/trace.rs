//! Traces received by the mesh.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A trace with the spans received so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// ID of the trace, 32 hexadecimal digits.
    pub id: String,
    /// Spans by start time.
    pub spans: Vec<Span>,
}

/// A span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// ID of the span, 16 hexadecimal digits.
    pub id: String,
    /// ID of the parent span, if any.
    pub parent: Option<String>,
    /// Resource attribute `service.name`.
    pub service: String,
    /// Name of the span.
    pub operation: String,
    /// Kind of the span: `internal`, `server`, `client`, `producer`, `consumer` or `unspecified`.
    pub kind: String,
    /// Start in nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// Duration in nanoseconds.
    pub duration_ns: u64,
    /// True if the span's status is an error.
    pub error: bool,
    /// Attributes of the span as text.
    pub attributes: BTreeMap<String, String>,
    /// Attributes of the resource as text.
    pub resource: BTreeMap<String, String>,
    /// Events of the span.
    pub events: Vec<SpanEvent>,
}

/// Event of a span, such as an injected fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanEvent {
    /// Name of the event.
    pub name: String,
    /// Attributes of the event as text.
    pub attributes: BTreeMap<String, String>,
}

/// Summary of a trace, one line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceSummary {
    /// ID of the trace.
    pub id: String,
    /// Number of spans received.
    pub spans: usize,
    /// Services in the order of their first span.
    pub services: Vec<String>,
    /// Start of the first span in nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// Nanoseconds from the first span's start to the last span's end.
    pub duration_ns: u64,
    /// True if a span has an error.
    pub error: bool,
}
