//! One HTTP connection over TCP or a Unix socket, and one exchange on it.

use std::{
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    task::JoinHandle,
};

use super::{
    Address, Failure, Tls, failure,
    stream_slots::{SlotWait, StreamSlots},
};

/// How much of an answer's body is kept. The rest is read, so that the latency is that of the last byte, and dropped.
pub(super) const KEPT_BODY: usize = 4 << 20;
/// The pause before a Unix socket whose queue is full is tried again; the kernel has no way to wait for room in it.
const QUEUE_PAUSE: Duration = Duration::from_millis(1);
/// Pause before a silent HTTP/2 connection is pinged. TCP alone reports a peer that is gone after many minutes.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// A whole HTTP answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, cut off at 4 MiB.
    pub body: Bytes,
}

/// Error of an exchange.
#[derive(Debug)]
pub(super) enum ExchangeError {
    /// The connection had been closed before the request was written: it can go out on another one.
    Unsent,
    /// The server failed the request.
    Failed(Failure),
    /// This process lacks something (descriptors, ports); nothing is said about the server.
    Own(io::Error),
}

/// Where connections lead, and what is spoken over them.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    /// The address.
    pub(super) address: Address,
    /// TLS, unless the server is spoken to in clear.
    pub(super) tls: Option<Tls>,
    /// HTTP/2 instead of HTTP/1.1: agreed by ALPN over TLS, with prior knowledge in clear.
    pub(super) http2: bool,
    /// Time limit for the response to a ping of HTTP/2, after which the connection counts as dead.
    pub(super) ping_timeout: Duration,
}

impl Endpoint {
    /// HTTP/1.1 in clear, which knows no pings.
    pub(super) fn plain(address: &Address) -> Self {
        Self { address: address.clone(), tls: None, http2: false, ping_timeout: Duration::ZERO }
    }
}

/// An open connection, or a share of one of HTTP/2. Dropping the last share closes it.
#[derive(Debug)]
pub(super) struct Connection {
    sender: RequestSender,
    driver: Arc<Driver>,
}

#[derive(Debug)]
enum RequestSender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>, Arc<StreamSlots>),
}

/// The task that reads and writes a connection.
#[derive(Debug)]
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    /// Opens a connection, within the runtime that calls.
    pub(super) async fn open(endpoint: &Endpoint) -> Result<Self, ExchangeError> {
        match &endpoint.address {
            Address::Tcp(address) => {
                let stream = TcpStream::connect(address).await.map_err(connecting)?;
                // A request is one small write; waiting for more to send would only add to its latency.
                stream.set_nodelay(true).map_err(connecting)?;
                Self::secure(stream, endpoint).await
            }
            Address::Unix(path) => loop {
                match UnixStream::connect(path).await {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => tokio::time::sleep(QUEUE_PAUSE).await,
                    result => break Self::secure(result.map_err(connecting)?, endpoint).await,
                }
            },
        }
    }

    async fn secure(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        endpoint: &Endpoint,
    ) -> Result<Self, ExchangeError> {
        match &endpoint.tls {
            Some(tls) => {
                let stream = tls.handshake(stream).await.map_err(ExchangeError::Failed)?;
                Self::handshake(stream, endpoint).await
            }
            None => Self::handshake(stream, endpoint).await,
        }
    }

    async fn handshake(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        endpoint: &Endpoint,
    ) -> Result<Self, ExchangeError> {
        let failed = |error| ExchangeError::Failed(Failure::exchanging(&error, "on connecting"));
        let io = TokioIo::new(stream);
        // An error of the driver also reaches the request in flight; without one it is not needed.
        let (sender, driver) = if endpoint.http2 {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder.timer(TokioTimer::new()).keep_alive_interval(PING_INTERVAL);
            // Without requests too: the next request would be lost on a dead connection.
            builder.keep_alive_timeout(endpoint.ping_timeout).keep_alive_while_idle(true);
            let (sender, mut connection) = builder.handshake(io).await.map_err(failed)?;
            let slots = StreamSlots::new(connection.current_max_send_streams());
            let driver = {
                let slots = Arc::clone(&slots);
                poll_fn(move |cx| {
                    let ended = Pin::new(&mut connection).poll(cx);
                    slots.set_limit(connection.current_max_send_streams());
                    ended
                })
            };
            (RequestSender::Http2(sender, slots), tokio::spawn(async move { drop(driver.await) }))
        } else {
            let (sender, connection) = http1::handshake(io).await.map_err(failed)?;
            (RequestSender::Http1(sender), tokio::spawn(async move { drop(connection.await) }))
        };
        Ok(Self { sender, driver: Arc::new(Driver(driver)) })
    }

    /// Another share of this connection, if it can carry several requests at once.
    pub(super) fn share(&self) -> Option<Self> {
        match &self.sender {
            RequestSender::Http1(_) => None,
            RequestSender::Http2(sender, slots) => {
                let sender = RequestSender::Http2(sender.clone(), Arc::clone(slots));
                Some(Self { sender, driver: self.driver.clone() })
            }
        }
    }

    /// True if both are shares of one connection.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.driver, &other.driver)
    }

    /// Whether the connection is closed, as far as is known.
    pub(super) fn is_closed(&self) -> bool {
        match &self.sender {
            RequestSender::Http1(sender) => sender.is_closed(),
            RequestSender::Http2(sender, _) => sender.is_closed(),
        }
    }

    /// Waits until another request can be sent; false if the connection is closed.
    pub(super) async fn is_reusable(&mut self) -> bool {
        match &mut self.sender {
            RequestSender::Http1(sender) => sender.ready().await.is_ok(),
            RequestSender::Http2(sender, _) => sender.ready().await.is_ok(),
        }
    }

    /// Sends a request and reads the whole answer. `wait` tells whether the request waited for an HTTP/2 stream.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        wait: &mut SlotWait,
        body_limit: usize,
    ) -> Result<Response, ExchangeError> {
        let _slot = match &self.sender {
            RequestSender::Http1(_) => None,
            RequestSender::Http2(_, slots) => Some(Arc::clone(slots).take(wait).await),
        };
        if !self.is_reusable().await {
            return Err(ExchangeError::Unsent);
        }
        let response = match &mut self.sender {
            RequestSender::Http1(sender) => sender.try_send_request(request).await,
            RequestSender::Http2(sender, _) => sender.try_send_request(request).await,
        };
        let response = response.map_err(|mut error| match error.take_message() {
            Some(_) => ExchangeError::Unsent,
            None => ExchangeError::Failed(Failure::exchanging(error.error(), "before an answer")),
        })?;
        let (head, mut incoming) = response.into_parts();
        let mut body = BytesMut::new();
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|error| {
                let location = format!("in the middle of an answer with status {}", head.status.as_u16());
                ExchangeError::Failed(Failure::exchanging(&error, &location))
            })?;
            if let Ok(data) = frame.into_data() {
                let room = body_limit.saturating_sub(body.len());
                body.extend_from_slice(&data[..data.len().min(room)]);
            }
        }
        Ok(Response { status: head.status, headers: head.headers, body: body.freeze() })
    }
}

fn connecting(error: io::Error) -> ExchangeError {
    if failure::is_own(&error) { ExchangeError::Own(error) } else { ExchangeError::Failed(Failure::connecting(&error)) }
}
