//! The time that a request's head may take.
//!
//! The HTTP library has such a limit too, but its clock also runs while a kept-alive connection waits for its next
//! request. A server that closes waiting connections after seconds loses requests of a proxy that reuses one at just
//! that moment. This clock starts with the head's first byte.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::wire::OnWire;
use crate::limits::{Action, Limit};

/// How an HTTP/2 connection begins (RFC 9113 section 3.4). Its frames come between requests too, so no clock runs there.
const HTTP2_PREFACE_START: &[u8] = b"PRI ";

/// How many requests of one connection have been read in full, up to their body, and are not answered in full yet.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicUsize,
    open: AtomicUsize,
}

impl InFlight {
    /// To be called when a request's head has been read; the guard is dropped when the answer is out.
    pub(super) fn begin(&self) -> Answering {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        self.0.open.fetch_add(1, Ordering::Relaxed);
        Answering(Arc::clone(&self.0))
    }
}

/// A request whose answer is not out yet.
#[derive(Debug)]
pub(super) struct Answering(Arc<Counts>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream that fails when a request's head takes too long.
#[derive(Debug)]
pub(super) struct HeadClock {
    stream: OnWire,
    limit: Duration,
    in_flight: InFlight,
    /// The end of the time for a head that has begun, and how many requests there were before it.
    running: Option<(Pin<Box<Sleep>>, usize)>,
    seen_any: bool,
    http2: bool,
}

impl HeadClock {
    pub(super) fn new(stream: OnWire, limit: Duration, in_flight: InFlight) -> Self {
        Self { stream, limit, in_flight, running: None, seen_any: false, http2: false }
    }

    fn saw(&mut self, bytes: &[u8]) {
        if !self.seen_any {
            self.seen_any = true;
            self.http2 = bytes.starts_with(HTTP2_PREFACE_START);
        }
        let idle = self.in_flight.0.open.load(Ordering::Relaxed) == 0;
        if idle && !self.http2 && self.running.is_none() {
            let begun = self.in_flight.0.begun.load(Ordering::Relaxed);
            self.running = Some((Box::pin(sleep_until(Instant::now() + self.limit)), begun));
        }
    }
}

impl AsyncRead for HeadClock {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Some((_, begun)) = &this.running
            && this.in_flight.0.begun.load(Ordering::Relaxed) != *begun
        {
            this.running = None;
        }
        let before = buf.filled().len();
        match Pin::new(&mut this.stream).poll_read(cx, buf) {
            Poll::Ready(done) => {
                let fresh = &buf.filled()[before..];
                if !fresh.is_empty() {
                    this.saw(fresh);
                }
                Poll::Ready(done)
            }
            Poll::Pending => match &mut this.running {
                None => Poll::Pending,
                Some((clock, _)) => {
                    ready!(clock.as_mut().poll(cx));
                    Limit::HEADER_READ_TIMEOUT
                        .record(Action::Closed, format_args!("no whole head in {:?}", this.limit));
                    Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the request's head took too long")))
                }
            },
        }
    }
}

impl AsyncWrite for HeadClock {
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
