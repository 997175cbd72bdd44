//! The stream under a connection, as its [`ConnHandle`] observes and ends it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{ConnHandle, Stream, input::Tracker, read_limiter::ReadLimiter};

/// A stream whose input, output and end are known to a [`ConnHandle`].
#[derive(Debug)]
pub(super) struct TrackedStream {
    stream: Stream,
    handle: ConnHandle,
    tracker: Tracker,
    reads: ReadLimiter,
}

impl TrackedStream {
    pub(super) fn new(stream: Stream, handle: ConnHandle) -> Self {
        Self { stream, handle, tracker: Tracker::default(), reads: ReadLimiter::default() }
    }

    fn note(&self, result: &Poll<io::Result<usize>>) {
        match result {
            Poll::Ready(Ok(bytes)) => self.handle.output().note_written(*bytes),
            Poll::Pending => self.handle.output().note_blocked(),
            Poll::Ready(Err(_)) => {}
        }
    }
}

impl Drop for TrackedStream {
    fn drop(&mut self) {
        if self.handle.is_reset_when_closed() {
            self.stream.reset_when_closed();
        }
    }
}

impl AsyncRead for TrackedStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let input = this.handle.input();
        if input.is_closed() {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let read = this.reads.poll_read(&mut this.stream, cx, buf);
        let fresh = &buf.filled()[before..];
        if !fresh.is_empty() {
            let in_flight = this.handle.has_request();
            this.tracker.read(fresh, this.handle.input(), in_flight);
        }
        // The runtime may not know yet of bytes that the kernel has, so the kernel is asked before the input ends.
        match read {
            Poll::Pending => input.close_if(|| this.stream.has_nothing_to_read()),
            Poll::Ready(_) => input.close_if(|| false),
        }
        if input.is_closed() { Poll::Ready(Ok(())) } else { read }
    }
}

impl AsyncWrite for TrackedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.note(&result);
        result
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_flush(cx);
        if let Poll::Ready(Ok(())) = result {
            this.handle.output().note_flushed();
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
        this.note(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
