//! State of one connection, and what its port or a request may ask of it.

use std::{
    net::IpAddr,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    Stream,
    activity::Activity,
    input::Input,
    orders::Orders,
    output::{Output, WriteMark},
    requests::Requests,
};

/// Start of the clock that [`State::idle_since_us`] counts from.
static CLOCK_START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Time that a connection has for a request head under pressure: a new one for the first byte, others for the rest.
const HEAD_TIME: Duration = Duration::from_millis(500);

/// Handle of a connection. It is in the extensions of each request; clones refer to the same connection.
#[derive(Debug, Clone)]
pub(crate) struct ConnHandle(Arc<State>);

#[derive(Debug)]
struct State {
    remote: Option<IpAddr>,
    reset: AtomicBool,
    input: Input,
    output: Output,
    requests: Requests,
    orders: Orders,
    /// Time of the last request's end, or of the accept, in microseconds since [`CLOCK_START`].
    idle_since_us: AtomicU64,
    /// Time since when a protocol element has been incomplete, on the same clock, or 0.
    partial_since_us: AtomicU64,
    closed: AtomicBool,
}

impl ConnHandle {
    pub(super) fn new(stream: &Stream) -> Self {
        Self(Arc::new(State {
            remote: stream.remote(),
            reset: AtomicBool::new(false),
            input: Input::default(),
            output: Output::default(),
            requests: Requests::default(),
            orders: Orders::default(),
            idle_since_us: AtomicU64::new(now_us()),
            partial_since_us: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        }))
    }

    /// Address of the other side, or `None` on a Unix socket.
    pub(crate) fn remote(&self) -> Option<IpAddr> {
        self.0.remote
    }

    /// Marks the position after `bytes` more bytes than `before`, or than what has been written.
    pub(crate) fn mark(&self, before: Option<WriteMark>, bytes: u64) -> WriteMark {
        self.0.output.mark(before, bytes)
    }

    /// True if the bytes up to the mark have been sent. Valid only on a connection that sends one response at a time.
    pub(crate) fn is_out(&self, mark: &WriteMark) -> bool {
        self.0.output.is_sent(mark)
    }

    /// Ends the connection as soon as its requests are answered.
    pub(crate) fn close_after_answers(&self) {
        self.0.orders.end();
    }

    /// What has been read.
    pub(super) fn input(&self) -> &Input {
        &self.0.input
    }

    /// What has been written.
    pub(super) fn output(&self) -> &Output {
        &self.0.output
    }

    /// Requests in flight.
    pub(super) fn requests(&self) -> &Requests {
        &self.0.requests
    }

    /// Orders to the connection.
    pub(super) fn orders(&self) -> &Orders {
        &self.0.orders
    }

    /// Prepares the end of a request. Only its guard calls this.
    pub(super) fn before_request_end(&self) {
        // Stored before the count: a connection that appears idle has the time since when it is.
        self.0.idle_since_us.store(now_us(), Ordering::Relaxed);
        self.0.output.note_response_end();
    }

    /// Wakes the connection's task after the last request, if it has a reason to act. Only a request's guard calls this.
    pub(super) fn after_last_request(&self) {
        // The task of an HTTP/2 connection does not see the end of a request by itself.
        if self.0.orders.is_pending() || self.0.input.is_partial(false) {
            self.0.orders.wake();
        }
    }

    /// True if a request is in flight.
    pub(super) fn has_request(&self) -> bool {
        self.0.requests.is_any()
    }

    /// What the connection does at the moment.
    pub(super) fn activity(&self) -> Activity {
        let state = &*self.0;
        if self.has_request() {
            Activity::Request
        } else if state.output.is_flushing() {
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

    /// Number of the protocol element that has arrived in part, for as long as it has not arrived in full.
    pub(super) fn partial_element(&self) -> Option<u64> {
        self.0.input.is_partial(self.has_request()).then(|| self.0.input.element())
    }

    /// Notes since when a protocol element has been incomplete, or `None` if none is.
    pub(super) fn note_partial_since(&self, since: Option<Instant>) {
        let since_us = since.map_or(0, |since| micros(since).max(1));
        if self.0.partial_since_us.load(Ordering::Relaxed) != since_us {
            self.0.partial_since_us.store(since_us, Ordering::Relaxed);
        }
    }

    /// True if no request is in flight, and the one that has arrived in part has had enough time for its rest.
    pub(super) fn has_late_head(&self) -> bool {
        let since_us = self.0.partial_since_us.load(Ordering::Relaxed);
        let is_late = since_us > 0 && now_us().saturating_sub(since_us) >= HEAD_TIME.as_micros() as u64;
        is_late && self.activity() == Activity::PartialInput
    }

    /// True if the connection is new and its first request may be on its way.
    pub(super) fn awaits_first_request(&self) -> bool {
        self.0.input.bytes_read() == 0 && self.idle_for() < HEAD_TIME
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

    /// Makes the close of the connection a reset, which discards what has not been sent.
    pub(super) fn reset_when_closed(&self) {
        self.0.reset.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_reset_when_closed(&self) -> bool {
        self.0.reset.load(Ordering::Relaxed)
    }
}

fn now_us() -> u64 {
    micros(Instant::now())
}

/// Microseconds from [`CLOCK_START`].
fn micros(time: Instant) -> u64 {
    time.saturating_duration_since(*CLOCK_START).as_micros() as u64
}
