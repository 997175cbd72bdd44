//! Amounts of bytes, and rates in bytes per second.

use std::fmt;

use super::error::ValueError;

/// Units and their sizes in bytes. Powers of ten and of two have different names, as in IEC 80000-13.
const UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("kB", 1000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
];

const HELP: &str = "write a whole number of bytes with or without a unit (B, kB, KiB, MB, MiB, GB, GiB), as in 64KiB";

/// Parses `65536` or `64KiB`.
///
/// # Errors
/// Not a whole number, an unknown unit, or an overflow.
fn parse_bytes(text: &str) -> Result<u64, ValueError> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let wrong = |message: String| ValueError::new(0..text.len(), message, HELP);
    if number.is_empty() {
        return Err(wrong(format!("`{text}` is not a valid number of bytes")));
    }
    let unit = unit.trim_start();
    let found = UNITS.iter().find(|(name, _)| *name == unit || unit.is_empty());
    let Some((_, bytes)) = found else {
        let near = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let near = near.map(|(name, _)| format!("; did you mean `{name}`?")).unwrap_or_default();
        return Err(ValueError::new(unit_at..text.len(), format!("`{unit}` is not a valid unit of bytes{near}"), HELP));
    };
    let number: Option<u64> = number.parse().ok();
    number.and_then(|number| number.checked_mul(*bytes)).ok_or_else(|| wrong(format!("`{text}` is too much to count")))
}

/// Parses the value of a flag, such as `64KiB`.
///
/// # Errors
/// The reason, with a hint.
pub fn parse_amount(text: &str) -> Result<u64, String> {
    parse_bytes(text).map_err(|error| error.to_string())
}

/// Parses `64KiB/s`.
///
/// # Errors
/// As [`parse_bytes`]; also a missing `/s`, or zero.
fn parse_rate(text: &str) -> Result<u64, ValueError> {
    const HELP: &str = "write bytes per second, as in 64KiB/s";
    let Some(amount) = text.strip_suffix("/s") else {
        return Err(ValueError::new(0..text.len(), format!("`{text}` is not a valid rate"), HELP));
    };
    match parse_bytes(amount.trim_end())? {
        0 => Err(ValueError::new(0..text.len(), format!("`{text}` is nothing at all"), HELP)),
        rate => Ok(rate),
    }
}

/// An amount of bytes. Its display uses the largest unit in which it is a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteCount(pub u64);

impl ByteCount {
    pub(crate) fn parse(text: &str) -> Result<Self, ValueError> {
        parse_bytes(text).map(Self)
    }
}

/// A rate in bytes per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRate(pub u64);

impl ByteRate {
    pub(crate) fn parse(text: &str) -> Result<Self, ValueError> {
        parse_rate(text).map(Self)
    }
}

impl fmt::Display for ByteRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", ByteCount(self.0))
    }
}

impl fmt::Display for ByteCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, bytes): &&(&str, u64)| self.0 > 0 && self.0.is_multiple_of(*bytes);
        let (unit, bytes) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[0]);
        write!(f, "{}{unit}", self.0 / bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_with_and_without_a_unit() {
        for (text, bytes, shown) in [
            ("0", 0, "0B"),
            ("65536", 65536, "64KiB"),
            ("64 KiB", 65536, "64KiB"),
            ("64kB", 64_000, "64kB"),
            ("1500MB", 1_500_000_000, "1500MB"),
            ("2GiB", 2 << 30, "2GiB"),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
            assert_eq!(ByteCount(bytes).to_string(), shown);
        }
        for wrong in ["", "KiB", "1.5MB", "-1", "1 1", "64K", "99999999999999999999", "99999999999999GiB", "1/s"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
        assert!(parse_bytes("64kib").unwrap_err().message.contains("did you mean `KiB`?"));
    }

    #[test]
    fn a_rate_is_per_second() {
        assert_eq!(parse_rate("64KiB/s"), Ok(65536));
        assert_eq!(parse_rate("1/s"), Ok(1));
        for wrong in ["64KiB", "0/s", "/s", "1/m"] {
            assert!(parse_rate(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_as_the_same_amount(bytes: u64) {
            prop_assert_eq!(parse_bytes(&ByteCount(bytes).to_string()), Ok(bytes));
        }
    }
}
