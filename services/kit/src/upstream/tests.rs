use std::time::Instant;

use clap::Parser;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::telemetry::SeriesRegistry;

/// Longer than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    upstreams: Upstreams,
}

/// A client of one upstream with at most `connections` connections.
async fn client(connections: usize, more: &[&str]) -> (Arc<Client>, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("--upstream=inventory=http://{}", listener.local_addr().unwrap());
    let flags = Flags::parse_from(["frontend", &url].into_iter().chain(more.iter().copied()));
    (Arc::new(Client::new(&flags.upstreams, connections, Traces::default())), listener)
}

async fn send(client: &Client) -> Outcome {
    let target = &client.targets()[0];
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = target.path.clone();
    request.headers_mut().insert(header::HOST, target.host.clone());
    client.send(target, request, None).await
}

/// Reads the head of a request.
async fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
}

async fn answer(stream: &mut TcpStream) {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
}

async fn wait_until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < DEADLINE, "the condition becomes true");
        tokio::task::yield_now().await;
    }
}

fn run(test: impl Future<Output = ()>) -> String {
    let registry = SeriesRegistry::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&registry, || {
        runtime.block_on(async { tokio::time::timeout(DEADLINE, test).await.expect("the test ends") });
    });
    registry.text()
}

fn actions(page: &str, action: &str) -> u64 {
    let labels = format!("{{limit=\"upstream-connections\",action=\"{action}\"}}");
    let line = page.lines().find(|line| line.contains(&labels));
    line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

#[test]
fn call_at_the_limit_waits_and_gets_the_connection_that_becomes_idle() {
    let page = run(async {
        // Two places, because one place leaves none for idle connections.
        let (client, listener) = client(2, &[]).await;
        let call = || {
            let client = Arc::clone(&client);
            tokio::spawn(async move { send(&client).await })
        };
        let calls = [call(), call()];
        let (mut first, _) = listener.accept().await.unwrap();
        let (mut second, _) = listener.accept().await.unwrap();
        read_head(&mut first).await;
        read_head(&mut second).await;
        let waiting = call();
        wait_until(|| Arc::strong_count(&client) == 4).await;
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        answer(&mut first).await;
        read_head(&mut first).await;
        answer(&mut first).await;
        assert_eq!(waiting.await.unwrap().unwrap().0, StatusCode::OK);
        answer(&mut second).await;
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap().0, StatusCode::OK);
        }
    });
    assert_eq!((actions(&page, "delayed"), actions(&page, "rejected")), (1, 0), "{page}");
}

#[test]
fn call_at_the_limit_connects_when_another_connection_closes() {
    run(async {
        let (client, listener) = client(1, &[]).await;
        let call = || {
            let client = Arc::clone(&client);
            tokio::spawn(async move { send(&client).await })
        };
        let calls = [call(), call(), call()];
        for _ in 0..calls.len() {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_head(&mut stream).await;
            answer(&mut stream).await;
            // The client closes the connection, because one place leaves none for idle connections.
            assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
        }
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap().0, StatusCode::OK);
        }
    });
}

#[test]
fn call_that_times_out_at_the_limit_names_it_and_leaves_nothing_queued() {
    let page = run(async {
        let (client, listener) = client(1, &["--upstream-timeout=100ms"]).await;
        let permit = client.limit.try_acquire().unwrap();
        for _ in 0..3 {
            let failure = send(&client).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Timeout);
            assert!(failure.detail.contains("the call was not sent: all 1 connections"), "{}", failure.detail);
        }
        drop(permit);
        // A connect that was left queued would take the place now.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(client.limit.try_acquire().is_some(), "the place is free");
        let accepted = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(accepted.is_err(), "no connection was made");
    });
    assert_eq!((actions(&page, "delayed"), actions(&page, "rejected")), (3, 3), "{page}");
}

#[test]
fn idle_connection_that_was_closed_is_replaced() {
    run(async {
        let (client, listener) = client(4, &[]).await;
        for _ in 0..3 {
            let serve = async {
                let (mut stream, _) = listener.accept().await.unwrap();
                read_head(&mut stream).await;
                answer(&mut stream).await;
            };
            let (outcome, ()) = tokio::join!(send(&client), serve);
            assert_eq!(outcome.unwrap().0, StatusCode::OK);
        }
    });
}

#[test]
fn idle_connection_is_closed_after_the_idle_timeout() {
    run(async {
        let (client, listener) = client(4, &[]).await;
        let target = &client.targets()[0];
        let connector = Connector::new(Arc::default(), None, &target.upstream.url);
        let pool = Pool::new(connector, client.limit.clone(), 4, Duration::from_millis(20));
        let target = Target::new(target.upstream.clone(), pool);
        let mut request = Request::new(Empty::new());
        request.headers_mut().insert(header::HOST, target.host.clone());
        let wait = LimitWait::default();
        let (outcome, mut stream) = tokio::join!(exchange(&target, request, &wait), async {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_head(&mut stream).await;
            answer(&mut stream).await;
            stream
        });
        assert_eq!(outcome.unwrap().0, StatusCode::OK);
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "the client closes the connection");
    });
}
