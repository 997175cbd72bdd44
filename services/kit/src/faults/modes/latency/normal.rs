//! The normal distribution, and the delays made of it.
//!
//! A delay comes from one draw by the inverse of its distribution function, and not by a method that draws until it likes
//! the numbers: so a rule takes the same number of draws for every request, and its seed the same sequence everywhere.

use std::time::Duration;

use meshwalk_faults::LogNormal;

/// A normal distribution of delays that are not negative, ready to be drawn from.
#[derive(Debug, Clone, Copy)]
pub(in crate::faults) struct Normal {
    mean: Duration,
    deviation: Duration,
    /// The share of the plain distribution that the condition leaves. It follows from the other two, and takes too long
    /// to be computed for each request.
    left: f64,
}

impl Normal {
    pub(super) fn of(argument: meshwalk_faults::Normal) -> Self {
        let meshwalk_faults::Normal { mean, deviation } = argument;
        Self { mean, deviation, left: share_below(mean.as_secs_f64() / deviation.as_secs_f64()) }
    }

    /// The delay that the share `share` of all delays exceeds.
    pub(super) fn exceeded_by(self, share: f64) -> Duration {
        let (mean, deviation) = (self.mean.as_secs_f64(), self.deviation.as_secs_f64());
        seconds(mean - deviation * standard_quantile(share * self.left))
    }
}

/// The delay of a lognormal distribution that the share `share` of all delays exceeds.
pub(super) fn lognormal_exceeded_by(argument: LogNormal, share: f64) -> Duration {
    let LogNormal { median, sigma } = argument;
    seconds(median.as_secs_f64() * (-sigma.value() * standard_quantile(share)).exp())
}

/// What is longer than can be counted is as long as can be; the cap on delays comes after that.
fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value.max(0.0)).unwrap_or(Duration::MAX)
}

/// The value below which a standard normal variable lies with the probability `p`, right to 15 digits.
///
/// Algorithm AS 241 (Wichura, "The percentage points of the normal distribution", Applied Statistics 37, 1988) without
/// its outermost branch: what lies more than [`OUTERMOST`] from the middle, one draw in 36 thousand millions, is cut.
fn standard_quantile(p: f64) -> f64 {
    let from_middle = p - 0.5;
    if from_middle.abs() <= 0.425 {
        let r = 0.180625 - from_middle * from_middle;
        return from_middle * polynomial(MIDDLE.0, r) / polynomial(MIDDLE.1, r);
    }
    let outside = p.min(1.0 - p);
    let r = (-outside.ln()).sqrt().min(5.0) - 1.6;
    (polynomial(TAIL.0, r) / polynomial(TAIL.1, r)).copysign(from_middle)
}

/// The probability that a standard normal variable is below `value`, which is not negative.
fn share_below(value: f64) -> f64 {
    if value.is_nan() || value >= OUTERMOST {
        return 1.0;
    }
    // Rules are drawn by the quantile function; its own inverse fits it to the last digit.
    let (mut low, mut high) = (0.5, 1.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if standard_quantile(middle) < value { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// How many deviations from the middle the outermost draws lie.
const OUTERMOST: f64 = 6.657;

/// A polynomial's value; the coefficients begin with the constant one.
fn polynomial(coefficients: [f64; 8], x: f64) -> f64 {
    coefficients.into_iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// Numerator and denominator for the middle 85 % of the distribution.
const MIDDLE: ([f64; 8], [f64; 8]) = (
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
);

/// Numerator and denominator for the rest.
const TAIL: ([f64; 8], [f64; 8]) = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);

#[cfg(test)]
mod tests {
    use meshwalk_faults::Millionths;

    use super::*;

    /// Values of the distribution's tables, and for the outer ones of an implementation with more branches.
    const TABLE: [(f64, f64); 8] = [
        (1e-9, -5.997_807_015_007_686_5),
        (0.001, -3.090_232_306_167_813),
        (0.025, -1.959_963_984_540_054),
        (0.0749, -1.440_238_267_527_963_2),
        (0.075, -1.439_531_470_938_455_7),
        (0.1, -1.281_551_565_544_600_8),
        (0.25, -0.674_489_750_196_081_7),
        (0.42, -0.201_893_479_141_850_9),
    ];

    fn delays(mean: Duration, deviation: Duration) -> Normal {
        Normal::of(meshwalk_faults::Normal { mean, deviation })
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (p, expected) in TABLE {
            for (p, expected) in [(p, expected), (1.0 - p, -expected)] {
                let got = standard_quantile(p);
                // Near 1, the probability itself has fewer digits than the quantile.
                let tolerance = if p > 0.999_999 { 1e-7 } else { 1e-14 * expected.abs() };
                assert!((got - expected).abs() <= tolerance, "{p}: {got} instead of {expected}");
            }
        }
        assert_eq!(standard_quantile(0.5), 0.0);
        assert!((standard_quantile(f64::MIN_POSITIVE) + OUTERMOST).abs() < 0.001);
    }

    #[test]
    fn quantiles_rise_with_the_probability_also_where_the_branches_meet() {
        let mut last = f64::NEG_INFINITY;
        for step in 1..200_000 {
            let value = standard_quantile(f64::from(step) / 200_000.0);
            assert!(value >= last, "falls at {step}");
            last = value;
        }
    }

    #[test]
    fn shares_are_the_inverse_of_quantiles() {
        for (value, share) in [(0.0, 0.5), (1.0, 0.841_344_746_068_542_9), (3.0, 0.998_650_101_968_369_9), (9.0, 1.0)] {
            assert!((share_below(value) - share).abs() < 1e-14, "{value}: {}", share_below(value));
        }
        assert_eq!(share_below(f64::NAN), 1.0);
    }

    #[test]
    fn no_delay_is_negative_and_none_too_long_to_be_kept() {
        let normal = delays(Duration::from_millis(10), Duration::from_secs(1));
        assert!(normal.exceeded_by(1.0 - f64::EPSILON) < Duration::from_micros(1));
        assert!(normal.exceeded_by(1e-300) < Duration::from_secs(8));
        let fixed = delays(Duration::from_millis(10), Duration::ZERO);
        assert_eq!([1e-300, 0.5, 1.0 - f64::EPSILON].map(|share| fixed.exceeded_by(share)), [fixed.mean; 3]);
        let wide = LogNormal { median: Duration::from_secs(3600), sigma: Millionths::whole(10) };
        assert_eq!(lognormal_exceeded_by(wide, 1e-300), Duration::MAX);
        assert_eq!(lognormal_exceeded_by(wide, 0.5), wide.median);
    }
}
