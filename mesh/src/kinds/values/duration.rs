use std::{fmt, str::FromStr, time};

use serde::{Deserialize, Deserializer};

/// A duration in Istio's format: decimal numbers with units, as `5s`, `0.5s`, `1h30m`, `250ms`.
///
/// The syntax is that of Go's `time.ParseDuration`, without signs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub time::Duration);

/// Error of parsing a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid duration {0:?}; write numbers with the units h, m, s or ms, as \"5s\", \"0.5s\" or \"1h30m\"")]
pub struct DurationError(String);

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        parse(text).map(Self).ok_or_else(|| DurationError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<time::Duration> {
    if text == "0" {
        return Some(time::Duration::ZERO);
    }
    let mut rest = text;
    let mut nanoseconds: u128 = 0;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), digits);
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let (scale, after) = unit(after)?;
        nanoseconds = nanoseconds.checked_add(scaled(whole, fraction, scale)?)?;
        rest = after;
    }
    let whole = u64::try_from(nanoseconds).ok()?;
    (!text.is_empty()).then_some(time::Duration::from_nanos(whole))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Splits off a unit: its nanoseconds and the rest of the text. Longer names first, as `ms` before `m`.
fn unit(text: &str) -> Option<(u128, &str)> {
    [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ]
    .into_iter()
    .find_map(|(name, scale)| text.strip_prefix(name).map(|rest| (scale, rest)))
}

fn scaled(whole: &str, fraction: &str, scale: u128) -> Option<u128> {
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut sum = whole.checked_mul(scale)?;
    let mut location = scale;
    for digit in fraction.chars() {
        location /= 10;
        sum += u128::from(digit.to_digit(10)?) * location;
    }
    Some(sum)
}

/// Formats the duration as protobuf's JSON: seconds with up to nine decimals.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanoseconds) = (self.0.as_secs(), self.0.subsec_nanos());
        if nanoseconds == 0 {
            return write!(f, "{seconds}s");
        }
        let decimals = format!("{nanoseconds:09}");
        write!(f, "{seconds}.{}s", decimals.trim_end_matches('0'))
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let duration: Self = String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)?;
        // Istio's schema has this minimum for every duration but one.
        if duration.0 < LEAST {
            return Err(serde::de::Error::custom("Istio rejects durations below 1ms; remove the field for none"));
        }
        if !duration.0.subsec_nanos().is_multiple_of(1_000_000) {
            return Err(serde::de::Error::custom("Istio accepts only whole milliseconds; round the duration to ms"));
        }
        Ok(duration)
    }
}

const LEAST: time::Duration = time::Duration::from_millis(1);

/// Deserializes a duration that may be 0.
pub(in crate::kinds) fn zero_allowed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(text: &str) -> u128 {
        text.parse::<Duration>().unwrap().0.as_millis()
    }

    #[test]
    fn parses_durations_of_several_units() {
        assert_eq!(milliseconds("5s"), 5_000);
        assert_eq!(milliseconds("0.5s"), 500);
        assert_eq!(milliseconds(".25s"), 250);
        assert_eq!(milliseconds("1h30m"), 5_400_000);
        assert_eq!(milliseconds("1m1.5s"), 61_500);
        assert_eq!(milliseconds("250ms"), 250);
        assert_eq!(milliseconds("0s"), 0);
        assert_eq!(milliseconds("0"), 0);
    }

    #[test]
    fn rejects_invalid_durations_and_shows_the_format() {
        for text in ["", "5", "5 s", "s", "-5s", "5d", "five", "1h30", ".s", "99999999999999999999h"] {
            let error = text.parse::<Duration>().unwrap_err().to_string();
            assert!(error.contains("1h30m"), "{error}");
        }
    }

    #[test]
    fn rejects_durations_that_istio_rejects() {
        for text in ["0", "0s", "999us"] {
            let error = serde_json::from_value::<Duration>(text.into()).unwrap_err().to_string();
            assert!(error.contains("below 1ms"), "{error}");
            let mut deserializer = serde_json::Value::from(text);
            assert!(zero_allowed(deserializer.take()).unwrap().is_some());
        }
        let error = serde_json::from_value::<Duration>("1500us".into()).unwrap_err().to_string();
        assert!(error.contains("whole milliseconds"), "{error}");
        assert_eq!(serde_json::from_value::<Duration>("1ms".into()).unwrap(), "0.001s".parse().unwrap());
    }

    #[test]
    fn formats_a_duration_as_protobuf_json() {
        assert_eq!("1m0.5s".parse::<Duration>().unwrap().to_string(), "60.5s");
        assert_eq!("1ms".parse::<Duration>().unwrap().to_string(), "0.001s");
        assert_eq!("2h".parse::<Duration>().unwrap().to_string(), "7200s");
    }
}
