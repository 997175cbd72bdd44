//! Computes which deviation of a share a test detects, and how many requests it needs.

use std::ops::RangeInclusive;

use super::{Binomial, InvalidProbability};

/// Maximum number of requests that [`required`] considers.
const MOST: u64 = 100_000_000;

/// Smallest deviations from a stated share that a test detects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectableDeviation {
    /// Detected increase (0.05: five points), or `None` if not even a share of 1 is detected.
    pub above: Option<f64>,
    /// Detected decrease, or `None` if not even a share of 0 is detected.
    pub below: Option<f64>,
}

impl DetectableDeviation {
    /// Returns true if a deviation of `points` to either side is detected, as far as shares can deviate.
    pub fn covers(&self, p: f64, points: f64) -> bool {
        let side = |noticed: Option<f64>, room: f64| points > room || noticed.is_some_and(|least| least <= points);
        side(self.above, 1.0 - p) && side(self.below, p)
    }
}

impl Binomial {
    /// Returns the probability that a count is outside of `accepted` if the true share is `truth`.
    fn refusal(&self, truth: f64, accepted: &RangeInclusive<u64>) -> f64 {
        let Ok(real) = Self::new(self.n(), truth) else { return 0.0 };
        let below = accepted.start().checked_sub(1).map_or(0.0, |k| real.at_most(k));
        below + if *accepted.end() < self.n() { real.at_least(accepted.end() + 1) } else { 0.0 }
    }

    /// Returns the smallest deviations that the test at `alpha` detects with probability `power`.
    pub fn noticed(&self, alpha: f64, power: f64) -> DetectableDeviation {
        let accepted = self.accepted(alpha);
        let least = |room: f64, sign: f64| {
            let notices = |d: f64| self.refusal((self.p() + sign * d).clamp(0.0, 1.0), &accepted) >= power;
            (room > 0.0 && notices(room)).then(|| {
                let (mut low, mut high) = (0.0, room);
                // Forty bisections exceed the precision of a share.
                for _ in 0..40 {
                    let middle = (low + high) / 2.0;
                    if notices(middle) { high = middle } else { low = middle }
                }
                high
            })
        };
        DetectableDeviation { above: least(1.0 - self.p(), 1.0), below: least(self.p(), -1.0) }
    }
}

/// Returns the number of requests with which the test at `alpha` detects a deviation by `points` (0.05: five points)
/// from the share `p` with probability `power`. Deviations count to either side, as far as shares can deviate. Returns
/// `None` if the deviation is not positive or needs more than a hundred million requests. Counts are whole, so a
/// slightly greater number may have slightly less power.
///
/// # Errors
/// [`InvalidProbability`] if `p` is not between 0 and 1.
pub fn required(p: f64, points: f64, alpha: f64, power: f64) -> Result<Option<u64>, InvalidProbability> {
    Binomial::new(1, p)?;
    if !(points > 0.0 && points <= 1.0) {
        return Ok(None);
    }
    let enough = |n: u64| {
        Binomial::new(n, p).is_ok_and(|binomial| {
            let accepted = binomial.accepted(alpha);
            let notices = |truth: f64| !(0.0..=1.0).contains(&truth) || binomial.refusal(truth, &accepted) >= power;
            notices(p + points) && notices(p - points)
        })
    };
    let mut high = 1;
    while !enough(high) {
        high *= 2;
        if high > MOST {
            return Ok(None);
        }
    }
    let mut low = high / 2;
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if enough(middle) { high = middle } else { low = middle }
    }
    Ok(Some(high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{ERROR_PROBABILITY, POWER};

    #[test]
    fn more_requests_notice_smaller_deviations() {
        let least = |n| Binomial::new(n, 0.1).unwrap().noticed(ERROR_PROBABILITY, POWER);
        let (few, many) = (least(400), least(4000));
        assert!(many.above.unwrap() < few.above.unwrap());
        assert!(many.below.unwrap() < 0.05);
        // With ten requests at 10 %, a count of 0 for v2 is likely.
        assert_eq!(least(10).below, None);
    }

    #[test]
    fn what_is_required_is_what_is_noticed() {
        for (p, points) in [(0.1, 0.05), (0.5, 0.1), (0.25, 0.05), (0.01, 0.05), (0.9, 0.03)] {
            let n = required(p, points, ERROR_PROBABILITY, POWER).unwrap().unwrap();
            let noticed = |n| Binomial::new(n, p).unwrap().noticed(ERROR_PROBABILITY, POWER);
            assert!(noticed(n).covers(p, points + 1e-9), "{p} ± {points}: {n} is not enough: {:?}", noticed(n));
            assert!(!noticed(n * 9 / 10).covers(p, points), "{p} ± {points}: {n} is far too many");
        }
    }

    #[test]
    fn the_number_of_requests_agrees_with_the_normal_approximation_in_the_middle() {
        // (z(1 - 5e-7) + z(0.999))² · 0.25 / 0.1² with z = 4.8916 and 3.0902: 1593, less a little at p = 0.6.
        let n = required(0.5, 0.1, ERROR_PROBABILITY, POWER).unwrap().unwrap();
        assert!((1500..1650).contains(&n), "{n}");
    }

    #[test]
    fn from_a_share_of_nothing_a_single_answer_is_a_deviation() {
        let noticed = Binomial::new(1000, 0.0).unwrap().noticed(ERROR_PROBABILITY, POWER);
        // 1 - (1 - d)^1000 = 0.999.
        let exact = 1.0 - 0.001_f64.powf(1e-3);
        assert!((noticed.above.unwrap() - exact).abs() < 1e-9);
        assert_eq!(noticed.below, None);
        assert!(noticed.covers(0.0, 0.01));
    }

    #[test]
    fn a_deviation_of_nothing_is_never_noticed() {
        assert_eq!(required(0.5, 0.0, ERROR_PROBABILITY, POWER), Ok(None));
        assert_eq!(required(0.5, f64::NAN, ERROR_PROBABILITY, POWER), Ok(None));
        assert!(required(1.5, 0.1, ERROR_PROBABILITY, POWER).is_err());
    }
}
