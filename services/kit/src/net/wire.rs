//! What the application may do with the connection under a request.

use std::{
    io,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Stream;

/// The connection under a request. In the request's extensions; clones are about the same connection.
#[derive(Debug, Clone)]
pub(crate) struct Wire(Arc<State>);

#[derive(Debug)]
struct State {
    remote: Option<IpAddr>,
    reset: AtomicBool,
}

impl Wire {
    /// A handle for a stream, which takes effect through [`OnWire`].
    pub(super) fn new(stream: &Stream) -> Self {
        Self(Arc::new(State { remote: stream.remote(), reset: AtomicBool::new(false) }))
    }

    /// The other side's address; nothing on a Unix socket.
    pub(crate) fn remote(&self) -> Option<IpAddr> {
        self.0.remote
    }

    /// When the connection is closed, it is reset, and what has not been sent yet is not sent any more.
    pub(super) fn reset_when_closed(&self) {
        self.0.reset.store(true, Ordering::Relaxed);
    }
}

/// A stream whose end its [`Wire`] decides.
#[derive(Debug)]
pub(super) struct OnWire {
    stream: Stream,
    wire: Wire,
}

impl OnWire {
    pub(super) fn new(stream: Stream, wire: Wire) -> Self {
        Self { stream, wire }
    }
}

impl Drop for OnWire {
    fn drop(&mut self) {
        if self.wire.0.reset.load(Ordering::Relaxed) {
            self.stream.reset_when_closed();
        }
    }
}

impl AsyncRead for OnWire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for OnWire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
