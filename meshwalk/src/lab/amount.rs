//! What proxies and applications counted, and what it is compared with.

use std::{collections::BTreeMap, fmt};

use super::{
    Category,
    quantity::{Op, readable},
};

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
    /// So many times another amount.
    Times(u32, Box<Amount>),
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
            Self::Times(factor, amount) => write!(f, "{factor} × {amount}"),
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
