//! Keeps the HTTP library's read buffers small.
//!
//! The library doubles the buffer of an HTTP/1.1 connection each time that a read fills it, up to the size of the
//! largest head, and keeps it for the time that the connection waits. Thousands of connections that stop in the middle
//! of a body would each hold that size.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, ReadBuf};

/// Size of the library's first read buffer, in bytes. A read that does not fill it leaves the size as it is.
pub(super) const FIRST_BUFFER_BYTES: usize = 8192;

thread_local! {
    /// Where bytes are read to that could fill the first buffer. Initialized once, unlike the library's buffers.
    static SCRATCH: RefCell<[u8; FIRST_BUFFER_BYTES - 1]> = const { RefCell::new([0; FIRST_BUFFER_BYTES - 1]) };
}

/// Reads from a stream, less than the library's first buffer holds.
pub(super) fn poll_read<S: AsyncRead + Unpin>(
    stream: &mut S,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    let stream = Pin::new(stream);
    if buf.remaining() < FIRST_BUFFER_BYTES {
        return stream.poll_read(cx, buf);
    }
    SCRATCH.with_borrow_mut(|scratch| {
        let mut part = ReadBuf::new(scratch);
        ready!(stream.poll_read(cx, &mut part))?;
        buf.put_slice(part.filled());
        Poll::Ready(Ok(()))
    })
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test]
    async fn read_never_fills_the_first_buffer() {
        let content = [7; 100_000];
        let mut stream = content.as_slice();
        let mut sizes = Vec::new();
        let mut read = Vec::new();
        while read.len() < content.len() {
            let mut buffer = [0; 65_536];
            let mut buf = ReadBuf::new(&mut buffer[..FIRST_BUFFER_BYTES << sizes.len().min(3)]);
            poll_fn(|cx| poll_read(&mut stream, cx, &mut buf)).await.unwrap();
            sizes.push(buf.filled().len());
            read.extend_from_slice(buf.filled());
        }
        assert_eq!(read, content);
        assert!(sizes.iter().all(|&size| size < FIRST_BUFFER_BYTES), "{sizes:?}");
    }
}
