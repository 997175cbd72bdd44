//! Tracks whether the bytes of a body have been flushed, for a body that breaks off after them.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use http::Version;

use crate::net::{ConnHandle, WriteMark};

/// Tracks whether the bytes of a body have been written to the connection.
///
/// The HTTP library buffers bytes and discards them when the body fails. No single method works for both protocols. An
/// HTTP/1.1 connection serves one response at a time, so its write position tells; but the bytes are copied early. An
/// HTTP/2 connection mixes responses, but holds each chunk until it has been written.
#[derive(Debug)]
pub(in crate::faults) enum FlushTracker {
    /// No connection to watch, so no bytes are discarded.
    Untracked,
    /// HTTP/1.1: the write position of the connection, and the position after the last chunk.
    Written(ConnHandle, Option<WriteMark>),
    /// HTTP/2: the last chunk, alive until it has been written.
    Held(Weak<Chunk>),
}

/// A chunk of a body, alive while the HTTP library holds it.
#[derive(Debug)]
pub(in crate::faults) struct Chunk(Bytes);

/// Owner of a chunk inside [`Bytes`].
struct ChunkOwner(Arc<Chunk>);

impl AsRef<[u8]> for ChunkOwner {
    fn as_ref(&self) -> &[u8] {
        &self.0.0
    }
}

impl FlushTracker {
    /// A tracker for a response of this HTTP version on this connection.
    pub(in crate::faults) fn new(wire: Option<ConnHandle>, version: Version) -> Self {
        match wire {
            _ if version >= Version::HTTP_2 => Self::Held(Weak::new()),
            Some(wire) => Self::Written(wire, None),
            None => Self::Untracked,
        }
    }

    /// Tracks the next bytes. The body must send the returned bytes instead.
    pub(super) fn track(&mut self, bytes: Bytes) -> Bytes {
        match self {
            Self::Untracked => bytes,
            Self::Written(wire, mark) => {
                *mark = Some(wire.mark(mark.take(), bytes.len() as u64));
                bytes
            }
            // Chunks of one response are written in order, so the last one tells for all.
            Self::Held(last) => {
                let chunk = Arc::new(Chunk(bytes));
                *last = Arc::downgrade(&chunk);
                Bytes::from_owner(ChunkOwner(chunk))
            }
        }
    }

    /// True if all bytes so far have been written.
    pub(super) fn is_flushed(&self) -> bool {
        match self {
            Self::Untracked | Self::Written(_, None) => true,
            Self::Written(wire, Some(mark)) => wire.is_out(mark),
            Self::Held(last) => last.strong_count() == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_http2_bytes_are_out_when_nobody_keeps_a_part_of_the_last_of_them() {
        let mut flush = FlushTracker::new(None, Version::HTTP_2);
        assert!(flush.is_flushed());
        let [one, two] = [b"one", b"two"].map(|bytes| flush.track(Bytes::from_static(bytes)));
        assert_eq!((one.as_ref(), two.as_ref()), (b"one".as_slice(), b"two".as_slice()));
        let part = two.slice(1..);
        drop((one, two));
        assert!(!flush.is_flushed());
        drop(part);
        assert!(flush.is_flushed());
    }
}
