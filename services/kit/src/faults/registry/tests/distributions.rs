//! Whether delays have the distributions that their rules name. The distributions are computed here in another way than
//! in the code: from the densities, by adding up.

use super::{
    rates::{ERROR, REQUESTS, assert_share},
    *,
};

/// The delays that a rule injects, in seconds, in rising order.
pub(super) fn delays(rule: &str) -> Vec<f64> {
    let registry = registry(rule);
    let mut delays: Vec<f64> = (0..REQUESTS).map(|_| hit(&registry, "/").0.as_secs_f64()).collect();
    delays.sort_by(f64::total_cmp);
    delays
}

/// How far the shares below each delay are from what the distribution says, at the worst place (Kolmogorov, Smirnov).
fn distance(sorted: &[f64], share_up_to: impl Fn(f64) -> f64) -> f64 {
    let total = sorted.len() as f64;
    // Every tenth delay is enough: what lies between cannot be further away than by ten delays of a million.
    let gaps = sorted.iter().enumerate().step_by(10).map(|(position, delay)| {
        let share = share_up_to(*delay);
        (share - position as f64 / total).abs().max((share - (position + 1) as f64 / total).abs())
    });
    gaps.fold(0.0, f64::max)
}

/// How far they may be: the inequality of Dvoretzky, Kiefer, Wolfowitz and Massart says that the distance exceeds this
/// with a probability of at most [`ERROR`], for any distribution and any number of delays.
pub(super) fn allowed(total: usize) -> f64 {
    ((2.0 / ERROR).ln() / (2.0 * total as f64)).sqrt()
}

pub(super) fn fits(sorted: &[f64], share_up_to: impl Fn(f64) -> f64) -> bool {
    distance(sorted, share_up_to) <= allowed(sorted.len())
}

/// Holds a rule's delays against a distribution: everywhere, and at quantiles far out with a sharper test.
fn assert_distribution(rule: &str, share_up_to: impl Fn(f64) -> f64, quantiles: &[(f64, f64)]) {
    let sorted = delays(rule);
    let (distance, allowed) = (distance(&sorted, share_up_to), allowed(sorted.len()));
    assert!(distance <= allowed, "{rule}: {distance} from the distribution, and {allowed} is the most");
    for (share, delay) in quantiles {
        let below = sorted.partition_point(|seen| seen <= delay) as u64;
        assert_share(below, REQUESTS, *share, &format!("{rule} up to {delay} s"));
    }
}

/// The share of the standard normal distribution up to `z`: its density, added up by Simpson's rule.
pub(super) fn standard_normal(z: f64) -> f64 {
    const STEPS: u32 = 60;
    let density = |x: f64| (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let step = z / f64::from(STEPS);
    let weighted = (1..STEPS).map(|at| density(step * f64::from(at)) * if at % 2 == 0 { 2.0 } else { 4.0 });
    0.5 + (density(0.0) + weighted.sum::<f64>() + density(z)) * step / 3.0
}

/// The normal distribution without what is negative, in seconds.
pub(super) fn truncated(mean: f64, deviation: f64) -> impl Fn(f64) -> f64 {
    let cut = standard_normal(-mean / deviation);
    move |delay| (standard_normal((delay - mean) / deviation) - cut) / (1.0 - cut)
}

fn lognormal(median: f64, sigma: f64) -> impl Fn(f64) -> f64 {
    move |delay| standard_normal((delay / median).ln() / sigma)
}

#[test]
fn a_uniform_delay_is_uniform() {
    let quantiles = [0.001, 0.01, 0.5, 0.99, 0.999].map(|share| (share, 0.010 + 0.070 * share));
    assert_distribution("latency=uniform(10ms,80ms);seed=11", |delay| (delay - 0.010) / 0.070, &quantiles);
}

#[test]
fn a_normal_delay_is_normal() {
    // The standard normal distribution's quantiles, from the tables.
    let quantiles = [(-3.090_232, 0.001), (-2.326_348, 0.01), (0.0, 0.5), (1.281_552, 0.9), (3.090_232, 0.999)]
        .map(|(deviations, share)| (share, 0.100 + 0.010 * deviations));
    assert_distribution("latency=normal(100ms,10ms);seed=12", truncated(0.100, 0.010), &quantiles);
}

#[test]
fn a_normal_delay_that_would_often_be_negative_is_what_is_left_of_the_distribution() {
    for (mean, seed) in [(10_u32, 13), (0, 14)] {
        let rule = format!("latency=normal({mean}ms,10ms);seed={seed}");
        assert_distribution(&rule, truncated(f64::from(mean) / 1e3, 0.010), &[]);
    }
    // The mean moves as documented. It is wrong by 0.1 ms with a probability below 1e-6 by far: its deviation is a
    // thousandth of the delays', which is less than 10 ms.
    let delays = delays("latency=normal(10ms,10ms);seed=13");
    let mean = delays.iter().sum::<f64>() / delays.len() as f64;
    assert!((mean - 0.012_88).abs() < 0.000_1, "{mean}");
}

#[test]
fn a_lognormal_delay_is_lognormal() {
    let at = |deviations: f64| 0.020 * (0.8 * deviations).exp();
    let quantiles =
        [(0.001, at(-3.090_232)), (0.01, at(-2.326_348)), (0.5, 0.020), (0.99, at(2.326_348)), (0.999, at(3.090_232))];
    assert_distribution("latency=lognormal(20ms,0.8);seed=15", lognormal(0.020, 0.8), &quantiles);
}

#[test]
fn a_delay_by_quantiles_has_these_quantiles_and_is_even_between_them() {
    let shares = [(0.0, 0.0), (0.5, 0.010), (0.9, 0.050), (0.99, 1.0), (1.0, 1.0 + 0.95 / 9.0)];
    let share_up_to = |delay: f64| {
        let above = shares.iter().position(|(_, at)| delay <= *at).unwrap_or(shares.len() - 1).max(1);
        let ((from, low), (to, high)) = (shares[above - 1], shares[above]);
        from + (to - from) * (delay - low) / (high - low)
    };
    let points = [(0.5, 0.010), (0.9, 0.050), (0.99, 1.0)];
    assert_distribution("latency=quantiles(p50:10ms,p90:50ms,p99:1s);seed=16", share_up_to, &points);
}

#[test]
fn a_tail_beyond_the_cap_is_cut_there_and_says_so() {
    let registry = registry("latency=lognormal(30s,2);seed=17");
    let seen: Vec<(Duration, bool)> =
        (0..REQUESTS).map(|_| hit(&registry, "/")).map(|(d, i)| (d, i.faults[0].capped)).collect();
    let cap = Duration::from_secs(60);
    assert!(seen.iter().all(|(delay, capped)| if *capped { *delay == cap } else { *delay <= cap }));
    let cut = seen.iter().filter(|(_, capped)| *capped).count() as u64;
    assert_share(cut, REQUESTS, 1.0 - standard_normal(2.0_f64.ln() / 2.0), "delays that are cut");
}
