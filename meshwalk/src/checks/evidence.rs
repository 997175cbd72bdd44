//! The evidence of a step, over which its checks are decided.

use std::collections::BTreeMap;

use super::{GateOutcome, Growth};
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
