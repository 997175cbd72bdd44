//! Effects of the modes of the language.

mod caps;
mod history;
mod latency;

use std::time::{Duration, Instant};

use http::StatusCode;
use meshwalk_faults::{
    Connection, Context, Cores, Exit, Life, Load, Mode, Percent, Response, Rule, Shaping, Shutdown, Statuses, Timing,
    When,
};

use super::{
    draw::Draws,
    effect::{Effect, Memory, RequestContext},
};
pub(super) use caps::check_caps;
use latency::Delays;

/// How an active rule behaves. Whatever follows from its argument alone is computed once, at its activation.
#[derive(Debug)]
pub(super) enum RuleBehavior {
    /// The memory decides, by earlier requests or by the time.
    Remembered(Box<dyn Memory>),
    /// Delays each request for a time of its own.
    Delayed(When, Delays),
    /// Answers with a status, or one of a weighted list.
    Answered(Statuses),
    /// Corrupts each response in its own way.
    Corrupted,
    /// Affects all requests alike.
    Always(Effect),
    /// Affects the process.
    Process(ProcessFault),
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

    /// Effect on the next request, or `None`. A weighted list may spare a request that the percentage selected.
    pub(super) fn effect(&self, context: RequestContext<'_>, draws: &mut Draws) -> Option<Effect> {
        match self {
            Self::Remembered(memory) => memory.effect(context, draws),
            _ if context.drawn == Some(false) => None,
            Self::Delayed(at, delays) => Some(Effect::Delay(*at, delays.draw(draws))),
            Self::Answered(statuses) => {
                status(statuses, draws).map(|status| Effect::Answer { status, retry_after: None })
            }
            Self::Corrupted => Some(Effect::Corrupt { seed: draws.below(u64::MAX) }),
            Self::Always(effect) => Some(*effect),
            Self::Process(_) => None,
        }
    }

    /// Effect on the process, or `None` for a rule about requests.
    pub(super) fn process_fault(&self) -> Option<ProcessFault> {
        match self {
            Self::Process(fault) => Some(*fault),
            _ => None,
        }
    }
}

fn status(statuses: &Statuses, draws: &mut Draws) -> Option<StatusCode> {
    match statuses {
        Statuses::Single(status) => Some(*status),
        Statuses::Weighted(list) => {
            let mut drawn = draws.below(Percent::ALL.parts());
            for (status, share) in list {
                match drawn.checked_sub(share.parts()) {
                    None => return Some(*status),
                    Some(rest) => drawn = rest,
                }
            }
            None
        }
    }
}
