//! Sends one HTTP request to a control port of an application or an admin port of a proxy.

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

/// Time limit for a response, which allows for a slow port-forward.
const DEADLINE: Duration = Duration::from_secs(10);

/// Request to a control or admin port.
#[derive(Debug, Clone)]
pub(super) struct Question<'a> {
    /// Method of the request.
    pub method: Method,
    /// Path and query.
    pub path: &'a str,
    /// Body, or empty for none.
    pub body: &'a str,
    /// Value of the header `authorization`, if set.
    pub authorization: Option<HeaderValue>,
}

impl<'a> Question<'a> {
    /// Creates a GET request.
    pub(super) fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, body: "", authorization: None }
    }
}

/// Sends a request on its own connection, and returns the status and text of the response.
///
/// # Errors
/// Returns a message if no complete response arrives in time.
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
    // Ignore the error here: the request itself reports it.
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
