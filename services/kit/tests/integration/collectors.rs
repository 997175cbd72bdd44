//! Collectors that are down, slow or unwilling cost the requests nothing.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, response::Response, routing::post};
use http::StatusCode;
use meshwalk_kit::telemetry::{BatchSettings, Protocol, TelemetrySettings};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message;
use tokio::{io::AsyncWriteExt, net::TcpListener, runtime::Builder};

use super::{
    client::{Client, get, hello},
    service::{DEADLINE, Nobody, Service, upstream},
    sink::{self, Sink, settings},
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

/// Takes each batch but for one span.
async fn reject_one(protocol: Protocol) -> Response {
    let partial_success = Some(ExportTracePartialSuccess { rejected_spans: 1, error_message: "too old".to_owned() });
    let message = ExportTraceServiceResponse { partial_success }.encode_to_vec();
    match protocol {
        Protocol::Grpc => sink::grpc_response(&message),
        Protocol::HttpProtobuf => Response::new(Body::from(message)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_that_a_collector_rejects_are_counted_with_either_protocol() {
    let router = Router::new()
        .route("/v1/traces", post(|| reject_one(Protocol::HttpProtobuf)))
        .route(sink::GRPC_PATH, post(|| reject_one(Protocol::Grpc)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    // The metrics are the process's, and of all tests only this one has spans rejected.
    let observer = Service::start("backend", &[]).await;
    for (protocol, rejected) in [(Protocol::HttpProtobuf, 1), (Protocol::Grpc, 2)] {
        let service = Service::traced("backend", &[], &settings(protocol, &base)).await;
        for _ in 0..3 {
            hello(&service.address, &[]).await;
        }
        service.end().await.unwrap();
        let metrics = get(&observer.admin, "/metrics", &[]).await.body;
        let line = format!("meshwalk_spans_lost_total{{reason=\"rejected\"}} {rejected}\n");
        assert!(metrics.contains(&line), "{protocol:?}: {metrics}");
    }
}

#[test]
fn busy_worker_does_not_delay_spans() {
    let runtime = || Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (clients, services) = (runtime(), runtime());
    let (sink, settings) = clients.block_on(Sink::start(Protocol::HttpProtobuf));
    let batch = BatchSettings { schedule_delay: Duration::from_millis(500), ..BatchSettings::default() };
    let service = services.block_on(Service::traced("backend", &[], &TelemetrySettings { batch, ..settings }));
    clients.block_on(hello(&service.address, &[]));

    let (release, released) = mpsc::channel::<()>();
    let (block, blocked) = mpsc::channel();
    services.spawn(async move {
        block.send(()).unwrap();
        // Ends when the sender is dropped.
        let _ = released.recv();
    });
    blocked.recv().unwrap();
    let began = Instant::now();
    while sink.spans().is_empty() {
        assert!(began.elapsed() < DEADLINE, "no span is sent while the only worker is busy");
        thread::sleep(Duration::from_millis(5));
    }
    drop(release);
    services.block_on(service.end()).unwrap();
}
