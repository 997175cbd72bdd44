//! What a step expects, as a lab states it.

use std::{collections::BTreeMap, fmt, time::Duration};

use meshwalk_mesh::problem::Place;

use super::quantity::{Op, percent, readable};

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
    pub place: Place,
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
    /// The services through which one request's trace goes, in order, without a gap.
    Trace(Vec<String>),
    /// Every instance is ready.
    Probes,
    /// What became of the instances of Deployments over the step.
    Instances(BTreeMap<String, Fate>),
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

/// A metric of the proxies of a workload, summed over its instances and over the series that match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricQuery {
    /// The metric's name.
    pub name: String,
    /// Labels that a series must have. In a value `*` stands for anything.
    pub labels: BTreeMap<String, String>,
    /// The workload whose proxies are asked, as `backend-v2`.
    pub workload: String,
}

impl fmt::Display for MetricQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{{", self.name)?;
        for (index, (name, value)) in self.labels.iter().enumerate() {
            write!(f, "{}{name}={value:?}", if index > 0 { "," } else { "" })?;
        }
        write!(f, "}} at {}", self.workload)
    }
}

/// By how much a metric must grow.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricWanted {
    /// Which metric.
    pub query: MetricQuery,
    /// How the growth stands to the amount.
    pub op: Op,
    /// What it is compared with.
    pub amount: Amount,
    /// The deviation that is allowed, as a share of the amount.
    pub tolerance: f64,
}

/// A number, or a quantity of the step's traffic that has a name.
#[derive(Debug, Clone, PartialEq)]
pub enum Amount {
    /// A number.
    Number(f64),
    /// How many requests were sent.
    Requests,
    /// How many had an answer with a status below 400.
    Success,
    /// How many had no HTTP answer.
    Failures,
    /// How many attempts the answered requests took at the counted service.
    Attempts,
    /// How many requests are of a class.
    Of(Category, String),
    /// How many faults of a mode the applications injected, by their own count.
    Faults(String),
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Requests => f.write_str("requests"),
            Self::Success => f.write_str("success"),
            Self::Failures => f.write_str("failures"),
            Self::Attempts => f.write_str("attempts"),
            Self::Of(Category::Version, class) => write!(f, "version:{class}"),
            Self::Of(Category::Slower(than), _) => write!(f, "slower:{}", readable(*than)),
            Self::Of(category, class) => write!(f, "{}:{class}", category.word()),
            Self::Faults(mode) => write!(f, "faults:{mode}"),
        }
    }
}

/// Two sums that must be equal.
#[derive(Debug, Clone, PartialEq)]
pub struct AddsUp {
    /// One side.
    pub left: Vec<Term>,
    /// The other side.
    pub right: Vec<Term>,
}

/// A part of a sum.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// What the client saw, of one traffic or of all.
    Client(Amount, Option<String>),
    /// What proxies counted.
    Metric(MetricQuery),
    /// What applications injected.
    Faults(String),
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(amount, None) => write!(f, "client {amount}"),
            Self::Client(amount, Some(of)) => write!(f, "client {amount} of {of}"),
            Self::Metric(query) => query.fmt(f),
            Self::Faults(mode) => write!(f, "injected faults of mode {mode}"),
        }
    }
}

/// What becomes of a Deployment's instances over a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// None of those that were there before is there, and as many others are.
    Replaced,
    /// They are the same.
    Kept,
    /// There are so many of them.
    Count(u32),
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replaced => f.write_str("replaced"),
            Self::Kept => f.write_str("kept"),
            Self::Count(count) => write!(f, "{count}"),
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
