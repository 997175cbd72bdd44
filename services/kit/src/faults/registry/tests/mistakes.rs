//! Mistakes that fault injectors really make, to show that the checks of the other tests see them.

use super::{
    distributions::{fits, standard_normal, truncated},
    rates::{REQUESTS, is_share},
};
use crate::faults::draw::{DrawSequence, Draws};

/// Fails, if the check lets a wrong way to hit `p` of all requests pass.
fn assert_refused(p: f64, what: &str, mut hits: impl FnMut(u64, &mut Draws) -> bool) {
    let stream = DrawSequence::seeded(1, what, 0);
    let hits = (0..REQUESTS).filter(|&request| hits(request, &mut stream.next())).count() as u64;
    assert!(!is_share(hits, REQUESTS, p), "{what} passed for {p}: {hits}");
}

#[test]
fn a_comparison_that_is_off_by_one_is_refused() {
    for percent in [0, 1, 20, 30, 33, 60, 99] {
        let p = percent as f64 / 100.0;
        assert_refused(p, "rand() % 100 <= percent", |_, draws| draws.below(100) <= percent);
    }
}

#[test]
fn a_counter_with_a_whole_period_is_refused() {
    // Every int(1/rate)-th request. It cannot do 30, 33, 60 or 99.9 per cent.
    for p in [0.3, 0.33, 0.6, 0.999] {
        assert_refused(p, "a counter", |request, _| request % ((1.0 / p) as u64) == 0);
    }
    // The counts of a cycle, and one request more when it begins again.
    assert_refused(0.1, "a cycle with one too many", |request, _| request % 11 == 10);
}

#[test]
fn a_rate_that_is_inverted_or_rounded_is_refused() {
    assert_refused(0.1, "inverted", |_, draws| draws.below(100) >= 10);
    assert_refused(0.001, "whole per cents, rounded down", |_, _| false);
    assert_refused(0.001, "whole per cents, rounded up", |_, draws| draws.below(100) < 1);
    assert_refused(0.999, "whole per cents, rounded down", |_, draws| draws.below(100) < 99);
}

#[test]
fn a_list_that_is_drawn_entry_by_entry_is_refused() {
    // 500:5,503:10 where each entry draws again: the second one gets 10 % of what the first one left.
    let second = |_, draws: &mut Draws| draws.below(100) >= 5 && draws.below(100) < 10;
    assert_refused(0.1, "one draw for each entry", second);
    // The weights as shares of their sum: every request fails.
    assert_refused(0.1, "weights without the rest", |_, draws| draws.below(15) >= 5);
}

#[test]
fn a_period_is_not_taken_for_chance() {
    // Exactly half, and never two in a row: the rate is right and the draws are not independent.
    let same = (1..REQUESTS).filter(|request| (request % 2 == 0) == ((request - 1) % 2 == 0)).count() as u64;
    assert!(!is_share(same, REQUESTS - 1, 0.5));
}

/// Delays in seconds, in rising order.
fn sorted(what: &str, mut delay: impl FnMut(&mut Draws) -> f64) -> Vec<f64> {
    let stream = DrawSequence::seeded(2, what, 0);
    let mut delays: Vec<f64> = (0..REQUESTS).map(|_| delay(&mut stream.next())).collect();
    delays.sort_by(f64::total_cmp);
    delays
}

#[test]
fn quantiles_in_three_steps_are_refused() {
    let steps = sorted("steps", |draws| match draws.below(100) {
        0..90 => 0.010,
        90..99 => 0.050,
        _ => 1.0,
    });
    assert!(!fits(&steps, |delay| if delay <= 0.010 { delay / 0.010 * 0.5 } else { 0.9 }));
}

#[test]
fn a_normal_distribution_that_is_wrong_in_any_way_is_refused() {
    let eight = |draws: &mut Draws| ((0..8).map(|_| draws.share()).sum::<f64>() - 4.0) / (8.0_f64 / 12.0).sqrt();
    let right = truncated(0.010, 0.010);
    let heap = sorted("a heap at nought", |draws| (0.010 + 0.010 * normal(draws)).max(0.0));
    assert!(!fits(&heap, &right));
    let mirrored = sorted("mirrored", |draws| (0.010 + 0.010 * normal(draws)).abs());
    assert!(!fits(&mirrored, &right));
    let sum = sorted("eight uniform numbers", |draws| 0.100 + 0.010 * eight(draws));
    assert!(!fits(&sum, truncated(0.100, 0.010)));
    let wide = sorted("a deviation that is two per cent too large", |draws| 0.100 + 0.0102 * normal(draws));
    assert!(!fits(&wide, truncated(0.100, 0.010)));
}

#[test]
fn a_sigma_of_the_wrong_logarithm_is_refused() {
    let ten = sorted("base ten", |draws| 0.020 * 10.0_f64.powf(0.8 * normal(draws)));
    assert!(!fits(&ten, |delay| standard_normal((delay / 0.020).ln() / 0.8)));
}

/// A standard normal variable by the method of Box and Muller, to judge the checks independently of the code.
fn normal(draws: &mut Draws) -> f64 {
    let (radius, angle) = ((-2.0 * draws.share().ln()).sqrt(), std::f64::consts::TAU * draws.share());
    radius * angle.cos()
}

#[test]
fn right_ways_pass_the_same_checks() {
    let by_box_and_muller = sorted("right", |draws| 0.100 + 0.010 * normal(draws));
    assert!(fits(&by_box_and_muller, truncated(0.100, 0.010)));
    let stream = DrawSequence::seeded(3, "right", 0);
    let hits = (0..REQUESTS).filter(|_| stream.next().below(1000) < 333).count() as u64;
    assert!(is_share(hits, REQUESTS, 0.333));
}
