//! Requests as checks look at them: one, or several that ended alike.

use std::time::Duration;

use super::{Group, Latencies, Outcome, Sample, TrafficResult};

/// One request, or several that ended alike.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The outcome of each of them.
    pub outcome: &'a Outcome,
    /// How many there are.
    pub count: u64,
    latency: Timing<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Timing<'a> {
    One(Duration),
    Many(&'a Latencies),
}

impl Observation<'_> {
    /// How many of them took longer than `limit`; of a group, to one in a thousand of the limit.
    #[must_use]
    pub fn longer_than(&self, limit: Duration) -> u64 {
        match self.latency {
            Timing::One(latency) => u64::from(latency > limit),
            Timing::Many(latencies) => latencies.longer_than(limit),
        }
    }
}

impl<'a> From<&'a Sample> for Observation<'a> {
    fn from(sample: &'a Sample) -> Self {
        Self { outcome: &sample.outcome, count: 1, latency: Timing::One(sample.latency) }
    }
}

impl<'a> From<&'a Group> for Observation<'a> {
    fn from(group: &'a Group) -> Self {
        Self { outcome: &group.outcome, count: group.count, latency: Timing::Many(&group.latencies) }
    }
}

impl TrafficResult {
    /// All requests, in samples and in groups.
    pub fn observations(&self) -> impl Iterator<Item = Observation<'_>> {
        self.samples.iter().map(Observation::from).chain(self.groups.iter().map(Observation::from))
    }
}
