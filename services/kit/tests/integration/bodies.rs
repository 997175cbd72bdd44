//! Bodies of requests: broken, slow, huge, and never finished.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    client::Client,
    draining::until,
    service::{DEADLINE, Service, metric},
};

const CHUNKED: &str = "POST /api/hello HTTP/1.1\r\nhost: b\r\ntransfer-encoding: chunked\r\n\r\n";
const HUNDRED_BYTES: &str = "POST /api/hello HTTP/1.1\r\nhost: b\r\ncontent-length: 100\r\n\r\n";

/// Sends bytes and reads until the service closes the connection; `close` ends the own half first.
async fn talk(address: &str, request: &[u8], close: bool) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    if close {
        stream.shutdown().await.unwrap();
    }
    rest(&mut stream).await
}

/// What the service sends until it closes the connection in an orderly way.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let end = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut text)).await.expect("the service closes");
    end.expect("the service closes the connection without a reset");
    String::from_utf8(text).unwrap()
}

/// The status line of an answer.
fn status(answer: &str) -> &str {
    answer.split("\r\n").next().unwrap_or_default()
}

#[tokio::test]
async fn malformed_bodies_are_answered_with_400() {
    let service = Service::start("backend", &[]).await;
    let chunks = |text: &str| format!("{CHUNKED}{text}");
    let long = "x".repeat(20_000);
    for (request, close) in [
        (chunks("ZZ\r\n"), false),
        (chunks("-3\r\nabc\r\n"), false),
        (chunks("0x3\r\nabc\r\n"), false),
        (chunks("\r\nabc\r\n"), false),
        (chunks("3\r\nabcXX0\r\n\r\n"), false),
        (chunks("3\rabc\r\n0\r\n\r\n"), false),
        (chunks("fffffffffffffffff\r\n"), false),
        (chunks(&format!("3;{long}\r\nabc\r\n0\r\n\r\n")), false),
        (chunks("3;a\nb\r\nabc\r\n0\r\n\r\n"), false),
        (chunks(&format!("0\r\nx-trailer: {long}\r\n\r\n")), false),
        (chunks(&format!("0\r\n{}\r\n", "a: b\r\n".repeat(101))), false),
        (chunks("0\r\nno trailer\r\n\r\n"), false),
        (chunks("3\r\nab"), true),
        (chunks("3"), true),
        (chunks("3\r\nabc\r\n"), true),
        (format!("{HUNDRED_BYTES}abc"), true),
        (HUNDRED_BYTES.to_owned(), true),
    ] {
        let answer = talk(&service.address, request.as_bytes(), close).await;
        let shown = &request[..request.len().min(150)];
        assert_eq!(status(&answer), "HTTP/1.1 400 Bad Request", "{shown:?}: {answer}");
        assert!(answer.contains("the body is malformed: "), "{shown:?}: {answer}");
    }
}

#[tokio::test]
async fn chunk_extensions_trailers_and_tiny_chunks_are_accepted() {
    let service = Service::start("backend", &["--max-body-bytes=100000"]).await;
    let tiny = "1\r\nx\r\n".repeat(100_000);
    let last = "0\r\nx-trailer: a\r\n\r\nGET /api/hello HTTP/1.1\r\nhost: b\r\nconnection: close\r\n\r\n";
    for body in ["3;name=value\r\nabc\r\n", "3 ;a=\"b c\"\r\nabc\r\n", "003\r\nabc\r\n", "", tiny.as_str()] {
        let answers = talk(&service.address, format!("{CHUNKED}{body}{last}").as_bytes(), false).await;
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
    }
}

#[tokio::test]
async fn client_that_resets_in_mid_body_is_cancelled_without_a_status() {
    let service = Service::start("backend", &[]).await;
    let cancelled = ["http_server_request_duration_seconds_count", "method=\"PATCH\"", "error_type=\"cancelled\""];
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    stream.write_all(HUNDRED_BYTES.replace("POST", "PATCH").as_bytes()).await.unwrap();
    stream.write_all(b"abc").await.unwrap();
    let active = ["http_server_active_requests", "method=\"PATCH\""];
    until("the request is active", async || metric(&service, &active).await > 0.0).await;
    stream.set_zero_linger().unwrap();
    drop(stream);
    until("the request is cancelled", async || metric(&service, &cancelled).await > 0.0).await;
    assert_eq!(metric(&service, &["duration_seconds_count", "method=\"PATCH\"", "status_code"]).await, 0.0);
}

#[tokio::test]
async fn unfinished_body_is_answered_with_408_at_its_deadline() {
    let service = Service::start("backend", &["--body-read-timeout=100ms"]).await;
    for request in [format!("{HUNDRED_BYTES}abc"), format!("{CHUNKED}3\r\nabc\r\n")] {
        let mut stream = TcpStream::connect(&service.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = rest(&mut stream).await;
        assert_eq!(status(&answer), "HTTP/1.1 408 Request Timeout");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
    }
    let counted = metric(&service, &["meshwalk_limit_actions_total", "body-read-timeout", "rejected"]).await;
    assert!(counted >= 2.0, "{counted}");
}

#[tokio::test]
async fn refused_client_that_still_sends_gets_its_answer() {
    let service = Service::start("backend", &["--max-body-bytes=1000"]).await;
    let body = vec![b'x'; 8 << 20];
    for (service_address, path, expected) in [
        (&service.address, "/api/hello", "413 Payload Too Large"),
        (&service.control, "/faults", "413 Payload Too Large"),
    ] {
        let mut stream = TcpStream::connect(service_address).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        // Far more than the kernel buffers: this ends only if the service reads it all.
        tokio::time::timeout(DEADLINE, stream.write_all(&body)).await.unwrap().expect("the service reads the rest");
        assert_eq!(status(&rest(&mut stream).await), format!("HTTP/1.1 {expected}"));
    }
}

#[tokio::test]
async fn endless_body_is_cut_after_its_answer() {
    let service = Service::start("backend", &["--max-body-bytes=1000"]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    stream.write_all(CHUNKED.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let send = async { while stream.write_all(chunk.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(DEADLINE, send).await.expect("the service closes the connection");
}

#[tokio::test]
async fn too_large_body_that_awaits_100_continue_is_refused_without_it() {
    let service = Service::start("backend", &["--max-body-bytes=10"]).await;
    let head = |length: u32| {
        format!("POST /api/hello HTTP/1.1\r\nhost: b\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n")
    };
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    stream.write_all(head(11).as_bytes()).await.unwrap();
    assert_eq!(status(&rest(&mut stream).await), "HTTP/1.1 413 Payload Too Large");

    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    stream.write_all(head(10).as_bytes()).await.unwrap();
    let mut first = [0; 25];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"0123456789GET / HTTP/1.1\r\nhost: b\r\nconnection: close\r\n\r\n").await.unwrap();
    assert_eq!(status(&rest(&mut stream).await), "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn too_large_body_over_http2_is_refused_announced_or_not() {
    let service = Service::start("backend", &["--max-body-bytes=1000"]).await;
    let url = format!("http://{}/api/hello", service.address);
    let body = Full::new(Bytes::from(vec![b'x'; 1 << 20]));
    let answer = Client::http2().send(Request::post(url).body(body).unwrap()).await.unwrap();
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn faults_act_only_after_the_body_was_read() {
    let service = Service::start("backend", &["--fault=error=503"]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    stream.write_all(format!("{HUNDRED_BYTES}abc").as_bytes()).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(100), stream.read_u8()).await;
    assert!(early.is_err(), "nothing is answered before the body is there: {early:?}");
    stream.write_all(&[b'x'; 97]).await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 503");
}

#[tokio::test]
async fn admin_port_answers_without_waiting_for_a_body() {
    let service = Service::start("backend", &[]).await;
    for (path, expected) in [("/livez", 200), ("/metrics", 200), ("/nothing", 404)] {
        let mut stream = TcpStream::connect(&service.admin).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: b\r\ncontent-length: 1000000000\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&start), format!("HTTP/1.1 {expected}"));
    }
}

#[tokio::test]
async fn broken_rules_on_the_control_port_are_told_apart() {
    let service = Service::start("backend", &["--body-read-timeout=100ms"]).await;
    let post = |framing: &str| format!("POST /faults HTTP/1.1\r\nhost: localhost\r\n{framing}");
    for (request, close, expected) in [
        (post("transfer-encoding: chunked\r\n\r\nZZ\r\n"), false, "HTTP/1.1 400 Bad Request"),
        (post("content-length: 9\r\n\r\nabc"), true, "HTTP/1.1 400 Bad Request"),
        (post("content-length: 9\r\n\r\nabc"), false, "HTTP/1.1 408 Request Timeout"),
        (post("content-length: 65537\r\n\r\n"), true, "HTTP/1.1 413 Payload Too Large"),
    ] {
        assert_eq!(status(&talk(&service.control, request.as_bytes(), close).await), expected, "{request}");
    }
}
