//! The call tree as JSON. Its schema lies in `docs/hello.schema.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::propagation::Family;

/// One service's part of an answer. Read from upstreams too, which may be of another version and say more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hop {
    /// The service's name.
    pub service: String,
    /// Its release.
    pub version: String,
    /// Which instance answered.
    pub instance: String,
    /// Its namespace, where it is known.
    pub namespace: Option<String>,
    /// What it says.
    pub message: String,
    /// The release's colour.
    pub color: String,
    /// What only v2 has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
    /// The caller's identity, where a sidecar vouches for it.
    pub peer: Option<String>,
    /// What came in about the trace.
    pub trace: Trace,
    /// Which try of the proxy's the request was.
    pub attempt: u32,
    /// The faults that were injected.
    pub faults: Vec<Value>,
    /// How long the answer took, in milliseconds.
    pub took_ms: f64,
    /// The answer's HTTP status.
    pub status: u16,
    /// Whether an upstream failed and this is the fallback.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub degraded: bool,
    /// The upstreams that were called, in the order of the flags.
    pub upstreams: Vec<Called>,
    /// What a later version may add.
    #[serde(flatten)]
    pub more: BTreeMap<String, Value>,
}

/// What came in about the trace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trace {
    /// The trace's id, 32 hexadecimal digits.
    pub id: Option<String>,
    /// Whether it is sampled.
    pub sampled: bool,
    /// The families of headers that came in and could be read.
    pub families: Vec<Family>,
    /// Whether all that came in tell of the same trace and sampling.
    pub agree: bool,
}

/// A call to an upstream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Called {
    /// The upstream's name.
    pub name: String,
    /// Its status, or the one that a gateway would give for the failure.
    pub status: u16,
    /// How long the call took, in milliseconds.
    pub took_ms: f64,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// The upstream's own hop; null where it is no Meshwalk, or did not answer.
    pub hop: Option<Box<Hop>>,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What a program can decide by.
    pub kind: FailureKind,
    /// What a person can read.
    pub detail: String,
}

/// How a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// No connection.
    Refused,
    /// The connection broke.
    Reset,
    /// No whole answer in time.
    Timeout,
    /// The answer was no HTTP, or too large.
    Protocol,
    /// The upstream answered that it failed.
    Http,
}

impl FailureKind {
    /// As in the JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
            Self::Http => "http",
        }
    }
}
