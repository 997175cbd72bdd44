//! `flap`: well and sick in turn, by the clock.

use std::{
    fmt,
    time::{Duration, Instant},
};

use http::StatusCode;

use super::{
    super::{About, Mode, ModeSpec, NOT_IN_REQUESTS},
    History, Status, answer, span, with_status,
};
use crate::faults::{
    draw::Draws,
    effect::{Effect, Memory, Turn},
    problem::Complaint,
    quantity::Written,
};

pub(in super::super) const FLAP: ModeSpec = ModeSpec {
    name: "flap",
    arguments: &["UP/DOWN", "UP/DOWN:STATUS"],
    summary: "does nothing for UP and then fails for DOWN, in turn since the rule began; a percentage is of the requests \
              during DOWN; 503 without a status",
    example: "flap=10s/5s, flap=1m/10s:500@50%",
    about: About::Requests { calls: false },
    levels: NOT_IN_REQUESTS,
    read: |argument| Flap::parse(argument).map(|flap| Mode::History(History::Flap(flap))),
};

/// Fails from time to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::faults) struct Flap {
    up: Duration,
    down: Duration,
    status: StatusCode,
}

impl Flap {
    fn parse(text: &str) -> Result<Self, Complaint> {
        let (times, status) = with_status(text)?;
        let Some((up, down)) = times.split_once('/') else {
            let message = format!("`{times}` is only one time");
            return Err(Complaint::new(0..times.len(), message, "write UP/DOWN, as in flap=10s/5s"));
        };
        let offset = up.len() + 1 + (down.len() - down.trim_start().len());
        let indent = up.len() - up.trim_start().len();
        let up = span(up.trim()).map_err(|complaint| complaint.shifted(indent))?;
        let down = span(down.trim()).map_err(|complaint| complaint.shifted(offset))?;
        Ok(Self { up, down, status })
    }

    pub(super) fn memory(self, begins: Instant) -> Box<dyn Memory> {
        Box::new(Flapping { flap: self, begins })
    }

    /// How long it still fails, so long after the beginning; nothing while it does not.
    fn down_for(self, age: Duration) -> Option<Duration> {
        let turn = self.up + self.down;
        // Both are at most a day, so the remainder fits.
        let into = Duration::from_nanos((age.as_nanos() % turn.as_nanos()) as u64);
        (into >= self.up).then(|| turn - into)
    }
}

impl fmt::Display for Flap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", Written(self.up), Written(self.down), Status(self.status))
    }
}

#[derive(Debug)]
struct Flapping {
    flap: Flap,
    begins: Instant,
}

impl Memory for Flapping {
    fn effect(&self, turn: Turn<'_>, _: &mut Draws) -> Option<Effect> {
        let left = self.flap.down_for(turn.now.saturating_duration_since(self.begins))?;
        turn.drawn.unwrap_or(true).then(|| answer(self.flap.status, left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_well_first_and_fails_for_exactly_its_time() {
        let flap = Flap::parse("10s / 5s").unwrap();
        let second = Duration::from_secs(1);
        let down: Vec<u32> = (0..35).filter(|at| flap.down_for(second * *at).is_some()).collect();
        assert_eq!(down, [10, 11, 12, 13, 14, 25, 26, 27, 28, 29]);
        let nanosecond = Duration::from_nanos(1);
        assert_eq!(flap.down_for(10 * second - nanosecond), None);
        assert_eq!(flap.down_for(10 * second), Some(5 * second));
        assert_eq!(flap.down_for(15 * second - nanosecond), Some(nanosecond));
        assert_eq!(flap.down_for(15 * second), None);
    }
}
