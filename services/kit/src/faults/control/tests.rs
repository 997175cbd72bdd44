use axum::body::Body;
use http::{Method, Request, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;
use crate::faults::FaultSettings;

fn router() -> Router {
    let registry = Registry::new(FaultSettings::default());
    registry.add("latency=5ms;id=start", Origin::Flag).unwrap();
    let process_faults = ProcessFaults::new(registry.clone());
    let body_read_timeout = Duration::from_secs(30);
    control_router(Control { registry, process_faults, attempts: Attempts::new(), token: None, body_read_timeout })
}

async fn send(router: &Router, request: Request<Body>) -> (u16, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    (status, String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
}

async fn ask(router: &Router, method: Method, path: &str, body: &str) -> (u16, String) {
    send(router, Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap()).await
}

async fn ids(router: &Router) -> Vec<String> {
    let (_, body) = ask(router, Method::GET, "/faults", "").await;
    let listed: Value = serde_json::from_str(&body).unwrap();
    listed["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn rules_come_and_go() {
    let router = router();
    let (status, body) = ask(&router, Method::POST, "/faults", "error = 503 @ 30%\nunready;ttl=60s;id=sick\n").await;
    assert_eq!(status, 200, "{body}");
    let added: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        added[0],
        json!({"id": "r1", "rule": "error=503@30%", "mode": "error", "matched": 0, "fired": 0, "capped": 0,
               "last_fired_unix_ms": null, "expires_in_ms": null, "origin": "control"})
    );
    assert_eq!(added[1]["expires_in_ms"], 60_000);
    assert_eq!(ids(&router).await, ["start", "r1", "sick"]);
    assert_eq!(ask(&router, Method::DELETE, "/faults/sick", "").await, (200, r#"{"removed":["sick"]}"#.into()));
    let missing = ask(&router, Method::DELETE, "/faults/sick", "").await;
    assert_eq!(missing, (404, "no rule has the id `sick`; ids: start, r1\n".into()));
    assert_eq!(ask(&router, Method::DELETE, "/faults", "").await, (200, r#"{"removed":["start","r1"]}"#.into()));
    assert!(ids(&router).await.is_empty());
}

#[tokio::test]
async fn a_text_with_one_wrong_rule_adds_none() {
    let router = router();
    let (status, body) = ask(&router, Method::POST, "/faults", "error=503\nlatency=200\n").await;
    assert_eq!(status, 400);
    assert_eq!(
        body,
        "the duration `200` has no unit (line 2, column 9)\n  latency=200\n          ^^^\n  \
         a duration is a number and a unit: us, ms, s, m or h, as in 200ms\n"
    );
    assert_eq!(ask(&router, Method::POST, "/faults", "error=503|unready;id=start").await.0, 409);
    assert_eq!(ask(&router, Method::POST, "/faults", "").await.0, 400);
    assert_eq!(ask(&router, Method::POST, "/faults", &"error=503\n".repeat(1000)).await.0, 400);
    assert_eq!(ids(&router).await, ["start"]);
}

#[tokio::test]
async fn rules_that_are_put_take_the_place_of_all_others_or_leave_them_as_they_are() {
    let router = router();
    let (status, body) = ask(&router, Method::PUT, "/faults", "error=503;id=one\nerro=503").await;
    assert_eq!(status, 400, "{body}");
    assert_eq!(ask(&router, Method::PUT, "/faults", "").await.0, 400);
    assert_eq!(ids(&router).await, ["start"]);
    // The id of a removed rule is free.
    let (status, body) = ask(&router, Method::PUT, "/faults", "error=503;id=one\nlatency=1ms;id=start").await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(ids(&router).await, ["one", "start"]);
}

#[tokio::test]
async fn a_huge_body_is_not_read() {
    let (status, body) = ask(&router(), Method::POST, "/faults", &"x".repeat(64 * 1024 + 1)).await;
    assert_eq!((status, body.as_str()), (413, "the rules are longer than 65536 bytes; send fewer at a time\n"));
}

#[tokio::test]
async fn a_wrong_path_or_method_is_told_what_there_is() {
    let (status, body) = ask(&router(), Method::GET, "/fault", "").await;
    assert_eq!(status, 404);
    assert_eq!(body, "there is nothing at /fault; /faults lists, adds and removes rules, /faults/ID removes one\n");
    let (status, body) = ask(&router(), Method::PATCH, "/faults", "error=503").await;
    assert_eq!((status, body.as_str()), (405, "PATCH means nothing for /faults; it takes GET, POST, PUT and DELETE\n"));
    let (status, body) = ask(&router(), Method::GET, "/faults/start", "").await;
    assert_eq!((status, body.as_str()), (405, "GET means nothing for /faults/start; it takes DELETE\n"));
    let request = Request::builder().method(Method::POST).uri("/faults").body(Body::from(vec![0xff])).unwrap();
    let (status, body) = send(&router(), request).await;
    assert_eq!((status, body.as_str()), (400, "the rules are not UTF-8; send them as text\n"));
}

#[tokio::test]
async fn requests_for_another_host_or_of_another_page_are_refused() {
    let router = router();
    for (host, origin, expected) in [
        ("localhost:8082", None, 200),
        ("127.0.0.1:8082", Some("http://127.0.0.1:8082"), 200),
        ("[::1]:8082", None, 200),
        ("rebound.example:8082", None, 403),
        ("rebound.example:8082", Some("http://rebound.example:8082"), 403),
        ("localhost:8082", Some("https://localhost:8082"), 403),
        ("localhost:8082", Some("http://localhost:3000"), 403),
        ("localhost:8082", Some("https://page.example"), 403),
        ("localhost:8082", Some("null"), 403),
    ] {
        let mut request = Request::builder().uri("/faults").header(header::HOST, host);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        let (status, body) = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, expected, "{host} {origin:?}: {body}");
    }
    // The authority of HTTP/2 counts as the host.
    let request = Request::builder().uri("http://rebound.example/faults").body(Body::empty()).unwrap();
    assert_eq!(send(&router, request).await.0, 403);
}
