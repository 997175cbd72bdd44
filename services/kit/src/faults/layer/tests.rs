use std::{
    future::Future,
    time::{Duration, Instant},
};

use axum::{Extension, Router, body::Body, routing::get};
use http::HeaderMap;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::faults::{FAULT_HEADER, FaultSettings, Origin, Trust};

mod injection_log;
mod waiting;

/// Longer than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// An application with the faults of some rules: `/api/hello` answers them itself, `/plain` knows nothing of them.
fn app(rules: &str, allow_inject: bool) -> Router {
    let registry =
        Registry::new(FaultSettings { trust: Trust { allow_inject, peers: Vec::new() }, ..FaultSettings::default() });
    if !rules.is_empty() {
        registry.add(rules, Origin::Flag).unwrap();
    }
    Router::new()
        .route("/api/hello", get(hello))
        .route("/api/stubborn", get(async || "fine"))
        .route("/plain", get(async || "fine"))
        .layer(FaultLayer::new(registry).hand_over("/api/hello").hand_over("/api/stubborn"))
}

async fn hello(log: Option<Extension<InjectionLog>>) -> Response {
    let injected = log.map(|Extension(log)| log.injected()).unwrap_or_default();
    let tree = json!({"own": true, "faults": injected.faults});
    (injected.status.unwrap_or(StatusCode::OK), Json(tree)).into_response()
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

async fn ask(app: &Router, path: &str, inject: Option<&str>) -> Answer {
    let mut request = Request::builder().uri(path);
    if let Some(rule) = inject {
        request = request.header(INJECT_HEADER, rule);
    }
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// Runs on this thread only, so that what is set for the thread holds for all of it.
fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

#[test]
fn without_rules_an_answer_is_the_applications() {
    let answer = block_on(ask(&app("", true), "/plain", None));
    assert_eq!((answer.status, answer.body.as_str()), (200, "fine"));
    assert!(!answer.headers.contains_key(FAULT_HEADER));
}

#[test]
fn an_error_is_answered_in_place_of_the_application() {
    let answer = block_on(ask(&app("error=503;id=sick", false), "/plain", None));
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header(FAULT_HEADER), Some("sick;mode=error;status=503"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["status"], 503);
    assert_eq!(body["faults"], json!([{"id": "sick", "mode": "error", "status": 503}]));
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[test]
fn a_handler_that_is_handed_the_error_answers_it_itself() {
    let app = app("error=500:100;id=sick|latency=1.5ms;id=slow", false);
    let answer = block_on(ask(&app, "/api/hello", None));
    assert_eq!(answer.status, 500);
    assert_eq!(answer.header(FAULT_HEADER), Some("slow;mode=latency;delay_ms=1.5, sick;mode=error;status=500"));
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["own"], true);
    assert_eq!(
        body["faults"],
        json!([{"id": "slow", "mode": "latency", "delay_ms": 1.5}, {"id": "sick", "mode": "error", "status": 500}])
    );
}

#[test]
fn a_handler_cannot_hide_an_error_that_it_was_handed() {
    let answer = block_on(ask(&app("error=503", false), "/api/stubborn", None));
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("injected fault: Service Unavailable"), "{}", answer.body);
}

#[test]
fn a_delay_comes_before_the_answer() {
    let app = app("latency=30ms;id=slow", false);
    let asked = Instant::now();
    let answer = block_on(ask(&app, "/plain", None));
    assert!(asked.elapsed() >= Duration::from_millis(30));
    assert_eq!((answer.status, answer.body.as_str()), (200, "fine"));
    assert_eq!(answer.header(FAULT_HEADER), Some("slow;mode=latency;delay_ms=30"));
}

#[test]
fn a_requests_own_rule_holds_where_that_is_allowed() {
    let app = app("", true);
    let answer = block_on(ask(&app, "/plain", Some("error=418;id=tea")));
    assert_eq!(answer.status, 418);
    assert_eq!(answer.header(FAULT_HEADER), Some("tea;mode=error;status=418"));
    assert_eq!(block_on(ask(&app, "/plain", None)).status, 200);
}

#[test]
fn a_requests_own_rule_is_refused_loudly_where_it_is_not_allowed() {
    for rules in ["", "latency=1ms"] {
        let answer = block_on(ask(&app(rules, false), "/plain", Some("error=418")));
        assert_eq!(answer.status, 200);
        assert!(answer.header(INJECT_HEADER).unwrap().contains("--allow-inject"), "{:?}", answer.headers);
    }
}

#[test]
fn a_requests_own_rule_that_is_none_is_a_bad_request() {
    let answer = block_on(ask(&app("", true), "/plain", Some("eror=503")));
    assert_eq!(answer.status, 400);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let error = body["error"].as_str().unwrap();
    assert!(error.starts_with("x-meshwalk-inject: unknown mode `eror`"), "{error}");
    assert!(error.contains("did you mean `error`?"), "{error}");
}
