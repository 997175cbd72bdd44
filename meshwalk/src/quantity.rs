//! Parses quantities of labs: `200ms`, `400/s`, `99.9%`, `>= 1s`.
//!
//! An error is the second half of a sentence whose first half names the key, and contains a hint.

use std::{fmt, time::Duration};

/// Comparison of an observed quantity with a stated one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Equal.
    Equal,
    /// At least.
    AtLeast,
    /// At most.
    AtMost,
}

impl Op {
    /// Returns true if an observed quantity meets the comparison, within a tolerance.
    #[must_use]
    pub fn holds(self, observed: f64, stated: f64, tolerance: f64) -> bool {
        match self {
            Self::Equal => (observed - stated).abs() <= tolerance,
            Self::AtLeast => observed >= stated - tolerance,
            Self::AtMost => observed <= stated + tolerance,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
        })
    }
}

/// Splits `>= 1s` into its operator, if it has one, and the rest.
#[must_use]
pub fn comparison(text: &str) -> (Option<Op>, &str) {
    let text = text.trim();
    for (sign, op) in [(">=", Op::AtLeast), ("<=", Op::AtMost), ("=", Op::Equal)] {
        if let Some(rest) = text.strip_prefix(sign) {
            return (Some(op), rest.trim());
        }
    }
    (None, text)
}

/// Parses a share from a percentage of 0 to 100.
///
/// # Errors
/// Fails for any other text.
pub fn percentage(text: &str) -> Result<f64, String> {
    text.strip_suffix('%')
        .map(str::trim_end)
        .filter(|number| decimal(number).is_some_and(|number| number <= 100.0))
        // Shift the decimal point instead of dividing: 99.9 / 100 is not the number nearest to 0.999, so that 999 of
        // 1000 would be less than it.
        .and_then(|number| format!("{number}e-2").parse().ok())
        .ok_or_else(|| format!("`{text}` is not a percentage; write a number from 0 to 100 and `%`, as `10%`"))
}

/// Parses a plain decimal number without sign or exponent.
fn decimal(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    plain.then(|| text.parse().ok()).flatten()
}

/// Formats a share: `25.1 %`, `10 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    let rounded = (share * 1e4).round() / 1e2;
    // Do not round up to 100 %.
    if (rounded >= 100.0 && share < 1.0) || (rounded <= 0.0 && share > 0.0) {
        return format!("{:.4} %", share * 100.0);
    }
    format!("{rounded} %")
}

/// Formats a duration: `12.3 ms`, `1.05 s`.
#[must_use]
pub fn readable(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (number, unit) = if seconds >= 1.0 {
        (seconds, "s")
    } else if seconds >= 1e-3 {
        (seconds * 1e3, "ms")
    } else {
        (seconds * 1e6, "µs")
    };
    let decimals = if number >= 100.0 { 1.0 } else { 100.0 };
    format!("{} {unit}", (number * decimals).round() / decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_end_at_one_hundred() {
        assert_eq!(percentage("10%"), Ok(0.1));
        assert_eq!(percentage("99.9%"), Ok(0.999));
        assert_eq!(percentage("100 %"), Ok(1.0));
        for wrong in ["101%", "10", "-1%", "%"] {
            assert!(percentage(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_comparison_is_split_from_what_it_compares_with() {
        assert_eq!(comparison(">= 99%"), (Some(Op::AtLeast), "99%"));
        assert_eq!(comparison("<=500ms"), (Some(Op::AtMost), "500ms"));
        assert_eq!(comparison("= requests"), (Some(Op::Equal), "requests"));
        assert_eq!(comparison("10%"), (None, "10%"));
    }

    #[test]
    fn what_is_not_quite_all_is_not_shown_as_all() {
        assert_eq!(percent(0.251), "25.1 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.999_99), "99.9990 %");
        assert_eq!(percent(0.000_01), "0.0010 %");
    }
}
