//! Collectors that are down, slow or unwilling cost the requests nothing.

use std::time::{Duration, Instant};

use http::StatusCode;
use meshwalk_kit::telemetry::Protocol;
use tokio::io::AsyncWriteExt;

use super::{
    client::Client,
    service::{DEADLINE, Nobody, Service, upstream},
    sink::settings,
};

/// More than the batch processor's queue of 2048 spans holds.
const REQUESTS: usize = 3000;

/// Serves many requests with this collector. A single one that waited for the collector would take seconds, so that
/// together they would take hours.
async fn serves(protocol: Protocol, collector: &str) {
    let settings = settings(protocol, &format!("http://{collector}"));
    let service = Service::traced("backend", &["--drain-timeout=1s"], &settings).await;
    let client = Client::http1();
    let all = async {
        for _ in 0..REQUESTS {
            let answer = client.get(&service.address, "/api/hello", &[]).await.unwrap();
            assert_eq!(answer.status, StatusCode::OK);
        }
    };
    tokio::time::timeout(DEADLINE, all).await.expect("requests do not wait for the collector");
    let began = Instant::now();
    service.end().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(10), "the end waits for the collector until its deadline only");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_down_delays_nothing() {
    let nobody = Nobody::new();
    serves(Protocol::Grpc, &nobody.address()).await;
    serves(Protocol::HttpProtobuf, &nobody.address()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_never_answers_delays_nothing() {
    let silent = upstream(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    serves(Protocol::Grpc, &silent).await;
    serves(Protocol::HttpProtobuf, &silent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_refuses_delays_nothing() {
    let refusing = upstream(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    })
    .await;
    serves(Protocol::HttpProtobuf, &refusing).await;
}
