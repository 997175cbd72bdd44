//! The logarithm of the factorial.

use std::f64::consts::TAU;

/// Below this, the product is computed; above, the series is exact to the last digits.
const SMALL: u64 = 20;

/// ln(n!), with a relative error of a few units in the last place: the product for small `n`, else Stirling's series
/// (the error is less than the first term left out, 1/(1680 n⁷)).
pub(super) fn ln_factorial(n: u64) -> f64 {
    if n < SMALL {
        // 19! still fits.
        return ((1..=n).product::<u64>() as f64).ln();
    }
    let x = n as f64;
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square / 1260.0));
    x * x.ln() - x + 0.5 * (TAU * x).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_the_sum_of_logarithms() {
        let mut sum = 0.0;
        for n in 1..2000_u64 {
            sum += (n as f64).ln();
            let got = ln_factorial(n);
            assert!((got - sum).abs() <= 1e-12 * sum.max(1.0), "{n}: {got} instead of {sum}");
        }
        assert!(ln_factorial(0).abs() < f64::EPSILON);
    }
}
