//! When each request of a run is due.

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::Plan;

/// How the requests of a run are spread over time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Arrivals {
    /// At equal distances.
    #[default]
    Constant,
    /// At random, independently of each other, as the requests of many clients are: the distances have an exponential
    /// distribution (a Poisson process). A seed gives the same times again.
    Poisson {
        /// Where the random numbers start.
        seed: u64,
    },
}

/// The rate of a run over time: it grows evenly from 0 over `ramp` and then stays.
#[derive(Debug, Clone, Copy)]
pub(super) struct RateCurve {
    rate: f64,
    ramp_s: f64,
}

impl RateCurve {
    /// The rate of a plan over time.
    pub(super) fn from_plan(plan: &Plan) -> Self {
        Self { rate: plan.rate, ramp_s: plan.ramp.as_secs_f64() }
    }

    /// How many requests are due before `elapsed`, on average.
    pub(super) fn expected(self, elapsed: Duration) -> f64 {
        let elapsed = elapsed.as_secs_f64();
        if elapsed < self.ramp_s {
            self.rate * elapsed * elapsed / (2.0 * self.ramp_s)
        } else {
            self.rate * (elapsed - self.ramp_s / 2.0)
        }
    }

    /// The time before which `count` requests are due on average: the inverse of [`Self::expected`].
    pub(super) fn time_of(self, count: f64) -> Duration {
        let in_ramp = self.rate * self.ramp_s / 2.0;
        let seconds = if count < in_ramp {
            (2.0 * self.ramp_s * count / self.rate).sqrt()
        } else {
            count / self.rate + self.ramp_s / 2.0
        };
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

/// When a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Requests are due before this time from the start.
    pub(super) until: Duration,
    /// At most this many requests are due after the warm-up.
    pub(super) requests: u64,
}

/// The due times of a run, one after the other.
#[derive(Debug)]
pub(super) struct Schedule {
    curve: RateCurve,
    warm_up: Duration,
    random: Option<StdRng>,
    /// Position of the next request on the curve: how many requests precede it on average.
    position: f64,
    /// Number of requests before the next one.
    index: u64,
    /// Those of them that were due after the warm-up.
    counted: u64,
}

impl Schedule {
    /// The due times of a plan, from the first one.
    pub(super) fn new(plan: &Plan) -> Self {
        let mut random = match plan.arrivals {
            Arrivals::Constant => None,
            Arrivals::Poisson { seed } => Some(StdRng::seed_from_u64(seed)),
        };
        let position = random.as_mut().map_or(0.0, exponential);
        Self { curve: RateCurve::from_plan(plan), warm_up: plan.warm_up, random, position, index: 0, counted: 0 }
    }

    /// Time at which the next request is due, or `None` where the limits are reached.
    pub(super) fn peek(&self, limits: Limits) -> Option<Duration> {
        // A product such as 0.1 * 30 exceeds 3 by a rounding error, which is not a fourth request.
        let over = self.counted >= limits.requests || self.position >= self.curve.expected(limits.until) - 1e-6;
        (!over).then(|| self.curve.time_of(self.position))
    }

    /// Advances past the next request, and returns whether that one counts.
    pub(super) fn advance(&mut self) -> bool {
        let counts = self.curve.time_of(self.position) >= self.warm_up;
        self.counted += u64::from(counts);
        self.index += 1;
        match &mut self.random {
            // Not a sum: rounding errors would add up over a long run.
            None => self.position = self.index as f64,
            Some(random) => self.position += exponential(random),
        }
        counts
    }
}

/// A distance between two events of a Poisson process of rate 1.
fn exponential(random: &mut StdRng) -> f64 {
    // 1 - u is in (0, 1], so the logarithm is finite.
    -(1.0 - random.random::<f64>()).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Address;

    fn plan(rate: f64, seconds: f64) -> Plan {
        let address = Address::Tcp(([127, 0, 0, 1], 1).into());
        Plan::get(address, "localhost", "/", rate, Duration::from_secs_f64(seconds))
    }

    fn times(plan: &Plan) -> Vec<f64> {
        let (mut schedule, mut times) = (Schedule::new(plan), Vec::new());
        while let Some(due) = schedule.peek(plan.limits()) {
            times.push(due.as_secs_f64());
            schedule.advance();
        }
        times
    }

    #[test]
    fn constant_arrivals_have_equal_distances_and_end_with_the_duration() {
        let times = times(&plan(10.0, 3.0));
        assert_eq!(times.len(), 30);
        assert!(times.iter().enumerate().all(|(index, time)| (time - index as f64 / 10.0).abs() < 1e-9));
    }

    #[test]
    fn number_of_requests_ends_a_run_before_its_duration() {
        assert_eq!(times(&Plan { requests: Some(7), ..plan(10.0, 3.0) }).len(), 7);
        let warm_up = Duration::from_secs(1);
        // 10 in the warm-up, 7 that count.
        assert_eq!(times(&Plan { requests: Some(7), warm_up, ..plan(10.0, 3.0) }).len(), 17);
        assert_eq!(times(&Plan { warm_up, ..plan(10.0, 3.0) }).len(), 40);
    }

    #[test]
    fn ramp_grows_evenly_from_zero() {
        let plan = Plan { ramp: Duration::from_secs(2), ..plan(100.0, 3.0) };
        let times = times(&plan);
        // Half of the rate over the ramp on average, the whole rate after it.
        assert_eq!(times.len(), 200);
        let before = |limit: f64| times.iter().filter(|time| **time < limit).count();
        assert_eq!((before(1.0), before(2.0)), (25, 100));
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn poisson_arrivals_keep_the_rate_vary_as_they_should_and_follow_the_seed() {
        let plan = |seed| Plan { arrivals: Arrivals::Poisson { seed }, ..plan(1000.0, 100.0) };
        let first = times(&plan(1));
        // 100,000 on average, with a standard deviation of 316: outside of 5 of them once in two million seeds.
        assert!((98_400..=101_600).contains(&first.len()), "{}", first.len());
        // The distances of an exponential distribution exceed their mean with probability 1/e; the count of those is
        // binomial with a standard deviation of 152.
        let long = first.windows(2).filter(|pair| pair[1] - pair[0] > 1e-3).count() as f64;
        let expected = first.len() as f64 / std::f64::consts::E;
        assert!((long - expected).abs() < 5.0 * 152.0, "{long} of {expected}");
        assert_eq!(first, times(&plan(1)));
        assert_ne!(first, times(&plan(2)));
    }

    #[test]
    fn time_of_is_the_inverse_of_expected() {
        let curve = RateCurve { rate: 250.0, ramp_s: 4.0 };
        for count in [0.0, 1.0, 499.0, 500.0, 501.0, 10_000.0] {
            assert!((curve.expected(curve.time_of(count)) - count).abs() < 1e-5, "{count}");
        }
    }
}
