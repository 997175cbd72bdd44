//! What became of one request.

use std::{collections::BTreeMap, fmt, time::Duration};

/// What became of one request.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Time at which it was due, from the start of the run or the end of its warm-up.
    pub due: Duration,
    /// From when it was due to its last byte, or to its failure.
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

impl Outcome {
    /// The HTTP answer, if there was one.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answer(answer) => Some(answer),
            Self::Failure { .. } => None,
        }
    }

    /// How the request failed, if there was no HTTP answer.
    pub fn failure(&self) -> Option<FailureKind> {
        match self {
            Self::Answer(_) => None,
            Self::Failure { kind, .. } => Some(*kind),
        }
    }
}

/// How a request failed without an HTTP answer. The words are those of the call tree's `error.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// No connection could be made: it was refused, or there is no way to the address.
    Refused,
    /// The connection was made, and closed or reset before the whole answer had come.
    Reset,
    /// No whole answer in time, or no connection in time.
    Timeout,
    /// The answer was no HTTP.
    Protocol,
}

impl FailureKind {
    /// All kinds, in the order of the reports.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Reset, Self::Timeout, Self::Protocol];

    /// The word for it, as in the call tree's `error.kind`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
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
    /// The status of the call to the counted service (in its caller's eyes; the client's where it answered itself).
    pub upstream_status: Option<u16>,
    /// `error.kind` of the call to the counted service, as its caller saw it.
    pub upstream_error: Option<String>,
    /// `x-envoy-attempt-count` as the counted service saw it.
    pub attempt: Option<u32>,
    /// Faults that applications injected, by mode, over the whole tree.
    pub faults: BTreeMap<String, u32>,
    /// The trace's id, from the tree.
    pub trace_id: Option<String>,
    /// True if the tree has several hops that all saw the same trace.
    pub one_trace: bool,
    /// Where no service is counted by name: each service of the tree with the version of its first hop.
    pub services: Vec<(String, String)>,
}

impl Answer {
    /// The version of a service of the tree, where no service is counted by name.
    pub fn version_of(&self, service: &str) -> Option<&str> {
        self.services.iter().find(|(name, _)| name == service).map(|(_, version)| version.as_str())
    }

    /// Whether the client got what it asked for: a status of 2xx or 3xx.
    pub fn is_success(&self) -> bool {
        (200..400).contains(&self.status)
    }
}
