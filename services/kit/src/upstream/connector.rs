//! Making connections to upstreams: where the rules say, from the address that was asked for.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use http::Uri;
use tokio::net::{TcpSocket, UnixStream};

use crate::{
    config::{Address, Connects},
    net::Stream,
};

/// Makes connections to one upstream.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    connects: Arc<Connects>,
    source: Option<IpAddr>,
    host: String,
    port: u16,
}

impl Connector {
    /// Makes connections from `source` to the host and port of `url`.
    pub(super) fn new(connects: Arc<Connects>, source: Option<IpAddr>, url: &Uri) -> Self {
        let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        Self { connects, source, host, port: url.port_u16().unwrap_or(80) }
    }

    /// Makes a connection.
    pub(super) async fn connect(&self) -> io::Result<Stream> {
        match self.connects.target(&self.host, self.port) {
            Some(Address::Unix(path)) => UnixStream::connect(path).await.map(Stream::Unix),
            Some(Address::Tcp(address)) => self.connect_tcp(*address).await,
            None => self.connect_by_name(&self.host, self.port).await,
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
