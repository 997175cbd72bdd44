//! `flap`: healthy and failing in turn, by the clock.

use std::{fmt, time::Duration};

use http::StatusCode;

use super::{super::ModeSpec, Status, span, with_status};
use crate::{error::ValueError, quantity::Written};

pub(super) const SPEC: ModeSpec = ModeSpec {
    name: "flap",
    arguments: &["UP/DOWN", "UP/DOWN:STATUS"],
    summary: "alternates since the start of the rule: does nothing for UP, then fails for DOWN; a percentage applies \
              to the requests during DOWN; 503 without a status",
    example: "flap=10s/5s, flap=1m/10s:500@50%",
    ..ModeSpec::SHARED
};

/// Argument of `flap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flap {
    /// Length of the healthy phase.
    pub up: Duration,
    /// Length of the failing phase.
    pub down: Duration,
    /// Status of a failed request.
    pub status: StatusCode,
}

impl Flap {
    pub(super) fn parse(text: &str) -> Result<Self, ValueError> {
        let (times, status) = with_status(text)?;
        let Some((up, down)) = times.split_once('/') else {
            let message = format!("`{times}` is only one time");
            return Err(ValueError::new(0..times.len(), message, "write UP/DOWN, as in flap=10s/5s"));
        };
        let offset = up.len() + 1 + (down.len() - down.trim_start().len());
        let indent = up.len() - up.trim_start().len();
        let up = span(up.trim()).map_err(|error| error.shifted(indent))?;
        let down = span(down.trim()).map_err(|error| error.shifted(offset))?;
        Ok(Self { up, down, status })
    }
}

impl fmt::Display for Flap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", Written(self.up), Written(self.down), Status(self.status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_time_is_that_of_being_well() {
        let [up, down] = [10, 5].map(Duration::from_secs);
        assert_eq!(Flap::parse("10s / 5s"), Ok(Flap { up, down, status: StatusCode::SERVICE_UNAVAILABLE }));
    }
}
