//! Records what became of requests: each one, or counts of those that ended alike.

use super::{Answer, Latencies, Outcome, Sample, intervals::Intervals};

/// Maximum number of groups of equal outcomes. It bounds the memory of a long run whose answers differ each time.
const MAX_GROUPS: usize = 512;

/// Maximum number of groups with those of outcomes that share only their status and versions.
const MAX_GROUPS_BY_VERSION: usize = 2 * MAX_GROUPS;

/// Stands for all versions and services beyond [`MAX_GROUPS_BY_VERSION`].
const OTHER: &str = "other";

/// What is kept of the requests of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// Each request on its own, with the time at which it was due. Memory grows with the run.
    Samples,
    /// Counts and latencies of the requests that ended alike, and of intervals of time. Memory is bounded.
    Groups,
}

/// Requests that ended alike.
#[derive(Debug, Clone)]
pub struct Group {
    /// The outcome, without the trace's id.
    pub outcome: Outcome,
    /// How many requests ended so.
    pub count: u64,
    /// Their latencies, from when they were due.
    pub latencies: Latencies,
}

/// Collects outcomes. Each generator has its own, so recording takes no lock.
#[derive(Debug)]
pub(super) struct Recorder {
    recording: Recording,
    /// Each request, where each is kept.
    pub(super) samples: Vec<Sample>,
    /// Requests by outcome, where they are counted.
    pub(super) groups: Vec<Group>,
    /// Requests by time, where they are counted.
    pub(super) intervals: Intervals,
    /// Index of the group that was found last; most requests end as the one before.
    last: usize,
}

impl Recorder {
    /// Creates an empty recorder.
    pub(super) fn new(recording: Recording) -> Self {
        Self { recording, samples: Vec::new(), groups: Vec::new(), intervals: Intervals::default(), last: 0 }
    }

    /// Adds the outcome of a request.
    pub(super) fn record(&mut self, mut sample: Sample) {
        if self.recording == Recording::Samples {
            return self.samples.push(sample);
        }
        self.intervals.record(sample.due, sample.latency, &sample.outcome);
        if let Outcome::Answer(answer) = &mut sample.outcome {
            answer.trace_id = None;
        }
        let mut found = self.find(&sample.outcome);
        for (limit, reduce) in [(MAX_GROUPS, by_version as fn(&mut Outcome)), (MAX_GROUPS_BY_VERSION, by_status)] {
            if found.is_none() && self.groups.len() >= limit {
                reduce(&mut sample.outcome);
                found = self.find(&sample.outcome);
            }
        }
        let index = found.unwrap_or_else(|| {
            self.groups.push(Group { outcome: sample.outcome, count: 0, latencies: Latencies::default() });
            self.groups.len() - 1
        });
        self.last = index;
        if let Some(group) = self.groups.get_mut(index) {
            group.count += 1;
            group.latencies.record(sample.latency);
        }
    }

    fn find(&self, outcome: &Outcome) -> Option<usize> {
        if self.groups.get(self.last).is_some_and(|group| group.outcome == *outcome) {
            return Some(self.last);
        }
        self.groups.iter().position(|group| group.outcome == *outcome)
    }
}

/// Reduces an outcome to its status and versions, or to the kind of its failure.
fn by_version(outcome: &mut Outcome) {
    match outcome {
        Outcome::Answer(answer) => {
            let Answer { status, version, services, .. } = std::mem::take(answer);
            *answer = Answer { status, version, services, ..Answer::default() };
        }
        Outcome::Failure { kind, detail } => *detail = format!("{kind}, with another message each time"),
    }
}

/// Reduces an outcome of [`by_version`] to its status.
fn by_status(outcome: &mut Outcome) {
    if let Outcome::Answer(answer) = outcome {
        answer.version = answer.version.is_some().then(|| OTHER.to_owned());
        let has_services = !answer.services.is_empty();
        answer.services = has_services.then(|| (OTHER.to_owned(), OTHER.to_owned())).into_iter().collect();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::traffic::FailureKind;

    fn sample(status: u16, version: &str, latency_ms: u64) -> Sample {
        let (version, trace_id) = (Some(version.to_owned()), Some(latency_ms.to_string()));
        let outcome = Outcome::Answer(Answer { status, version, trace_id, ..Answer::default() });
        Sample { due: Duration::ZERO, latency: Duration::from_millis(latency_ms), outcome }
    }

    #[test]
    fn groups_hold_what_ended_alike_whatever_its_trace() {
        let mut recorder = Recorder::new(Recording::Groups);
        for (status, version, latency) in [(200, "v1", 1), (200, "v2", 2), (200, "v1", 3), (503, "v1", 4)] {
            recorder.record(sample(status, version, latency));
        }
        let counts: Vec<_> = recorder.groups.iter().map(|group| (group.count, group.latencies.max())).collect();
        let ms = Duration::from_millis;
        assert_eq!(counts, [(2, ms(3)), (1, ms(2)), (1, ms(4))]);
        assert!(recorder.samples.is_empty());
    }

    #[test]
    fn a_server_whose_answers_all_differ_does_not_add_groups_for_ever() {
        let mut recorder = Recorder::new(Recording::Groups);
        for index in 0..5000_u64 {
            recorder.record(sample(200, &format!("v{index}"), 1));
            let outcome = Outcome::Failure { kind: FailureKind::Protocol, detail: index.to_string() };
            recorder.record(Sample { due: Duration::ZERO, latency: Duration::ZERO, outcome });
        }
        assert!(recorder.groups.len() <= MAX_GROUPS_BY_VERSION + 2);
        assert_eq!(recorder.groups.iter().map(|group| group.count).sum::<u64>(), 10_000);
    }

    #[test]
    fn version_is_counted_beyond_the_limit_of_groups() {
        let mut recorder = Recorder::new(Recording::Groups);
        for index in 0..5000_u64 {
            let mut sample = sample(200, if index % 10 == 0 { "v2" } else { "v1" }, 1);
            if let Outcome::Answer(answer) = &mut sample.outcome {
                answer.instance = Some(format!("backend-{index}"));
                answer.services = vec![("frontend".to_owned(), "v1".to_owned())];
            }
            recorder.record(sample);
        }
        let count_of = |version: &str| -> u64 {
            let answers = recorder.groups.iter().filter_map(|group| Some((group.outcome.answer()?, group.count)));
            let of_version = answers.filter(|(answer, _)| answer.version.as_deref() == Some(version));
            of_version.filter(|(answer, _)| answer.version_of("frontend") == Some("v1")).map(|(_, count)| count).sum()
        };
        assert_eq!((count_of("v1"), count_of("v2")), (4500, 500));
    }
}
