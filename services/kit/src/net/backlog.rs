//! Connections that the kernel accepted for a port that is about to close.

use std::io;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use super::Stream;

/// A listening socket that no longer waits for connections. Closing it resets those that are still in its queue.
#[derive(Debug)]
pub(super) enum Backlog {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener),
}

impl Backlog {
    /// Queue of a TCP port.
    pub(super) fn tcp(listener: TcpListener) -> io::Result<Self> {
        listener.into_std().map(Self::Tcp)
    }

    /// Queue of a Unix socket.
    pub(super) fn unix(listener: UnixListener) -> io::Result<Self> {
        listener.into_std().map(Self::Unix)
    }

    /// Takes the next connection from the queue, or `None` if the queue is empty. Asks the kernel, because the runtime may
    /// not know yet of connections that have just come.
    ///
    /// # Errors
    /// The process or the host has run out of something, such as descriptors. The connection stays in the queue.
    pub(super) fn next(&self) -> io::Result<Option<Stream>> {
        loop {
            let accepted = match self {
                Self::Tcp(listener) => listener.accept().map(|(stream, _)| tcp_stream(stream)),
                Self::Unix(listener) => listener.accept().map(|(stream, _)| unix_stream(stream)),
            };
            match accepted {
                Ok(Ok(stream)) => return Ok(Some(stream)),
                Ok(Err(error)) => tracing::debug!(%error, "connection ended at once"),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn tcp_stream(stream: std::net::TcpStream) -> io::Result<Stream> {
    stream.set_nonblocking(true)?;
    Stream::tcp(TcpStream::from_std(stream)?)
}

fn unix_stream(stream: std::os::unix::net::UnixStream) -> io::Result<Stream> {
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream).map(Stream::Unix)
}
