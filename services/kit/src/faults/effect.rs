//! Effects: everything that a fault can do to a request, or to a call to an upstream.

use std::{
    fmt,
    time::{Duration, Instant},
};

use http::StatusCode;
use meshwalk_faults::When;

use super::{
    draw::Draws,
    injection_log::{InjectedFault, milliseconds},
    request_view::RequestView,
};

/// Effect of a rule that fires on one request or call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Wait. The delays of several rules add up.
    Delay(When, Duration),
    /// Use processor time before the request is handled. The times of several rules add up.
    Work(Duration),
    /// Make calls to upstreams without the headers of the trace.
    DropHeaders,
    /// Respond with this status. For 429 and 503 without a time, `Retry-After` is the rest of the rule's life, or one second.
    Answer { status: StatusCode, retry_after: Option<Duration> },
    /// Reset the connection.
    Reset,
    /// Send no response while the client waits.
    Hang,
    /// Pad the body to this number of bytes.
    Size(u64),
    /// Corrupt the bytes of the body that the seed selects.
    Corrupt { seed: u64 },
    /// Break the body off in the middle.
    Truncate,
    /// Send the body at this rate, in bytes per second.
    Drip(u64),
    /// Close the connection after the response.
    Close,
}

/// Steps of a request or call, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Before,
    Work,
    Calls,
    Verdict,
    After,
    Size,
    Corrupt,
    Truncate,
    Drip,
    Close,
}

impl Effect {
    /// Step at which the effect happens.
    pub(super) fn step(self) -> Step {
        match self {
            Self::Delay(When::Before, _) => Step::Before,
            Self::Work(_) => Step::Work,
            Self::DropHeaders => Step::Calls,
            Self::Answer { .. } | Self::Reset | Self::Hang => Step::Verdict,
            Self::Delay(When::After, _) => Step::After,
            Self::Size(_) => Step::Size,
            Self::Corrupt { .. } => Step::Corrupt,
            Self::Truncate => Step::Truncate,
            Self::Drip(_) => Step::Drip,
            Self::Close => Step::Close,
        }
    }

    /// True if several effects of the step add up. Otherwise the first one counts.
    pub(super) fn adds_up(self) -> bool {
        matches!(self, Self::Delay(..) | Self::Work(_))
    }

    /// True if the effect cannot happen because of the verdict: no calls are made, or no response is sent.
    pub(super) fn is_moot_after(self, verdict: Self) -> bool {
        match self.step() {
            Step::Calls => true,
            step => step > Step::Verdict && matches!(verdict, Self::Reset | Self::Hang),
        }
    }

    /// Writes the details of the effect into the ground truth.
    pub(super) fn describe(self, fault: &mut InjectedFault) {
        match self {
            Self::Delay(when, delay) => {
                fault.delay_ms = Some(milliseconds(delay));
                fault.at = (when == When::After).then_some("after");
            }
            Self::Work(time) => fault.cpu_ms = Some(milliseconds(time)),
            Self::Answer { status, .. } => fault.status = Some(status.as_u16()),
            Self::Size(bytes) => fault.bytes = Some(bytes),
            Self::Drip(rate) => fault.bytes_per_s = Some(rate),
            Self::DropHeaders | Self::Reset | Self::Hang | Self::Corrupt { .. } | Self::Truncate | Self::Close => {}
        }
    }
}

/// State that an active rule keeps over requests. It is bounded.
pub(super) trait Memory: fmt::Debug + Send + Sync {
    /// Effect on the next request in scope, or `None`. Every request counts, whatever other rules do to it.
    fn effect(&self, context: RequestContext<'_>, draws: &mut Draws) -> Option<Effect>;
}

/// A request, for a rule with a memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestContext<'a> {
    pub(super) view: RequestView<'a>,
    pub(super) now: Instant,
    /// True if the percentage selected the request, or `None` for a rule without one.
    pub(super) drawn: Option<bool>,
}
