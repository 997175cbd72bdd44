//! `rate-limit`: requests beyond a rate fail.

use std::{fmt, time::Duration};

use super::{super::ModeSpec, count};
use crate::error::ValueError;

pub(super) const SPEC: ModeSpec = ModeSpec {
    name: "rate-limit",
    arguments: &["N/s", "N/m", "N/h"],
    summary: "answers 429 with Retry-After beyond N matching requests per second (minute, hour); a bucket of N tokens, \
              full at first and refilled evenly, so N requests may arrive at once after a quiet time",
    example: "rate-limit=10/s, rate-limit=90/m",
    takes_percentage: false,
    ..ModeSpec::SHARED
};

/// Argument of `rate-limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Number of requests per period.
    pub requests: u32,
    /// Period.
    pub per: Period,
}

/// Period of a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// 1 s.
    Second,
    /// 60 s.
    Minute,
    /// 3600 s.
    Hour,
}

impl Period {
    /// Each period with its letter and its seconds.
    const ALL: [(Self, &str, u64); 3] = [(Self::Second, "s", 1), (Self::Minute, "m", 60), (Self::Hour, "h", 3600)];

    /// Length of the period.
    pub fn duration(self) -> Duration {
        Duration::from_secs(Self::ALL.iter().find(|(period, ..)| *period == self).map_or(1, |(.., seconds)| *seconds))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(period, ..)| period == self).map_or("", |(_, letter, _)| letter))
    }
}

impl RateLimit {
    pub(super) fn parse(text: &str) -> Result<Self, ValueError> {
        const HELP: &str = "write a whole number and s, m or h, as in rate-limit=10/s";
        let Some((requests, letter)) = text.split_once('/') else {
            return Err(ValueError::new(0..text.len(), format!("`{text}` is not a valid rate"), HELP));
        };
        let Some((per, ..)) = Period::ALL.into_iter().find(|(_, known, _)| *known == letter.trim()) else {
            let at = requests.len() + 1..text.len();
            return Err(ValueError::new(at, format!("`{}` is not a valid period", letter.trim()), HELP));
        };
        Ok(Self { requests: count(requests.trim_end(), 1..=1_000_000, HELP)?, per })
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.requests, self.per)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_a_second_a_minute_or_an_hour() {
        for (text, requests, per, seconds) in
            [("3/s", 3, Period::Second, 1), ("700000 / m", 700_000, Period::Minute, 60), ("7/h", 7, Period::Hour, 3600)]
        {
            assert_eq!(RateLimit::parse(text), Ok(RateLimit { requests, per }), "{text}");
            assert_eq!(per.duration(), Duration::from_secs(seconds));
        }
    }
}
