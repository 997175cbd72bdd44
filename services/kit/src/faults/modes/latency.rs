//! Modes that cost time.

use std::{fmt, time::Duration};

use super::{About, EVERYWHERE, Mode, ModeSpec};
use crate::faults::{
    draw::Draws,
    effect::{Effect, When},
    problem::{Complaint, suggestion},
    quantity::{Written, parse_duration},
};

pub(super) const LATENCY: ModeSpec = ModeSpec {
    name: "latency",
    arguments: &["DURATION", "uniform(FROM,TO)"],
    summary: "waits before the request is handled; the delays of several rules add up",
    example: "latency=200ms@50%;path=/api/*, latency=uniform(10ms,80ms)",
    about: About::Requests { calls: true },
    levels: EVERYWHERE,
    read: |argument| Delay::parse(argument).map(Mode::Latency),
};

/// The names of distributions.
const DISTRIBUTIONS: [&str; 1] = ["uniform"];

const REMEDY: &str = "write a duration, as in latency=200ms, or latency=uniform(10ms,80ms)";

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::faults) enum Delay {
    /// Always so long.
    Fixed(Duration),
    /// Each duration from the first to the second, both included, with the same probability.
    Uniform(Duration, Duration),
}

impl Delay {
    /// Reads `200ms` or `uniform(10ms,80ms)`.
    pub(in crate::faults) fn parse(text: &str) -> Result<Self, Complaint> {
        let Some((name, rest)) = text.split_once('(') else {
            return parse_duration(text).map(Self::Fixed);
        };
        if name.trim_end() != "uniform" {
            let message = format!("`{name}` is no distribution{}", suggestion(name, DISTRIBUTIONS));
            return Err(Complaint::new(0..name.len(), message, REMEDY));
        }
        let Some(inside) = rest.strip_suffix(')') else {
            return Err(Complaint::new(text.len()..text.len(), "the parenthesis is not closed", REMEDY));
        };
        let offset = name.len() + 1;
        let Some((from, to)) = inside.split_once(',') else {
            let message = "a uniform distribution has two bounds";
            return Err(Complaint::new(offset..offset + inside.len(), message, REMEDY));
        };
        let low = bound(from, offset)?;
        let high = bound(to, offset + from.len() + 1)?;
        if low > high {
            let message = format!("the bounds are the wrong way round: {} is more than {}", from.trim(), to.trim());
            return Err(Complaint::new(offset..offset + inside.len(), message, "write the smaller bound first"));
        }
        Ok(Self::Uniform(low, high))
    }

    pub(super) fn longest(self) -> Duration {
        match self {
            Self::Fixed(delay) | Self::Uniform(_, delay) => delay,
        }
    }

    pub(super) fn effect(self, draws: &mut Draws) -> Effect {
        Effect::Delay(When::Before, self.draw(draws))
    }

    fn draw(self, draws: &mut Draws) -> Duration {
        match self {
            Self::Fixed(delay) => delay,
            Self::Uniform(low, high) => {
                // Durations are read as whole nanoseconds in 64 bits, so neither conversion loses anything.
                let width = u64::try_from((high - low).as_nanos()).unwrap_or(u64::MAX);
                low + Duration::from_nanos(draws.below(width.saturating_add(1)))
            }
        }
    }
}

fn bound(text: &str, offset: usize) -> Result<Duration, Complaint> {
    let indent = text.len() - text.trim_start().len();
    parse_duration(text.trim()).map_err(|complaint| complaint.shifted(offset + indent))
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(delay) => Written(*delay).fmt(f),
            Self::Uniform(low, high) => write!(f, "uniform({},{})", Written(*low), Written(*high)),
        }
    }
}
