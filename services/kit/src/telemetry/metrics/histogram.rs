//! Histograms with fixed buckets, and exemplars for them.
//!
//! Recording a value costs two atomic additions and no memory. A histogram that keeps samples until they are
//! collected would cost 16 bytes for each request of the last seconds.

use std::{
    sync::{
        Mutex, TryLockError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use metrics::HistogramFn;

/// Upper bounds of the buckets in seconds, as the semantic conventions advise for durations of HTTP requests.
pub(super) const BOUNDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Time for which a bucket keeps its exemplar before a newer one replaces it.
const EXEMPLAR_AGE: Duration = Duration::from_secs(1);

/// The sampled trace that a recorded value belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TraceRef<'a> {
    /// Trace id, in hexadecimal digits.
    pub(crate) trace_id: &'a str,
    /// Id of the span within the trace, in hexadecimal digits.
    pub(crate) span_id: Option<&'a str>,
}

/// A recorded value with the trace that explains it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Exemplar {
    pub(super) trace_id: String,
    pub(super) span_id: Option<String>,
    pub(super) value: f64,
    pub(super) time: SystemTime,
    recorded: Instant,
}

/// Counts durations by bucket.
#[derive(Debug)]
pub(super) struct Histogram {
    /// One bucket for each bound, and a last one for longer durations.
    buckets: [Bucket; BOUNDS.len() + 1],
    /// Sum of all durations in seconds, as the bits of an `f64`.
    sum: AtomicU64,
}

#[derive(Debug, Default)]
struct Bucket {
    count: AtomicU64,
    exemplar: Mutex<Option<Box<Exemplar>>>,
}

/// The state of a histogram at one time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Snapshot {
    /// For each bucket the number of durations in it and in those below, and the exemplar of this bucket alone.
    pub(super) buckets: Vec<(u64, Option<Exemplar>)>,
    /// Sum of all durations in seconds.
    pub(super) sum: f64,
}

impl Histogram {
    /// A histogram without durations.
    pub(super) fn new() -> Self {
        Self { buckets: Default::default(), sum: AtomicU64::new(0) }
    }

    /// Counts a duration that ended at `now`, with its trace if that is sampled.
    pub(super) fn record(&self, duration: Duration, now: Instant, trace: Option<TraceRef<'_>>) {
        let seconds = duration.as_secs_f64();
        let bucket = self.count(seconds);
        if let Some(trace) = trace {
            bucket.keep_exemplar(seconds, now, trace);
        }
    }

    /// Locks the exemplar of the first bucket, which stops [`Self::snapshot`].
    #[cfg(test)]
    pub(super) fn lock_first_exemplar(&self) -> std::sync::MutexGuard<'_, Option<Box<Exemplar>>> {
        self.buckets[0].exemplar.lock().unwrap()
    }

    fn count(&self, seconds: f64) -> &Bucket {
        let bucket = &self.buckets[BOUNDS.partition_point(|bound| *bound < seconds)];
        bucket.count.fetch_add(1, Ordering::Relaxed);
        let add = |sum: u64| Some((f64::from_bits(sum) + seconds).to_bits());
        // Never fails, because the closure always returns a value.
        let _ = self.sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        bucket
    }

    /// Reads the histogram. The count of the last bucket is the number of all durations.
    pub(super) fn snapshot(&self) -> Snapshot {
        let mut below = 0;
        let buckets = self.buckets.iter().map(|bucket| {
            below += bucket.count.load(Ordering::Relaxed);
            (below, bucket.exemplar.lock().ok().and_then(|exemplar| exemplar.as_deref().cloned()))
        });
        let buckets = buckets.collect();
        Snapshot { buckets, sum: f64::from_bits(self.sum.load(Ordering::Relaxed)) }
    }
}

impl Bucket {
    /// Replaces the exemplar if it is old enough. Skipped while another thread holds it: a request never waits for it.
    fn keep_exemplar(&self, value: f64, now: Instant, trace: TraceRef<'_>) {
        let mut kept = match self.exemplar.try_lock() {
            Ok(kept) => kept,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        if kept.as_ref().is_some_and(|kept| now.saturating_duration_since(kept.recorded) < EXEMPLAR_AGE) {
            return;
        }
        *kept = Some(Box::new(Exemplar {
            trace_id: trace.trace_id.to_owned(),
            span_id: trace.span_id.map(str::to_owned),
            value,
            time: SystemTime::now(),
            recorded: now,
        }));
    }
}

impl HistogramFn for Histogram {
    fn record(&self, value: f64) {
        self.count(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(histogram: &Histogram) -> Vec<u64> {
        histogram.snapshot().buckets.into_iter().map(|(count, _)| count).collect()
    }

    #[test]
    fn bucket_includes_its_upper_bound() {
        let histogram = Histogram::new();
        for millis in [5, 6, 10_000, 10_001] {
            histogram.record(Duration::from_millis(millis), Instant::now(), None);
        }
        assert_eq!(counts(&histogram), [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4]);
        assert!((histogram.snapshot().sum - 20.012).abs() < 1e-9);
    }

    #[test]
    fn counts_every_value_of_several_threads() {
        let histogram = Histogram::new();
        let (threads, values) = (4, 2_000_000_u32);
        let barrier = std::sync::Barrier::new(threads);
        let now = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    barrier.wait();
                    for _ in 0..values {
                        histogram.record(Duration::from_millis(500), now, None);
                    }
                });
            }
        });
        assert_eq!(counts(&histogram).last(), Some(&8_000_000));
        assert_eq!(histogram.snapshot().sum, 4_000_000.0);
    }

    #[test]
    fn exemplar_stays_in_its_bucket_until_it_is_old() {
        let histogram = Histogram::new();
        let began = Instant::now();
        let record = |trace_id, after: u64| {
            let trace = TraceRef { trace_id, span_id: Some("05e3ac9a4f6e3b90") };
            histogram.record(Duration::from_millis(30), began + Duration::from_millis(after), Some(trace));
            let exemplars = histogram.snapshot().buckets.into_iter().map(|(_, exemplar)| exemplar);
            exemplars.map(|exemplar| exemplar.map(|exemplar| exemplar.trace_id)).collect::<Vec<_>>()
        };
        assert_eq!(record("one", 0)[3].as_deref(), Some("one"));
        assert_eq!(record("two", 999)[3].as_deref(), Some("one"));
        let all = record("three", 1000);
        assert_eq!(all[3].as_deref(), Some("three"));
        assert_eq!(all.iter().flatten().count(), 1, "other buckets have no exemplar");
    }

    #[test]
    fn value_without_a_sampled_trace_leaves_no_exemplar() {
        let histogram = Histogram::new();
        histogram.record(Duration::from_millis(1), Instant::now(), None);
        assert!(histogram.snapshot().buckets.iter().all(|(_, exemplar)| exemplar.is_none()));
    }
}
