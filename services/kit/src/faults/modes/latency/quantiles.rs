//! A distribution of delays through given quantiles.

use std::time::Duration;

use meshwalk_faults::{Percent, Quantiles};

/// The longest delay, in the limit; in whole milliseconds, because people will read it.
pub(super) fn longest(quantiles: &Quantiles) -> Duration {
    let longest = nanoseconds(at(quantiles, Percent::ALL.parts() as f64));
    Duration::from_millis(u64::try_from(longest.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

/// The delay below which the share `share` of all delays lies.
pub(super) fn below_which(quantiles: &Quantiles, share: f64) -> Duration {
    nanoseconds(at(quantiles, share * Percent::ALL.parts() as f64))
}

/// The quantile function: nanoseconds by parts of [`Percent::ALL`]. Sums, products and quotients of floating-point
/// numbers are the same on every machine.
fn at(quantiles: &Quantiles, parts: f64) -> f64 {
    let points = quantiles.points();
    let place = |&(percent, delay): &(Percent, Duration)| (percent.parts() as f64, delay.as_nanos() as f64);
    let above = points.iter().position(|point| place(point).0 >= parts).unwrap_or(points.len() - 1);
    let (to, high) = place(&points[above]);
    let (from, low) = above.checked_sub(1).map_or((0.0, 0.0), |below| place(&points[below]));
    if to == from {
        // Only at a lowest point that is p0.
        return high;
    }
    low + (high - low) * ((parts - from) / (to - from))
}

fn nanoseconds(value: f64) -> Duration {
    Duration::from_nanos(value.round() as u64)
}

#[cfg(test)]
mod tests {
    use meshwalk_faults::{Delay, Mode, Rule, Timing};

    use super::*;

    fn quantiles(text: &str) -> Quantiles {
        match Rule::parse_all(&format!("latency={text}")).unwrap().remove(0).mode {
            Mode::Timing(Timing::Latency(Delay::Quantiles(quantiles))) => quantiles,
            other => panic!("{other} is no list of quantiles"),
        }
    }

    #[test]
    fn quantiles_go_through_their_points_and_in_straight_lines_between_them() {
        let through = |text: &str, percents: &[f64]| -> Vec<u128> {
            let quantiles = quantiles(text);
            percents.iter().map(|percent| below_which(&quantiles, percent / 100.0).as_millis()).collect()
        };
        let three = "quantiles(p50:10ms,p90:50ms,p99:950ms)";
        let percents = [0.0, 25.0, 50.0, 70.0, 90.0, 94.5, 99.0, 100.0];
        assert_eq!(through(three, &percents), [0, 5, 10, 30, 50, 500, 950, 1050]);
        assert_eq!(longest(&quantiles(three)), Duration::from_millis(1050));
        let bounded = "quantiles(p0:10ms,p50:20ms,p100:30ms)";
        assert_eq!(through(bounded, &[0.0, 25.0, 50.0, 75.0, 100.0]), [10, 15, 20, 25, 30]);
        assert_eq!(through("quantiles(p50:10ms,p90:10ms)", &[50.0, 70.0, 90.0, 100.0]), [10, 10, 10, 10]);
        assert_eq!(through("quantiles(p50:10ms)", &[100.0]), [20]);
        assert_eq!(through("quantiles(p100:10ms)", &[0.0, 50.0]), [0, 5]);
        assert_eq!(longest(&quantiles("quantiles(p100:0s)")), Duration::ZERO);
    }
}
