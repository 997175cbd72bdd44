//! What the modes of the language do to requests.

mod history;
mod latency;

use std::time::{Duration, Instant};

use http::StatusCode;
use meshwalk_faults::{Connection, Delay, Mode, Percent, Rule, Shaping, Statuses, When};

use super::{
    draw::Draws,
    effect::{Effect, Memory, RequestContext, Shape, Verdict},
};
use latency::{Delays, longest};

/// How an active rule treats its requests. Whatever follows from its argument alone is computed once, at its activation.
#[derive(Debug)]
pub(super) enum RuleBehavior {
    /// The memory decides, by earlier requests or by the time.
    Remembered(Box<dyn Memory>),
    /// Delays each request for a time of its own.
    Delayed(When, Delays),
    /// Treats each request by itself.
    Stateless(Mode),
}

impl RuleBehavior {
    /// The behavior of a rule that begins at this time.
    pub(super) fn new(rule: &Rule, begins: Instant) -> Self {
        match &rule.mode {
            Mode::History(history) => Self::Remembered(history::memory(history, begins)),
            Mode::Latency(delay) => Self::Delayed(rule.at, Delays::of(delay)),
            mode => Self::Stateless(mode.clone()),
        }
    }

    /// Effect on the next request, or `None`. A weighted list may spare a request that the percentage selected.
    pub(super) fn effect(&self, context: RequestContext<'_>, draws: &mut Draws) -> Option<Effect> {
        match self {
            Self::Remembered(memory) => memory.effect(context, draws),
            _ if context.drawn == Some(false) => None,
            Self::Delayed(at, delays) => Some(Effect::Delay(*at, delays.draw(draws))),
            Self::Stateless(mode) => stateless(mode, draws),
        }
    }
}

fn stateless(mode: &Mode, draws: &mut Draws) -> Option<Effect> {
    match mode {
        Mode::Error(statuses) => {
            status(statuses, draws).map(|status| Effect::Decide(Verdict::Answer { status, retry_after: None }))
        }
        Mode::Connection(Connection::Reset) => Some(Effect::Decide(Verdict::Reset)),
        Mode::Connection(Connection::Hang) => Some(Effect::Decide(Verdict::Hang)),
        Mode::Work(time) => Some(Effect::Work(*time)),
        Mode::DropHeaders => Some(Effect::DropHeaders),
        Mode::Shape(shaping) => Some(Effect::Shape(shape(*shaping, draws))),
        // About the process, or treated in another way.
        Mode::Connection(Connection::Refuse) | Mode::Process(_) | Mode::Latency(_) | Mode::History(_) => None,
    }
}

/// Whether no delay is the longest that a rule of the mode can ask for.
pub(super) fn is_endless(mode: &Mode) -> bool {
    matches!(mode, Mode::Latency(Delay::Normal(_) | Delay::LogNormal(_)))
}

/// The longest delay, or processor time, that a rule of the mode can ask for; what is usual for an endless one.
pub(super) fn longest_delay(mode: &Mode) -> Duration {
    match mode {
        Mode::Latency(delay) => longest(delay),
        Mode::Work(time) => *time,
        _ => Duration::ZERO,
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

fn shape(shaping: Shaping, draws: &mut Draws) -> Shape {
    match shaping {
        Shaping::Size(bytes) => Shape::Size(bytes),
        Shaping::Corrupt => Shape::Corrupt { seed: draws.below(u64::MAX) },
        Shaping::Truncate => Shape::Truncate,
        Shaping::Drip(rate) => Shape::Drip(rate),
        Shaping::Close => Shape::Close,
    }
}
