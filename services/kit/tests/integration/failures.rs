//! Upstreams that fail, told apart by kind.

use http::StatusCode;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::{
    client::hello,
    service::{Nobody, Service, upstream},
};

/// Calls one upstream; the frontend's status and what it says about the call.
async fn call(address: &str, more: &[&str]) -> (StatusCode, Value) {
    let url = format!("--upstream=inventory=http://{address}");
    let frontend = Service::start("frontend", &[&[url.as_str()], more].concat()).await;
    let answer = hello(&frontend.address, &[]).await;
    (answer.status, answer.json()["upstreams"][0].clone())
}

#[tokio::test]
async fn nobody_there_is_refused_and_a_bad_gateway() {
    let nobody = Nobody::new();
    let (status, called) = call(&nobody.address(), &[]).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert_eq!((&called["status"], &called["error"]["kind"]), (&json!(502), &json!("refused")));
    assert!(called["error"]["detail"].as_str().unwrap().contains(&nobody.address()), "{called}");
}

#[tokio::test]
async fn a_socket_that_is_not_there_is_refused_too() {
    let (status, called) = call("inventory", &["--connect=:=unix:/nowhere/at.all"]).await;
    assert_eq!((status, &called["error"]["kind"]), (StatusCode::BAD_GATEWAY, &json!("refused")));
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_reset() {
    let closing = upstream(|stream| async move { drop(stream) }).await;
    let cutting = upstream(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await.unwrap();
    })
    .await;
    let resetting = upstream(|stream| async move { stream.set_zero_linger().unwrap() }).await;
    for address in [closing, cutting, resetting] {
        let (status, called) = call(&address, &[]).await;
        assert_eq!((status, &called["error"]["kind"]), (StatusCode::BAD_GATEWAY, &json!("reset")), "{called}");
    }
}

#[tokio::test]
async fn an_upstream_that_never_answers_is_a_timeout_of_a_gateway() {
    let silent = upstream(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let (status, called) = call(&silent, &["--upstream-timeout=50ms"]).await;
    assert_eq!(status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!((&called["status"], &called["error"]["kind"]), (&json!(504), &json!("timeout")));
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_told_so() {
    let strange = upstream(|mut stream| async move { stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap() });
    let (status, called) = call(&strange.await, &[]).await;
    assert_eq!((status, &called["error"]["kind"]), (StatusCode::BAD_GATEWAY, &json!("protocol")), "{called}");
}

#[tokio::test]
async fn an_error_status_is_handed_on_with_what_was_said() {
    let denying = upstream(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 19\r\n\r\nRBAC: access denied").await.unwrap();
    });
    let (status, called) = call(&denying.await, &[]).await;
    assert_eq!((status, &called["status"]), (StatusCode::FORBIDDEN, &json!(403)));
    assert_eq!(called["error"], json!({"kind": "http", "detail": "403 Forbidden: RBAC: access denied"}));
}

#[tokio::test]
async fn the_first_failure_in_the_order_of_the_flags_gives_the_status() {
    let (good, nobody) = (Service::start("backend", &[]).await, Nobody::new());
    let slow = upstream(|mut stream| async move {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        stream.write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    })
    .await;
    let flags = [
        format!("--upstream=good=http://{}", good.address),
        format!("--upstream=slow=http://{slow}"),
        format!("--upstream=gone=http://{}", nobody.address()),
    ];
    let frontend = Service::start("frontend", &flags.each_ref().map(String::as_str)).await;
    let answer = hello(&frontend.address, &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let statuses: Vec<Value> =
        answer.json()["upstreams"].as_array().unwrap().iter().map(|called| called["status"].clone()).collect();
    assert_eq!(statuses, [200, 503, 502]);
}

#[tokio::test]
async fn degrading_answers_with_a_fallback_and_says_so() {
    let nobody = Nobody::new();
    let url = format!("--upstream=inventory=http://{}", nobody.address());
    let frontend = Service::start("frontend", &[&url, "--on-upstream-error=degrade"]).await;
    let answer = hello(&frontend.address, &[]).await;
    let tree = answer.json();
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!((&tree["status"], &tree["degraded"]), (&json!(200), &json!(true)));
    assert_eq!(tree["upstreams"][0]["error"]["kind"], "refused");
}
