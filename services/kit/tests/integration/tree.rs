//! The call tree and the admin port.

use http::StatusCode;
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{
    client::{get, hello},
    draining::until,
    service::Service,
};

#[tokio::test]
async fn every_service_answers_with_its_own_hop_and_those_of_its_upstreams() {
    let v1 = Service::start("backend", &[]).await;
    let v2 = Service::start("backend", &["--release=v2", "--pod-name=backend-7", "--pod-namespace=meshwalk"]).await;
    let frontend = Service::start(
        "frontend",
        &[
            "--upstream=new=http://backend:8080",
            "--upstream=old=http://backend:80",
            &format!("--connect=:8080={}", v2.address),
            &format!("--connect=:80={}", v1.address),
        ],
    )
    .await;
    let answer = hello(&frontend.address, &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("x-meshwalk-service"), "frontend");
    assert_eq!(answer.header("x-meshwalk-version"), "v1");
    let tree = answer.json();
    assert_eq!(answer.header("x-meshwalk-instance"), tree["instance"].as_str().unwrap());
    let [new, old] = &tree["upstreams"].as_array().unwrap()[..] else { panic!("{tree}") };
    assert_eq!((&new["name"], &old["name"]), (&json!("new"), &json!("old")));
    assert_eq!(new["hop"]["instance"], "backend-7");
    assert_eq!(new["hop"]["namespace"], "meshwalk");
    for field in ["version", "color", "message", "feature"] {
        assert_ne!(new["hop"][field], old["hop"][field], "the releases differ in {field}");
    }
}

#[tokio::test]
async fn an_upstream_that_is_no_meshwalk_is_fine() {
    let inventory = Service::start("inventory", &[]).await;
    let url = format!("--upstream=inventory=http://{}/livez", inventory.admin);
    let frontend = Service::start("frontend", &[&url]).await;
    let answer = hello(&frontend.address, &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let called = &answer.json()["upstreams"][0];
    assert_eq!((&called["status"], &called["hop"]), (&json!(200), &json!(null)));
    assert_eq!(called.get("error"), None);
    let metrics = get(&frontend.admin, "/metrics", &[]).await.body;
    let series = "http_client_request_duration_seconds_count{http_request_method=\"GET\",server_address=\"127.0.0.1\"";
    assert!(metrics.contains(series), "{metrics}");
}

#[tokio::test]
async fn a_service_that_calls_itself_is_stopped_by_the_hop_limit() {
    let folder = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}/app.sock", folder.path().display());
    let (listen, connect) = (format!("--listen={socket}"), format!("--connect=self:80={socket}"));
    let _cycle = Service::start("cycle", &[&listen, &connect, "--upstream=self=http://self", "--hop-limit=3"]).await;
    let door = Service::start("door", &["--upstream=cycle=http://self", &connect]).await;
    let answer = hello(&door.address, &[]).await;
    assert_eq!(answer.status, StatusCode::LOOP_DETECTED);
    let depth = std::iter::successors(Some(answer.json()), |hop| {
        hop["upstreams"].get(0).map(|called| called["hop"].clone()).filter(|hop| !hop.is_null())
    })
    .count();
    assert_eq!(depth, 4, "{}", answer.body);
}

#[tokio::test]
async fn the_peer_is_believed_only_where_a_sidecar_vouches_for_it() {
    let xfcc = [("x-forwarded-client-cert", "By=spiffe://a;URI=spiffe://forged,By=spiffe://b;URI=spiffe://real")];
    let trusting = Service::start("backend", &["--trust-xfcc"]).await;
    let wary = Service::start("backend", &[]).await;
    assert_eq!(hello(&trusting.address, &xfcc).await.json()["peer"], "spiffe://real");
    assert_eq!(hello(&wary.address, &xfcc).await.json()["peer"], json!(null));
}

#[tokio::test]
async fn the_admin_port_shows_probes_version_and_metrics() {
    let service = Service::start("backend", &["--release=v2"]).await;
    hello(&service.address, &[("x-envoy-attempt-count", "3")]).await;
    for path in ["/livez", "/startupz", "/readyz"] {
        assert_eq!(get(&service.admin, path, &[]).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(get(&service.admin, "/version", &[]).await.json()["version"], "v2");
    let metrics = get(&service.admin, "/metrics", &[]).await.body;
    for part in [
        "http_server_request_duration_seconds_bucket{http_request_method=\"GET\",http_route=\"/api/hello\",\
         http_response_status_code=\"200\",url_scheme=\"http\",network_protocol_version=\"1.1\",le=\"0.005\"}",
        "meshwalk_requests_by_attempt_total{attempt=\"3\"}",
        "meshwalk_build_info{service=\"backend\",version=\"v2\"",
        "http_server_active_requests{http_request_method=\"GET\",url_scheme=\"http\"}",
    ] {
        assert!(metrics.contains(part), "{part} is not in\n{metrics}");
    }
}

#[tokio::test]
async fn what_clients_make_up_makes_no_new_series() {
    let service = Service::start("backend", &[]).await;
    let answer = get(&service.address, "/made/up/4711", &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.header("x-meshwalk-service"), "backend");
    // The number alone would be found by chance, in a port or in a sum of the other tests' durations.
    assert!(!get(&service.admin, "/metrics", &[]).await.body.contains("/made/up"));
}

#[tokio::test]
async fn a_client_that_goes_away_is_counted_as_such() {
    let service = Service::start("backend", &["--fault=latency=30s"]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    stream.write_all(b"GET /api/hello HTTP/1.1\r\nhost: b\r\n\r\n").await.unwrap();
    until("the request is in flight", async || service.faults.list()[0].matched > 0).await;
    drop(stream);
    let cancelled = "http_server_request_duration_seconds_count{http_request_method=\"GET\",\
                     http_route=\"/api/hello\",error_type=\"cancelled\",url_scheme=\"http\",\
                     network_protocol_version=\"1.1\"}";
    until("the request is counted", async || get(&service.admin, "/metrics", &[]).await.body.contains(cancelled)).await;
}
