//! A run over time, for plots.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use super::{Sample, TrafficResult};

/// The requests that were due within one interval of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bucket {
    /// The start of the interval, from the start of the run.
    #[serde(serialize_with = "super::summary::milliseconds", rename = "start_ms")]
    pub start: Duration,
    /// Requests that were due in it.
    pub requests: u64,
    /// The same as a rate, in requests per second.
    pub rate: f64,
    /// Those with an answer of 2xx or 3xx.
    pub successes: u64,
    /// Those with an answer of any other status.
    pub errors: u64,
    /// Those without an HTTP answer.
    pub failed: u64,
    /// The answers by version of the counted service.
    pub versions: BTreeMap<String, u64>,
    /// The median latency in milliseconds, counted as in [`TrafficResult::latencies`].
    pub p50_ms: Option<f64>,
    /// The 99th percentile of the latency in milliseconds.
    pub p99_ms: Option<f64>,
}

impl Bucket {
    /// The share of a version among the answers that name one, from 0 to 1; None if none does.
    pub fn share(&self, version: &str) -> Option<f64> {
        let total: u64 = self.versions.values().sum();
        (total > 0).then(|| self.versions.get(version).copied().unwrap_or(0) as f64 / total as f64)
    }
}

impl TrafficResult {
    /// The run in intervals of `width`, by when the requests were due, without gaps; the last one may be cut short by
    /// the end of the run. Empty if there is no sample or no width.
    pub fn timeline(&self, width: Duration) -> Vec<Bucket> {
        let width = width.as_nanos();
        if width == 0 {
            return Vec::new();
        }
        let mut slices = Vec::<Vec<&Sample>>::new();
        for sample in &self.samples {
            let index = (sample.due.as_nanos() / width) as usize;
            if slices.len() <= index {
                slices.resize(index + 1, Vec::new());
            }
            slices[index].push(sample);
        }
        slices.iter().enumerate().map(|(index, samples)| bucket(index, width as u64, samples)).collect()
    }
}

fn bucket(index: usize, width: u64, samples: &[&Sample]) -> Bucket {
    let part = TrafficResult::of(samples.iter().copied().cloned().collect());
    let latencies = part.latencies(|_| true);
    let ms = |quantile| latencies.quantile(quantile).map(|latency| latency.as_secs_f64() * 1000.0);
    let successes = part.successes();
    let failed = part.failed();
    Bucket {
        start: Duration::from_nanos(width.saturating_mul(index as u64)),
        requests: part.requests(),
        rate: part.requests() as f64 * 1e9 / width as f64,
        successes,
        errors: part.requests() - successes - failed,
        failed,
        versions: part.by_version(),
        p50_ms: ms(0.5),
        p99_ms: ms(0.99),
    }
}
