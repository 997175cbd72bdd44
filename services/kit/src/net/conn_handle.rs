//! State of one connection, and what its port or a request may ask of it.

use std::{
    net::IpAddr,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
    time::{Duration, Instant},
};

use futures_util::task::AtomicWaker;

use super::{
    Stream,
    activity::{Activity, EvictionCause},
    in_flight::InFlight,
    input::Input,
};

/// Start of the clock that [`State::idle_since_us`] counts from.
static CLOCK_START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Order to a connection: end if no request is in flight.
const EVICT: u8 = 1;

/// Order to a connection: end as soon as its requests are answered.
const END: u8 = 2;

/// With [`EVICT`]: the process is out of descriptors.
const NO_DESCRIPTOR: u8 = 4;

/// Time that a new connection has for the first byte of its first request before it counts as idle.
const FIRST_REQUEST_TIME: Duration = Duration::from_millis(500);

/// Handle of a connection. It is in the extensions of each request; clones refer to the same connection.
#[derive(Debug, Clone)]
pub(crate) struct ConnHandle(Arc<State>);

#[derive(Debug)]
struct State {
    remote: Option<IpAddr>,
    reset: AtomicBool,
    /// Bytes that the kernel has accepted.
    written: AtomicU64,
    /// How often everything that had been written so far was flushed.
    flushed: AtomicU64,
    /// Something was written since the last flush.
    unflushed: AtomicBool,
    /// A response ended since the last flush.
    response_ended: AtomicBool,
    /// Requests whose head is complete and whose response has not been handed to the connection in full.
    requests: AtomicUsize,
    /// Time of the last request's end, or of the accept, in microseconds since [`CLOCK_START`].
    idle_since_us: AtomicU64,
    input: Input,
    orders: AtomicU8,
    /// Wakes the task that serves the connection.
    waker: AtomicWaker,
    closed: AtomicBool,
}

/// A position in what a connection has sent.
#[derive(Debug)]
pub(crate) struct WriteMark {
    written: u64,
    flushed: u64,
}

impl ConnHandle {
    pub(super) fn new(stream: &Stream) -> Self {
        Self(Arc::new(State {
            remote: stream.remote(),
            reset: AtomicBool::new(false),
            written: AtomicU64::new(0),
            flushed: AtomicU64::new(0),
            unflushed: AtomicBool::new(false),
            response_ended: AtomicBool::new(false),
            requests: AtomicUsize::new(0),
            idle_since_us: AtomicU64::new(now_us()),
            input: Input::default(),
            orders: AtomicU8::new(0),
            waker: AtomicWaker::new(),
            closed: AtomicBool::new(false),
        }))
    }

    /// Address of the other side, or `None` on a Unix socket.
    pub(crate) fn remote(&self) -> Option<IpAddr> {
        self.0.remote
    }

    /// Marks the position after `bytes` more bytes than `before`, or than what has been written.
    pub(crate) fn mark(&self, before: Option<WriteMark>, bytes: u64) -> WriteMark {
        let State { written, flushed, .. } = &*self.0;
        let from = before.map_or_else(|| written.load(Ordering::Relaxed), |before| before.written);
        WriteMark { written: from + bytes, flushed: flushed.load(Ordering::Relaxed) }
    }

    /// True if the bytes up to the mark have been sent. Valid only on a connection that sends one response at a time.
    pub(crate) fn is_out(&self, mark: &WriteMark) -> bool {
        let State { written, flushed, .. } = &*self.0;
        written.load(Ordering::Relaxed) >= mark.written && flushed.load(Ordering::Relaxed) > mark.flushed
    }

    /// Ends the connection as soon as its requests are answered.
    pub(crate) fn close_after_answers(&self) {
        self.order(END);
    }

    /// Ends the connection if no request is in flight.
    pub(super) fn evict(&self, cause: EvictionCause) {
        self.order(match cause {
            EvictionCause::NewConnection => EVICT,
            EvictionCause::NoDescriptor => EVICT | NO_DESCRIPTOR,
        });
    }

    /// Cause of the last [`ConnHandle::evict`].
    pub(super) fn eviction_cause(&self) -> EvictionCause {
        match self.0.orders.load(Ordering::SeqCst) & NO_DESCRIPTOR {
            0 => EvictionCause::NewConnection,
            _ => EvictionCause::NoDescriptor,
        }
    }

    fn order(&self, order: u8) {
        self.0.orders.fetch_or(order, Ordering::SeqCst);
        self.0.waker.wake();
    }

    /// True once [`ConnHandle::close_after_answers`] was called.
    pub(super) fn must_end(&self) -> bool {
        self.0.orders.load(Ordering::SeqCst) & END != 0
    }

    /// True if [`ConnHandle::evict`] was called and not declined.
    pub(super) fn must_leave(&self) -> bool {
        self.0.orders.load(Ordering::SeqCst) & EVICT != 0
    }

    /// Withdraws an eviction, because a request has arrived; true if there was one.
    pub(super) fn decline_eviction(&self) -> bool {
        self.0.orders.fetch_and(!(EVICT | NO_DESCRIPTOR), Ordering::SeqCst) & EVICT != 0
    }

    /// Wakes `waker` at each order, and at the end of the last request after an order.
    pub(super) fn register(&self, waker: &Waker) {
        self.0.waker.register(waker);
    }

    /// Counts a request as in flight until the guard and all its clones are dropped.
    pub(super) fn begin_request(&self) -> InFlight {
        self.0.requests.fetch_add(1, Ordering::SeqCst);
        InFlight::new(self.clone())
    }

    /// Counts a request as answered. Only its guard calls this.
    pub(super) fn end_request(&self) {
        let state = &*self.0;
        // Stored before the count: a connection that appears idle has the time since when it is.
        state.idle_since_us.store(now_us(), Ordering::Relaxed);
        state.response_ended.store(true, Ordering::Relaxed);
        let last = state.requests.fetch_sub(1, Ordering::SeqCst) == 1;
        // The task of an HTTP/2 connection does not see the end of a request by itself.
        if last && (state.orders.load(Ordering::SeqCst) != 0 || state.input.is_partial(false)) {
            state.waker.wake();
        }
    }

    /// True if a request is in flight.
    pub(super) fn has_request(&self) -> bool {
        self.0.requests.load(Ordering::SeqCst) > 0
    }

    /// What the connection does at the moment.
    pub(super) fn activity(&self) -> Activity {
        let state = &*self.0;
        if self.has_request() {
            Activity::Request
        } else if state.unflushed.load(Ordering::Relaxed) && state.response_ended.load(Ordering::Relaxed) {
            Activity::Flushing
        } else if state.input.is_partial(false) {
            Activity::PartialInput
        } else {
            Activity::Idle
        }
    }

    /// True if closing the connection now would cut a response.
    pub(super) fn is_answering(&self) -> bool {
        matches!(self.activity(), Activity::Request | Activity::Flushing)
    }

    /// What has been read.
    pub(super) fn input(&self) -> &Input {
        &self.0.input
    }

    /// Number of the protocol element that has arrived in part, for as long as it has not arrived in full.
    pub(super) fn partial_element(&self) -> Option<u64> {
        self.0.input.is_partial(self.has_request()).then(|| self.0.input.element())
    }

    /// True if the connection is new and its first request may be on its way.
    pub(super) fn awaits_first_request(&self) -> bool {
        self.0.input.bytes_read() == 0 && self.idle_for() < FIRST_REQUEST_TIME
    }

    /// Time of the last request's end, or of the accept, in microseconds of an arbitrary clock.
    pub(super) fn idle_since_us(&self) -> u64 {
        self.0.idle_since_us.load(Ordering::Relaxed)
    }

    /// Time since the last request's end, or since the accept.
    pub(super) fn idle_for(&self) -> Duration {
        Duration::from_micros(now_us().saturating_sub(self.idle_since_us()))
    }

    /// Time of the last request's end, or of the accept.
    pub(super) fn idle_since(&self) -> Instant {
        *CLOCK_START + Duration::from_micros(self.idle_since_us())
    }

    pub(super) fn mark_closed(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::SeqCst)
    }

    /// Notes an attempt to write.
    pub(super) fn note_written(&self, bytes: usize) {
        self.0.written.fetch_add(bytes as u64, Ordering::Relaxed);
        self.0.unflushed.store(true, Ordering::Relaxed);
    }

    /// Notes that everything written so far was flushed.
    pub(super) fn note_flushed(&self) {
        self.0.flushed.fetch_add(1, Ordering::Relaxed);
        self.0.response_ended.store(false, Ordering::Relaxed);
        self.0.unflushed.store(false, Ordering::Relaxed);
    }

    /// Makes the close of the connection a reset, which discards what has not been sent.
    pub(super) fn reset_when_closed(&self) {
        self.0.reset.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_reset_when_closed(&self) -> bool {
        self.0.reset.load(Ordering::Relaxed)
    }
}

fn now_us() -> u64 {
    CLOCK_START.elapsed().as_micros() as u64
}
