//! What the application may do with the connection under a request.

use std::{
    io,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::Notify,
};

use super::Stream;

/// The connection under a request. In the request's extensions; clones are about the same connection.
#[derive(Debug, Clone)]
pub(crate) struct Wire(Arc<State>);

#[derive(Debug)]
struct State {
    remote: Option<IpAddr>,
    reset: AtomicBool,
    /// Bytes that the kernel has taken.
    written: AtomicU64,
    /// How often all bytes that there were had been taken.
    flushed: AtomicU64,
    last: Notify,
}

/// A moment in what a connection has sent.
#[derive(Debug)]
pub(crate) struct Mark {
    written: u64,
    flushed: u64,
}

impl Wire {
    /// A handle for a stream, which takes effect through [`OnWire`].
    pub(super) fn new(stream: &Stream) -> Self {
        Self(Arc::new(State {
            remote: stream.remote(),
            reset: AtomicBool::new(false),
            written: AtomicU64::new(0),
            flushed: AtomicU64::new(0),
            last: Notify::new(),
        }))
    }

    /// The other side's address; nothing on a Unix socket.
    pub(crate) fn remote(&self) -> Option<IpAddr> {
        self.0.remote
    }

    /// To be kept by whoever hands so many bytes to the HTTP library and must know when they, and those of the mark
    /// before, are out.
    pub(crate) fn mark(&self, before: Option<Mark>, bytes: u64) -> Mark {
        let State { written, flushed, .. } = &*self.0;
        let from = before.map_or_else(|| written.load(Ordering::Relaxed), |before| before.written);
        Mark { written: from + bytes, flushed: flushed.load(Ordering::Relaxed) }
    }

    /// Whether the bytes of the mark are out. Only on a connection that serves one answer at a time: those of another one
    /// are taken for them.
    pub(crate) fn is_out(&self, mark: &Mark) -> bool {
        let State { written, flushed, .. } = &*self.0;
        written.load(Ordering::Relaxed) >= mark.written && flushed.load(Ordering::Relaxed) > mark.flushed
    }

    /// Ends the connection as soon as the requests that it has are answered.
    pub(crate) fn close_after_answers(&self) {
        self.0.last.notify_one();
    }

    /// Returns when [`Wire::close_after_answers`] has been called.
    pub(super) async fn told_to_close(&self) {
        self.0.last.notified().await;
    }

    fn wrote(&self, result: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(bytes)) = result {
            self.0.written.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
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
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.wire.wrote(&result);
        result
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_flush(cx);
        if let Poll::Ready(Ok(())) = result {
            this.wire.0.flushed.fetch_add(1, Ordering::Relaxed);
        }
        result
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.wire.wrote(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
