//! What a client may demand.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    client::{Client, get, hello},
    service::{DEADLINE, Service},
};

pub(crate) const REQUEST: &[u8] = b"GET /api/hello HTTP/1.1\r\nhost: backend\r\n\r\n";

/// Reads one answer, head and body, whose length is announced.
pub(crate) async fn answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut missing = None;
    while missing != Some(0) {
        let byte = char::from(stream.read_u8().await.expect("an answer"));
        text.push(byte);
        missing = missing.map(|count: usize| count - 1);
        if missing.is_none() && text.ends_with("\r\n\r\n") {
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            missing = Some(length.map_or(0, |length| length.parse().unwrap()));
        }
    }
    text
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let service = Service::start("backend", &["--max-header-bytes=8192"]).await;
    let large = "a".repeat(20_000);
    let answer = get(&service.address, "/api/hello", &[("x-large", &large)]).await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(hello(&service.address, &[("x-small", &large[..4000])]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn more_than_a_hundred_fields_are_refused_over_http1_and_below_the_application() {
    let service = Service::start("backend", &[]).await;
    for (fields, start, from_the_application) in [(100, "HTTP/1.1 200 ", true), (101, "HTTP/1.1 431 ", false)] {
        let more: String = (1..fields).map(|number| format!("x-{number}: 1\r\n")).collect();
        let mut stream = TcpStream::connect(&service.address).await.unwrap();
        let head = format!("GET /api/hello HTTP/1.1\r\nhost: b\r\n{more}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = answer(&mut stream).await;
        assert!(answer.starts_with(start), "{fields} fields: {answer}");
        assert_eq!(answer.contains("x-meshwalk-"), from_the_application, "{fields} fields: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_announced_or_not() {
    let service = Service::start("backend", &["--max-body-bytes=10"]).await;
    let post = async |body: &'static str| {
        let url = format!("http://{}/api/hello", service.address);
        Client::http1().send(Request::post(url).body(Full::new(Bytes::from(body))).unwrap()).await
    };
    assert_eq!(post("0123456789").await.unwrap().status, StatusCode::OK);
    assert_eq!(post("0123456789a").await.unwrap().status, StatusCode::PAYLOAD_TOO_LARGE);

    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    let chunked =
        b"POST /api/hello HTTP/1.1\r\nhost: b\r\ntransfer-encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n";
    stream.write_all(chunked).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 413 "));
}

#[tokio::test]
async fn a_head_that_comes_too_slowly_ends_the_connection() {
    let service = Service::start("backend", &["--header-read-timeout=100ms"]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    stream.write_all(&REQUEST[..20]).await.unwrap();
    let mut rest = Vec::new();
    let end = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut rest)).await.expect("the connection ends");
    assert!(end.is_err() || rest.is_empty(), "{rest:?}");
}

#[tokio::test]
async fn a_connection_that_waits_between_requests_is_left_alone() {
    let service = Service::start("backend", &["--header-read-timeout=50ms"]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    for _ in 0..3 {
        // Far longer than the limit, with no request begun.
        tokio::time::sleep(Duration::from_millis(200)).await;
        stream.write_all(REQUEST).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    }
}

#[tokio::test]
async fn a_request_may_take_longer_than_its_head_may() {
    let service = Service::start("backend", &["--header-read-timeout=50ms", "--fault=latency=300ms"]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    for _ in 0..2 {
        stream.write_all(REQUEST).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    }
}
