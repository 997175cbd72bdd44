//! Calls to upstreams that end because the client disconnected.

use std::time::Instant;

use meshwalk_kit::telemetry::{Protocol, Root, TelemetrySettings};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{
    limits::REQUEST,
    service::{DEADLINE, Service, metric},
    sink::{Sink, attribute},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_call_is_recorded_in_metrics_and_span() {
    let (sink, settings) = Sink::start(Protocol::HttpProtobuf).await;
    let settings = TelemetrySettings { root: Root::All, ..settings };
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let frontend = Service::traced("frontend", &[&format!("--upstream=inventory=http://{address}")], &settings).await;
    let mut client = TcpStream::connect(&frontend.address).await.unwrap();
    client.write_all(REQUEST).await.unwrap();
    let (mut call, _) = tokio::time::timeout(DEADLINE, silent.accept()).await.expect("the call comes").unwrap();
    call.read_u8().await.unwrap();
    drop(client);

    let port = format!("server_port=\"{}\"", address.port());
    let parts = ["http_client_request_duration_seconds_count", &port, "error_type=\"cancelled\""];
    let start = Instant::now();
    while metric(&frontend, &parts).await != 1.0 {
        assert!(start.elapsed() < DEADLINE, "the call is counted");
    }
    frontend.end().await.unwrap();
    let spans = sink.spans();
    let (_, span) = spans.iter().find(|(_, span)| span.kind() == SpanKind::Client).expect("a span of the call");
    assert_eq!(attribute(span, "error.type").as_deref(), Some("cancelled"));
}
