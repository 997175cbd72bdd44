//! Where faults reach, and where they do not. The faults themselves are tested next to their code.

use http::StatusCode;
use meshwalk_kit::faults::Origin;
use serde_json::json;

use super::{
    client::{get, hello},
    service::{Nobody, Service},
};

#[tokio::test]
async fn an_injected_error_is_a_call_tree_that_names_it_and_calls_nobody() {
    let nobody = Nobody::new();
    let url = format!("--upstream=inventory=http://{}", nobody.address());
    let service = Service::start("backend", &[&url, "--fault=error=503;id=sick"]).await;
    let answer = hello(&service.address, &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.header("x-meshwalk-fault").starts_with("sick;"));
    assert_eq!(answer.header("x-meshwalk-version"), "v1");
    let tree = answer.json();
    assert_eq!((&tree["status"], &tree["upstreams"]), (&json!(503), &json!([])));
    assert_eq!(tree["faults"], json!([{"id": "sick", "mode": "error", "status": 503}]));
}

#[tokio::test]
async fn the_counter_of_faults_says_what_it_counts() {
    let service = Service::start("backend", &["--fault=error=503;id=counted"]).await;
    hello(&service.address, &[]).await;
    let page = get(&service.admin, "/metrics", &[]).await.body;
    assert!(page.contains("# HELP meshwalk_faults_injected_total Requests into which"), "{page}");
}

#[tokio::test]
async fn readiness_names_the_rule_that_holds_it_back() {
    let service = Service::start("backend", &[]).await;
    service.faults.add("unready;id=tired", Origin::Control).unwrap();
    let answer = get(&service.admin, "/readyz", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json(), json!({"ready": false, "pending": ["fault tired"]}));
    assert_eq!(get(&service.admin, "/livez", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_control_port_lists_the_rules_of_the_flags() {
    let service = Service::start("backend", &["--fault=latency=1ms;id=a\nerror=500@1%;id=b"]).await;
    let rules = get(&service.control, "/faults", &[]).await.json();
    let ids: Vec<&str> = rules["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "b"]);
}

#[tokio::test]
async fn attempts_are_counted_against_the_requests_that_they_are_attempts_at() {
    let service = Service::start("backend", &[]).await;
    for (id, attempts) in [("a", 3), ("b", 1), ("c", 2)] {
        for attempt in 1..=attempts {
            hello(&service.address, &[("x-request-id", id), ("x-envoy-attempt-count", &attempt.to_string())]).await;
        }
    }
    let counts = get(&service.control, "/faults", &[]).await.json()["requests"].clone();
    assert_eq!((&counts["attempts"], &counts["unique"]), (&json!(6), &json!(3)), "{counts}");
    assert_eq!(counts["by_attempt"], json!({"1": 3, "2": 2, "3": 1}));
    let page = get(&service.admin, "/metrics", &[]).await.body;
    assert!(page.contains("# TYPE meshwalk_unique_requests_total counter"), "{page}");
}

#[tokio::test]
async fn only_trusted_peers_bring_rules_along_where_peers_are_named() {
    let flags = ["--allow-inject", "--trust-xfcc", "--inject-trusted-peer=spiffe://cluster.local/ns/tests/*"];
    let service = Service::start("backend", &flags).await;
    let with = async |xfcc: &str| {
        hello(&service.address, &[("x-meshwalk-inject", "error=418"), ("x-forwarded-client-cert", xfcc)]).await
    };
    assert_eq!(with("By=spiffe://b;URI=spiffe://cluster.local/ns/tests/sa/tester").await.status.as_u16(), 418);
    // The sidecar appends the last element; the caller's claim is before it.
    let forged = "URI=spiffe://cluster.local/ns/tests/sa/tester,By=spiffe://b;URI=spiffe://cluster.local/ns/x/sa/y";
    for (xfcc, reason) in [(forged, "covers the caller's identity"), ("By=spiffe://b", "no identity")] {
        let answer = with(xfcc).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.header("x-meshwalk-inject").contains(reason), "{:?}", answer.headers);
        assert_eq!(answer.header("x-meshwalk-fault"), "");
    }
}
