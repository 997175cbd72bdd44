//! `rate-limit`: requests beyond a rate fail.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::StatusCode;
use meshwalk_faults::RateLimit;

use super::answer;
use crate::faults::{
    draw::Draws,
    modes::{
        Effect,
        behavior::{Memory, RequestContext},
    },
};

/// A token bucket. It counts what is missing, so that it is full at first, and in whole numbers, so that the rate is
/// exact: a request takes as many drops as the period has nanoseconds, and in each nanosecond as many drops come back as
/// requests are allowed in the period.
#[derive(Debug)]
pub(super) struct Bucket {
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
    /// A full one.
    pub(super) fn new(limit: RateLimit, begins: Instant) -> Self {
        Self { limit, level: Mutex::new(Level { taken: 0, at: begins }) }
    }

    /// Takes a token, or returns the time until there is one.
    fn take(&self, now: Instant) -> Result<(), Duration> {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let (per_nanosecond, token) = (u128::from(self.limit.requests), self.limit.per.duration().as_nanos());
        // Another thread may have stored a later time; then no time has passed.
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
    fn effect(&self, context: RequestContext<'_>, _: &mut Draws) -> Option<Effect> {
        self.take(context.now).err().map(|wait| answer(StatusCode::TOO_MANY_REQUESTS, wait))
    }
}

#[cfg(test)]
mod tests {
    use meshwalk_faults::Period;

    use super::*;

    fn bucket(requests: u32, per: Period) -> (Bucket, Instant) {
        let now = Instant::now();
        (Bucket::new(RateLimit { requests, per }, now), now)
    }

    #[test]
    fn as_many_as_the_rule_says_come_at_once_and_then_one_by_one() {
        let (bucket, began) = bucket(4, Period::Second);
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
        for (allowed, per, seconds) in
            [(3, Period::Second, 100), (700_000, Period::Second, 1), (7, Period::Minute, 60 * 60)]
        {
            let (bucket, began) = bucket(allowed, per);
            let steps = 2_000_000_u32;
            let step = Duration::from_secs(seconds).as_nanos() as u64 / u64::from(steps);
            let passed = (0..steps).filter(|at| bucket.take(began + Duration::from_nanos(step) * *at).is_ok()).count();
            let (allowed, periods) = (u64::from(allowed), seconds / per.duration().as_secs());
            // The bucket at first, and then as many as come back; the last one is due only after the last request.
            assert_eq!(passed as u64, allowed + allowed * periods - 1, "{per}");
        }
    }

    #[test]
    fn requests_that_are_refused_cost_nothing() {
        let (bucket, began) = bucket(1, Period::Second);
        assert!(bucket.take(began).is_ok());
        assert!((0..1000).all(|at| bucket.take(began + Duration::from_micros(at)).is_err()));
        assert!(bucket.take(began + Duration::from_secs(1)).is_ok());
    }

    #[test]
    fn threads_together_get_no_more_than_one_would() {
        let (bucket, began) = bucket(1000, Period::Second);
        let passed: usize = std::thread::scope(|scope| {
            let take = || (0..2000).filter(|_| bucket.take(began).is_ok()).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(passed, 1000);
    }
}
