//! The way to the ingress gateway, found by what its service says and who answers.

use std::sync::{Arc, Mutex};

use axum::{Router, routing::get};
use meshwalk::{
    lab::Entrance,
    namespace::Namespace,
    platform::{AccessOptions, ClusterPlatform, Kubectl, Platform, Show},
    traffic::Address,
};
use serde_json::json;

use super::stand_in::StandIn;

/// The port of something that answers as the header `server` says.
async fn answering(server: &'static str) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = Router::new().route("/api/hello", get(move || async move { ([("server", server)], "{}") }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

/// A cluster whose gateway is reached at nothing but this port of its node.
fn with_node_port(port: Option<u16>) -> StandIn {
    let mut stand_in = StandIn::healthy();
    let ports = json!([{"port": 80, "nodePort": port}]);
    stand_in.answers("*get service/istio-ingressgateway*", &json!({"spec": {"clusterIP": "None", "ports": ports}}));
    let addresses = json!([{"type": "InternalIP", "address": "127.0.0.1"}]);
    stand_in.answers("*get nodes*", &json!({"items": [{"status": {"addresses": addresses}}]}));
    stand_in
}

/// Makes port-forwards lead to this port; they last this many seconds.
fn forwards(stand_in: &mut StandIn, port: u16, seconds: u32) {
    // Of a service, kubectl names the pod's port, which is another one.
    let body = format!("echo 'Forwarding from 127.0.0.1:{port} -> 8080'; exec sleep {seconds}");
    stand_in.runs("*port-forward*", &body);
}

fn address(port: u16) -> Address {
    Address::Tcp(([127, 0, 0, 1], port).into())
}

#[tokio::test]
async fn the_gateway_that_is_named_is_taken_and_asked_for_the_namespaces_host() {
    let port = answering("istio-envoy").await;
    let stand_in = StandIn::healthy();
    let kubectl = stand_in.kubectl(None, Namespace::named("two").unwrap());
    let ways = AccessOptions { gateway: Some(format!("http://127.0.0.1:{port}")), ..AccessOptions::default() };
    let entry = ClusterPlatform::new(kubectl, ways).entry(Entrance::Gateway).await.unwrap();
    assert_eq!((entry.address, entry.authority.as_str(), entry.caveat), (address(port), "two.localhost", None));
    assert_eq!(stand_in.calls(), [""; 0]);
}

/// Error and progress if `--gateway` names this port and no gateway answers.
async fn told_of_nobody_at(port: u16) -> (String, Vec<String>) {
    let (said, told) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let note = |lines: &Arc<Mutex<Vec<String>>>| -> Show {
        let lines = Arc::clone(lines);
        Box::new(move |line| lines.lock().unwrap().push(line.to_owned()))
    };
    let stand_in = StandIn::healthy();
    let kubectl = Kubectl::new(None, Namespace::default(), ".".into(), note(&said)).with_program(stand_in.program());
    let ways = AccessOptions { gateway: Some(format!("http://127.0.0.1:{port}")), ..AccessOptions::default() };
    let platform = ClusterPlatform::new(kubectl, ways).telling(note(&told));
    let why = platform.entry(Entrance::Gateway).await.unwrap_err().to_string();
    let waiting =
        format!("# waiting for Istio's gateway at 127.0.0.1:{port}, which --gateway http://127.0.0.1:{port} names");
    // Once, to stay; the other one continues meanwhile.
    assert_eq!(*said.lock().unwrap(), [waiting]);
    let told = told.lock().unwrap().clone();
    (why, told)
}

#[tokio::test]
async fn a_named_gateway_that_refuses_is_waited_for_shortly_and_it_is_said_why() {
    // Bound without listening, so no other process can listen.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let (why, told) = told_of_nobody_at(nobody.local_addr().unwrap().port()).await;
    assert!(why.contains("did not answer as Istio's gateway for 5 s (refused"), "{why}");
    assert!(told.len() > 1 && told.iter().all(|line| line.contains("; now refused")), "{told:?}");
}

#[tokio::test]
async fn a_named_gateway_behind_which_is_somebody_else_is_told_with_what_answered() {
    let (why, told) = told_of_nobody_at(answering("nginx").await).await;
    assert!(why.contains("for 15 s (another server answers: 200 OK); what it names has to be reached"), "{why}");
    assert!(told.len() > 1 && told.iter().all(|line| line.contains("; now another server answers")), "{told:?}");
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_with_an_example() {
    let ways = AccessOptions { gateway: Some("meshwalk.example".to_owned()), ..AccessOptions::default() };
    let told = StandIn::healthy().platform(ways).entry(Entrance::Gateway).await.unwrap_err().to_string();
    assert!(told.contains("--gateway meshwalk.example failed: a URL such as http://203.0.113.7:8080"), "{told}");
}

#[tokio::test]
async fn the_port_of_a_node_is_taken_where_the_gateway_answers_there() {
    let port = answering("istio-envoy").await;
    let entry = with_node_port(Some(port)).platform(AccessOptions::default()).entry(Entrance::Gateway).await.unwrap();
    assert_eq!((entry.address, entry.caveat), (address(port), None));
}

#[tokio::test]
async fn somebody_else_at_the_address_is_not_taken_for_the_gateway() {
    let mut stand_in = with_node_port(Some(answering("nginx").await));
    let port = answering("istio-envoy").await;
    forwards(&mut stand_in, port, 60);
    let entry = stand_in.platform(AccessOptions::default()).entry(Entrance::Gateway).await.unwrap();
    assert_eq!(entry.address, address(port));
    assert!(entry.caveat.unwrap().contains("port-forward"));
}

#[tokio::test]
async fn a_port_forward_is_the_last_resort_and_is_started_again_when_it_has_ended() {
    let mut stand_in = with_node_port(None);
    let port = answering("istio-envoy").await;
    // It ends at once, as with the gateway's pod.
    forwards(&mut stand_in, port, 0);
    let platform = stand_in.platform(AccessOptions::default());
    let started = || stand_in.calls().iter().filter(|call| call.contains("port-forward")).count();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while started() < 2 {
        let entry = platform.entry(Entrance::Gateway).await.unwrap();
        assert_eq!(entry.address, address(port));
        assert!(entry.caveat.unwrap().contains("adds latency"));
        assert!(std::time::Instant::now() < deadline, "{:?}", stand_in.calls());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
