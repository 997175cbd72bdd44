//! Failure of a call to an upstream.

use serde::{Deserialize, Serialize};

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// What a program can decide by.
    pub(crate) kind: FailureKind,
    /// What a person can read.
    pub(crate) detail: String,
}

/// How a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FailureKind {
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
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
            Self::Http => "http",
        }
    }
}
