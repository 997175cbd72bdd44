use std::{fmt, str::FromStr, time};

use serde::{Deserialize, Deserializer};

/// A length of time as Istio writes it: decimal numbers with units, as `5s`, `0.5s`, `1h30m`, `250ms`.
///
/// The syntax is that of Go's `time.ParseDuration`, without signs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub time::Duration);

/// Why a text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no duration; write numbers with the units h, m, s or ms, as \"5s\", \"0.5s\" or \"1h30m\"")]
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

/// Nanoseconds per unit, and what stands after the unit's name. Longer names first, so that `ms` is not `m`.
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

/// As protobuf's JSON writes it, which Envoy reads: seconds with up to nine decimals.
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
        // Istio's schema says so of every length of time but one.
        if duration.0 < LEAST {
            return Err(serde::de::Error::custom("Istio takes no duration below 1ms; leave the field out for none"));
        }
        if !duration.0.subsec_nanos().is_multiple_of(1_000_000) {
            return Err(serde::de::Error::custom("Istio takes durations in whole milliseconds only; round it to ms"));
        }
        Ok(duration)
    }
}

const LEAST: time::Duration = time::Duration::from_millis(1);

/// Reads a field that may also be 0.
pub(in crate::kinds) fn even_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(text: &str) -> u128 {
        text.parse::<Duration>().unwrap().0.as_millis()
    }

    #[test]
    fn durations_of_several_units_add_up() {
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
    fn a_text_that_is_no_duration_is_refused_with_what_would_be_right() {
        for text in ["", "5", "5 s", "s", "-5s", "5d", "five", "1h30", ".s", "99999999999999999999h"] {
            let error = text.parse::<Duration>().unwrap_err().to_string();
            assert!(error.contains("1h30m"), "{error}");
        }
    }

    #[test]
    fn a_duration_that_istio_refuses_is_refused() {
        for text in ["0", "0s", "999us"] {
            let error = serde_json::from_value::<Duration>(text.into()).unwrap_err().to_string();
            assert!(error.contains("below 1ms"), "{error}");
            let mut deserializer = serde_json::Value::from(text);
            assert!(even_none(deserializer.take()).unwrap().is_some());
        }
        let error = serde_json::from_value::<Duration>("1500us".into()).unwrap_err().to_string();
        assert!(error.contains("whole milliseconds"), "{error}");
        assert_eq!(serde_json::from_value::<Duration>("1ms".into()).unwrap(), "0.001s".parse().unwrap());
    }

    #[test]
    fn a_duration_prints_as_seconds_that_protobuf_reads() {
        assert_eq!("1m0.5s".parse::<Duration>().unwrap().to_string(), "60.5s");
        assert_eq!("1ms".parse::<Duration>().unwrap().to_string(), "0.001s");
        assert_eq!("2h".parse::<Duration>().unwrap().to_string(), "7200s");
    }
}
