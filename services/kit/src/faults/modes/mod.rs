//! Effects of the modes of the language, on requests, on calls and on the process.

mod behavior;
mod caps;
mod history;
mod latency;

use std::time::{Duration, Instant};

use http::StatusCode;
use meshwalk_faults::{
    Connection, Context, Cores, Exit, Life, Load, Mode, Response, Rule, Shaping, Shutdown, Timing, When,
};

use super::injection_log::{InjectedFault, milliseconds};
pub(super) use behavior::{RequestContext, RuleBehavior};
pub(super) use caps::check_caps;
use latency::Delays;

/// Effect of a rule that fires on one request or call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
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

/// Phases of a request or call, in order. Of several effects of one phase, the first counts, unless they add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Before,
    Work,
    DropHeaders,
    Verdict,
    After,
    Size,
    Corrupt,
    Truncate,
    Drip,
    Close,
}

impl Effect {
    /// Phase at which the effect happens.
    pub(super) fn phase(self) -> Phase {
        match self {
            Self::Delay(When::Before, _) => Phase::Before,
            Self::Work(_) => Phase::Work,
            Self::DropHeaders => Phase::DropHeaders,
            Self::Answer { .. } | Self::Reset | Self::Hang => Phase::Verdict,
            Self::Delay(When::After, _) => Phase::After,
            Self::Size(_) => Phase::Size,
            Self::Corrupt { .. } => Phase::Corrupt,
            Self::Truncate => Phase::Truncate,
            Self::Drip(_) => Phase::Drip,
            Self::Close => Phase::Close,
        }
    }

    /// True if several effects of the step add up.
    pub(super) fn adds_up(self) -> bool {
        matches!(self, Self::Delay(..) | Self::Work(_))
    }

    /// True for an effect on the calls to upstreams.
    pub(super) fn is_about_calls(self) -> bool {
        (Phase::DropHeaders..Phase::Verdict).contains(&self.phase())
    }

    /// True if the effect cannot happen because of the verdict: no calls are made, or no response is sent.
    pub(super) fn is_moot_after(self, verdict: Self) -> bool {
        let is_answered = !matches!(verdict, Self::Reset | Self::Hang);
        self.is_about_calls() || (self.phase() > Phase::Verdict && !is_answered)
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

/// Effect of a rule on the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcessFault {
    /// Make probes fail: those that the specification of the mode names.
    FailProbes,
    /// Close the port of the application.
    ClosePort,
    /// Crash.
    Crash(Exit),
    /// Hold more memory, at this rate in bytes per second.
    Leak(u64),
    /// Keep cores busy.
    Burn(Cores),
    /// Ignore SIGTERM.
    IgnoreSigterm,
    /// Delay the exit.
    DelayExit(Duration),
}

impl RuleBehavior {
    /// The behavior of a rule that begins at this time.
    pub(super) fn new(rule: &Rule, begins: Instant) -> Self {
        match &rule.mode {
            Mode::Response(Response::Error(statuses)) => Self::Answered(statuses.clone()),
            Mode::Timing(Timing::Latency(delay)) => Self::Delayed(rule.at, Delays::of(delay)),
            Mode::Connection(Connection::Reset) => Self::Always(Effect::Reset),
            Mode::Connection(Connection::Hang) => Self::Always(Effect::Hang),
            Mode::Connection(Connection::Refuse) => Self::Process(ProcessFault::ClosePort),
            Mode::Context(Context::DropHeaders) => Self::Always(Effect::DropHeaders),
            Mode::Shape(Shaping::Size(bytes)) => Self::Always(Effect::Size(bytes.0)),
            Mode::Shape(Shaping::Corrupt) => Self::Corrupted,
            Mode::Shape(Shaping::Truncate) => Self::Always(Effect::Truncate),
            Mode::Shape(Shaping::Drip(rate)) => Self::Always(Effect::Drip(rate.0)),
            Mode::Shape(Shaping::Close) => Self::Always(Effect::Close),
            Mode::History(history) => Self::Remembered(history::memory(history, begins)),
            Mode::Life(Life::Unready | Life::NotLive | Life::SlowStart(_)) => Self::Process(ProcessFault::FailProbes),
            Mode::Life(Life::Crash(exit)) => Self::Process(ProcessFault::Crash(*exit)),
            Mode::Load(Load::Leak(rate)) => Self::Process(ProcessFault::Leak(rate.0)),
            Mode::Load(Load::Cpu(cores)) => Self::Process(ProcessFault::Burn(*cores)),
            Mode::Load(Load::Work(time)) => Self::Always(Effect::Work(time.0)),
            Mode::Shutdown(Shutdown::IgnoreSigterm) => Self::Process(ProcessFault::IgnoreSigterm),
            Mode::Shutdown(Shutdown::SlowDrain(time)) => Self::Process(ProcessFault::DelayExit(time.0)),
        }
    }
}
