//! Requests, each on a connection of its own, and a steady stream of them.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    task::JoinHandle,
};

/// The gateway's host.
pub(super) const HOST: &str = "meshwalk.localhost";

/// Status and call tree of a response (`None` if it is not JSON), or the reason of a failure.
pub(super) type Answer = Result<(u16, Value), String>;

/// Asks for `/api/hello` over TCP.
pub(super) async fn hello(address: SocketAddr, host: &str, headers: &[(&str, &str)]) -> Answer {
    let exchange = async {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        ask(stream, host, headers).await
    };
    tokio::time::timeout(Duration::from_secs(20), exchange).await.unwrap_or_else(|_| Err("no answer".to_owned()))
}

/// Asks an application on its socket, as `kubectl port-forward` would reach it.
pub(super) async fn hello_behind(socket: &Path) -> Answer {
    let stream = UnixStream::connect(socket).await.map_err(|error| error.to_string())?;
    ask(stream, "localhost", &[]).await
}

async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    host: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let in_words = |error: hyper::Error| error.to_string();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(in_words)?;
    let driver = tokio::spawn(connection);
    let mut request = http::Request::get("/api/hello").header("host", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let answer = async {
        let response = sender.send_request(request).await.map_err(in_words)?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.map_err(in_words)?.to_bytes();
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    };
    let answer = answer.await;
    driver.abort();
    answer
}

/// A steady stream of requests through the gateway.
pub(super) struct Load {
    stop: Arc<AtomicBool>,
    workers: Vec<JoinHandle<(usize, Vec<String>)>>,
}

impl Load {
    pub(super) fn start(gateway: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let worker = |stop: Arc<AtomicBool>| async move {
            let (mut count, mut failures) = (0, Vec::new());
            while !stop.load(Ordering::Relaxed) {
                count += 1;
                match hello(gateway, HOST, &[]).await {
                    Ok((200, _)) => {}
                    Ok((status, tree)) => failures.push(format!("{status} {tree}")),
                    Err(words) => failures.push(words),
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            (count, failures)
        };
        let workers = (0..4).map(|_| tokio::spawn(worker(Arc::clone(&stop)))).collect();
        Self { stop, workers }
    }

    /// Stops, and demands that requests were sent and none of them failed.
    pub(super) async fn finish_without_a_failure(self) {
        self.stop.store(true, Ordering::Relaxed);
        let (mut count, mut failures) = (0, Vec::new());
        for worker in self.workers {
            let (its_count, its_failures) = worker.await.unwrap();
            count += its_count;
            failures.extend(its_failures);
        }
        assert!(count > 20, "only {count} requests were sent");
        assert!(failures.is_empty(), "{} of {count} requests failed, the first: {}", failures.len(), failures[0]);
    }
}
