//! Delays of `latency`, one for each request.

mod normal;
mod quantiles;

use std::time::Duration;

use meshwalk_faults::{Delay, LogNormal, Quantiles};

use crate::faults::draw::Draws;
use normal::Normal;

/// Distribution of the delays of an active rule.
#[derive(Debug)]
pub(in crate::faults) enum Delays {
    Fixed(Duration),
    /// Shortest delay, and the width of the range in nanoseconds.
    Uniform(Duration, u64),
    Normal(Normal),
    LogNormal(LogNormal),
    Quantiles(Quantiles),
}

impl Delays {
    pub(super) fn of(delay: &Delay) -> Self {
        match delay {
            Delay::Fixed(delay) => Self::Fixed(*delay),
            // Durations are read as whole nanoseconds in 64 bits, so the conversion loses nothing.
            Delay::Uniform(low, high) => {
                Self::Uniform(*low, u64::try_from((*high - *low).as_nanos()).unwrap_or(u64::MAX))
            }
            Delay::Normal(normal) => Self::Normal(Normal::of(*normal)),
            Delay::LogNormal(lognormal) => Self::LogNormal(*lognormal),
            Delay::Quantiles(quantiles) => Self::Quantiles(quantiles.clone()),
        }
    }

    /// Draws the delay of one request, with at most one number.
    pub(in crate::faults) fn draw(&self, draws: &mut Draws) -> Duration {
        match self {
            Self::Fixed(delay) => *delay,
            Self::Uniform(low, width) => *low + Duration::from_nanos(draws.below(width.saturating_add(1))),
            Self::Normal(normal) => normal.exceeded_by(draws.share()),
            Self::LogNormal(lognormal) => normal::lognormal_exceeded_by(*lognormal, draws.share()),
            Self::Quantiles(quantiles) => quantiles::below_which(quantiles, draws.share()),
        }
    }
}

/// Longest delay of a distribution, or the middle one of a distribution without an end. The cap cuts longer draws.
pub(super) fn longest(delay: &Delay) -> Duration {
    match delay {
        Delay::Fixed(delay) | Delay::Uniform(_, delay) => *delay,
        Delay::Normal(normal) => normal.mean,
        Delay::LogNormal(lognormal) => lognormal.median,
        Delay::Quantiles(quantiles) => quantiles::longest(quantiles),
    }
}
