//! What a lab waits for instead of sleeping.

use std::time::Duration;

use super::{Check, Entrance};
use crate::{checks::MetricQuery, quantity};

/// Waiting for an effect: single requests on fresh connections, until all conditions hold several times in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    /// Where the probes enter.
    pub from: Entrance,
    /// Their path and query.
    pub path: String,
    /// Their headers.
    pub headers: Vec<(String, String)>,
    /// What must hold for a probe.
    pub until: Vec<Check>,
    /// How many times in a row.
    pub times: u32,
    /// How long to wait at most.
    pub within: Duration,
}

/// Waiting for what no request shows: until a metric has a value.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricWait {
    /// Which metric, summed over the instances and the series that match.
    pub query: MetricQuery,
    /// How it must stand to the value.
    pub op: quantity::Op,
    /// The value.
    pub value: f64,
    /// How long to wait at most.
    pub within: Duration,
}
