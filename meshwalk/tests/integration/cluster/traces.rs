//! Traces are read from Jaeger. Without any, the error says what is missing.

use axum::{Json, Router, extract::Path, http::StatusCode, response::IntoResponse, routing::get};
use meshwalk::platform::{AccessOptions, Platform};
use serde_json::json;

use super::stand_in::StandIn;

const CONFIGURATION: &str = "extensionProviders:\n- name: meshwalk-jaeger\n  opentelemetry:\n    port: 4317\n";

/// A Jaeger that has one trace; its port.
async fn jaeger() -> u16 {
    async fn trace(Path(id): Path<String>) -> axum::response::Response {
        if id != "cafe" {
            return StatusCode::NOT_FOUND.into_response();
        }
        let span = json!({"spanID": "a", "processID": "p", "startTime": 1, "references": []});
        Json(json!({"data": [{"spans": [span], "processes": {"p": {"serviceName": "frontend"}}}]})).into_response()
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = Router::new().route("/jaeger/api/traces/{id}", get(trace)).route("/api/traces/{id}", get(trace));
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

/// A cluster whose mesh records every request.
fn traced() -> StandIn {
    let mut stand_in = StandIn::healthy();
    let ports = json!([{"port": 16686}, {"port": 4317}]);
    let service = json!({"metadata": {"name": "jaeger", "namespace": "observed"}, "spec": {"ports": ports}});
    stand_in.answers("*get services -l app=jaeger*", &json!({"items": [service]}));
    stand_in.says("*get configmap istio *", CONFIGURATION);
    let every = json!({"items": [{"spec": {"selector": {}, "tracing": [{"randomSamplingPercentage": 100.0}]}}]});
    stand_in.answers("*get telemetries.telemetry.istio.io *", &every);
    stand_in
}

/// Why traces cannot be looked at, if so.
async fn untraced(stand_in: &StandIn, ways: AccessOptions) -> Option<String> {
    let platform = stand_in.platform(ways);
    platform.describe().await.unwrap();
    platform.untraced().map(str::to_owned)
}

#[tokio::test]
async fn the_spans_of_a_trace_are_read_by_a_port_forward_to_jaeger() {
    let mut stand_in = traced();
    let forward = format!("echo 'Forwarding from 127.0.0.1:{} -> 16686'; exec sleep 60", jaeger().await);
    stand_in.runs("-n observed port-forward * service/jaeger :16686", &forward);
    let platform = stand_in.platform(AccessOptions::default());
    platform.describe().await.unwrap();
    assert_eq!(platform.untraced(), None);
    let spans = platform.trace("cafe").await.unwrap();
    assert_eq!((spans.len(), spans[0].service.as_str(), spans[0].start), (1, "frontend", 1000));
    assert_eq!(platform.trace("beef").await.unwrap(), [], "nothing of it has come in yet");
}

#[tokio::test]
async fn a_port_forward_that_runs_on_and_resets_everything_is_replaced() {
    let mut stand_in = traced();
    let (listener, port) = (tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(), jaeger().await);
    let broken = listener.local_addr().unwrap().port();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let first = stand_in.file("first");
    let forward = format!(
        "port={port}; if [ ! -e '{0}' ]; then touch '{0}'; port={broken}; fi; echo \"Forwarding from 127.0.0.1:$port -> \
         16686\"; exec sleep 60",
        first.display()
    );
    stand_in.runs("-n observed port-forward * service/jaeger :16686", &forward);
    let platform = stand_in.platform(AccessOptions::default());
    platform.describe().await.unwrap();
    assert_eq!(platform.trace("cafe").await.unwrap().len(), 1);
    assert!(first.exists());
}

#[tokio::test]
async fn a_jaeger_that_is_named_is_asked_where_it_is() {
    let ways = AccessOptions {
        traces: Some(format!("http://127.0.0.1:{}/jaeger/", jaeger().await)),
        ..AccessOptions::default()
    };
    let stand_in = traced();
    let platform = stand_in.platform(ways);
    platform.describe().await.unwrap();
    assert_eq!(platform.trace("cafe").await.unwrap().len(), 1);
    assert!(!stand_in.calls().iter().any(|call| call.contains("port-forward")));
}

#[tokio::test]
async fn what_is_missing_for_traces_is_told_with_the_command_that_brings_it() {
    let mut none = traced();
    none.answers("*get services -l app=jaeger*", &json!({"items": []}));
    let told = untraced(&none, AccessOptions::default()).await.unwrap();
    assert_eq!(
        told,
        "Jaeger is not on the cluster; `scripts/tracing.sh --provider` installs it, --traces URL names one elsewhere"
    );
    let mut unknown = traced();
    unknown.says("*get configmap istio *", "accessLogFile: /dev/stdout\n");
    let told = untraced(&unknown, AccessOptions::default()).await.unwrap();
    assert!(told.starts_with("the mesh configuration names no provider for traces"), "{told}");
    let mut sampled = traced();
    let some = json!({"items": [{"spec": {"tracing": [{"randomSamplingPercentage": 1.0}]}}]});
    sampled.answers("-n meshwalk get telemetries.telemetry.istio.io *", &some);
    let told = untraced(&sampled, AccessOptions::default()).await.unwrap();
    assert!(told.starts_with("no Telemetry in the namespace meshwalk asks for a trace of every request"), "{told}");
}

#[tokio::test]
async fn a_telemetry_for_the_whole_mesh_is_enough() {
    let mut whole = traced();
    whole.answers("-n meshwalk get telemetries.telemetry.istio.io *", &json!({"items": []}));
    assert!(untraced(&whole, AccessOptions::default()).await.is_some());
    let every = json!({"items": [{"spec": {"tracing": [{"randomSamplingPercentage": 100.0}]}}]});
    whole.answers("-n istio-system get telemetries.telemetry.istio.io *", &every);
    assert_eq!(untraced(&whole, AccessOptions::default()).await, None);
}

#[tokio::test]
async fn whoever_may_not_look_beside_istio_is_told_by_the_traces_themselves() {
    let mut bound = traced();
    bound.fails("*get configmap istio *", "Error from server (Forbidden)");
    bound.fails("*get telemetries.telemetry.istio.io *", "Error from server (Forbidden)");
    assert_eq!(untraced(&bound, AccessOptions::default()).await, None);
}
