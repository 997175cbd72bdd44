//! A run in figures, for people and for programs.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Serialize, Serializer};

use super::{Answer, Bucket, FailureKind, InFlight, Lateness, TrafficResult};

/// A run in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Requests that have come to an end.
    pub requests: u64,
    /// Requests of the plan.
    pub planned: u64,
    /// Whether the run was interrupted.
    pub interrupted: bool,
    /// Requests in flight when it was.
    pub abandoned: u64,
    /// From the end of the warm-up to the last answer.
    #[serde(serialize_with = "milliseconds", rename = "took_ms")]
    pub took: Duration,
    /// Planned requests per second.
    pub planned_rate: f64,
    /// Requests per second, as sent.
    pub achieved_rate: f64,
    /// Answers with 2xx or 3xx.
    pub successes: u64,
    /// Requests without an HTTP answer.
    pub failed: u64,
    /// The same by kind.
    pub failures: BTreeMap<FailureKind, u64>,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Answers by version of the counted service.
    pub versions: BTreeMap<String, VersionCount>,
    /// Where no service is counted by name: the same of every service of the call trees.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, BTreeMap<String, VersionCount>>,
    /// Latencies of all answers and timeouts, from when the requests were due; none without either.
    pub latency: Option<Quantiles>,
    /// Connections opened.
    pub connections: u64,
    /// The bound on requests in flight, and what it did.
    pub in_flight: InFlight,
    /// How late the generator itself was.
    pub lateness: Lateness,
    /// The run over time, if the plan asks for groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Bucket>,
}

/// The answers of one version.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct VersionCount {
    /// Answers.
    pub count: u64,
    /// Their share of all answers that name a version, from 0 to 1.
    pub share: f64,
    /// Answers with a status of 400 or more, as the client saw it.
    pub errors: u64,
    /// Their latencies.
    pub latency: Option<Quantiles>,
}

/// Latencies by quantile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it all")]
pub struct Quantiles {
    #[serde(serialize_with = "milliseconds", rename = "p50_ms")]
    pub p50: Duration,
    #[serde(serialize_with = "milliseconds", rename = "p90_ms")]
    pub p90: Duration,
    #[serde(serialize_with = "milliseconds", rename = "p95_ms")]
    pub p95: Duration,
    #[serde(serialize_with = "milliseconds", rename = "p99_ms")]
    pub p99: Duration,
    #[serde(serialize_with = "milliseconds", rename = "p99.9_ms")]
    pub p999: Duration,
    #[serde(serialize_with = "milliseconds", rename = "max_ms")]
    pub max: Duration,
}

impl Quantiles {
    /// The usual quantiles of some latencies; None without any.
    pub fn of(latencies: &super::Latencies) -> Option<Self> {
        let at = |quantile| latencies.quantile(quantile);
        let max = latencies.max();
        Some(Self { p50: at(0.5)?, p90: at(0.9)?, p95: at(0.95)?, p99: at(0.99)?, p999: at(0.999)?, max })
    }
}

impl TrafficResult {
    /// The run in figures.
    pub fn summary(&self) -> Summary {
        Summary {
            requests: self.requests(),
            planned: self.planned,
            interrupted: self.interrupted,
            abandoned: self.abandoned,
            took: self.took,
            planned_rate: self.rate,
            achieved_rate: self.achieved_rate(),
            successes: self.successes(),
            failed: self.failed(),
            failures: self.failures(),
            statuses: self.by_status(),
            versions: self.version_counts(|answer| answer.version.as_deref()),
            services: self.service_counts(),
            latency: Quantiles::of(&self.latencies(|_| true)),
            connections: self.connections,
            in_flight: self.in_flight,
            lateness: self.lateness,
            timeline: self.intervals.clone(),
        }
    }

    fn service_counts(&self) -> BTreeMap<String, BTreeMap<String, VersionCount>> {
        let names: BTreeSet<&String> =
            self.answers().flat_map(|(answer, _)| &answer.services).map(|(name, _)| name).collect();
        names.into_iter().map(|name| (name.clone(), self.version_counts(|answer| answer.version_of(name)))).collect()
    }

    fn version_counts(&self, version_of: impl Fn(&Answer) -> Option<&str>) -> BTreeMap<String, VersionCount> {
        let mut counts = BTreeMap::<String, u64>::new();
        for (answer, answers) in self.answers() {
            if let Some(version) = version_of(answer) {
                *counts.entry(version.to_owned()).or_default() += answers;
            }
        }
        let total: u64 = counts.values().sum();
        let describe = |(version, count): (String, u64)| {
            let is_it = |answer: &Answer| version_of(answer) == Some(version.as_str());
            let latencies = self.latencies(|outcome| outcome.answer().is_some_and(is_it));
            let figures = VersionCount {
                count,
                share: count as f64 / total as f64,
                errors: self.count(|answer| is_it(answer) && answer.status >= 400),
                latency: Quantiles::of(&latencies),
            };
            (version, figures)
        };
        counts.into_iter().map(describe).collect()
    }
}

/// Writes a duration as a number of milliseconds, exact to the microsecond.
pub(super) fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_micros() as f64 / 1000.0)
}
