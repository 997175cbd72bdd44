//! HTTP/1.1 over a Unix socket: how the mesh speaks with Envoy's admin, the applications' probes and its own control.

use std::{io, path::Path, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

/// Why a request over a socket got no whole answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody listens there, or this user may not enter.
    #[error("cannot connect to {path}: {source}")]
    Connect {
        /// The socket.
        path: String,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The connection broke, or the answer was no HTTP.
    #[error("the answer from {path} broke off: {reason}")]
    Broken {
        /// The socket.
        path: String,
        /// In words.
        reason: String,
    },
    /// The deadline passed.
    #[error("no answer from {path} within {deadline:?}")]
    Timeout {
        /// The socket.
        path: String,
        /// The deadline.
        deadline: Duration,
    },
}

impl Error {
    /// Whether nobody listens at the socket, which for a control socket means that its mesh does not run.
    pub fn is_nobody_there(&self) -> bool {
        matches!(self, Self::Connect { source, .. }
            if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused))
    }
}

/// Sends one request on a connection of its own and reads the whole answer, within `deadline`.
///
/// # Errors
/// If nobody listens at `socket`, the connection breaks, or the deadline passes.
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

/// A `GET` that is answered at once or not at all: probes and Envoy's admin.
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
    // The connection is driven here, not in a task of its own, so that nothing outlives a caller who gives up.
    let answer = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        Ok::<_, hyper::Error>((status, response.into_body().collect().await?.to_bytes()))
    };
    tokio::pin!(connection);
    tokio::pin!(answer);
    let mut driving = true;
    loop {
        tokio::select! {
            answered = &mut answer => return answered.map_err(|error| broken(error.to_string())),
            ended = &mut connection, if driving => {
                driving = false;
                if let Err(error) = ended {
                    return Err(broken(error.to_string()));
                }
            }
        }
    }
}
