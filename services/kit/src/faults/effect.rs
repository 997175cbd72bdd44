//! What a mode does to one request, or to one call to an upstream.

use std::{
    fmt,
    time::{Duration, Instant},
};

use http::StatusCode;
use meshwalk_faults::When;

use super::{draw::Draws, request_view::RequestView};

/// What a rule that fires does to one request or call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Wait so long. The delays of several rules add up.
    Delay(When, Duration),
    /// Use up so much processor time before the request is handled. The times of several rules add up.
    Work(Duration),
    /// Make the calls to upstreams without the headers of the trace.
    DropHeaders,
    /// Do this to whatever is answered. Of several of one kind, the first counts.
    Shape(Shape),
    /// Decide what comes of the request. Of several rules, the first decides.
    Decide(Verdict),
}

/// What comes of a request in place of its handling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This answer. For 429 and 503 without a time, the rule's remaining time to live is the time, or one second.
    Answer { status: StatusCode, retry_after: Option<Duration> },
    /// No answer: the connection is reset.
    Reset,
    /// No answer, for as long as the client waits.
    Hang,
}

/// What happens to an answer. Several kinds stack, in the order in which they stand here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Its body is padded to so many bytes.
    Size(u64),
    /// Some bytes of its body are wrong.
    Corrupt {
        /// Which ones.
        seed: u64,
    },
    /// Its body breaks off in the middle.
    Truncate,
    /// Its body comes at so many bytes per second.
    Drip(u64),
    /// Its connection is closed after it.
    Close,
}

impl Shape {
    /// Its place in the order.
    pub(super) fn place(self) -> usize {
        match self {
            Self::Size(_) => 0,
            Self::Corrupt { .. } => 1,
            Self::Truncate => 2,
            Self::Drip(_) => 3,
            Self::Close => 4,
        }
    }
}

/// What a rule in force remembers of the requests that it was about, for modes whose effect depends on those before.
/// It lives as long as the rule is in force, and is bounded.
pub(super) trait Memory: fmt::Debug + Send + Sync {
    /// What happens to the next request that the rule is about. It is remembered, whatever other rules do to it.
    fn effect(&self, context: RequestContext<'_>, draws: &mut Draws) -> Option<Effect>;
}

/// A request's turn at a rule with a memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestContext<'a> {
    pub(super) view: RequestView<'a>,
    pub(super) now: Instant,
    /// Whether the draw was for it; nothing for a rule without a percentage.
    pub(super) drawn: Option<bool>,
}
