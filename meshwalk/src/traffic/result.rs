//! The result of a run: samples or groups of requests, and what can be counted over them.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde::Serialize;

use super::{Answer, Bucket, FailureKind, Group, Latencies, Lateness, Outcome, Sample};

/// The result of a run.
#[derive(Debug, Clone, Default)]
pub struct TrafficResult {
    /// What became of each request, in the order in which they were due, if the plan asks for samples.
    pub samples: Vec<Sample>,
    /// What became of the requests, by outcome, if the plan asks for groups.
    pub groups: Vec<Group>,
    /// The run over time, if the plan asks for groups.
    pub intervals: Vec<Bucket>,
    /// The planned rate, in requests per second.
    pub rate: f64,
    /// Requests of the plan.
    pub planned: u64,
    /// Requests sent. Fewer than planned after an interruption, or where some had to wait for longer than the timeout.
    pub sent: u64,
    /// Requests that were in flight when the run was interrupted; nothing is known of their outcome.
    pub abandoned: u64,
    /// Requests that were due when the run was interrupted, and waited to be sent.
    pub waiting: u64,
    /// Whether the run was interrupted before its end.
    pub interrupted: bool,
    /// End of the warm-up, or start of the run without one; times of samples count from here.
    pub started_at: Option<SystemTime>,
    /// From the end of the warm-up to the end of the last request.
    pub took: Duration,
    /// From the end of the warm-up to when the last request was sent.
    pub last_sent: Duration,
    /// Connections opened.
    pub connections: u64,
    /// The bound on requests in flight, and what it did.
    pub in_flight: InFlight,
    /// How late the generator itself was.
    pub lateness: Lateness,
}

/// The bound on requests in flight, and what it did to the requests that count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct InFlight {
    /// The bound in effect: the plan's, or fewer where the operating system allows fewer open files.
    pub bound: usize,
    /// The most requests that were in flight at once, from the first one that counts.
    pub peak: usize,
    /// Requests that were due while the bound was reached, or all HTTP/2 streams that the server allows were in use. They
    /// were sent late; their latency counts from when they were due. Those that could not be sent within the timeout
    /// count as timed out.
    pub held_back: u64,
    /// The longest that one of them waited before it was sent.
    #[serde(serialize_with = "super::summary::milliseconds", rename = "longest_wait_ms")]
    pub longest_wait: Duration,
}

impl TrafficResult {
    /// A result of nothing but samples, for evaluations that have no run.
    pub fn of(samples: Vec<Sample>) -> Self {
        let count = samples.len() as u64;
        let last_sent = samples.iter().map(|sample| sample.due).max().unwrap_or_default();
        let took = samples.iter().map(|sample| sample.due + sample.latency).max().unwrap_or_default();
        Self { planned: count, sent: count, samples, took, last_sent, ..Self::default() }
    }

    /// Number of requests that were due and have no outcome, because the run was interrupted.
    pub fn unfinished(&self) -> u64 {
        self.abandoned + self.waiting
    }

    /// How many requests have come to an end.
    pub fn requests(&self) -> u64 {
        self.outcomes().map(|(_, count)| count).sum()
    }

    /// The outcomes of all requests, each with how many requests ended so.
    pub fn outcomes(&self) -> impl Iterator<Item = (&Outcome, u64)> {
        let samples = self.samples.iter().map(|sample| (&sample.outcome, 1));
        samples.chain(self.groups.iter().map(|group| (&group.outcome, group.count)))
    }

    /// The HTTP answers, each with how often it came.
    pub fn answers(&self) -> impl Iterator<Item = (&Answer, u64)> {
        self.outcomes().filter_map(|(outcome, count)| Some((outcome.answer()?, count)))
    }

    /// How many answers `keep` accepts.
    pub fn count(&self, keep: impl Fn(&Answer) -> bool) -> u64 {
        self.answers().filter(|(answer, _)| keep(answer)).map(|(_, count)| count).sum()
    }

    /// How many answers were a success (2xx or 3xx).
    pub fn successes(&self) -> u64 {
        self.count(Answer::is_success)
    }

    /// Requests without an HTTP answer, by kind.
    pub fn failures(&self) -> BTreeMap<FailureKind, u64> {
        tally(self.outcomes().map(|(outcome, count)| (outcome.failure(), count)))
    }

    /// How many requests had no HTTP answer.
    pub fn failed(&self) -> u64 {
        self.failures().values().sum()
    }

    /// The most frequent words for each kind of failure.
    pub fn failure_details(&self) -> BTreeMap<FailureKind, String> {
        let mut counts = BTreeMap::<(FailureKind, &str), u64>::new();
        for (outcome, count) in self.outcomes() {
            if let Outcome::Failure { kind, detail } = outcome {
                *counts.entry((*kind, detail)).or_default() += count;
            }
        }
        let mut ordered: Vec<_> = counts.into_iter().collect();
        // The last one that is put in stays.
        ordered.sort_by_key(|(_, count)| *count);
        ordered.into_iter().map(|((kind, detail), _)| (kind, detail.to_owned())).collect()
    }

    /// Answers by the status that the client saw.
    pub fn by_status(&self) -> BTreeMap<u16, u64> {
        tally(self.answers().map(|(answer, count)| (Some(answer.status), count)))
    }

    /// Answers by the counted service's version; those without one are left out.
    pub fn by_version(&self) -> BTreeMap<String, u64> {
        tally(self.answers().map(|(answer, count)| (answer.version.clone(), count)))
    }

    /// Answers by the attempt that the counted service saw; those without one are left out.
    pub fn by_attempt(&self) -> BTreeMap<u32, u64> {
        tally(self.answers().map(|(answer, count)| (answer.attempt, count)))
    }

    /// Faults that applications say to have injected, by mode, over all trees.
    pub fn faults(&self) -> BTreeMap<String, u64> {
        let mut total = BTreeMap::new();
        for (answer, answers) in self.answers() {
            for (mode, count) in &answer.faults {
                *total.entry(mode.clone()).or_default() += u64::from(*count) * answers;
            }
        }
        total
    }

    /// The id of the last answer's trace that has one.
    pub fn last_trace(&self) -> Option<&str> {
        self.samples.iter().rev().find_map(|sample| sample.outcome.answer()?.trace_id.as_deref())
    }

    /// The latencies that count, over the outcomes that `keep` accepts: those of the answers, and of the timeouts, whose
    /// requests waited for at least that long. Refused and reset requests end early and would flatter the figures.
    pub fn latencies(&self, keep: impl Fn(&Outcome) -> bool) -> Latencies {
        let counts =
            |outcome: &Outcome| matches!(outcome.failure(), None | Some(FailureKind::Timeout)) && keep(outcome);
        let mut latencies = Latencies::default();
        for sample in self.samples.iter().filter(|sample| counts(&sample.outcome)) {
            latencies.record(sample.latency);
        }
        for group in self.groups.iter().filter(|group| counts(&group.outcome)) {
            latencies.merge(&group.latencies);
        }
        latencies
    }

    /// The latency within which the share `quantile` (0.99 for p99) of all requests was answered; 1.0 is the maximum.
    /// None without an answer or a timeout.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        self.latencies(|_| true).quantile(quantile)
    }

    /// The rate at which requests were sent, in requests per second.
    pub fn achieved_rate(&self) -> f64 {
        // A hundred requests at 100/s are sent within 0.99 s; the interval after the last one belongs to them.
        let interval = if self.rate > 0.0 { 1.0 / self.rate } else { 0.0 };
        let span = self.last_sent.as_secs_f64() + interval;
        if span > 0.0 { self.sent as f64 / span } else { 0.0 }
    }
}

fn tally<T: Ord>(values: impl Iterator<Item = (Option<T>, u64)>) -> BTreeMap<T, u64> {
    let mut counts = BTreeMap::new();
    for (value, count) in values {
        if let Some(value) = value {
            *counts.entry(value).or_default() += count;
        }
    }
    counts
}

#[cfg(test)]
mod tests;
