//! Latencies in a histogram of high dynamic range.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Significant digits of the histogram: every quantile is exact to one in a thousand.
const DIGITS: u8 = 3;

/// Latencies in microseconds, in a histogram that is exact to one in a thousand at any size.
#[derive(Debug, Clone)]
pub struct Latencies {
    /// Absent only if the library refused the constant above.
    histogram: Option<Histogram<u64>>,
    max: Duration,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { histogram: Histogram::new(DIGITS).ok(), max: Duration::ZERO }
    }
}

impl Latencies {
    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        self.max = self.max.max(latency);
        if let Some(histogram) = &mut self.histogram {
            // It grows with its values, so that none can be too large for it.
            let _ = histogram.record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// Adds all of another set.
    pub fn merge(&mut self, other: &Self) {
        self.max = self.max.max(other.max);
        if let (Some(histogram), Some(other)) = (&mut self.histogram, &other.histogram) {
            // It grows with its values, so that none can be too large for it.
            let _ = histogram.add(other);
        }
    }

    /// How many are longer than `limit`, to the histogram's precision.
    pub fn longer_than(&self, limit: Duration) -> u64 {
        let limit = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        let counted = self.histogram.as_ref().map_or(0, |histogram| histogram.count_between(0, limit));
        self.len() - counted
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.histogram.as_ref().map_or(0, Histogram::len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The latency that the share `quantile` (0.99 for p99) of them does not exceed; None if there is none.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        let histogram = self.histogram.as_ref().filter(|histogram| !histogram.is_empty())?;
        if quantile >= 1.0 {
            return Some(self.max);
        }
        // The histogram gives the upper end of the bucket, which may lie above everything recorded.
        Some(Duration::from_micros(histogram.value_at_quantile(quantile)).min(self.max))
    }

    /// The sum of all, to the histogram's precision.
    pub fn sum(&self) -> Duration {
        let microseconds = self.histogram.as_ref().map_or(0.0, |histogram| histogram.mean() * histogram.len() as f64);
        Duration::try_from_secs_f64(microseconds / 1e6).unwrap_or_default()
    }

    /// The highest one.
    pub fn max(&self) -> Duration {
        self.max
    }

    /// These latencies as those of the generator itself.
    pub(super) fn lateness(&self) -> Lateness {
        let at = |quantile| self.quantile(quantile).unwrap_or_default();
        Lateness { p50: at(0.5), p99: at(0.99), max: self.max }
    }
}

/// How long after its due time the generator sent a request, over those that the bound on requests in flight did not
/// hold back. It is part of every latency, so latencies of the same size say nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Lateness {
    /// Half of the requests were sent within this time.
    #[serde(serialize_with = "super::summary::milliseconds", rename = "p50_ms")]
    pub p50: Duration,
    /// All but one in a hundred were sent within this time.
    #[serde(serialize_with = "super::summary::milliseconds", rename = "p99_ms")]
    pub p99: Duration,
    /// All were sent within this time.
    #[serde(serialize_with = "super::summary::milliseconds", rename = "max_ms")]
    pub max: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_exact_to_one_in_a_thousand_and_never_above_the_maximum() {
        let mut latencies = Latencies::default();
        (1..=100_000).for_each(|i| latencies.record(Duration::from_micros(i * 10)));
        for (quantile, exact) in [(0.5, 0.5), (0.9, 0.9), (0.99, 0.99), (0.999, 0.999)] {
            let got = latencies.quantile(quantile).unwrap().as_secs_f64();
            assert!((got - exact).abs() <= exact * 1e-3, "{quantile}: {got}");
        }
        assert_eq!(latencies.quantile(1.0), Some(Duration::from_secs(1)));
        assert_eq!(latencies.max(), Duration::from_secs(1));
        assert!(latencies.quantile(0.99999).unwrap() <= latencies.max());
    }

    #[test]
    fn merged_latencies_are_those_of_both() {
        let (mut all, mut other) = (Latencies::default(), Latencies::default());
        (1..=50).for_each(|ms| all.record(Duration::from_millis(ms)));
        (51..=100).for_each(|ms| other.record(Duration::from_millis(ms)));
        all.merge(&other);
        assert_eq!((all.len(), all.max()), (100, Duration::from_millis(100)));
        assert_eq!(all.longer_than(Duration::from_millis(90)), 10);
        assert_eq!(all.longer_than(Duration::from_secs(1)), 0);
    }

    #[test]
    fn no_latency_has_no_quantile() {
        assert_eq!(Latencies::default().quantile(0.5), None);
        assert!(Latencies::default().is_empty());
    }
}
