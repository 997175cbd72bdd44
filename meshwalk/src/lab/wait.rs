//! Conditions that a lab waits for.

use std::time::Duration;

use super::{Check, Entrance};
use crate::{checks::MetricQuery, quantity};

/// Wait for an effect: single requests on new connections, until all conditions hold several times in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    /// Entrance of the probes.
    pub from: Entrance,
    /// Path and query of the probes.
    pub path: String,
    /// Headers of the probes.
    pub headers: Vec<(String, String)>,
    /// Conditions that must hold for a probe.
    pub until: Vec<Check>,
    /// Number of consecutive probes that must meet the conditions.
    pub times: u32,
    /// Time limit of the wait.
    pub within: Duration,
}

/// Wait until a metric has a value, for states that no request shows.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricWait {
    /// Metric, summed over the instances and the matching series.
    pub query: MetricQuery,
    /// Comparison of the metric with the value.
    pub op: quantity::Op,
    /// Value to compare with.
    pub value: f64,
    /// Time limit of the wait.
    pub within: Duration,
}
