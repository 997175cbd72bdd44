//! Fisher's exact test: whether two shares differ by more than chance.

use super::factorial::ln_factorial;

/// Terms below this fraction of the largest one do not change the sum.
const NEGLIGIBLE: f64 = 1e-18;
/// Probabilities that differ by less than this factor are equal except for rounding.
const EQUAL: f64 = 1.0 + 1e-9;

/// Returns the probability that two shares are at least as far apart as `first` of `first_total` and `second` of
/// `second_total`, if both samples have the same distribution. It is the sum of the probabilities of all tables with
/// the same margins that are at most as probable (two-sided).
#[must_use]
pub fn fisher(first: u64, first_total: u64, second: u64, second_total: u64) -> f64 {
    let (first, second) = (first.min(first_total), second.min(second_total));
    let hits = first + second;
    let (low, high) = (hits.saturating_sub(second_total), hits.min(first_total));
    let ln_choose = |n: u64, k: u64| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
    let whole = ln_choose(first_total + second_total, hits);
    let ln_probability = |k: u64| ln_choose(first_total, k) + ln_choose(second_total, hits - k) - whole;
    let observed = ln_probability(first).exp() * EQUAL;
    // Start at the most probable table; the terms decrease on both sides.
    let mode = ((first_total as f64 + 1.0) * (hits as f64 + 1.0) / ((first_total + second_total) as f64 + 2.0)) as u64;
    let mode = mode.clamp(low, high);
    let top = ln_probability(mode).exp();
    let mut sum = 0.0;
    let mut add = |k: u64| {
        let probability = ln_probability(k).exp();
        if probability <= observed {
            sum += probability;
        }
        probability > top * NEGLIGIBLE
    };
    let _ = (low..=mode).rev().take_while(|k| add(*k)).count();
    let _ = (mode + 1..=high).take_while(|k| add(*k)).count();
    // The observed table may be so improbable that the sums above ended before it.
    sum.max(observed).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_published_values() {
        // Fisher's tea tasting: 3 of 4 against 1 of 4 has 0.4857; 4 of 4 against 0 of 4 has 2/70.
        assert!((fisher(3, 4, 1, 4) - 34.0 / 70.0).abs() < 1e-9);
        assert!((fisher(4, 4, 0, 4) - 2.0 / 70.0).abs() < 1e-9);
        // R: fisher.test(matrix(c(1, 9, 11, 3), 2)) gives 0.002759.
        assert!((fisher(1, 12, 9, 12) - 0.002_759_456_185_220_083).abs() < 1e-9);
    }

    #[test]
    fn equal_shares_and_empty_runs_are_no_surprise() {
        assert!((fisher(50, 100, 50, 100) - 1.0).abs() < 1e-9);
        assert!((fisher(0, 0, 7, 10) - 1.0).abs() < 1e-9);
        assert!((fisher(0, 100, 0, 100) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn far_differences_and_large_counts_are_decided_quickly() {
        assert!(fisher(0, 1_000_000, 1_000_000, 1_000_000) < 1e-12);
        let p = fisher(50_000_000, 100_000_000, 50_010_000, 100_000_000);
        // By the normal approximation, which holds here: z = 1.414.
        assert!((p - 0.157).abs() < 0.002, "{p}");
    }

    #[test]
    fn false_alarms_stay_below_the_stated_probability() {
        // All 21 x 21 tables of two runs of 20 requests with a true share of 30 %.
        let binomial = crate::stats::Binomial::new(20, 0.3).unwrap();
        for alpha in [0.05, 0.01] {
            let mut alarms = 0.0;
            for (first, second) in (0..=20).flat_map(|first| (0..=20).map(move |second| (first, second))) {
                if fisher(first, 20, second, 20) <= alpha {
                    alarms += binomial.exactly(first) * binomial.exactly(second);
                }
            }
            assert!(alarms <= alpha, "{alpha}: {alarms}");
        }
    }
}
