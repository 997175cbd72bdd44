//! HTTP/1.1 client for Unix sockets: Envoy's admin interface, probes and the control API.

use std::{io, path::Path, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

/// Error of a request over a Unix socket.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No process listens on the socket, or access is denied.
    #[error("cannot connect to {path}: {source}")]
    Connect {
        /// Path of the socket.
        path: String,
        /// Reason of the operating system.
        source: io::Error,
    },
    /// The connection broke, or the response is not valid HTTP.
    #[error("the response from {path} is incomplete: {reason}")]
    Broken {
        /// Path of the socket.
        path: String,
        /// Reason of the HTTP client.
        reason: String,
    },
    /// The deadline passed.
    #[error("no response from {path} within {deadline:?}")]
    Timeout {
        /// Path of the socket.
        path: String,
        /// The deadline.
        deadline: Duration,
    },
}

impl Error {
    /// True if no process listens on the socket. For a control socket this means that the mesh does not run.
    pub fn is_not_listening(&self) -> bool {
        matches!(self, Self::Connect { source, .. }
            if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused))
    }
}

/// Sends one request on a new connection and reads the whole response within `deadline`.
///
/// # Errors
/// If no process listens on `socket`, the connection breaks, or the deadline passes.
pub async fn request(
    socket: &Path,
    method: Method,
    target: &str,
    body: Bytes,
    deadline: Duration,
) -> Result<(StatusCode, Bytes), Error> {
    let path = || socket.display().to_string();
    match tokio::time::timeout(deadline, exchange(socket, method, target, body)).await {
        Ok(result) => result,
        Err(_) => Err(Error::Timeout { path: path(), deadline }),
    }
}

/// Sends a `GET` request, for probes and Envoy's admin interface.
///
/// # Errors
/// As [`request`].
pub async fn get(socket: &Path, target: &str, deadline: Duration) -> Result<(StatusCode, Bytes), Error> {
    request(socket, Method::GET, target, Bytes::new(), deadline).await
}

async fn exchange(socket: &Path, method: Method, target: &str, body: Bytes) -> Result<(StatusCode, Bytes), Error> {
    let path = || socket.display().to_string();
    let broken = |reason: String| Error::Broken { path: path(), reason };
    let stream = UnixStream::connect(socket).await.map_err(|source| Error::Connect { path: path(), source })?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(error.to_string()))?;
    let mut request = Request::builder().method(method).uri(target).header(header::HOST, "localhost");
    if !body.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let request = request.body(Full::new(body)).map_err(|error| broken(error.to_string()))?;
    // Drive the connection here, not in a task: it ends when the caller drops this future.
    let response = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        Ok::<_, hyper::Error>((status, response.into_body().collect().await?.to_bytes()))
    };
    tokio::pin!(connection);
    tokio::pin!(response);
    let mut driving = true;
    loop {
        tokio::select! {
            answered = &mut response => return answered.map_err(|error| broken(error.to_string())),
            ended = &mut connection, if driving => {
                driving = false;
                if let Err(error) = ended {
                    return Err(broken(error.to_string()));
                }
            }
        }
    }
}
