//! Traffic starts when the sidecars and the ingress gateway know every ready pod.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{Json, Router, http::StatusCode, response::IntoResponse, routing::get};
use meshwalk::platform::{AccessOptions, Platform};
use serde_json::json;

use super::stand_in::{StandIn, pod};

/// Starts a proxy's admin port that fails first, then lacks the endpoint, and then has it. Returns the number of requests
/// and the command that stands in for a port-forward to it.
async fn slow_proxy() -> (Arc<AtomicU64>, String) {
    let requests = Arc::<AtomicU64>::default();
    let count = requests.clone();
    let clusters = move || {
        let known = match count.fetch_add(1, Ordering::SeqCst) {
            0 => None,
            1 => Some(json!([])),
            _ => Some(json!([{"address": {"socket_address": {"address": "10.0.0.7"}}}])),
        };
        async move {
            let Some(known) = known else { return StatusCode::BAD_GATEWAY.into_response() };
            let name = "outbound|8080||frontend.meshwalk.svc.cluster.local";
            Json(json!({"cluster_statuses": [{"name": name, "host_statuses": known}]})).into_response()
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/clusters", get(clusters))).await });
    (requests, format!("echo 'Forwarding from 127.0.0.1:{port} -> 15000'; exec sleep 60"))
}

#[tokio::test]
async fn sidecars_and_gateways_are_asked_until_they_know_every_ready_pod() {
    let mut stand_in = StandIn::healthy();
    let (sidecar, to_sidecar) = slow_proxy().await;
    let (gateway, to_gateway) = slow_proxy().await;
    stand_in.runs("*port-forward * pod/frontend-1 :15000", &to_sidecar);
    stand_in.runs("*port-forward * pod/istio-ingressgateway-1 :15000", &to_gateway);
    let mut frontend = pod("frontend", true);
    frontend["status"]["podIP"] = json!("10.0.0.7");
    stand_in.answers("*get pods -o json", &json!({"items": [frontend]}));
    // What a snapshot holds is not known to this cluster, so that it fails after the proxies have been asked.
    let error = stand_in.platform(AccessOptions::default()).snapshot().await.unwrap_err().to_string();
    assert!(!error.contains("port-forward") && !error.contains("asking the proxy"), "{error}");
    assert_eq!((sidecar.load(Ordering::SeqCst) >= 3, gateway.load(Ordering::SeqCst)), (true, 3));
}
