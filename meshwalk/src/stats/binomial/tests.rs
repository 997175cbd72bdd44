use proptest::prelude::*;

use super::*;
use crate::stats::ERROR_PROBABILITY;

fn binomial(n: u64, p: f64) -> Binomial {
    Binomial::new(n, p).unwrap()
}

#[test]
fn tails_agree_with_exact_rational_arithmetic() {
    // The sums of C(n, i) p^i (1 - p)^(n - i) as fractions, rounded once.
    let at_most =
        [(10, 0.5, 2, 0.0546875), (800, 0.1, 47, 2.0994409041206413e-5), (1000, 0.5, 420, 2.34855463163212e-7)];
    for (n, p, k, exact) in at_most {
        let got = binomial(n, p).at_most(k);
        assert!((got / exact - 1.0).abs() < 1e-10, "P(X <= {k}) of {n} at {p}: {got} instead of {exact}");
    }
    let at_least = [
        (20, 0.3, 12, 0.005138161535121408),
        (100, 0.1, 30, 2.445112239390966e-8),
        (800, 0.1, 118, 1.4787764100744573e-5),
        (400, 0.25, 170, 1.6798855005934004e-14),
        (2000, 0.01, 60, 2.834076030362143e-13),
    ];
    for (n, p, k, exact) in at_least {
        let got = binomial(n, p).at_least(k);
        assert!((got / exact - 1.0).abs() < 1e-10, "P(X >= {k}) of {n} at {p}: {got} instead of {exact}");
    }
}

#[test]
fn the_accepted_counts_agree_with_exact_rational_arithmetic() {
    for (n, p, lowest, highest) in [(10, 0.5, 0, 10), (100, 0.1, 0, 27), (800, 0.1, 42, 124), (400, 0.25, 60, 144)] {
        assert_eq!(binomial(n, p).accepted(ERROR_PROBABILITY), lowest..=highest, "{n} at {p}");
    }
}

#[test]
fn none_and_all_are_exact() {
    assert_eq!(binomial(500, 0.0).accepted(ERROR_PROBABILITY), 0..=0);
    assert_eq!(binomial(500, 1.0).accepted(ERROR_PROBABILITY), 500..=500);
    assert!(binomial(500, 0.0).p_value(1) < f64::MIN_POSITIVE);
    assert!(binomial(500, 1.0).p_value(499) < f64::MIN_POSITIVE);
    assert!((binomial(500, 1.0).p_value(500) - 1.0).abs() < f64::EPSILON);
    assert_eq!(binomial(0, 0.3).accepted(ERROR_PROBABILITY), 0..=0);
}

#[test]
fn a_probability_lies_between_nothing_and_certainty() {
    for p in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(Binomial::new(10, p).is_err(), "{p}");
    }
}

proptest! {
    #[test]
    fn the_tails_on_both_sides_of_a_count_add_up_to_one(n in 1_u64..5000, p in 0.0..=1.0, part in 0.0..=1.0) {
        let distribution = binomial(n, p);
        let k = (part * n as f64) as u64;
        let total = distribution.at_most(k) + distribution.at_least(k + 1);
        prop_assert!((total - 1.0).abs() < 1e-9, "{total}");
    }

    #[test]
    fn a_count_is_accepted_exactly_if_its_p_value_is_above_alpha(n in 0_u64..3000, p in 0.0..=1.0, alpha in 1e-9..0.2) {
        let distribution = binomial(n, p);
        let accepted = distribution.accepted(alpha);
        for k in [accepted.start().saturating_sub(1), *accepted.start(), *accepted.end(), accepted.end() + 1] {
            if k <= n {
                prop_assert_eq!(accepted.contains(&k), distribution.p_value(k) > alpha, "{} of {:?}", k, accepted);
            }
        }
    }

    #[test]
    fn a_right_share_is_refused_with_a_probability_of_at_most_alpha(n in 0_u64..3000, p in 0.0..=1.0, alpha in 1e-9..0.2) {
        let distribution = binomial(n, p);
        let accepted = distribution.accepted(alpha);
        let below = accepted.start().checked_sub(1).map_or(0.0, |k| distribution.at_most(k));
        let above = if *accepted.end() < n { distribution.at_least(accepted.end() + 1) } else { 0.0 };
        prop_assert!(below + above <= alpha * (1.0 + 1e-9), "{below} + {above} > {alpha}");
    }
}
