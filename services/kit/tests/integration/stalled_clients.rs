//! A client that takes no part of its response loses its connection after `--send-timeout`; a slow one does not.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{
    client::Client,
    http2_frames::{DATA, END_STREAM, Frames, PING, WINDOW_UPDATE},
    service::{DEADLINE, Service, metric},
};

const REQUEST: &[u8] = b"GET /api/hello HTTP/1.1\r\nhost: b\r\n\r\n";

/// A SETTINGS payload with SETTINGS_INITIAL_WINDOW_SIZE (4).
fn window(bytes: u8) -> [u8; 6] {
    [0, 4, 0, 0, 0, bytes]
}

/// The metrics are those of all services in this process, so only the test's deadline tells the limit from others.
async fn assert_closed_by_send_timeout(service: &Service) {
    let closed = ["meshwalk_limit_actions_total", "limit=\"send-timeout\"", "action=\"closed\""];
    assert!(metric(service, &closed).await >= 1.0);
}

#[tokio::test]
async fn http1_client_that_sends_requests_and_reads_nothing_is_disconnected() {
    let service = Service::start("backend", &["--send-timeout=300ms", "--header-read-timeout=1h"]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    let write_until_closed = async { while stream.write_all(&REQUEST.repeat(100)).await.is_ok() {} };
    timeout(DEADLINE, write_until_closed).await.expect("the service closes the connection");
    assert_closed_by_send_timeout(&service).await;
}

#[tokio::test]
async fn http2_client_that_opens_no_window_is_disconnected_although_it_pings() {
    for window_bytes in [0, 1] {
        let service = Service::start("backend", &["--send-timeout=300ms"]).await;
        let mut frames = Frames::connect_with(&service.address, &window(window_bytes)).await;
        frames.head(END_STREAM, 1, "GET", &[]).await;
        let (mut reader, mut writer) = frames.0.into_split();
        let ping = [&[0, 0, 8, PING, 0, 0, 0, 0, 0][..], &[0; 8]].concat();
        let pings = async {
            while writer.write_all(&ping).await.is_ok() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        let mut received = Vec::new();
        // The pings that the service has not read may turn its close into a reset.
        let end = async { drop(reader.read_to_end(&mut received).await) };
        timeout(DEADLINE, async { tokio::join!(pings, end) }).await.expect("the service closes the connection");
        assert_closed_by_send_timeout(&service).await;
    }
}

#[tokio::test]
async fn http2_client_that_reads_nothing_is_disconnected() {
    let service = Service::start("backend", &["--send-timeout=300ms", "--fault=size=16MiB"]).await;
    let mut frames = Frames::connect_with(&service.address, &[0, 4, 0x7f, 0xff, 0xff, 0xff]).await;
    frames.send(WINDOW_UPDATE, 0, 0, &[0x7f, 0, 0, 0]).await;
    frames.head(END_STREAM, 1, "GET", &[]).await;
    let (_unread, mut writer) = frames.0.into_split();
    let ping = [&[0, 0, 8, PING, 0, 0, 0, 0, 0][..], &[0; 8]].concat();
    let write_until_closed = async {
        while writer.write_all(&ping).await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(DEADLINE, write_until_closed).await.expect("the service closes the connection");
    assert_closed_by_send_timeout(&service).await;
}

#[tokio::test]
async fn response_that_the_service_itself_delays_is_sent_in_full() {
    for fault in ["latency=1s", "drip=250B/s"] {
        let service = Service::start("backend", &["--send-timeout=100ms", &format!("--fault={fault}")]).await;
        for client in [Client::http1(), Client::http2()] {
            let began = Instant::now();
            let answer = client.get(&service.address, "/api/hello", &[]).await.expect(fault);
            assert!(began.elapsed() > Duration::from_millis(500), "{fault}: the fault takes longer than the timeout");
            assert_eq!(answer.json()["status"], 200, "{fault}");
        }
    }
}

#[tokio::test]
async fn http2_client_that_takes_a_response_in_small_steps_gets_all_of_it() {
    const STEP: u32 = 20;
    let service = Service::start("backend", &["--send-timeout=3s"]).await;
    let mut frames = Frames::connect_with(&service.address, &window(STEP as u8)).await;
    let began = Instant::now();
    frames.head(END_STREAM, 1, "GET", &[]).await;
    let mut body = Vec::new();
    while !body.ends_with(b"}") {
        body.extend(frames.receive(DATA, 1).await);
        sleep(Duration::from_millis(400)).await;
        frames.send(WINDOW_UPDATE, 0, 1, &STEP.to_be_bytes()).await;
    }
    assert!(began.elapsed() > Duration::from_secs(3), "the response takes longer than the timeout");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).unwrap()["status"], 200);
}
