//! `rate-limit`: a service that answers so many requests in a time, and no more.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::StatusCode;

use super::{
    super::{About, Mode, ModeSpec, NOT_IN_REQUESTS},
    History, answer, count,
};
use crate::faults::{
    draw::Draws,
    effect::{Effect, Memory, Turn},
    problem::Complaint,
};

pub(in super::super) const RATE_LIMIT: ModeSpec = ModeSpec {
    name: "rate-limit",
    arguments: &["N/s", "N/m", "N/h"],
    summary: "answers 429 with Retry-After beyond N matching requests per second (minute, hour); a bucket of N tokens, \
              full at first and filled evenly, so N may come at once after a quiet time",
    example: "rate-limit=10/s, rate-limit=90/m",
    about: About::Requests { calls: false },
    levels: NOT_IN_REQUESTS,
    read: |argument| RateLimit::parse(argument).map(|limit| Mode::History(History::RateLimit(limit))),
};

/// How many requests may be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::faults) struct RateLimit {
    requests: u32,
    per: Period,
}

/// In which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::faults) enum Period {
    Second,
    Minute,
    Hour,
}

impl Period {
    /// Each with its letter.
    const ALL: [(Self, &str, u64); 3] = [(Self::Second, "s", 1), (Self::Minute, "m", 60), (Self::Hour, "h", 3600)];

    fn nanoseconds(self) -> u128 {
        let seconds = Self::ALL.iter().find(|(period, ..)| *period == self).map_or(1, |(.., seconds)| *seconds);
        u128::from(seconds) * 1_000_000_000
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(period, ..)| period == self).map_or("", |(_, letter, _)| letter))
    }
}

impl RateLimit {
    fn parse(text: &str) -> Result<Self, Complaint> {
        const REMEDY: &str = "write a whole number and s, m or h, as in rate-limit=10/s";
        let Some((requests, letter)) = text.split_once('/') else {
            return Err(Complaint::new(0..text.len(), format!("`{text}` is no rate"), REMEDY));
        };
        let Some((per, ..)) = Period::ALL.into_iter().find(|(_, known, _)| *known == letter.trim()) else {
            let at = requests.len() + 1..text.len();
            return Err(Complaint::new(at, format!("`{}` is no period", letter.trim()), REMEDY));
        };
        Ok(Self { requests: count(requests.trim_end(), 1..=1_000_000, REMEDY)?, per })
    }

    pub(super) fn memory(self, begins: Instant) -> Box<dyn Memory> {
        Box::new(Bucket { limit: self, level: Mutex::new(Level { taken: 0, at: begins }) })
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.requests, self.per)
    }
}

/// A token bucket. It counts what is missing, so that it is full at first, and in whole numbers, so that the rate is
/// exact: a request takes as many drops as the period has nanoseconds, and in each nanosecond as many drops come back as
/// requests are allowed in the period.
#[derive(Debug)]
struct Bucket {
    limit: RateLimit,
    level: Mutex<Level>,
}

#[derive(Debug)]
struct Level {
    /// How many drops were missing,
    taken: u128,
    /// at that time.
    at: Instant,
}

impl Bucket {
    /// Takes a token; or says how long it takes until there is one.
    fn take(&self, now: Instant) -> Result<(), Duration> {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let (per_nanosecond, token) = (u128::from(self.limit.requests), self.limit.per.nanoseconds());
        // Another thread may have been here with a later time; then none has passed.
        let passed = now.saturating_duration_since(level.at);
        level.taken = level.taken.saturating_sub(passed.as_nanos().saturating_mul(per_nanosecond));
        level.at = level.at.max(now);
        let wanted = level.taken + token;
        match wanted.checked_sub(token * per_nanosecond) {
            None | Some(0) => {
                level.taken = wanted;
                Ok(())
            }
            // At most a token is missing, so at most an hour.
            Some(missing) => Err(Duration::from_nanos(missing.div_ceil(per_nanosecond) as u64)),
        }
    }
}

impl Memory for Bucket {
    fn effect(&self, turn: Turn<'_>, _: &mut Draws) -> Option<Effect> {
        self.take(turn.now).err().map(|wait| answer(StatusCode::TOO_MANY_REQUESTS, wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(text: &str) -> (Bucket, Instant) {
        let (limit, now) = (RateLimit::parse(text).unwrap(), Instant::now());
        (Bucket { limit, level: Mutex::new(Level { taken: 0, at: now }) }, now)
    }

    #[test]
    fn as_many_as_the_rule_says_come_at_once_and_then_one_by_one() {
        let (bucket, began) = bucket("4/s");
        let at = |millis: u64| bucket.take(began + Duration::from_millis(millis));
        assert_eq!([at(0), at(0), at(0), at(0)], [Ok(()); 4]);
        assert_eq!(at(0), Err(Duration::from_millis(250)));
        assert_eq!(at(249), Err(Duration::from_millis(1)));
        assert_eq!(at(250), Ok(()));
        assert_eq!(at(250), Err(Duration::from_millis(250)));
        assert_eq!([at(10_000), at(10_000), at(10_000), at(10_000)], [Ok(()); 4]);
        assert!(at(10_000).is_err(), "a long quiet time fills the bucket beyond its size");
    }

    #[test]
    fn the_rate_is_exact_also_where_the_period_cannot_be_divided() {
        for (text, seconds, allowed) in [("3/s", 100, 3), ("700000/s", 1, 700_000), ("7/m", 60 * 60, 7)] {
            let (bucket, began) = bucket(text);
            let steps = 2_000_000_u32;
            let step = Duration::from_secs(seconds).as_nanos() as u64 / u64::from(steps);
            let passed = (0..steps).filter(|at| bucket.take(began + Duration::from_nanos(step) * *at).is_ok()).count();
            let periods = if text.ends_with('m') { seconds / 60 } else { seconds };
            // The bucket at first, and then as many as come back; the last one is due only after the last request.
            assert_eq!(passed as u64, allowed + allowed * periods - 1, "{text}");
        }
    }

    #[test]
    fn requests_that_are_refused_cost_nothing() {
        let (bucket, began) = bucket("1/s");
        assert!(bucket.take(began).is_ok());
        assert!((0..1000).all(|at| bucket.take(began + Duration::from_micros(at)).is_err()));
        assert!(bucket.take(began + Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn threads_together_get_no_more_than_one_would() {
        let (bucket, began) = bucket("1000/s");
        let passed: usize = std::thread::scope(|scope| {
            let take = || (0..2000).filter(|_| bucket.take(began).is_ok()).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 1000);
    }
}
