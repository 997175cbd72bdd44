//! `flap`: healthy and failing in turn, by the clock.

use std::time::{Duration, Instant};

use meshwalk_faults::Flap;

use super::answer;
use crate::faults::{
    draw::Draws,
    modes::{
        Effect,
        behavior::{Memory, RequestContext},
    },
};

/// A rule and its begin, from which its phases count.
#[derive(Debug)]
pub(super) struct Flapping {
    flap: Flap,
    begins: Instant,
}

impl Flapping {
    pub(super) fn new(flap: Flap, begins: Instant) -> Self {
        Self { flap, begins }
    }
}

impl Memory for Flapping {
    fn effect(&self, context: RequestContext<'_>, _: &mut Draws) -> Option<Effect> {
        let left = down_for(self.flap, context.now.saturating_duration_since(self.begins))?;
        context.drawn.unwrap_or(true).then(|| answer(self.flap.status, left))
    }
}

/// Rest of the failing phase at this age, or `None` in the healthy phase.
fn down_for(flap: Flap, age: Duration) -> Option<Duration> {
    let cycle = flap.up + flap.down;
    // Both are at most a day, so the remainder fits.
    let into = Duration::from_nanos((age.as_nanos() % cycle.as_nanos()) as u64);
    (into >= flap.up).then(|| cycle - into)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_is_well_first_and_fails_for_exactly_its_time() {
        let flap = Flap { up: 10 * SECOND, down: 5 * SECOND, status: http::StatusCode::SERVICE_UNAVAILABLE };
        let down: Vec<u32> = (0..35).filter(|at| down_for(flap, SECOND * *at).is_some()).collect();
        assert_eq!(down, [10, 11, 12, 13, 14, 25, 26, 27, 28, 29]);
        let nanosecond = Duration::from_nanos(1);
        assert_eq!(down_for(flap, 10 * SECOND - nanosecond), None);
        assert_eq!(down_for(flap, 10 * SECOND), Some(5 * SECOND));
        assert_eq!(down_for(flap, 15 * SECOND - nanosecond), Some(nanosecond));
        assert_eq!(down_for(flap, 15 * SECOND), None);
    }
}
