//! Detects protocol elements of which only a part has arrived: a request head, an HTTP/2 preface, frame or header block.
//!
//! The HTTP library has a limit for heads too, but its clock also runs while a kept-alive connection waits for its next
//! request, and it has none for HTTP/2. A server that closes waiting connections after seconds loses the requests that a
//! proxy sends at that moment.

use std::sync::{
    LazyLock,
    atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
};

use memchr::memmem::Finder;

use super::http2_frames::{Frames, Partial};

/// First bytes of an HTTP/2 connection (RFC 9113 section 3.4).
pub(super) const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// [`Input::expected`] of a message whose last bytes are a blank line: one without a body, or with a chunked one.
const UNTIL_BLANK_LINE: u64 = u64::MAX;

/// End of an HTTP/1.1 head.
const BLANK_LINE: &[u8] = b"\r\n\r\n";

/// Finds [`BLANK_LINE`]. Preparing a search costs more than searching one head.
static BLANK_LINE_FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(BLANK_LINE));

const UNDECIDED: u8 = 0;
const HTTP1: u8 = 1;
const HTTP2: u8 = 2;

/// What a connection has received. The connection's own task writes it; the port reads it.
#[derive(Debug, Default)]
pub(super) struct Input {
    protocol: AtomicU8,
    /// Bytes received.
    read: AtomicU64,
    /// HTTP/1.1: the bytes received so far end with a blank line.
    at_blank_line: AtomicBool,
    /// HTTP/1.1: position after the head that has arrived, or 0.
    head_end: AtomicU64,
    /// HTTP/1.1: value of `read` after the last message, or [`UNTIL_BLANK_LINE`].
    expected: AtomicU64,
    /// HTTP/2: a [`Partial`].
    partial_frame: AtomicU8,
    /// HTTP/2: number of request heads and trailers received.
    heads: AtomicU64,
    /// HTTP/1.1: bytes received without a request in flight since the last complete head.
    unparsed: AtomicU64,
    /// Number of complete elements so far.
    element: AtomicU64,
    closing: AtomicBool,
    closed: AtomicBool,
}

impl Input {
    /// True if an element has arrived in part, on a connection with or without a request in flight.
    pub(super) fn is_partial(&self, request_in_flight: bool) -> bool {
        let read = self.read.load(Ordering::Relaxed);
        match self.protocol.load(Ordering::Relaxed) {
            UNDECIDED => read > 0,
            HTTP1 => {
                let expected = self.expected.load(Ordering::Relaxed);
                let complete = match expected {
                    UNTIL_BLANK_LINE => self.at_blank_line.load(Ordering::Relaxed),
                    position => read == position,
                };
                // With a request in flight, the bytes are its body, or a request that waits for its turn.
                !request_in_flight && !complete
            }
            _ => match self.partial_frame.load(Ordering::Relaxed) {
                Partial::NONE => false,
                Partial::DATA => !request_in_flight,
                _ => true,
            },
        }
    }

    /// Number of bytes received.
    pub(super) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Number of complete elements so far, which identifies the one that has arrived in part.
    pub(super) fn element(&self) -> u64 {
        self.element.load(Ordering::Relaxed)
    }

    /// Number of HTTP/2 request heads and trailers received.
    pub(super) fn http2_heads(&self) -> u64 {
        self.heads.load(Ordering::Relaxed)
    }

    pub(super) fn is_http2(&self) -> bool {
        self.protocol.load(Ordering::Relaxed) == HTTP2
    }

    /// Notes that the head of an HTTP/1.1 request is complete. `body` is the announced length, if it has one.
    ///
    /// False if the end of the body cannot be determined: it came behind another request that was in flight.
    pub(super) fn head_complete(&self, body: Option<u64>) -> bool {
        self.element.fetch_add(1, Ordering::Relaxed);
        self.unparsed.store(0, Ordering::Relaxed);
        let head_end = self.head_end.swap(0, Ordering::Relaxed);
        let (expected, known) = match body {
            None | Some(0) => (UNTIL_BLANK_LINE, true),
            Some(length) => (head_end.saturating_add(length), head_end > 0),
        };
        self.expected.store(expected, Ordering::Relaxed);
        known
    }

    /// Lets the next read that finds nothing report the end of the input.
    pub(super) fn close_when_empty(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    /// Withdraws [`Input::close_when_empty`]; true if no read has taken place since.
    pub(super) fn withdraw_close(&self) -> bool {
        self.closing.swap(false, Ordering::Relaxed)
    }

    /// Closes the input if that was asked for, and `is_empty`; otherwise withdraws the demand.
    pub(super) fn close_if(&self, is_empty: impl FnOnce() -> bool) {
        if self.closing.load(Ordering::Relaxed) {
            self.closing.store(false, Ordering::Relaxed);
            self.closed.store(is_empty(), Ordering::Relaxed);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }
}

/// Follows the bytes of one connection.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    preface: usize,
    frames: Frames,
    /// Last bytes received, the newest last.
    tail: [u8; 3],
}

impl Tracker {
    /// Notes bytes that were received, `request_in_flight` or not.
    pub(super) fn read(&mut self, bytes: &[u8], input: &Input, request_in_flight: bool) {
        let before = input.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let mut frames = bytes;
        if input.protocol.load(Ordering::Relaxed) == UNDECIDED {
            let rest = &HTTP2_PREFACE[self.preface..];
            let common = rest.len().min(bytes.len());
            if rest[..common] != bytes[..common] {
                input.protocol.store(HTTP1, Ordering::Relaxed);
            } else {
                self.preface += common;
                frames = &bytes[common..];
                if self.preface == HTTP2_PREFACE.len() {
                    input.protocol.store(HTTP2, Ordering::Relaxed);
                }
            }
        }
        match input.protocol.load(Ordering::Relaxed) {
            HTTP1 => self.read_http1(bytes, before, input, request_in_flight),
            HTTP2 => {
                let complete = self.frames.read(frames);
                input.element.fetch_add(complete, Ordering::Relaxed);
                input.partial_frame.store(self.frames.partial(), Ordering::Relaxed);
                input.heads.store(self.frames.heads(), Ordering::Relaxed);
            }
            _ => self.keep_tail(bytes),
        }
    }

    /// Most bytes that the head has in memory that has arrived in part. Unlimited for an HTTP/2 header block in several
    /// frames, which the library decodes as they come.
    pub(super) fn partial_head_bytes(&self, input: &Input) -> usize {
        if self.frames.is_in_block() {
            return usize::MAX;
        }
        usize::try_from(input.unparsed.load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    fn read_http1(&mut self, bytes: &[u8], before: u64, input: &Input, request_in_flight: bool) {
        if !request_in_flight {
            input.unparsed.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        if !request_in_flight && input.head_end.load(Ordering::Relaxed) == 0 {
            // The blank line may have begun in the bytes before.
            let mut seam = [0; 6];
            let of_bytes = bytes.len().min(3);
            seam[..3].copy_from_slice(&self.tail);
            seam[3..3 + of_bytes].copy_from_slice(&bytes[..of_bytes]);
            let at_seam = seam[..3 + of_bytes].windows(4).position(|four| four == BLANK_LINE).map(|at| at + 4 - 3);
            let end = at_seam.or_else(|| BLANK_LINE_FINDER.find(bytes).map(|at| at + 4));
            if let Some(end) = end {
                input.head_end.store(before + end as u64, Ordering::Relaxed);
            }
        }
        self.keep_tail(bytes);
        let at_blank_line = self.tail[1..] == *b"\n\n" || self.tail == *b"\n\r\n";
        input.at_blank_line.store(at_blank_line, Ordering::Relaxed);
    }

    fn keep_tail(&mut self, bytes: &[u8]) {
        match bytes.last_chunk() {
            Some(last) => self.tail = *last,
            None => {
                self.tail.rotate_left(bytes.len());
                self.tail[3 - bytes.len()..].copy_from_slice(bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests;
