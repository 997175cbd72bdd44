//! The binomial distribution, its tails and the exact test on it.

use std::ops::RangeInclusive;

use super::factorial::ln_factorial;

/// Distribution of the number of successes among `n` independent requests with the success probability `p`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Binomial {
    n: u64,
    p: f64,
}

/// Error for a number that is not a probability.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("invalid probability {0}: a number from 0 to 1 is needed")]
pub struct InvalidProbability(pub f64);

impl Binomial {
    /// Creates the distribution over `n` requests with the success probability `p`, from 0 to 1.
    ///
    /// # Errors
    /// [`InvalidProbability`] if `p` is not between 0 and 1.
    pub fn new(n: u64, p: f64) -> Result<Self, InvalidProbability> {
        if (0.0..=1.0).contains(&p) { Ok(Self { n, p }) } else { Err(InvalidProbability(p)) }
    }

    /// Returns the number of requests.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Returns the success probability.
    pub fn p(&self) -> f64 {
        self.p
    }

    /// Returns the probability of exactly `k`.
    pub fn exactly(&self, k: u64) -> f64 {
        if k > self.n {
            return 0.0;
        }
        // The logarithm of 0 is undefined.
        if self.p <= 0.0 {
            return f64::from(u8::from(k == 0));
        }
        if self.p >= 1.0 {
            return f64::from(u8::from(k == self.n));
        }
        let ways = ln_factorial(self.n) - ln_factorial(k) - ln_factorial(self.n - k);
        (ways + k as f64 * self.p.ln() + (self.n - k) as f64 * (-self.p).ln_1p()).exp()
    }

    /// Returns the probability of `k` or fewer.
    pub fn at_most(&self, k: u64) -> f64 {
        if k >= self.n {
            return 1.0;
        }
        // Below the mean the terms fall from k downwards; above it the other tail is the short one.
        if (k as f64) < self.mean() { self.lower_tail(k) } else { 1.0 - self.upper_tail(k + 1) }
    }

    /// Returns the probability of `k` or more.
    pub fn at_least(&self, k: u64) -> f64 {
        if k == 0 {
            return 1.0;
        }
        if (k as f64) > self.mean() { self.upper_tail(k) } else { 1.0 - self.lower_tail(k - 1) }
    }

    /// Returns the p-value of the exact two-sided test: twice the smaller tail that begins at `k`, at most 1.
    pub fn p_value(&self, k: u64) -> f64 {
        (2.0 * self.at_most(k).min(self.at_least(k))).min(1.0)
    }

    /// Returns the least and the greatest count that the test accepts at the error probability `alpha`: those whose
    /// [p-value](Self::p_value) is above `alpha`. If p is 0 or 1, only the count 0 or `n` is accepted.
    pub fn accepted(&self, alpha: f64) -> RangeInclusive<u64> {
        let middle = self.mean().round().min(self.n as f64) as u64;
        // The p-value decreases on both sides of the mean.
        let lowest = first(0, middle, |k| 2.0 * self.at_most(k) > alpha);
        let refused = first(middle, self.n + 1, |k| 2.0 * self.at_least(k) <= alpha);
        lowest..=refused.saturating_sub(1).max(lowest)
    }

    fn mean(&self) -> f64 {
        self.n as f64 * self.p
    }

    /// Returns the sum from `k` downwards, for `k` below the mean: each term is smaller than the one before.
    fn lower_tail(&self, k: u64) -> f64 {
        let odds = (1.0 - self.p) / self.p;
        // A term follows from its neighbour: C(n, i-1) / C(n, i) = i / (n - i + 1).
        sum(self.exactly(k), (1..=k).rev().map(|i| i as f64 / (self.n - i + 1) as f64 * odds))
    }

    /// Returns the sum from `k` upwards, for `k` above the mean.
    fn upper_tail(&self, k: u64) -> f64 {
        if k > self.n {
            return 0.0;
        }
        let odds = self.p / (1.0 - self.p);
        sum(self.exactly(k), (k..self.n).map(|i| (self.n - i) as f64 / (i + 1) as f64 * odds))
    }
}

/// Returns the sum of a first term and those that follow by the ratios, until they are negligible.
fn sum(first: f64, ratios: impl Iterator<Item = f64>) -> f64 {
    let (mut total, mut term) = (first, first);
    for ratio in ratios {
        term *= ratio;
        total += term;
        if term <= total * 1e-17 {
            break;
        }
    }
    total.min(1.0)
}

/// Returns the first number from `low` for which `holds`, which is monotonic, or `high` if there is none below it.
fn first(mut low: u64, mut high: u64, holds: impl Fn(u64) -> bool) -> u64 {
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests;
