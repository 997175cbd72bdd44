//! One HTTP request to an application or a proxy: to a control port, to an admin port.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};

use crate::traffic::Address;

/// They answer from memory; a port-forward takes its time.
const DEADLINE: Duration = Duration::from_secs(10);

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Question<'a> {
    /// The method.
    pub method: Method,
    /// The path and query.
    pub path: &'a str,
    /// The body; empty for none.
    pub body: &'a str,
    /// The value of `authorization`, if it takes one.
    pub authorization: Option<HeaderValue>,
}

impl<'a> Question<'a> {
    /// A look at something.
    pub(super) fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, body: "", authorization: None }
    }
}

/// Sends a request on a connection of its own and reads the whole answer: its status and its text.
///
/// # Errors
/// In words, if there is no whole answer in time.
pub(super) async fn ask(address: &Address, question: &Question<'_>) -> Result<(StatusCode, String), String> {
    let exchange = async {
        match address {
            Address::Tcp(address) => over(TcpStream::connect(address).await?, question).await,
            Address::Unix(path) => over(UnixStream::connect(path).await?, question).await,
        }
    };
    match tokio::time::timeout(DEADLINE, exchange).await {
        Ok(result) => result.map_err(|error| format!("{address}: {error:#}")),
        Err(_) => Err(format!("{address}: no answer within {DEADLINE:?}")),
    }
}

async fn over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    question: &Question<'_>,
) -> Result<(StatusCode, String), Box<dyn std::error::Error + Send + Sync>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // The error, if any, reaches the request.
    let driver = tokio::spawn(async move { drop(connection.await) });
    let mut request = Request::builder()
        .method(question.method.clone())
        .uri(question.path)
        .header(header::HOST, "localhost")
        .body(Full::new(Bytes::from(question.body.to_owned())))?;
    if let Some(value) = &question.authorization {
        request.headers_mut().insert(header::AUTHORIZATION, value.clone());
    }
    let response = sender.send_request(request).await?;
    let status = response.status();
    let answer = response.into_body().collect().await?.to_bytes();
    driver.abort();
    Ok((status, String::from_utf8_lossy(&answer).into_owned()))
}
