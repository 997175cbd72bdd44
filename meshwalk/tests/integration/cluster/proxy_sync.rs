//! A change is over when the proxies have it; one that is gone needs not have it any more.

use std::path::PathBuf;

use axum::{Json, Router, http::StatusCode, response::IntoResponse, routing::get};
use meshwalk::platform::{AccessOptions, Platform};
use serde_json::json;

use super::stand_in::{StandIn, pod};

/// A cluster with one proxy, which has the routes of a VirtualService that is about to be deleted. The proxy fails from
/// then on; the question is whether its pod is removed as well.
async fn about_to_delete(pod_goes: bool) -> StandIn {
    let mut stand_in = StandIn::healthy();
    let deleted = stand_in.file("deleted");
    let dump = {
        let deleted = deleted.clone();
        move || {
            let config = "/apis/networking.istio.io/v1/namespaces/meshwalk/virtual-service/inventory";
            let route = json!({"metadata": {"filter_metadata": {"istio": {"config": config}}}});
            let fails = deleted.exists();
            async move { if fails { StatusCode::BAD_GATEWAY.into_response() } else { Json(route).into_response() } }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/config_dump", get(dump))).await });
    stand_in
        .runs("*port-forward * :15000", &format!("echo 'Forwarding from 127.0.0.1:{port} -> 15000'; exec sleep 60"));
    stand_in.says("*get pods -l istio=ingressgateway*", "");
    let until = |now: &serde_json::Value, then: &serde_json::Value| {
        format!("if [ -e '{}' ]; then echo '{then}'; else echo '{now}'; fi", deleted.display())
    };
    let pods = json!({"items": [pod("inventory", true)]});
    let none = json!({"items": []});
    stand_in.runs("*get pods -o json", &until(&pods, if pod_goes { &none } else { &pods }));
    let route = json!({"kind": "VirtualService", "apiVersion": "networking.istio.io/v1", "metadata": {"name": "inventory"},
        "spec": {"hosts": ["inventory"]}});
    stand_in.runs("*get virtualservices*", &until(&json!({"items": [route]}), &none));
    stand_in.runs("*delete*", &format!("touch '{}'", deleted.display()));
    stand_in
}

#[tokio::test]
async fn a_proxy_that_goes_with_a_change_is_not_waited_for() {
    let stand_in = about_to_delete(true).await;
    stand_in.platform(AccessOptions::default()).delete(&[PathBuf::from("inventory.yaml")]).await.unwrap();
}

#[tokio::test]
async fn a_proxy_that_is_there_and_does_not_answer_is_an_error() {
    let stand_in = about_to_delete(false).await;
    let told = stand_in
        .platform(AccessOptions::default())
        .delete(&[PathBuf::from("inventory.yaml")])
        .await
        .unwrap_err()
        .to_string();
    assert!(told.contains("asking the proxy of pod/inventory-1") && told.contains("502"), "{told}");
}
