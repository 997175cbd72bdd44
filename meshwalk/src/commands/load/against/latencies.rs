//! Compares the latencies of two runs, where they can be compared.

use super::{ChanceTest, ERROR_PROBABILITY, SavedFigures, SavedInterval};
use crate::stats::rank_sum;

/// Factor by which the number of requests in an interval may differ; quantiles of fewer requests are other quantiles.
const SIMILAR: f64 = 1.5;

/// A quantile of an interval, in milliseconds.
type IntervalQuantile = fn(&SavedInterval) -> Option<f64>;

/// The quantiles of an interval that are compared, by name.
const QUANTILES: [(&str, IntervalQuantile); 2] = [("p50", |i| i.p50_ms), ("p99", |i| i.p99_ms)];

/// Compares the quantiles of the intervals, because latencies of neighbouring requests depend on each other. `others` is
/// the number of comparisons besides these. The error is the reason why latencies cannot be compared.
pub(super) fn compare(base: &SavedFigures, now: &SavedFigures, others: usize) -> Result<Vec<ChanceTest>, String> {
    if !is_close(base.planned_rate, now.planned_rate) {
        let (base, now) = (base.planned_rate, now.planned_rate);
        return Err(format!("the planned rates {base:.1}/s and {now:.1}/s differ; send at the same --rate"));
    }
    let widths = (base.interval_ms().unwrap_or_default(), now.interval_ms().unwrap_or_default());
    if widths.0 > 0.0 && widths.1 > 0.0 && !is_close(widths.0, widths.1) {
        let (base, now) = widths;
        return Err(format!("the intervals of {base} ms and {now} ms differ; send for the same time (--for)"));
    }
    // Intervals in which every request was refused or reset have no latency.
    let count =
        |figures: &SavedFigures| figures.intervals().iter().filter(|interval| interval.p50_ms.is_some()).count();
    let counts = (count(base), count(now));
    let comparisons = others + QUANTILES.len();
    if smallest_p(counts) > ERROR_PROBABILITY / comparisons as f64 {
        let (base, now) = counts;
        return Err(format!(
            "{base} and {now} whole intervals with a latency are too few to show any difference among {comparisons} comparisons; send for longer (--for)"
        ));
    }
    let ratio = base.per_interval() / now.per_interval();
    if !(1.0 / SIMILAR..=SIMILAR).contains(&ratio) {
        return Err("the numbers of requests in an interval differ; send at the same rate for the same time".to_owned());
    }
    let mut found = Vec::new();
    for (what, of) in QUANTILES {
        let values = |figures: &SavedFigures| figures.intervals().iter().filter_map(of).collect::<Vec<f64>>();
        let (base, now) = (values(base), values(now));
        if let Some(p_value) = rank_sum(&base, &now) {
            let (what, test) = (format!("{what} in ms, median of the intervals"), "rank sum");
            let (base, now) = (median(base), median(now));
            found.push(ChanceTest { what, test, base, now, p_value, more_than_chance: false });
        }
    }
    Ok(found)
}

/// The smallest p-value that the rank-sum test can have: one order of the two samples, and its reverse, out of all ways
/// to deal out the ranks.
pub(super) fn smallest_p((first, second): (usize, usize)) -> f64 {
    let ways: f64 = (1..=first).map(|location| (second + location) as f64 / location as f64).product();
    (2.0 / ways).min(1.0)
}

/// True if both are the same but for rounding errors.
fn is_close(first: f64, second: f64) -> bool {
    (first - second).abs() <= 1e-6 * first.abs().max(second.abs())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
