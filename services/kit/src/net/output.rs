//! What a connection has sent, and whether its client takes it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bytes that a connection has sent. The connection's own task writes it; the port and the faults read it.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// Bytes that the kernel has accepted.
    written: AtomicU64,
    /// How often everything that had been written so far was flushed.
    flushed: AtomicU64,
    /// Something was written since the last flush.
    unflushed: AtomicBool,
    /// A response ended since the last flush.
    response_ended: AtomicBool,
    /// The last write has to wait for the client.
    is_blocked: AtomicBool,
}

/// A position in what a connection has sent.
#[derive(Debug)]
pub(crate) struct WriteMark {
    written: u64,
    flushed: u64,
}

impl Output {
    /// Marks the position after `bytes` more bytes than `before`, or than what has been written.
    pub(super) fn mark(&self, before: Option<WriteMark>, bytes: u64) -> WriteMark {
        let from = before.map_or_else(|| self.written.load(Ordering::Relaxed), |before| before.written);
        WriteMark { written: from + bytes, flushed: self.flushed.load(Ordering::Relaxed) }
    }

    /// True if the bytes up to the mark have been sent. Valid only on a connection that sends one response at a time.
    pub(super) fn is_sent(&self, mark: &WriteMark) -> bool {
        self.written.load(Ordering::Relaxed) >= mark.written && self.flushed.load(Ordering::Relaxed) > mark.flushed
    }

    /// Notes bytes that the kernel has accepted.
    pub(super) fn note_written(&self, bytes: usize) {
        self.written.fetch_add(bytes as u64, Ordering::Relaxed);
        self.unflushed.store(true, Ordering::Relaxed);
        self.is_blocked.store(false, Ordering::Relaxed);
    }

    /// Notes that the kernel accepts nothing, because the client does not read.
    pub(super) fn note_blocked(&self) {
        self.unflushed.store(true, Ordering::Relaxed);
        self.is_blocked.store(true, Ordering::Relaxed);
    }

    /// Notes that everything written so far was flushed.
    pub(super) fn note_flushed(&self) {
        self.flushed.fetch_add(1, Ordering::Relaxed);
        self.response_ended.store(false, Ordering::Relaxed);
        self.unflushed.store(false, Ordering::Relaxed);
    }

    /// Notes that a response was handed to the connection in full.
    pub(super) fn note_response_end(&self) {
        self.response_ended.store(true, Ordering::Relaxed);
    }

    /// True if a response is complete, and its last bytes have not been flushed.
    pub(super) fn is_flushing(&self) -> bool {
        self.unflushed.load(Ordering::Relaxed) && self.response_ended.load(Ordering::Relaxed)
    }

    /// Number of bytes that the kernel has accepted, if the next write has to wait for the client.
    pub(super) fn blocked_at(&self) -> Option<u64> {
        self.is_blocked.load(Ordering::Relaxed).then(|| self.written.load(Ordering::Relaxed))
    }
}
