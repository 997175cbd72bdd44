//! Percentages and durations, read and kept exactly: a rate of 0.1 % is not the nearest binary fraction.

use std::{fmt, time::Duration};

use super::error::{ValueError, suggestion};

/// Digits after the point that a percentage or another number may have.
const MILLIONTHS: usize = 6;
const PARTS_PER_PERCENT: u64 = 1_000_000;

/// A percentage from 0 to 100, in millionths of a per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u64);

impl Percent {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// All of it.
    pub const ALL: Self = Self(100 * PARTS_PER_PERCENT);

    /// Parts of [`Percent::ALL`]'s.
    pub fn parts(self) -> u64 {
        self.0
    }

    /// The sum, if it is a percentage.
    pub(crate) fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self(self.0 + other.0)).filter(|sum| *sum <= Self::ALL)
    }

    /// Reads `30`, `0.1` or `99.95`, without the per cent sign.
    ///
    /// # Errors
    /// No decimal number, more than six digits after the point, more than 100.
    pub(crate) fn parse(text: &str) -> Result<Self, ValueError> {
        let wrong = |message: String| ValueError::new(0..text.len(), message, "a percentage is a number from 0 to 100");
        let parts = decimal(text, MILLIONTHS).map_err(|error| match error {
            DecimalProblem::NoNumber => wrong(format!("`{text}` is not a number")),
            DecimalProblem::TooFine => wrong(format!("`{text}` has more than {MILLIONTHS} digits after the point")),
            DecimalProblem::TooLarge => wrong(format!("{text} is more than 100 %")),
        })?;
        let percent = Self(parts);
        if percent > Self::ALL { Err(wrong(format!("{text} is more than 100 %"))) } else { Ok(percent) }
    }

    #[cfg(test)]
    pub(crate) fn from_parts(parts: u64) -> Self {
        Self(parts.min(Self::ALL.0))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, self.0, MILLIONTHS)
    }
}

/// A number that is not negative, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millionths(u64);

impl Millionths {
    /// A whole number.
    pub const fn whole(number: u32) -> Self {
        Self(number as u64 * 1_000_000)
    }

    /// Reads `2` or `0.8`, with at most six digits after the point.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        decimal(text, MILLIONTHS).ok().map(Self)
    }

    /// The nearest floating-point number.
    pub fn value(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl fmt::Display for Millionths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, self.0, MILLIONTHS)
    }
}

/// The units in which a duration is shown, and the power of ten of each in nanoseconds.
const UNITS: [(&str, usize); 3] = [("us", 3), ("ms", 6), ("s", 9)];

/// The longer ones, which are read too, and how many seconds each has.
const LONG_UNITS: [(&str, u64); 2] = [("m", 60), ("h", 3600)];

/// Reads `200ms`, `1.5s`, `80us` or `5m`, exactly to the nanosecond.
///
/// # Errors
/// No number, no known unit, more digits than the unit allows, more than 584 years.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, ValueError> {
    const HELP: &str = "a duration is a number and a unit: us, ms, s, m or h, as in 200ms";
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let wrong = |message: String| ValueError::new(0..text.len(), message, HELP);
    if number.is_empty() {
        return Err(wrong(format!("`{text}` is not a valid duration")));
    }
    let units = UNITS.iter().map(|(name, digits)| (*name, *digits, 1));
    let units = units.chain(LONG_UNITS.iter().map(|(name, seconds)| (*name, 9, *seconds)));
    let Some((_, digits, times)) = units.clone().find(|(name, ..)| *name == unit.trim_start()) else {
        let message = if unit.is_empty() {
            format!("the duration `{text}` has no unit")
        } else {
            format!(
                "`{}` is not a valid unit of time{}",
                unit.trim_start(),
                suggestion(unit, units.map(|(name, ..)| name))
            )
        };
        return Err(ValueError::new(if unit.is_empty() { 0..text.len() } else { unit_at..text.len() }, message, HELP));
    };
    let counted = decimal(number, digits);
    match counted.and_then(|count| count.checked_mul(times).ok_or(DecimalProblem::TooLarge)) {
        Ok(nanoseconds) => Ok(Duration::from_nanos(nanoseconds)),
        Err(DecimalProblem::NoNumber) => Err(wrong(format!("`{number}` is not a number"))),
        Err(DecimalProblem::TooFine) => Err(wrong(format!("`{text}` has more than {digits} digits after the point"))),
        Err(DecimalProblem::TooLarge) => Err(wrong(format!("`{text}` is longer than can be counted"))),
    }
}

/// Reads a duration for a flag or a lab, such as `200ms`, exactly to the nanosecond.
///
/// # Errors
/// What is wrong with it and what would be right.
pub fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

/// A duration of the language. Its display uses the largest unit in which it is a whole number, or microseconds with
/// digits after the point. A duration above 584 years is not shown exactly; the parser rejects it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written(pub Duration);

impl Written {
    pub(crate) fn parse(text: &str) -> Result<Self, ValueError> {
        parse_duration(text).map(Self)
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX);
        let fits = |digits: &usize| nanoseconds.is_multiple_of(10_u64.pow(*digits as u32));
        let (unit, digits) = UNITS.into_iter().rev().find(|(_, digits)| fits(digits)).unwrap_or(UNITS[0]);
        write_decimal(f, nanoseconds, digits)?;
        f.write_str(unit)
    }
}

enum DecimalProblem {
    NoNumber,
    TooFine,
    TooLarge,
}

/// A decimal number as a whole number of its `digits`-th decimal places.
fn decimal(text: &str, digits: usize) -> Result<u64, DecimalProblem> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return Err(DecimalProblem::NoNumber);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > digits {
        return Err(DecimalProblem::TooFine);
    }
    format!("{whole}{fraction:0<digits$}").parse().map_err(|_| DecimalProblem::TooLarge)
}

fn write_decimal(f: &mut fmt::Formatter<'_>, value: u64, digits: usize) -> fmt::Result {
    let one = 10_u64.pow(digits as u32);
    write!(f, "{}", value / one)?;
    if value.is_multiple_of(one) {
        return Ok(());
    }
    let fraction = format!("{:0digits$}", value % one);
    write!(f, ".{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_percentage_is_exact_to_six_digits() {
        assert_eq!(Percent::parse("0.1"), Ok(Percent(100_000)));
        assert_eq!(Percent::parse("99.999999"), Ok(Percent(99_999_999)));
        assert_eq!(Percent::parse("100.0"), Ok(Percent::ALL));
        for wrong in ["", ".", "1.", ".5", "-1", "+1", "1e1", "100.000001", "1.0000001", "∞", "999999999999999999999"]
        {
            assert!(Percent::parse(wrong).is_err(), "{wrong:?} was read");
        }
    }

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!(parse_duration("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_duration("0.5us"), Ok(Duration::from_nanos(500)));
        assert_eq!(parse_duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("2h"), Ok(Duration::from_secs(7200)));
        for wrong in
            ["", "5", "ms", "5min", "5ms5", "1.2.3s", "0.0001us", "99999999999s", "9999999999h", "-1s", "1 s s"]
        {
            assert!(parse_duration(wrong).is_err(), "{wrong:?} was read");
        }
        assert_eq!(parse_duration("10 msec").map_err(|c| c.at), Err(2..7));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(parts in 0..=100_000_000_u64, nanoseconds: u64) {
            let percent = Percent(parts);
            prop_assert_eq!(Percent::parse(&percent.to_string()), Ok(percent));
            let duration = Duration::from_nanos(nanoseconds);
            prop_assert_eq!(parse_duration(&Written(duration).to_string()), Ok(duration));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = Percent::parse(&text);
            let _ = parse_duration(&text);
        }
    }
}
