//! The end of a service under load.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    time::timeout,
};

use super::{
    client::{Client, get, hello},
    service::{DEADLINE, Service, upstream},
};

/// Waits for a condition.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < DEADLINE, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_under_load() {
    let service = Service::start("backend", &["--drain-delay=2s", "--fault=latency=uniform(1ms,20ms)"]).await;
    let ending = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let (address, ending) = (service.address.clone(), Arc::clone(&ending));
            tokio::spawn(async move {
                let client = Client::http1();
                let mut answers = 0;
                // As a proxy does: connections are used again, and requests go elsewhere once it knows of the end.
                loop {
                    let last = ending.load(Ordering::SeqCst);
                    let answer = client.get(&address, "/api/hello", &[]).await.expect("no request is lost");
                    assert_eq!(answer.status, StatusCode::OK);
                    answers += 1;
                    if last {
                        assert_eq!(answer.header("connection"), "close", "the client is told to go elsewhere");
                        return answers;
                    }
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let admin = service.admin.clone();
    let ended = service.ask_to_end();
    until("the service is unready", async || get(&admin, "/readyz", &[]).await.status != StatusCode::OK).await;
    ending.store(true, Ordering::SeqCst);
    let mut answers = 0;
    for client in clients {
        answers += client.await.unwrap();
    }
    ended.await.unwrap().expect("nothing was cut");
    assert!(answers > 50, "there was load: {answers}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_in_flight_ends_after_the_port_has_closed() {
    let service = Service::start("backend", &["--fault=latency=500ms"]).await;
    let address = service.address.clone();
    let in_flight = tokio::spawn({
        let address = address.clone();
        async move { hello(&address, &[]).await }
    });
    let faults = service.faults.clone();
    until("the request is in flight", async || faults.list()[0].matched > 0).await;
    let ended = service.ask_to_end();
    until("the port is closed", async || TcpStream::connect(&address).await.is_err()).await;
    assert!(!in_flight.is_finished(), "the request is still in flight");
    assert_eq!(in_flight.await.unwrap().status, StatusCode::OK);
    ended.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_wait_do_not_hold_up_the_end() {
    // The deadline is far beyond the test's, so the end does not come from there.
    let service = Service::start("backend", &["--drain-timeout=1h"]).await;
    let kept_alive = Client::http1();
    kept_alive.get(&service.address, "/api/hello", &[]).await.unwrap();
    let http2 = Client::http2();
    http2.get(&service.address, "/api/hello", &[]).await.unwrap();
    let silent = TcpStream::connect(&service.address).await.unwrap();
    service.end().await.unwrap();
    drop((kept_alive, http2, silent));
}

/// First bytes of an HTTP/2 connection, with the client's empty SETTINGS frame.
const HTTP2_START: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_that_never_answer_do_not_hold_up_the_end() {
    // Both limits are far beyond the test's, so the end does not come from there.
    let service = Service::start("backend", &["--drain-timeout=1h", "--header-read-timeout=1h"]).await;
    let request = b"GET /api/hello HTTP/1.1\r\nhost: b\r\n\r\nGET /api";
    let open_block = [HTTP2_START, b"\0\0\x01\x01\0\0\0\0\x01\x82"].concat();
    let half_frame = [HTTP2_START, b"\0\0\x08"].concat();
    let cases = [HTTP2_START, &HTTP2_START[..24], b"PRI", b"GET /api", request, &open_block, &half_frame];
    let mut silent = Vec::new();
    for bytes in cases {
        let mut stream = TcpStream::connect(&service.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        silent.push(stream);
    }
    // Connections are accepted in their order, so those are open when a later one is.
    hello(&service.address, &[]).await;
    service.end().await.expect("no request was in flight");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_that_is_complete_soon_after_the_signal_is_answered() {
    let service = Service::start("backend", &["--drain-timeout=1h"]).await;
    let address = service.address.clone();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"GET /api/hello HT").await.unwrap();
    let ended = service.ask_to_end();
    until("the port is closed", async || TcpStream::connect(&address).await.is_err()).await;
    stream.write_all(b"TP/1.1\r\nhost: b\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("connection: close\r\n"), "{answer}");
    ended.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn response_that_flow_control_holds_back_counts_as_cut() {
    let service = Service::start("backend", &["--drain-timeout=500ms"]).await;
    let mut stream = TcpStream::connect(&service.address).await.unwrap();
    // SETTINGS_INITIAL_WINDOW_SIZE (4) is 1 byte, so the response never leaves as a whole.
    let start = [&HTTP2_START[..24], b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\x01"].concat();
    // GET (2), http (6), and literals for `:path` (4) and `:authority` (1): RFC 7541 section 6.2.2.
    let block = b"\x82\x86\x04\x0a/api/hello\x01\x01b";
    let head = [&[0, 0, block.len() as u8, 1, 5, 0, 0, 0, 1], block.as_slice()].concat();
    stream.write_all(&[start, head].concat()).await.unwrap();
    // The first byte of the body comes in a DATA frame (0).
    let mut header = [0, 0, 0, 1, 0, 0, 0, 0, 0];
    while header[3] != 0 {
        timeout(DEADLINE, stream.read_exact(&mut header)).await.expect("a frame").unwrap();
        let length = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
        stream.read_exact(&mut vec![0; length]).await.unwrap();
    }
    let error = service.end().await.unwrap_err().to_string();
    assert!(error.contains("1 connection with a request in flight was cut"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deadline_cuts_what_does_not_end_and_the_exit_says_so() {
    static REACHED: Notify = Notify::const_new();
    let silent = upstream(|stream| async move {
        REACHED.notify_one();
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let url = format!("--upstream=inventory=http://{silent}");
    let service = Service::start("frontend", &[&url, "--drain-timeout=100ms"]).await;
    let mut half = TcpStream::connect(&service.address).await.unwrap();
    half.write_all(b"GET /api/hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    timeout(DEADLINE, REACHED.notified()).await.expect("the request is in flight");
    let error = service.end().await.unwrap_err().to_string();
    assert!(error.contains("1 connection with a request in flight was cut"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_after_the_signal_are_answered_and_counted() {
    let service = Service::start("backend", &["--drain-delay=1h"]).await;
    let (address, admin) = (service.address.clone(), service.admin.clone());
    let ended = service.ask_to_end();
    until("the service is unready", async || get(&admin, "/readyz", &[]).await.status != StatusCode::OK).await;
    assert_eq!(get(&admin, "/readyz", &[]).await.json()["pending"][0], "drain");
    assert_eq!(hello(&address, &[]).await.status, StatusCode::OK);
    let metrics = get(&admin, "/metrics", &[]).await.body;
    let late = metrics.lines().find_map(|line| line.strip_prefix("meshwalk_requests_after_sigterm_total "));
    assert!(late.unwrap().parse::<u64>().unwrap() >= 1, "{metrics}");
    ended.abort();
}
