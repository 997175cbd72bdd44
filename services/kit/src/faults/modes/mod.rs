//! What the modes of the language do to requests.

mod history;
mod latency;

use std::time::{Duration, Instant};

use http::StatusCode;
use meshwalk_faults::{Connection, Delay, Mode, Percent, Rule, Shaping, Statuses, When};

use super::{
    draw::Draws,
    effect::{Effect, Memory, Shape, Turn, Verdict},
};
use latency::{Delays, longest};

/// How a rule in force treats its requests. What follows from its argument alone is worked out once, when it is made.
#[derive(Debug)]
pub(super) struct Course(Way);

#[derive(Debug)]
enum Way {
    /// By those before, or by the time: it is the memory that says what happens.
    Remembered(Box<dyn Memory>),
    /// Each by itself, with a delay.
    Delayed(When, Delays),
    /// Each by itself.
    Alike(Mode),
}

impl Course {
    /// For a rule that begins then.
    pub(super) fn of(rule: &Rule, begins: Instant) -> Self {
        Self(match &rule.mode {
            Mode::History(history) => Way::Remembered(history::memory(history, begins)),
            Mode::Latency(delay) => Way::Delayed(rule.at, Delays::of(delay)),
            mode => Way::Alike(mode.clone()),
        })
    }

    /// What happens to the next request. A weighted list may leave one alone that has been drawn.
    pub(super) fn effect(&self, turn: Turn<'_>, draws: &mut Draws) -> Option<Effect> {
        match &self.0 {
            Way::Remembered(memory) => memory.effect(turn, draws),
            _ if turn.drawn == Some(false) => None,
            Way::Delayed(at, delays) => Some(Effect::Delay(*at, delays.draw(draws))),
            Way::Alike(mode) => alike(mode, draws),
        }
    }
}

fn alike(mode: &Mode, draws: &mut Draws) -> Option<Effect> {
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
