use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use meshwalk_yaml::Location;

use super::*;
use crate::{
    checks::{
        adds_up::{AddsUp, Term},
        amount::Amount,
        answered_by::AnsweredBy,
        category::Category,
        expected_share::ExpectedShare,
        latency::{Latency, Quantile},
        peer::Peer,
        probes::Probes,
        shares::Shares,
        trace::Trace,
    },
    platform::{Instance, Span},
    quantity::Op,
    traffic::{Answer, FailureKind, Outcome, Sample, TrafficResult},
};

fn check(kind: CheckKind) -> Check {
    Check { name: None, of: None, kind, location: Location { file: PathBuf::from("lab.yaml"), line: 1, column: 1 } }
}

fn answer(status: u16) -> Answer {
    Answer { status, instance: Some("backend-v1-1".to_owned()), ..Answer::default() }
}

fn evidence(outcomes: impl IntoIterator<Item = Outcome>) -> Evidence {
    let sample = |outcome| Sample { due: Duration::ZERO, latency: Duration::from_millis(20), outcome };
    let traffic = TrafficResult::of(outcomes.into_iter().map(sample).collect());
    Evidence { runs: vec![Run { name: "main".to_owned(), traffic }], ..Evidence::default() }
}

fn shares(category: Category, wanted: &[(&str, ExpectedShare)]) -> Check {
    let wanted = wanted.iter().map(|(class, wanted)| ((*class).to_owned(), *wanted)).collect();
    check(CheckKind::Shares(Shares { category, wanted, notice: None }))
}

fn refused() -> Outcome {
    Outcome::Failure { kind: FailureKind::Refused, detail: "connection refused".to_owned() }
}

#[test]
fn a_share_states_its_error_probability_and_what_it_would_have_noticed() {
    let answers = (0..800).map(|index| {
        let version = Some(if index % 10 == 0 { "v2" } else { "v1" }.to_owned());
        Outcome::Answer(Answer { version, ..answer(200) })
    });
    let wanted = shares(Category::Version, &[("v1", ExpectedShare::Exactly(0.9)), ("v2", ExpectedShare::Exactly(0.1))]);
    let verdict = decide(&wanted, &evidence(answers));
    assert_eq!(verdict.status, Status::Passed);
    assert_eq!(
        (verdict.expected.as_str(), verdict.observed.as_str()),
        ("v1 90 %, v2 10 %", "v1 90 % (720), v2 10 % (80) of 800 answers")
    );
    for words in
        ["n = 800 answers that carry a version", "accepted at error probability 1e-6", "with probability 0.999"]
    {
        assert!(verdict.reason.contains(words), "{words}: {}", verdict.reason);
    }
}

#[test]
fn an_outcome_that_nobody_named_fails_a_split_that_adds_up_to_all() {
    let mut outcomes: Vec<_> =
        (0..400).map(|index| Outcome::Answer(answer(if index % 2 == 0 { 200 } else { 500 }))).collect();
    outcomes.push(refused());
    let verdict = decide(
        &shares(Category::Status, &[("200", ExpectedShare::Exactly(0.5)), ("500", ExpectedShare::Exactly(0.5))]),
        &evidence(outcomes),
    );
    assert_eq!(verdict.status, Status::Failed);
    assert_eq!(verdict.reason, "failed got 0.25 % of 401 requests (1); none was expected");
}

#[test]
fn a_share_of_nothing_is_no_share() {
    let verdict = decide(&shares(Category::Version, &[("v1", ExpectedShare::Exactly(1.0))]), &evidence([refused()]));
    assert_eq!(
        (verdict.status, verdict.reason.as_str()),
        (Status::Failed, "there are no answers that carry a version, so there is no share")
    );
}

#[test]
fn a_refused_connection_is_told_from_an_http_error() {
    let all = |category, class| shares(category, &[(class, ExpectedShare::Exactly(1.0))]);
    let refused = evidence([refused()]);
    let denied = evidence([Outcome::Answer(Answer {
        upstream_status: Some(403),
        upstream_error: Some("http".to_owned()),
        ..answer(403)
    })]);
    for (check, of_refused, of_denied) in [
        (all(Category::Failure, "refused"), Status::Passed, Status::Failed),
        (all(Category::Status, "failed"), Status::Passed, Status::Failed),
        (all(Category::Status, "403"), Status::Failed, Status::Passed),
        (all(Category::UpstreamStatus, "403"), Status::Failed, Status::Passed),
    ] {
        assert_eq!(decide(&check, &refused).status, of_refused, "{check:?}");
        assert_eq!(decide(&check, &denied).status, of_denied, "{check:?}");
    }
}

#[test]
fn a_latency_that_is_too_long_says_how_long_it_was() {
    let limit = Duration::from_millis(10);
    let verdict = decide(
        &check(CheckKind::Latency(Latency(Quantile::P99, Op::AtMost, limit))),
        &evidence([Outcome::Answer(answer(200))]),
    );
    assert_eq!(verdict.status, Status::Failed);
    assert_eq!(verdict.reason, "p99 was 20 ms over 1 requests; <= 10 ms was expected");
}

#[test]
fn an_identity_has_to_be_seen_at_every_request() {
    let wanted = check(CheckKind::Peer(Peer(Some("spiffe://a".to_owned()))));
    let with = |peer: Option<&str>| Outcome::Answer(Answer { peer: peer.map(str::to_owned), ..answer(200) });
    assert_eq!(decide(&wanted, &evidence([with(Some("spiffe://a"))])).status, Status::Passed);
    let verdict =
        decide(&wanted, &evidence([with(Some("spiffe://a")), with(Some("spiffe://b")), with(None), refused()]));
    assert_eq!(
        verdict.reason,
        "1 of 4 requests arrived as spiffe://a, 1 as no identity, 1 as spiffe://b, 1 did not reach the service or got no answer from it"
    );
    assert_eq!(decide(&check(CheckKind::Peer(Peer(None))), &evidence([with(None)])).status, Status::Passed);
}

#[test]
fn answers_come_from_as_many_instances_as_are_expected_and_from_each_often_enough() {
    let from = |names: &[&str]| {
        let answer = |name: &&str| Answer { instance: Some((*name).to_owned()), ..answer(200) };
        evidence(names.iter().map(answer).map(Outcome::Answer).collect::<Vec<_>>())
    };
    let two = check(CheckKind::AnsweredBy(AnsweredBy(2, Some((Op::AtLeast, 0.3)))));
    assert_eq!(decide(&two, &from(&["a", "b", "a"])).status, Status::Passed);
    let verdict = decide(&two, &from(&["a", "a", "b", "a"]));
    assert_eq!(verdict.reason, "b gave 1 of 4 answers, >= 30 % was expected");
    let verdict = decide(&check(CheckKind::AnsweredBy(AnsweredBy(1, None))), &from(&["a", "b"]));
    assert_eq!(
        (verdict.expected.as_str(), verdict.reason.as_str()),
        ("one instance", "2 instances answered, 1 were expected")
    );
    assert_eq!(decide(&two, &evidence([refused()])).status, Status::Failed);
}

#[test]
fn a_multiple_is_so_many_times_the_amount() {
    let wanted = |amount| Term::Client(amount, None);
    let nine = Amount::Times(9, Box::new(Amount::Requests));
    let sums = |left, right| check(CheckKind::AddsUp(AddsUp { left: vec![wanted(left)], right: vec![wanted(right)] }));
    let two = evidence([Outcome::Answer(answer(200)), refused()]);
    assert_eq!(decide(&sums(nine.clone(), Amount::Number(18.0)), &two).observed, "18 = 18");
    assert_eq!(decide(&sums(nine, Amount::Number(9.0)), &two).status, Status::Failed);
}

#[test]
fn a_trace_with_a_gap_is_not_complete() {
    let span = |id: &str, parent: Option<&str>, service: &str| Span {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        service: service.to_owned(),
        start: id.parse().unwrap(),
    };
    let decide_over = |spans: Vec<Span>| {
        let traces = BTreeMap::from([("main".to_owned(), ("abc".to_owned(), spans))]);
        let wanted = check(CheckKind::Trace(Trace(["gateway", "frontend", "backend"].map(str::to_owned).to_vec())));
        decide(&wanted, &Evidence { traces, ..Evidence::default() })
    };
    let whole = vec![span("3", Some("2"), "backend"), span("1", None, "gateway"), span("2", Some("1"), "frontend")];
    assert_eq!(decide_over(whole).status, Status::Passed);
    let gap = decide_over(vec![span("1", None, "gateway"), span("3", Some("2"), "backend")]);
    assert_eq!(
        gap.reason,
        "trace abc with 2 spans: the parents of the spans of backend are missing, and there is no span of frontend"
    );
}

#[test]
fn an_instance_that_is_not_ready_is_named() {
    let instance = |name: &str, ready| Instance {
        name: name.to_owned(),
        workload: "backend-v1".to_owned(),
        service: "backend".to_owned(),
        version: None,
        ready,
    };
    let instances = vec![instance("backend-v1-1", true), instance("backend-v1-2", false)];
    let verdict = decide(&check(CheckKind::Probes(Probes)), &Evidence { instances, ..Evidence::default() });
    assert_eq!(
        (verdict.observed.as_str(), verdict.reason.as_str()),
        ("1 of 2 instances are ready", "not ready: backend-v1-2")
    );
}

#[test]
fn the_sum_of_nothing_is_written_as_0() {
    let sums =
        AddsUp { left: vec![Term::Client(Amount::Attempts, None)], right: vec![Term::Faults("error".to_owned())] };
    let verdict = decide(&check(CheckKind::AddsUp(sums)), &evidence([]));
    assert_eq!(verdict.status, Status::Passed, "{verdict:?}");
    assert!(!format!("{verdict:?}").contains("-0"), "{verdict:?}");
}
