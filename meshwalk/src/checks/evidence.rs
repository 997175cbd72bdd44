//! The evidence of a step, over which its checks are decided, and what of it they need.

use std::collections::BTreeMap;

use super::{Check, GateOutcome, Growth, MetricQuery};
use crate::{
    platform::{Instance, Span},
    traffic::{Observation, Traffic},
};

/// The requests of one traffic, by its name.
#[derive(Debug, Clone)]
pub struct Run {
    /// The traffic's name.
    pub name: String,
    /// The outcomes of its requests.
    pub traffic: Traffic,
}

/// The evidence of a step.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The step's traffic.
    pub runs: Vec<Run>,
    /// How counters grew over the traffic.
    pub growth: Growth,
    /// The last request's trace id and spans, by the name of the traffic.
    pub traces: BTreeMap<String, (String, Vec<Span>)>,
    /// Why the platform has no traces, or `None` if it has.
    pub untraced: Option<String>,
    /// Every instance after the traffic.
    pub instances: Vec<Instance>,
    /// Every instance before the step's changes.
    pub instances_before: Vec<Instance>,
    /// The outcome of the gate, or `None` if the step did not reach it.
    pub gate: Option<GateOutcome>,
}

impl Evidence {
    /// The requests of one traffic, or of all if `of` is `None`.
    pub(super) fn requests(&self, of: Option<&str>) -> impl Iterator<Item = Observation<'_>> {
        self.runs(of).flat_map(|run| run.traffic.observations())
    }

    /// The run of one traffic, or all runs if `of` is `None`.
    pub(super) fn runs(&self, of: Option<&str>) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| of.is_none_or(|of| run.name == of))
    }
}

/// The evidence that checks need besides the answers to the traffic.
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
    /// What these checks need.
    pub(crate) fn of<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Self {
        let mut needs = Self::default();
        checks.into_iter().for_each(|check| check.kind.needs(&mut needs));
        needs
    }

    /// True if counters are needed, before and after the traffic.
    pub(crate) fn counters(&self) -> bool {
        self.faults || !self.queries.is_empty()
    }

    /// True if the evidence arrives some time after the answers.
    pub(crate) fn is_late(&self) -> bool {
        self.trace || self.instances || self.counters()
    }

    /// The values of the queries. A page has other metrics that never rest, such as a process's age.
    pub(crate) fn values(&self, growth: &Growth) -> Vec<f64> {
        self.queries.iter().map(|query| growth.metric(query)).collect()
    }
}
