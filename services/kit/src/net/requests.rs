//! Requests in flight on a connection: how many there are, and whether the service or the client has to act next.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{ConnHandle, head_memory::MemoryShare};

/// One request, in the lower half of [`Requests::counts`].
const REQUEST: u64 = 1;

/// One request that the service works on, in the upper half of [`Requests::counts`].
const WORK: u64 = 1 << 32;

/// Requests whose head is complete and whose response has not been handed to the connection in full.
#[derive(Debug, Default)]
pub(super) struct Requests {
    counts: AtomicU64,
    /// Number of requests since the connection was accepted.
    total: AtomicU64,
    /// How often the client has taken a part of a response. Counted for HTTP/2 only.
    taken: AtomicU64,
}

impl Requests {
    fn begin(&self, work: u64) {
        self.counts.fetch_add(REQUEST + work, Ordering::SeqCst);
    }

    /// True if this was the last request.
    fn end(&self, work: u64) -> bool {
        self.counts.fetch_sub(REQUEST + work, Ordering::SeqCst) & (WORK - 1) == REQUEST
    }

    /// Number of requests in flight. A part of a response that the client has to take counts as one more.
    pub(super) fn count(&self) -> u64 {
        self.counts.load(Ordering::SeqCst) & (WORK - 1)
    }

    /// Number of requests since the connection was accepted.
    pub(super) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// True if a request is in flight.
    pub(super) fn is_any(&self) -> bool {
        self.count() > 0
    }

    /// How often the client has taken a part of a response, if the service waits for the client on all requests.
    pub(super) fn waiting_at(&self) -> Option<u64> {
        (1..WORK).contains(&self.counts.load(Ordering::SeqCst)).then(|| self.taken.load(Ordering::Relaxed))
    }
}

/// Keeps a request of a connection in flight for as long as it lives.
#[derive(Debug)]
pub(super) struct InFlight {
    connection: ConnHandle,
    awaits_client: bool,
    /// Memory of an HTTP/2 stream.
    _memory: Option<MemoryShare>,
}

impl InFlight {
    /// Guard of a request that the service works on.
    pub(super) fn new(connection: ConnHandle, memory: Option<MemoryShare>) -> Self {
        connection.requests().begin(WORK);
        connection.requests().total.fetch_add(1, Ordering::Relaxed);
        Self { connection, awaits_client: false, _memory: memory }
    }

    /// Guard of a part of the response that the client has to take.
    pub(super) fn part(&self) -> Self {
        let connection = self.connection.clone();
        connection.requests().begin(0);
        Self { connection, awaits_client: true, _memory: None }
    }

    /// Notes whether the client has to act next, rather than the service.
    pub(super) fn set_awaits_client(&mut self, awaits_client: bool) {
        if self.awaits_client == awaits_client {
            return;
        }
        self.awaits_client = awaits_client;
        let requests = self.connection.requests();
        if awaits_client {
            requests.counts.fetch_sub(WORK, Ordering::SeqCst);
        } else {
            requests.counts.fetch_add(WORK, Ordering::SeqCst);
        }
        self.note_taken();
    }

    /// Notes that the client has taken a part of the response.
    pub(super) fn note_taken(&self) {
        self.connection.requests().taken.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut work = WORK;
        if self.awaits_client {
            work = 0;
            self.note_taken();
        }
        self.connection.before_request_end();
        if self.connection.requests().end(work) {
            self.connection.after_last_request();
        }
    }
}
