//! Making connections to upstreams: where the rules say, from the address that was asked for.

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpSocket, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::limited_stream::LimitedStream;
use crate::{
    config::{Address, Connects},
    limits::{Action, Limit},
    net::Stream,
};

/// Makes connections.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    connects: Arc<Connects>,
    source: Option<IpAddr>,
    most: usize,
    permits: Arc<Semaphore>,
}

impl Connector {
    /// Makes connections from `source`, at most `most` at a time.
    pub(super) fn new(connects: Connects, source: Option<IpAddr>, most: usize) -> Self {
        Self { connects: Arc::new(connects), source, most, permits: Arc::new(Semaphore::new(most)) }
    }

    /// Waits until there may be one more connection.
    async fn permit(&self) -> io::Result<OwnedSemaphorePermit> {
        let permits = Arc::clone(&self.permits);
        if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
            return Ok(permit);
        }
        Limit::UPSTREAM_CONNECTIONS.record(
            Action::Delayed,
            format_args!("all {} connections that the limit of open files allows are in use", self.most),
        );
        permits.acquire_owned().await.map_err(io::Error::other)
    }

    async fn connect(self, url: Uri) -> io::Result<LimitedStream> {
        // First of all, because a name's lookup needs a descriptor too.
        let permit = self.permit().await?;
        self.open(url).await.map(|stream| LimitedStream::new(stream, permit))
    }

    async fn open(&self, url: Uri) -> io::Result<Stream> {
        let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = url.port_u16().unwrap_or(80);
        match self.connects.target(host, port) {
            Some(Address::Unix(path)) => UnixStream::connect(path).await.map(Stream::Unix),
            Some(Address::Tcp(address)) => self.connect_tcp(*address).await,
            None => self.connect_by_name(host, port).await,
        }
    }

    /// Tries the addresses of a name in the resolver's order.
    async fn connect_by_name(&self, host: &str, port: u16) -> io::Result<Stream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, format!("the name {host} has no address"));
        for address in tokio::net::lookup_host((host, port)).await? {
            match self.connect_tcp(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn connect_tcp(&self, address: SocketAddr) -> io::Result<Stream> {
        let context = |error: io::Error| io::Error::new(error.kind(), format!("{address}: {error}"));
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if let Some(source) = self.source {
            let bound = socket.bind(SocketAddr::new(source, 0));
            bound.map_err(|error| io::Error::new(error.kind(), format!("source address {source}: {error}")))?;
        }
        Stream::tcp(socket.connect(address).await.map_err(context)?)
    }
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<LimitedStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<LimitedStream>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(url).await.map(TokioIo::new) })
    }
}
