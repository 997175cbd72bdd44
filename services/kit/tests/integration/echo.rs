//! The request as it arrived.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;

use super::{client::Client, service::Service};

#[tokio::test]
async fn the_echo_shows_the_request_as_it_arrived() {
    let service = Service::start("backend", &[]).await;
    let request = Request::post(format!("http://{}/api/echo/a%2Fb//c?x=1&x=2", service.address))
        .header("x-twice", "one")
        .header("x-twice", "two")
        .header("x-envoy-attempt-count", "3")
        .body(Full::new(Bytes::from_static(b"text")))
        .unwrap();
    let echo = Client::http1().send(request).await.unwrap().json();
    assert_eq!((&echo["method"], &echo["path"]), (&"POST".into(), &"/api/echo/a%2Fb//c?x=1&x=2".into()));
    assert_eq!(echo["headers"]["x-twice"], serde_json::json!(["one", "two"]));
    assert_eq!((&echo["service"], &echo["attempt"]), (&"backend".into(), &3.into()));
    assert_eq!(echo["host"], service.address.as_str());
    let root = Client::http2().get(&service.address, "/api/echo", &[]).await.unwrap().json();
    assert_eq!((&root["path"], &root["host"]), (&"/api/echo".into(), &service.address.as_str().into()));
}

#[tokio::test]
async fn faults_meet_the_echo_too() {
    let service = Service::start("backend", &["--fault=error=503;path=/api/echo/sick*"]).await;
    let client = Client::http1();
    assert_eq!(client.get(&service.address, "/api/echo/sick/a", &[]).await.unwrap().status, 503);
    assert_eq!(client.get(&service.address, "/api/echo/well", &[]).await.unwrap().status, 200);
}
