//! The evidence that checks need besides the answers to the traffic.

use super::{Check, Growth, MetricQuery};

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
