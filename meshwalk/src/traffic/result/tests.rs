use super::*;
use crate::traffic::Outcome;

fn answered(due_ms: u64, latency_ms: u64, status: u16, version: &str) -> Sample {
    let version = (!version.is_empty()).then(|| version.to_owned());
    let answer = Answer { status, version, faults: BTreeMap::from([("error".to_owned(), 1)]), ..Answer::default() };
    sample(due_ms, latency_ms, Outcome::Answer(answer))
}

fn failed(due_ms: u64, latency_ms: u64, kind: FailureKind) -> Sample {
    sample(due_ms, latency_ms, Outcome::Failure { kind, detail: format!("{kind} at {due_ms}") })
}

fn sample(due_ms: u64, latency_ms: u64, outcome: Outcome) -> Sample {
    Sample { due: Duration::from_millis(due_ms), latency: Duration::from_millis(latency_ms), outcome }
}

fn traffic() -> TrafficResult {
    TrafficResult::of(vec![
        answered(0, 10, 200, "v1"),
        answered(40, 20, 503, "v2"),
        answered(90, 30, 302, "v1"),
        failed(120, 1, FailureKind::Refused),
        failed(130, 1000, FailureKind::Timeout),
        answered(340, 40, 403, ""),
    ])
}

#[test]
fn every_request_is_counted_once() {
    let traffic = traffic();
    assert_eq!(traffic.requests(), 6);
    assert_eq!((traffic.successes(), traffic.failed()), (2, 2));
    assert_eq!(traffic.by_status(), BTreeMap::from([(200, 1), (302, 1), (403, 1), (503, 1)]));
    assert_eq!(traffic.by_version(), BTreeMap::from([("v1".to_owned(), 2), ("v2".to_owned(), 1)]));
    assert_eq!(traffic.failures(), BTreeMap::from([(FailureKind::Refused, 1), (FailureKind::Timeout, 1)]));
    assert_eq!(traffic.failure_details()[&FailureKind::Refused], "refused at 120");
    assert_eq!(traffic.faults(), BTreeMap::from([("error".to_owned(), 4)]));
}

#[test]
fn latencies_are_those_of_answers_and_timeouts_but_not_of_refusals() {
    let latencies = traffic().latencies(|_| true);
    assert_eq!((latencies.len(), latencies.max()), (5, Duration::from_secs(1)));
    assert_eq!(traffic().quantile(0.0).unwrap(), Duration::from_millis(10));
}

#[test]
fn the_summary_gives_shares_among_the_answers_that_name_a_version() {
    let summary = traffic().summary();
    assert_eq!(summary.versions["v1"].count, 2);
    assert!((summary.versions["v1"].share - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!((summary.versions["v1"].errors, summary.versions["v2"].errors), (0, 1));
    let json = serde_json::to_value(&summary).unwrap();
    assert_eq!(json["failures"]["refused"], 1);
    assert_eq!(json["statuses"]["503"], 1);
    assert_eq!(json["latency"]["max_ms"], 1000.0);
}

#[test]
fn the_timeline_has_no_gaps_and_goes_by_when_requests_were_due() {
    let timeline = traffic().timeline(Duration::from_millis(100));
    assert_eq!(timeline.iter().map(|bucket| bucket.requests).collect::<Vec<_>>(), [3, 2, 0, 1]);
    let first = &timeline[0];
    assert_eq!((first.successes, first.errors, first.failed), (2, 1, 0));
    assert!((first.rate - 30.0).abs() < 1e-9);
    assert_eq!(first.share("v2"), Some(1.0 / 3.0));
    assert_eq!(timeline[1].p99_ms, Some(1000.0));
    assert_eq!((timeline[2].p50_ms, timeline[2].share("v1")), (None, None));
    assert_eq!(timeline[3].start, Duration::from_millis(300));
    assert!(traffic().timeline(Duration::ZERO).is_empty());
}

#[test]
fn nothing_sent_gives_no_figures_instead_of_nonsense() {
    let summary = TrafficResult::default().summary();
    assert_eq!((summary.requests, summary.latency), (0, None));
    assert!(summary.achieved_rate.abs() < f64::EPSILON);
}
