//! How many connections a port has, and which of them end for a new one.

use std::time::{Duration, Instant};

use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    client::{Client, get},
    draining::until,
    http2_frames::{END_STREAM, Frames, GOAWAY, HEADERS},
    limits::{REQUEST, answer},
    service::{DEADLINE, Service},
};

/// A connection whose first request was answered.
async fn served(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let answer = timeout(DEADLINE, answer(&mut stream)).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    stream
}

/// True if the other side has ended the connection.
async fn has_ended(stream: &mut TcpStream) -> bool {
    timeout(DEADLINE, stream.read(&mut [0; 1])).await.expect("the connection ends").is_ok_and(|bytes| bytes == 0)
}

/// Value of a metric's series.
async fn metric(admin: &str, series: &str) -> Option<u64> {
    let metrics = get(admin, "/metrics", &[]).await.body;
    metrics.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
}

#[tokio::test]
async fn longest_idle_connection_ends_for_a_new_one() {
    let service = Service::start("backend", &["--max-connections=2"]).await;
    let mut first = served(&service.address).await;
    let mut second = served(&service.address).await;
    first.write_all(REQUEST).await.unwrap();
    answer(&mut first).await;
    // The second connection has now been idle for longer, although the first one is older.
    let mut third = served(&service.address).await;
    assert!(has_ended(&mut second).await);
    for stream in [&mut first, &mut third] {
        stream.write_all(REQUEST).await.unwrap();
        assert!(answer(stream).await.starts_with("HTTP/1.1 200 OK"));
    }
}

#[tokio::test]
async fn idle_http2_connection_is_told_to_go_away_for_a_new_one() {
    let service = Service::start("backend", &["--max-connections=1"]).await;
    let client = Client::http2();
    client.get(&service.address, "/api/hello", &[]).await.unwrap();
    let mut new = served(&service.address).await;
    // The client opens another connection by itself, for which the idle one ends.
    assert_eq!(client.get(&service.address, "/api/hello", &[]).await.unwrap().status, StatusCode::OK);
    assert!(has_ended(&mut new).await);
}

#[tokio::test]
async fn new_connection_keeps_its_place_until_its_first_request_can_have_arrived() {
    let service = Service::start("backend", &["--max-connections=1"]).await;
    // The case is one of fast clients; an attempt that a busy machine made slow shows nothing.
    for attempt in 0.. {
        assert!(attempt < 50, "no attempt was fast enough");
        let began = Instant::now();
        let mut first = TcpStream::connect(&service.address).await.unwrap();
        let mut second = TcpStream::connect(&service.address).await.unwrap();
        second.write_all(REQUEST).await.unwrap();
        // Long enough for the port to look for a place for the second connection.
        tokio::time::sleep(Duration::from_millis(50)).await;
        first.write_all(REQUEST).await.unwrap();
        if began.elapsed() > Duration::from_millis(300) {
            continue;
        }
        let response = timeout(DEADLINE, answer(&mut first)).await.expect("an answer to the first connection");
        assert!(response.starts_with("HTTP/1.1 200 OK"), "{response}");
        // The first connection is idle now, and may end for the second one.
        let response = timeout(DEADLINE, answer(&mut second)).await.expect("an answer to the second connection");
        assert!(response.starts_with("HTTP/1.1 "), "{response}");
        return;
    }
}

#[tokio::test]
async fn full_port_rejects_with_503_over_both_protocols_and_keeps_requests() {
    let service = Service::start("backend", &["--max-connections=1", "--fault=hang;id=held"]).await;
    let address = service.address.clone();
    let held = tokio::spawn(async move { Client::http1().get(&address, "/api/hello", &[]).await });
    let faults = service.faults.clone();
    until("the request is in flight", async || faults.list()[0].matched > 0).await;
    for client in [Client::http1(), Client::http2()] {
        let answer = client.get(&service.address, "/api/hello", &[]).await.unwrap();
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.json()["status"], 503);
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(answer.header("x-meshwalk-service"), "backend");
    }
    let rejected = metric(&service.admin, r#"meshwalk_limit_actions_total{limit="max-connections",action="rejected"}"#);
    assert!(rejected.await >= Some(2));
    service.faults.clear();
    assert_eq!(held.await.unwrap().unwrap().status, StatusCode::OK, "the request was not cut");
    served(&service.address).await;
}

#[tokio::test]
async fn idle_http2_connection_ends_after_its_timeout_with_goaway() {
    let service = Service::start("backend", &["--idle-timeout=100ms"]).await;
    let mut frames = Frames::connect(&service.address).await;
    frames.head(END_STREAM, 1, "GET", &[]).await;
    let mut received = Vec::new();
    timeout(DEADLINE, frames.0.read_to_end(&mut received)).await.expect("the connection ends").unwrap();
    let mut kinds = Vec::new();
    while let [a, b, c, kind, ..] = received[..] {
        kinds.push(kind);
        received.drain(..9 + u32::from_be_bytes([0, a, b, c]) as usize);
    }
    assert!(kinds.contains(&HEADERS) && kinds.contains(&GOAWAY), "{kinds:?}");
}

#[tokio::test]
async fn idle_connection_ends_after_its_timeout_and_a_busy_one_does_not() {
    let service = Service::start("backend", &["--idle-timeout=100ms", "--fault=latency=500ms"]).await;
    let mut silent = TcpStream::connect(&service.address).await.unwrap();
    let mut busy = served(&service.address).await;
    assert!(has_ended(&mut silent).await);
    assert!(has_ended(&mut busy).await);
}
