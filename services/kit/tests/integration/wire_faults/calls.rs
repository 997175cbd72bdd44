//! Faults of the client's side, as the caller and the upstream see them.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{get, hello},
    service::Service,
};

/// A backend, and a frontend that calls it as `inventory` and as `prices`, with these flags.
async fn pair(flags: &[&str]) -> (Service, Service) {
    let backend = Service::start("backend", &["--forward-header=x-user"]).await;
    let urls = ["inventory", "prices"].map(|name| format!("--upstream={name}=http://{}", backend.address));
    let all = [&[urls[0].as_str(), urls[1].as_str(), "--forward-header=x-user"], flags].concat();
    let frontend = Service::start("frontend", &all).await;
    (backend, frontend)
}

/// The frontend's answer to a request with a trace: its status and its tree.
async fn tree(frontend: &Service) -> (StatusCode, Value) {
    let trace = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let answer = hello(&frontend.address, &[trace, ("b3", "0"), ("x-request-id", "r-1")]).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_call_fails_as_the_fault_says_without_being_made() {
    for (fault, status, called, error) in [
        ("error=503", 503, 503, "http"),
        ("reset", 502, 502, "reset"),
        ("hang", 504, 504, "timeout"),
        ("latency=40s", 504, 504, "timeout"),
    ] {
        let rule = format!("--fault={fault};upstream=inventory;id=sick");
        let (_backend, frontend) = pair(&[&rule, "--upstream-timeout=300ms"]).await;
        let (answered, tree) = tree(&frontend).await;
        assert_eq!(answered.as_u16(), status, "{fault}: {tree:#}");
        let (inventory, prices) = (&tree["upstreams"][0], &tree["upstreams"][1]);
        assert_eq!(
            (&inventory["status"], &inventory["error"]["kind"], &inventory["hop"]),
            (&json!(called), &json!(error), &Value::Null)
        );
        assert_eq!(prices["status"], 200, "{fault}");
        assert_eq!((&tree["faults"][0]["id"], &tree["faults"][0]["upstream"]), (&json!("sick"), &json!("inventory")));
        assert_eq!(tree["faults"].as_array().unwrap().len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn the_ground_truth_of_a_call_names_its_upstream() {
    let (_backend, frontend) = pair(&["--fault=latency=2ms;upstream=*;id=slow-calls"]).await;
    let answer = hello(&frontend.address, &[]).await;
    assert_eq!(
        answer.header("x-meshwalk-fault"),
        r#"slow-calls;mode=latency;upstream="inventory";delay_ms=2, slow-calls;mode=latency;upstream="prices";delay_ms=2"#
    );
    let tree = answer.json();
    assert!(tree["upstreams"][0]["took_ms"].as_f64().unwrap() >= 2.0, "{tree:#}");
    assert_eq!(tree["upstreams"][0]["hop"]["faults"], json!([]));
    let page = get(&frontend.admin, "/metrics", &[]).await.body;
    assert!(page.contains(r#"meshwalk_faults_injected_total{rule="slow-calls",mode="latency"} 2"#), "{page}");
}

#[tokio::test]
async fn a_trace_breaks_where_its_headers_are_dropped_and_nowhere_else() {
    for (fault, inventory, prices) in [("drop-headers", false, false), ("drop-headers;upstream=inventory", false, true)]
    {
        let (_backend, frontend) = pair(&[&format!("--fault={fault};id=forgetful")]).await;
        let trace = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let answer = hello(&frontend.address, &[trace, ("x-b3-sampled", "1")]).await;
        let tree = answer.json();
        assert_eq!(tree["trace"]["families"], json!(["w3c", "b3multi"]), "{fault}");
        for (position, passed_on) in [(0, inventory), (1, prices)] {
            let seen = &tree["upstreams"][position]["hop"]["trace"];
            let families = if passed_on { json!(["w3c", "b3multi"]) } else { json!([]) };
            assert_eq!(seen["families"], families, "{fault} {position}");
            assert_eq!(seen["id"].is_null(), !passed_on, "{fault} {position}");
        }
        assert!(answer.header("x-meshwalk-fault").starts_with("forgetful;mode=drop-headers"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_request_brings_faults_of_its_calls_along() {
    let (_backend, frontend) = pair(&["--allow-inject"]).await;
    let answer = hello(&frontend.address, &[("x-meshwalk-inject", "error=404;upstream=prices")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(hello(&frontend.address, &[]).await.status, StatusCode::OK);
}
