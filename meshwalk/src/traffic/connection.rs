//! One HTTP/1.1 connection over TCP or a Unix socket, and one exchange on it.

use std::{io, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    task::JoinHandle,
};

use super::{Address, Failure, FailureKind, failure};

/// How much of an answer's body is kept. The rest is read, so that the latency is that of the last byte, and dropped.
const KEPT_BODY: usize = 4 << 20;
/// The pause before a Unix socket whose queue is full is tried again; the kernel has no way to wait for room in it.
const QUEUE_PAUSE: Duration = Duration::from_millis(1);

/// A whole HTTP answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, cut off at 4 MiB.
    pub body: Bytes,
}

/// What went wrong with an exchange.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The connection had been closed before the request was written: it can go out on another one.
    Unsent,
    /// The server failed the request.
    Failed(Failure),
    /// This process lacks something (descriptors, ports); nothing is said about the server.
    Own(io::Error),
}

/// An open connection. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Opens a connection, within the runtime that calls.
    pub(super) async fn open(address: &Address) -> Result<Self, Trouble> {
        match address {
            Address::Tcp(address) => {
                let stream = TcpStream::connect(address).await.map_err(connecting)?;
                // A request is one small write; waiting for more to send would only add to its latency.
                stream.set_nodelay(true).map_err(connecting)?;
                Self::over(stream).await
            }
            Address::Unix(path) => loop {
                match UnixStream::connect(path).await {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => tokio::time::sleep(QUEUE_PAUSE).await,
                    result => break Self::over(result.map_err(connecting)?).await,
                }
            },
        }
    }

    async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Self, Trouble> {
        let opened = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = opened.map_err(|e| Trouble::Failed(Failure::exchanging(&e, "on connecting")))?;
        // The error, if any, reaches the request in flight; without one nobody needs it.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, driver })
    }

    /// Whether the server has closed the connection, as far as is known.
    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Waits until another request can be sent; false where the connection has come to its end.
    pub(super) async fn is_reusable(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn exchange(&mut self, request: Request<Empty<Bytes>>) -> Result<Reply, Trouble> {
        if self.sender.ready().await.is_err() {
            return Err(Trouble::Unsent);
        }
        let response = self.sender.try_send_request(request).await.map_err(|mut error| match error.take_message() {
            Some(_) => Trouble::Unsent,
            None => Trouble::Failed(Failure::exchanging(error.error(), "before an answer")),
        })?;
        let (head, mut incoming) = response.into_parts();
        let mut body = BytesMut::new();
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|error| {
                let place = format!("in the middle of an answer with status {}", head.status.as_u16());
                Trouble::Failed(Failure::exchanging(&error, &place))
            })?;
            if let Ok(data) = frame.into_data() {
                let room = KEPT_BODY.saturating_sub(body.len());
                body.extend_from_slice(&data[..data.len().min(room)]);
            }
        }
        Ok(Reply { status: head.status, headers: head.headers, body: body.freeze() })
    }
}

fn connecting(error: io::Error) -> Trouble {
    if failure::is_own(&error) { Trouble::Own(error) } else { Trouble::Failed(Failure::connecting(&error)) }
}

/// Gets one page on a connection of its own: for metrics, health and what else is asked for once.
///
/// # Errors
/// A [`Failure`] if there is no whole HTTP answer within `timeout`, or if `authority` or `path` cannot be sent.
pub async fn get(address: &Address, authority: &str, path: &str, timeout: Duration) -> Result<Reply, Failure> {
    let unusable = |what: &str, value: &str| Failure::new(FailureKind::Protocol, format!("{what} {value:?} is none"));
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = path.parse().map_err(|_| unusable("path", path))?;
    let host = HeaderValue::from_str(authority).map_err(|_| unusable("host", authority))?;
    request.headers_mut().insert(header::HOST, host);
    request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    exchange_once(address, request, timeout).await
}

/// Sends a request on a connection of its own.
pub(super) async fn exchange_once(
    address: &Address,
    request: Request<Empty<Bytes>>,
    timeout: Duration,
) -> Result<Reply, Failure> {
    let exchange = async { Connection::open(address).await?.exchange(request).await };
    match tokio::time::timeout(timeout, exchange).await {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(Trouble::Failed(failure))) => Err(failure),
        Ok(Err(Trouble::Own(error))) => Err(Failure::new(FailureKind::Refused, error.to_string())),
        Ok(Err(Trouble::Unsent)) => Err(Failure::new(FailureKind::Reset, "connection closed before the request")),
        Err(_) => Err(Failure::new(FailureKind::Timeout, format!("no answer within {timeout:?}"))),
    }
}
