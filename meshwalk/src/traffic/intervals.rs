//! A run over time in bounded memory: intervals that double their width when there are too many.

use std::{collections::BTreeMap, time::Duration};

use super::{Bucket, FailureKind, Latencies, Outcome};

/// Maximum number of intervals.
const MAX_INTERVALS: usize = 40;
/// Width of the intervals of a short run.
const FIRST_WIDTH: Duration = Duration::from_millis(100);
/// Maximum number of versions that are counted in an interval.
const MAX_VERSIONS: usize = 64;

/// Requests by the interval in which they were due. A run of any length has between 20 and 40 intervals, apart from a
/// short one, which has fewer.
#[derive(Debug)]
pub(super) struct Intervals {
    width: Duration,
    intervals: Vec<Interval>,
}

#[derive(Debug, Clone, Default)]
struct Interval {
    successes: u64,
    errors: u64,
    failed: u64,
    versions: BTreeMap<String, u64>,
    latencies: Latencies,
}

impl Default for Intervals {
    fn default() -> Self {
        Self { width: FIRST_WIDTH, intervals: Vec::new() }
    }
}

impl Intervals {
    /// Adds a request that was due at `due`.
    pub(super) fn record(&mut self, due: Duration, latency: Duration, outcome: &Outcome) {
        let mut index = self.index(due);
        while index >= MAX_INTERVALS {
            self.halve();
            index = self.index(due);
        }
        if self.intervals.len() <= index {
            self.intervals.resize_with(index + 1, Interval::default);
        }
        if let Some(interval) = self.intervals.get_mut(index) {
            interval.record(latency, outcome);
        }
    }

    fn index(&self, due: Duration) -> usize {
        usize::try_from(due.as_nanos() / self.width.as_nanos()).unwrap_or(usize::MAX)
    }

    /// Merges each two intervals into one of double width.
    fn halve(&mut self) {
        self.width = self.width.saturating_mul(2);
        let mut merged = Vec::with_capacity(MAX_INTERVALS);
        for pair in self.intervals.chunks(2) {
            let mut whole = Interval::default();
            pair.iter().for_each(|part| whole.merge(part));
            merged.push(whole);
        }
        self.intervals = merged;
    }

    /// The intervals as they are printed.
    pub(super) fn buckets(&self) -> Vec<Bucket> {
        let starts = (0_u32..).map(|index| self.width.saturating_mul(index));
        self.intervals.iter().zip(starts).map(|(interval, start)| interval.bucket(start, self.width)).collect()
    }
}

impl Interval {
    fn record(&mut self, latency: Duration, outcome: &Outcome) {
        match outcome {
            Outcome::Answer(answer) => {
                let counted = if answer.is_success() { &mut self.successes } else { &mut self.errors };
                *counted += 1;
                if let Some(version) = &answer.version {
                    self.add_version(version, 1);
                }
            }
            Outcome::Failure { .. } => self.failed += 1,
        }
        if matches!(outcome.failure(), None | Some(FailureKind::Timeout)) {
            self.latencies.record(latency);
        }
    }

    fn add_version(&mut self, version: &str, count: u64) {
        if let Some(counted) = self.versions.get_mut(version) {
            *counted += count;
        } else if self.versions.len() < MAX_VERSIONS {
            self.versions.insert(version.to_owned(), count);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.successes += other.successes;
        self.errors += other.errors;
        self.failed += other.failed;
        other.versions.iter().for_each(|(version, count)| self.add_version(version, *count));
        self.latencies.merge(&other.latencies);
    }

    fn bucket(&self, start: Duration, width: Duration) -> Bucket {
        let requests = self.successes + self.errors + self.failed;
        let ms = |quantile| self.latencies.quantile(quantile).map(|latency: Duration| latency.as_secs_f64() * 1000.0);
        Bucket {
            start,
            requests,
            rate: requests as f64 / width.as_secs_f64(),
            successes: self.successes,
            errors: self.errors,
            failed: self.failed,
            versions: self.versions.clone(),
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Answer;

    #[test]
    fn a_long_run_has_a_bounded_number_of_intervals_that_hold_every_request() {
        let answer = |version: &str| {
            Outcome::Answer(Answer { status: 200, version: Some(version.to_owned()), ..Answer::default() })
        };
        let mut intervals = Intervals::default();
        // Ten per second over an hour; the first half by v1.
        for index in 0..36_000_u64 {
            let version = if index < 18_000 { "v1" } else { "v2" };
            intervals.record(Duration::from_millis(index * 100), Duration::from_millis(3), &answer(version));
        }
        let buckets = intervals.buckets();
        assert!((20..=MAX_INTERVALS).contains(&buckets.len()), "{}", buckets.len());
        assert_eq!(buckets.iter().map(|bucket| bucket.requests).sum::<u64>(), 36_000);
        assert_eq!(buckets.iter().filter_map(|bucket| bucket.versions.get("v2")).sum::<u64>(), 18_000);
        assert_eq!(buckets[0].versions.len(), 1);
        assert!(buckets.windows(2).all(|pair| pair[1].start > pair[0].start));
        assert!((buckets[0].rate - 10.0).abs() < 0.1 && buckets[0].p99_ms.is_some());
    }
}
