//! Memory for request heads and HTTP/2 streams, in budgets for the whole process.
//!
//! Limits for one connection are not enough: thousands of connections, each with many large heads, would hold gigabytes.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderMap, Uri};

/// Counted for each field besides its name and value (RFC 9113 section 6.5.2).
const FIELD_BYTES: usize = 32;

/// Counted for each HTTP/2 request: its stream and its tasks. Those of HTTP/1.1 are a part of what a connection takes.
pub(super) const STREAM_BYTES: usize = 8192;

/// Memory for heads that have arrived in part, beyond what each connection has.
pub(super) static PARTIAL_HEADS: MemoryBudget = MemoryBudget::new(4 << 20);

/// Memory for heads of requests that the service works on.
pub(super) static HEADS: MemoryBudget = MemoryBudget::new(8 << 20);

/// Memory for HTTP/2 requests in flight, until the client has taken the response.
pub(super) static STREAMS: MemoryBudget = MemoryBudget::new(24 << 20);

/// Memory for the tables of streams of HTTP/2 connections, beyond what each connection has.
pub(super) static STREAM_TABLES: MemoryBudget = MemoryBudget::new(12 << 20);

/// An amount of memory that many requests share.
#[derive(Debug)]
pub(super) struct MemoryBudget {
    limit_bytes: usize,
    taken_bytes: AtomicUsize,
}

impl MemoryBudget {
    const fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, taken_bytes: AtomicUsize::new(0) }
    }

    /// A share without bytes.
    pub(super) const fn share(&'static self) -> MemoryShare {
        MemoryShare { budget: self, bytes: 0 }
    }

    /// Takes these bytes, or `None` if fewer are left.
    pub(super) fn take(&'static self, bytes: usize) -> Option<MemoryShare> {
        let mut share = self.share();
        share.resize(bytes).then_some(share)
    }
}

/// A part of a budget, until it is dropped.
#[derive(Debug)]
pub(super) struct MemoryShare {
    budget: &'static MemoryBudget,
    bytes: usize,
}

impl MemoryShare {
    /// Takes more bytes, until the share has at least this many. False, without a change, if the budget has too few left.
    pub(super) fn grow_to(&mut self, bytes: usize) -> bool {
        bytes <= self.bytes || self.resize(bytes)
    }

    /// Takes or gives back bytes, until the share has this many. False, without a change, if the budget has too few left.
    pub(super) fn resize(&mut self, bytes: usize) -> bool {
        let MemoryBudget { limit_bytes, taken_bytes } = self.budget;
        if bytes > self.bytes {
            let more = bytes - self.bytes;
            if taken_bytes.fetch_add(more, Ordering::Relaxed) + more > *limit_bytes {
                taken_bytes.fetch_sub(more, Ordering::Relaxed);
                return false;
            }
        } else if bytes < self.bytes {
            taken_bytes.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        }
        self.bytes = bytes;
        true
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.resize(0);
    }
}

/// Size of a head in memory, in bytes.
pub(super) fn head_bytes(uri: &Uri, headers: &HeaderMap) -> usize {
    let target = uri.path().len() + uri.query().map_or(0, str::len);
    headers.iter().fold(target, |bytes, (name, value)| bytes + name.as_str().len() + value.len() + FIELD_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_is_free_again_after_it_was_exhausted() {
        static BUDGET: MemoryBudget = MemoryBudget::new(100);
        let mut share = BUDGET.take(50).unwrap();
        assert!(BUDGET.take(51).is_none());
        assert!(!share.resize(101));
        assert!(share.resize(100));
        assert!(BUDGET.take(1).is_none());
        assert!(share.resize(30));
        let other = BUDGET.take(70).unwrap();
        drop((share, other));
        assert!(BUDGET.take(100).is_some());
    }
}
