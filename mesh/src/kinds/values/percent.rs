use serde::{Deserialize, Deserializer};

/// A percentage from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Percent(f64);

impl Percent {
    /// 100 per cent.
    pub const ALL: Self = Self(100.0);

    /// True if it is above 0 and below the minimum that Istio accepts for faults.
    #[must_use]
    pub fn is_too_fine(self) -> bool {
        self.0 > 0.0 && self.0 < 0.0001
    }

    /// Parts per million, the finest denominator of Envoy.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The value lies in 0 to 100.
    pub fn millionths(self) -> u32 {
        (self.0 * 10_000.0).round() as u32
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawPercent {
    #[serde(default)]
    value: f64,
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let RawPercent { value } = RawPercent::deserialize(deserializer)?;
        if (0.0..=100.0).contains(&value) {
            return Ok(Self(value));
        }
        Err(serde::de::Error::custom(format!("invalid percentage {value}; write a number from 0 to 100")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_percentages_to_a_ten_thousandth() {
        let percent: Percent = serde_json::from_str(r#"{"value": 0.0001}"#).unwrap();
        assert_eq!(percent.millionths(), 1);
        assert_eq!(Percent::ALL.millionths(), 1_000_000);
    }

    #[test]
    fn rejects_percentages_over_100() {
        let error = serde_json::from_str::<Percent>(r#"{"value": 101}"#).unwrap_err().to_string();
        assert!(error.contains("from 0 to 100"), "{error}");
    }
}
