//! Keeps the HTTP library's read buffers small.
//!
//! The library doubles the buffer of an HTTP/1.1 connection each time that a read fills it, up to the size of the
//! largest head, and keeps it for the time that the connection waits. Thousands of connections that stop in the middle
//! of a body would each hold that size.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

/// Size of the library's first read buffer, in bytes. A read that does not fill it leaves the size as it is.
const FIRST_BUFFER_BYTES: usize = 8192;

/// Limits the reads that follow a large one. Small requests are read as if this did not exist.
#[derive(Debug, Default)]
pub(super) struct ReadLimiter {
    last_read_bytes: usize,
}

impl ReadLimiter {
    /// Reads from a stream.
    pub(super) fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = Pin::new(stream);
        if self.last_read_bytes + 1 < FIRST_BUFFER_BYTES {
            let before = buf.filled().len();
            ready!(stream.poll_read(cx, buf))?;
            self.last_read_bytes = buf.filled().len() - before;
        } else {
            let limit = buf.remaining().min(FIRST_BUFFER_BYTES - 1);
            let mut part = ReadBuf::new(buf.initialize_unfilled_to(limit));
            ready!(stream.poll_read(cx, &mut part))?;
            self.last_read_bytes = part.filled().len();
            buf.advance(self.last_read_bytes);
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test]
    async fn read_after_a_large_one_does_not_fill_the_first_buffer() {
        let content = [7; 100_000];
        let mut stream = content.as_slice();
        let mut limiter = ReadLimiter::default();
        let mut sizes = Vec::new();
        let mut read = Vec::new();
        while read.len() < content.len() {
            let mut buffer = [0; 65_536];
            let mut buf = ReadBuf::new(&mut buffer[..FIRST_BUFFER_BYTES << sizes.len().min(3)]);
            poll_fn(|cx| limiter.poll_read(&mut stream, cx, &mut buf)).await.unwrap();
            sizes.push(buf.filled().len());
            read.extend_from_slice(buf.filled());
        }
        assert_eq!(read, content);
        assert_eq!(sizes[0], FIRST_BUFFER_BYTES);
        assert!(sizes[1..].iter().all(|&size| size < FIRST_BUFFER_BYTES), "{sizes:?}");
    }
}
