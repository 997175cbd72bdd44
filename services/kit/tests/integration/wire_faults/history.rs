//! Faults that depend on the requests before, or on the time.

use std::time::Duration;

use http::{Method, Request};
use meshwalk_kit::faults::Origin;
use tokio::time::Instant;

use crate::{
    client::{Answer, Client, get, hello},
    service::{DEADLINE, Service},
};

/// Adds rules through the control port, as a user does.
async fn add(service: &Service, rules: &str) {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://{}/faults", service.control))
        .body(rules.to_owned().into())
        .unwrap();
    let answer = Client::http1().send(request).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// What an injected answer says of itself: status, fault and when to come again.
fn told(answer: &Answer) -> (u16, &str, &str) {
    (answer.status.as_u16(), answer.header("x-meshwalk-fault"), answer.header("retry-after"))
}

/// Asks until an answer has this status.
async fn until(service: &Service, status: u16, pause: Duration) -> Answer {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let answer = hello(&service.address, &[]).await;
        if answer.status == status {
            return answer;
        }
        assert!(Instant::now() < deadline, "no answer has the status {status}");
        tokio::time::sleep(pause).await;
    }
}

#[tokio::test]
async fn a_retry_on_another_replica_counts_as_a_try() {
    const FAULT: &str = "--fault=fail-first=2;id=flaky-replicas";
    let (one, two) = (Service::start("backend", &[FAULT]).await, Service::start("backend", &[FAULT]).await);
    for (service, attempt, status) in [(&one, "1", 503), (&two, "2", 503), (&one, "3", 200), (&two, "1", 503)] {
        let answer = hello(&service.address, &[("x-envoy-attempt-count", attempt), ("x-request-id", "a")]).await;
        let fault = "flaky-replicas;mode=fail-first;status=503";
        assert_eq!(told(&answer), if status == 503 { (503, fault, "0") } else { (200, "", "") }, "attempt {attempt}");
        assert_eq!(answer.json()["attempt"].to_string(), attempt);
    }
    let page = get(&one.admin, "/metrics", &[]).await.body;
    let line = r#"meshwalk_faults_injected_total{rule="flaky-replicas",mode="fail-first"} 3"#;
    assert!(page.lines().any(|counter| counter == line), "{page}");
    let state = get(&two.control, "/faults", &[]).await.json()["rules"][0].clone();
    assert_eq!((&state["matched"], &state["fired"]), (&2.into(), &2.into()));
}

#[tokio::test]
async fn without_a_proxy_the_tries_of_a_request_are_known_by_its_id() {
    let service = Service::start("backend", &[]).await;
    add(&service, "fail-first=2:500;id=flaky").await;
    let mut seen = Vec::new();
    for id in ["a", "b", "a", "a", "b", "b"] {
        seen.push(hello(&service.address, &[("x-request-id", id)]).await.status.as_u16());
    }
    assert_eq!(seen, [500, 500, 500, 200, 500, 200]);
}

#[tokio::test]
async fn a_request_may_ask_that_its_own_first_tries_fail() {
    let service = Service::start("backend", &["--allow-inject"]).await;
    let mut seen = Vec::new();
    for attempt in ["1", "2", "3"] {
        let headers = [("x-meshwalk-inject", "fail-first=2"), ("x-envoy-attempt-count", attempt)];
        seen.push(hello(&service.address, &headers).await.status.as_u16());
    }
    assert_eq!(seen, [503, 503, 200]);
    for rule in ["latch=10s", "flap=1s/1s", "rate-limit=1/s", "error=503;times=1", "error=503;after=1s"] {
        let refused = hello(&service.address, &[("x-meshwalk-inject", rule)]).await;
        assert_eq!(refused.status, 400, "{rule}");
        assert!(refused.body.contains("set it by flag or at /faults"), "{}", refused.body);
    }
}

#[tokio::test]
async fn a_latch_fails_until_it_is_left_alone() {
    let service = Service::start("backend", &["--fault=latch=1h;id=latched"]).await;
    for _ in 0..3 {
        assert_eq!(told(&hello(&service.address, &[]).await), (503, "latched;mode=latch;status=503", "3600"));
    }
    service.faults.clear();
    assert_eq!(told(&hello(&service.address, &[]).await), (200, "", ""));
    add(&service, "latch=20ms:599;id=short").await;
    assert_eq!(told(&hello(&service.address, &[]).await), (599, "short;mode=latch;status=599", ""));
    until(&service, 200, Duration::from_millis(40)).await;
    assert_eq!(hello(&service.address, &[]).await.status, 200, "it is sick again");
}

#[tokio::test]
async fn a_flapping_service_fails_and_recovers_by_itself() {
    let service = Service::start("backend", &["--fault=flap=100ms/100ms;id=flaps"]).await;
    for _ in 0..2 {
        let sick = until(&service, 503, Duration::from_millis(5)).await;
        assert_eq!(told(&sick), (503, "flaps;mode=flap;status=503", "1"));
        until(&service, 200, Duration::from_millis(5)).await;
    }
    service.faults.clear();
    add(&service, "flap=1ms/24h:500;id=down").await;
    assert_eq!(told(&until(&service, 500, Duration::from_millis(1)).await), (500, "down;mode=flap;status=500", ""));
}

#[tokio::test]
async fn beyond_its_rate_a_service_answers_429_and_when_to_come_again() {
    let service = Service::start("backend", &["--fault=rate-limit=3/h;id=limited"]).await;
    for _ in 0..3 {
        assert_eq!(hello(&service.address, &[]).await.status, 200);
    }
    let answer = hello(&service.address, &[]).await;
    let (status, fault, again) = told(&answer);
    assert_eq!((status, fault), (429, "limited;mode=rate-limit;status=429"));
    let again: u64 = again.parse().unwrap();
    assert!((1000..=1200).contains(&again), "{again}");
    service.faults.replace("rate-limit=1/h;path=/other", Origin::Control).unwrap();
    assert_eq!(hello(&service.address, &[]).await.status, 200);
}
