//! Evidence of a step, by which its checks are decided.

use std::collections::BTreeMap;

use super::{Check, GateOutcome, Growth, MetricQuery};
use crate::{
    platform::{Instance, Span},
    traffic::{Observation, TrafficResult},
};

/// Requests of one traffic.
#[derive(Debug, Clone)]
pub struct Run {
    /// The traffic's name.
    pub name: String,
    /// The outcomes of its requests.
    pub traffic: TrafficResult,
}

/// The evidence of a step.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The step's traffic.
    pub runs: Vec<Run>,
    /// Growth of the counters during the traffic.
    pub growth: Growth,
    /// Trace ID and spans of the last request, by the name of the traffic.
    pub traces: BTreeMap<String, (String, Vec<Span>)>,
    /// Reason why the platform has no traces, or `None` if it has traces.
    pub untraced: Option<String>,
    /// All instances after the traffic.
    pub instances: Vec<Instance>,
    /// All instances before the step's changes.
    pub instances_before: Vec<Instance>,
    /// The outcome of the gate, or `None` if the step did not reach it.
    pub gate: Option<GateOutcome>,
}

impl Evidence {
    /// Returns the requests of one traffic, or of all if `of` is `None`.
    pub(super) fn requests(&self, of: Option<&str>) -> impl Iterator<Item = Observation<'_>> {
        self.runs(of).flat_map(|run| run.traffic.observations())
    }

    /// Returns the run of one traffic, or all runs if `of` is `None`.
    pub(super) fn runs(&self, of: Option<&str>) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| of.is_none_or(|of| run.name == of))
    }
}

/// Evidence that checks need besides the responses to the traffic.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// Metrics, before and after the traffic.
    pub(crate) queries: Vec<MetricQuery>,
    /// The number of faults that each application injected.
    pub(crate) faults: bool,
    /// A trace of each traffic.
    pub(crate) trace: bool,
    /// The instances after the traffic.
    pub(crate) instances: bool,
    /// The instances before the step's changes.
    pub(crate) instances_before: bool,
}

impl Needs {
    /// Returns what these checks need.
    pub(crate) fn of<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Self {
        let mut needs = Self::default();
        checks.into_iter().for_each(|check| check.kind.needs(&mut needs));
        needs
    }

    /// True if counters are needed, before and after the traffic.
    pub(crate) fn counters(&self) -> bool {
        self.faults || !self.queries.is_empty()
    }

    /// True if the evidence arrives later than the responses.
    pub(crate) fn is_late(&self) -> bool {
        self.trace || self.instances || self.counters()
    }

    /// Returns the values of the queries. Other metrics, such as a process's age, change permanently.
    pub(crate) fn values(&self, growth: &Growth) -> Vec<f64> {
        self.queries.iter().map(|query| growth.metric(query)).collect()
    }
}
