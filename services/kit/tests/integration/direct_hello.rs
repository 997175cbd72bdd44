//! `/api/hello` is answered without the router unless a fault rule concerns the request. A client must not notice which.

use http::HeaderMap;
use meshwalk_kit::faults::Origin;
use serde_json::Value;

use super::{
    client::{Answer, Client},
    service::{Service, metric},
};

/// Headers of a request behind a proxy.
const HEADERS: [(&str, &str); 6] = [
    ("x-request-id", "5b0c4f1e"),
    ("x-envoy-attempt-count", "2"),
    ("x-forwarded-proto", "https"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("b3", "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"),
    ("x-forwarded-client-cert", "By=spiffe://b;Hash=ab12;URI=spiffe://real"),
];

/// What two answers to one request have in common.
fn comparable(answer: &Answer) -> (HeaderMap, Value) {
    let mut headers = answer.headers.clone();
    headers.remove("date");
    // The length follows from the digits of the time.
    headers.remove("content-length").expect("the length is announced");
    let mut json = answer.json();
    assert!(json["took_ms"].take().is_f64());
    for upstream in json["upstreams"].as_array_mut().unwrap() {
        upstream["took_ms"].take();
        upstream["hop"]["took_ms"].take();
    }
    (headers, json)
}

#[tokio::test]
async fn answer_is_the_same_with_and_without_the_router() {
    let backend = Service::start("backend", &["--trust-xfcc"]).await;
    let upstream = format!("--upstream=backend=http://{}", backend.address);
    let frontend = Service::start("frontend", &[&upstream]).await;
    for service in [&backend, &frontend] {
        let requests =
            async || metric(service, &["http_server_request_duration_seconds_count", "/api/hello", "https"]).await;
        for client in [Client::http1(), Client::http2()] {
            let ask = async || client.get(&service.address, "/api/hello?x=1", &HEADERS).await.unwrap();
            let before = requests().await;
            let direct = ask().await;
            // The rule injects nothing for an hour.
            assert_eq!(requests().await, before + 1.0);
            service.faults.add("flap=1h/1s;id=other", Origin::Control).unwrap();
            let routed = ask().await;
            assert_eq!(requests().await, before + 2.0);
            service.faults.remove("other").unwrap();
            assert_eq!(direct.status, routed.status);
            assert_eq!(comparable(&direct), comparable(&routed));
        }
    }
}

#[tokio::test]
async fn rule_takes_effect_on_a_connection_that_was_answered_directly() {
    let service = Service::start("backend", &[]).await;
    let client = Client::http1();
    let ask = async || client.get(&service.address, "/api/hello", &[]).await.unwrap();
    assert_eq!(ask().await.status, 200);
    service.faults.add("error=503;id=broken", Origin::Control).unwrap();
    let broken = ask().await;
    assert_eq!((broken.status.as_u16(), broken.header("x-meshwalk-fault")), (503, "broken;mode=error;status=503"));
    service.faults.remove("broken").unwrap();
    assert_eq!(ask().await.status, 200);
}
