//! One HTTP request to an application's control port.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Applications answer from memory; a port-forward takes its time.
const DEADLINE: Duration = Duration::from_secs(10);

/// Sends a request and reads the whole answer: its status and its text.
///
/// # Errors
/// In words, if there is no whole answer in time.
pub(super) async fn request(
    address: SocketAddr,
    method: Method,
    path: &str,
    body: &str,
) -> Result<(StatusCode, String), String> {
    match tokio::time::timeout(DEADLINE, exchange(address, method, path, body)).await {
        Ok(result) => result.map_err(|error| format!("{error:#}")),
        Err(_) => Err(format!("no answer within {DEADLINE:?}")),
    }
}

async fn exchange(
    address: SocketAddr,
    method: Method,
    path: &str,
    body: &str,
) -> Result<(StatusCode, String), Box<dyn std::error::Error + Send + Sync>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(TcpStream::connect(address).await?)).await?;
    // The error, if any, reaches the request.
    let driver = tokio::spawn(async move { drop(connection.await) });
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost")
        .body(Full::new(Bytes::from(body.to_owned())))?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let answer = response.into_body().collect().await?.to_bytes();
    driver.abort();
    Ok((status, String::from_utf8_lossy(&answer).into_owned()))
}
