//! The stream under a connection, as its [`ConnHandle`] observes and ends it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    ConnHandle, Stream,
    head_memory::{MemoryShare, PARTIAL_HEADS},
    input::{HTTP2_PREFACE, Tracker},
    read_limiter::{self, FIRST_BUFFER_BYTES},
    stream_table::StreamTable,
};
use crate::limits::{Action, Limit};

/// A stream whose input, output and end are known to a [`ConnHandle`].
#[derive(Debug)]
pub(super) struct TrackedStream {
    stream: Stream,
    handle: ConnHandle,
    tracker: Tracker,
    /// True if the library knows which protocol the client speaks.
    is_protocol_known: bool,
    max_header_bytes: usize,
    /// Memory of the head that has arrived in part, beyond what each connection may have.
    head_memory: Option<MemoryShare>,
    stream_table: StreamTable,
}

impl TrackedStream {
    /// A stream whose request heads have at most this size.
    pub(super) fn new(stream: Stream, handle: ConnHandle, max_header_bytes: usize) -> Self {
        Self {
            stream,
            handle,
            tracker: Tracker::default(),
            is_protocol_known: false,
            max_header_bytes,
            head_memory: None,
            stream_table: StreamTable::new(),
        }
    }

    /// Reads from the stream. The first read is empty if the client speaks HTTP/1.1.
    ///
    /// The library's first read looks for the preface of HTTP/2 and takes an empty read for HTTP/1.1. A read of 24 bytes
    /// would make it double the size of its next buffer, for as long as the connection lives.
    fn poll_stream(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.is_protocol_known {
            let mut first = [0; HTTP2_PREFACE.len()];
            let count = ready!(self.stream.poll_peek(cx, &mut first))?;
            self.is_protocol_known = true;
            if count > 0 && !HTTP2_PREFACE.starts_with(&first[..count]) {
                return Poll::Ready(Ok(()));
            }
        }
        read_limiter::poll_read(&mut self.stream, cx, buf)
    }

    /// Takes the memory for a head that has arrived in part; false if there is not enough.
    fn has_memory_for_head(&mut self) -> bool {
        let bytes = self.tracker.partial_head_bytes(self.handle.input()).min(self.max_header_bytes);
        if bytes <= FIRST_BUFFER_BYTES {
            self.head_memory = None;
            return true;
        }
        // The library doubles its buffer.
        let bytes = bytes.next_power_of_two();
        match &mut self.head_memory {
            Some(share) => share.resize(bytes),
            None => {
                self.head_memory = PARTIAL_HEADS.take(bytes);
                self.head_memory.is_some()
            }
        }
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
        if this.handle.input().is_closed() {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let read = this.poll_stream(cx, buf);
        let fresh = &buf.filled()[before..];
        if !fresh.is_empty() {
            let in_flight = this.handle.has_request();
            this.tracker.read(fresh, this.handle.input(), in_flight);
        }
        if !this.has_memory_for_head() {
            Limit::HEADER_MEMORY.record(Action::Closed, "no memory left for request heads that arrive in part");
            return Poll::Ready(Err(io::ErrorKind::OutOfMemory.into()));
        }
        let input = this.handle.input();
        if !this.stream_table.has_memory(input.http2_heads(), this.handle.requests()) {
            Limit::HEADER_MEMORY.record(Action::Closed, "no memory left for more HTTP/2 streams of one connection");
            return Poll::Ready(Err(io::ErrorKind::OutOfMemory.into()));
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

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::UnixStream,
    };

    use super::*;

    async fn two_reads(sent: &[u8]) -> [Vec<u8>; 2] {
        let (mut client, server) = UnixStream::pair().unwrap();
        client.write_all(sent).await.unwrap();
        let stream = Stream::Unix(server);
        let handle = ConnHandle::new(&stream);
        let mut stream = TrackedStream::new(stream, handle, 65_536);
        let (mut first, mut second) = ([0; HTTP2_PREFACE.len()], [0; 1000]);
        let first_length = stream.read(&mut first).await.unwrap();
        let second_length = stream.read(&mut second).await.unwrap();
        [first[..first_length].into(), second[..second_length].into()]
    }

    #[tokio::test]
    async fn first_read_is_empty_for_http1_and_loses_nothing() {
        for head in ["GET / HTTP/1.1\r\nhost: b\r\n\r\n", "POST /api/hello HTTP/1.1\r\n\r\n", "X"] {
            assert_eq!(two_reads(head.as_bytes()).await, [Vec::new(), head.into()]);
        }
    }

    #[tokio::test]
    async fn first_read_of_http2_is_the_preface() {
        let sent = [HTTP2_PREFACE, b"frames"].concat();
        assert_eq!(two_reads(&sent).await, [HTTP2_PREFACE.into(), b"frames".to_vec()]);
    }
}
