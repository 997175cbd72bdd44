//! What a step expects, as a lab states it.

use std::{collections::BTreeMap, fmt, time::Duration};

use meshwalk_yaml::Location;

use super::{
    AddsUp, MetricWanted,
    quantity::{Op, percent},
};

/// One check.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What the report calls it; made of what it expects if the lab does not say.
    pub name: Option<String>,
    /// The traffic that it looks at; all of the step's if the lab does not say.
    pub of: Option<String>,
    /// What it expects.
    pub kind: Kind,
    /// Where it stands.
    pub location: Location,
}

/// What a check expects.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// How requests are shared between the classes of a category. Where the exact shares add up to 100 %, a class that
    /// is not named is expected not to occur.
    Shares {
        /// By what requests are classed.
        category: Category,
        /// What is expected of each class.
        wanted: BTreeMap<String, Wanted>,
        /// The deviation that must be noticed, as a share; from the expected shares if the lab does not say.
        notice: Option<f64>,
    },
    /// A quantile of the latency, counted from when a request was due.
    Latency(Quantile, Op, Duration),
    /// The identity that the counted service sees at every request, or that it sees none.
    Peer(Option<String>),
    /// The highest number of attempts that any request took.
    AttemptsMax(u32),
    /// By how much a metric of proxies grows over the traffic.
    Metric(MetricWanted),
    /// Two sums that must be equal.
    AddsUp(AddsUp),
    /// From how many instances of the counted service the answers came, and which part each of them gave at least or
    /// at most.
    AnsweredBy(u32, Option<(Op, f64)>),
    /// The services through which one request's trace goes, in order, without a gap.
    Trace(Vec<String>),
    /// Every instance is ready.
    Probes,
    /// What became of the instances of Deployments over the step.
    Instances(BTreeMap<String, PodChange>),
    /// What the step's gate decided.
    Gate(GateOutcome),
}

/// By what requests are classed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// The version of the counted service, over the answers that carry one.
    Version,
    /// Whether there was an answer with a status below 400; over all requests.
    Success,
    /// The answer's status, or `failed` where there was none; over all requests.
    Status,
    /// How it failed without an HTTP answer; over all requests.
    Failure,
    /// How the call to the counted service failed in its caller's eyes; over all requests.
    UpstreamError,
    /// The status of the call to the counted service in its caller's eyes; over all requests.
    UpstreamStatus,
    /// Which attempt reached the counted service, over the answers that carry it.
    Attempts,
    /// The modes of faults that applications injected, over all requests. A request may have several.
    Fault,
    /// Whether every hop of the call tree was told of the same trace, and there is more than one; over all requests.
    OneTrace,
    /// Whether it took longer than this; over all requests.
    Slower(Duration),
}

impl Category {
    /// The key in a lab.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Version => "share",
            Self::Success => "success",
            Self::Status => "status",
            Self::Failure => "failures",
            Self::UpstreamError => "upstream-error",
            Self::UpstreamStatus => "upstream-status",
            Self::Attempts => "attempts",
            Self::Fault => "faults-injected",
            Self::OneTrace => "one-trace",
            Self::Slower(_) => "slower",
        }
    }

    /// What the shares are shares of.
    #[must_use]
    pub fn base(self) -> &'static str {
        match self {
            Self::Version => "answers that carry a version",
            Self::Attempts => "answers that carry an attempt",
            _ => "requests",
        }
    }
}

/// What is expected of a share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    /// This share, tested as a binomial proportion.
    Exactly(f64),
    /// The observed share, compared as it is.
    Bound(Op, f64),
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(share) => f.write_str(&percent(*share)),
            Self::Bound(op, share) => write!(f, "{op} {}", percent(*share)),
        }
    }
}

/// A quantile of the latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantile {
    /// The median.
    P50,
    /// Nine of ten.
    P90,
    /// Nineteen of twenty.
    P95,
    /// Ninety-nine of a hundred.
    P99,
    /// The slowest.
    Max,
}

impl Quantile {
    /// Every quantile with its key in a lab.
    pub const ALL: [(&'static str, Self); 5] =
        [("p50", Self::P50), ("p90", Self::P90), ("p95", Self::P95), ("p99", Self::P99), ("max", Self::Max)];

    /// The key in a lab.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, quantile)| *quantile == self).map_or("max", |(word, _)| word)
    }

    /// The part of the requests that are not slower.
    #[must_use]
    pub fn share(self) -> f64 {
        match self {
            Self::P50 => 0.5,
            Self::P90 => 0.9,
            Self::P95 => 0.95,
            Self::P99 => 0.99,
            Self::Max => 1.0,
        }
    }
}

/// What a gate can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GateOutcome {
    /// Every check held.
    Held,
    /// A check failed, and the rollback was done.
    Breached,
}

/// What becomes of a Deployment's instances over a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PodChange {
    /// None of those that were there before is there, and as many others are.
    Replaced,
    /// They are the same.
    Kept,
    /// There are so many of them.
    Count(u32),
}

impl fmt::Display for PodChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replaced => f.write_str("replaced"),
            Self::Kept => f.write_str("kept"),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}
