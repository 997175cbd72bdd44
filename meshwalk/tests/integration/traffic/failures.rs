//! Each way to fail is distinguished from the others.

use std::time::Duration;

use meshwalk::traffic::{Address, FailureKind, Outcome, Progress, get, run};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::server::{plan, raw, run_all};

/// Runs five requests, all of which have to fail in one way, and returns how.
async fn failure(address: Address, timeout: Duration) -> (FailureKind, String) {
    let mut plan = plan(address, 5);
    plan.timeout = timeout;
    let traffic = run_all(&plan).await;
    let failures: Vec<_> = traffic.failures().into_iter().collect();
    assert!(matches!(failures[..], [(_, 5)]), "{:?}", traffic.samples);
    (failures[0].0, traffic.failure_details()[&failures[0].0].clone())
}

const LONG: Duration = Duration::from_secs(20);

async fn request(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 4096]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_without_a_listener_refuses() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (kind, detail) = failure(Address::Tcp(free), LONG).await;
    assert_eq!(kind, FailureKind::Refused);
    assert!(detail.contains("refused"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unix_socket_that_is_not_there_or_has_no_listener_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    assert_eq!(failure(Address::Unix(path.clone()), LONG).await, (FailureKind::Refused, "no such socket".into()));
    drop(tokio::net::UnixListener::bind(&path).unwrap());
    assert_eq!(failure(Address::Unix(path), LONG).await.0, FailureKind::Refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_reset_before_an_answer_is_no_refusal() {
    // A socket that is closed with unread data in it sends RST instead of FIN.
    let (address, _) = raw(|stream| async move { assert_eq!(stream.peek(&mut [0]).await.unwrap(), 1) }).await;
    let (kind, detail) = failure(Address::Tcp(address), LONG).await;
    assert_eq!(kind, FailureKind::Reset);
    assert!(detail.starts_with("before an answer"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_closed_before_an_answer_counts_as_reset() {
    let (address, _) = raw(|mut stream| async move { request(&mut stream).await }).await;
    assert_eq!(
        failure(Address::Tcp(address), LONG).await,
        (FailureKind::Reset, "before an answer: connection closed".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_closed_at_once_counts_as_reset_and_is_not_tried_for_ever() {
    let (address, accepted) = raw(|stream| async move { drop(stream) }).await;
    assert_eq!(failure(Address::Tcp(address), LONG).await.0, FailureKind::Reset);
    assert_eq!(accepted.load(std::sync::atomic::Ordering::SeqCst), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_cut_short_is_no_answer() {
    let (address, _) = raw(|mut stream| async move {
        request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await.unwrap();
    })
    .await;
    let (kind, detail) = failure(Address::Tcp(address), LONG).await;
    assert_eq!(kind, FailureKind::Reset);
    assert!(detail.contains("in the middle of an answer with status 200"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn something_that_is_no_http_is_a_protocol_error() {
    for nonsense in ["SSH-2.0-OpenSSH_9.6\r\n\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"] {
        let (address, _) = raw(move |mut stream| async move {
            request(&mut stream).await;
            stream.write_all(nonsense.as_bytes()).await.unwrap();
            // The connection stays open, so that only the words can be at fault.
            let _ = stream.read(&mut [0; 64]).await;
        })
        .await;
        assert_eq!(failure(Address::Tcp(address), LONG).await.0, FailureKind::Protocol, "{nonsense}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_a_timeout_before_and_within_an_answer() {
    for start in ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"] {
        let (address, _) = raw(move |mut stream| async move {
            request(&mut stream).await;
            stream.write_all(start.as_bytes()).await.unwrap();
            let _ = stream.read(&mut [0; 64]).await;
        })
        .await;
        let (kind, detail) = failure(Address::Tcp(address), Duration::from_millis(100)).await;
        assert_eq!((kind, detail.as_str()), (FailureKind::Timeout, "no answer within 100ms"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_error_is_an_answer() {
    let (address, _) = raw(|mut stream| async move {
        request(&mut stream).await;
        let denied = b"HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 19\r\n\r\nRBAC: access denied";
        stream.write_all(denied).await.unwrap();
    })
    .await;
    let traffic = run_all(&plan(Address::Tcp(address), 5)).await;
    assert_eq!(traffic.failed(), 0);
    assert!(traffic.samples.iter().all(|s| matches!(&s.outcome, Outcome::Answer(answer) if answer.status == 403)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_got_in_whole_or_with_a_reason() {
    let (address, _) = raw(|mut stream| async move {
        request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\na 1\n\n").await.unwrap();
    })
    .await;
    let reply = get(&Address::Tcp(address), "localhost", "/metrics", LONG).await.unwrap();
    assert_eq!((reply.status.as_u16(), &reply.body[..]), (200, &b"a 1\n\n"[..]));
    let refused = get(&Address::Unix("/nowhere/at/all".into()), "localhost", "/", LONG).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::Refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_http2_connection_is_replaced() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let live = super::server::http(&super::server::Seen::new(0)).await;
    let is_first = AtomicBool::new(true);
    let (address, _) = raw(move |mut stream| {
        let is_dead = is_first.swap(false, Ordering::SeqCst);
        async move {
            if is_dead {
                // An empty SETTINGS frame (RFC 9113, section 6.5), and then nothing more.
                stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
                while stream.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
            } else {
                let mut upstream = TcpStream::connect(live).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut upstream).await;
            }
        }
    })
    .await;
    let mut plan = plan(Address::Tcp(address), 4);
    (plan.http2, plan.connections, plan.timeout) = (true, 1, Duration::from_millis(500));
    plan.duration = Duration::from_secs(30);
    let answered = tokio::sync::Notify::new();
    let stop = |progress: Progress| {
        if progress.answered > 0 {
            answered.notify_one();
        }
    };
    let traffic = run(&plan, stop, answered.notified()).await.unwrap();
    assert!(traffic.successes() > 0, "{:?}", traffic.failure_details());
    assert_eq!(traffic.connections, 2);
}
