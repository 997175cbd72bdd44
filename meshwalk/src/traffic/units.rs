//! Durations and rates as people write them: `200ms`, `2s`, `1m`; `400/s`.

use std::time::Duration;

/// Reads a duration: a number and one of `us`, `ms`, `s`, `m`, `h`.
///
/// # Errors
/// A sentence that quotes the text and says what would be right.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration; write a number and a unit, as `200ms`, `2s` or `1m`");
    // Fault rules allow a space before the unit, which flags and labs do not; they have no `µs`.
    if text.contains(char::is_whitespace) {
        return Err(wrong());
    }
    meshwalk_faults::duration(&text.replace('µ', "u")).map_err(|_| wrong())
}

/// Reads a rate in requests per second: `400`, `400/s`, `0.5/s`, `30/m`.
///
/// # Errors
/// A sentence that quotes the text and says what would be right.
pub fn rate(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is not a rate; write requests per second, more than 0, as `400/s`");
    let (number, seconds) = match text.split_once('/') {
        None => (text, 1.0),
        Some((number, "s")) => (number, 1.0),
        Some((number, "m")) => (number, 60.0),
        Some(_) => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    if number.is_finite() && number > 0.0 { Ok(number / seconds) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(duration("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("80µs"), Ok(Duration::from_micros(80)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "5", "s", "-1s", "1 s", "1d", "1.2.3s", "1e400h", "ms5"] {
            assert!(duration(wrong).unwrap_err().contains(&format!("`{wrong}`")), "{wrong}");
        }
    }

    #[test]
    fn rates_are_requests_per_second() {
        assert_eq!(rate("400/s"), Ok(400.0));
        assert_eq!(rate("0.5"), Ok(0.5));
        assert_eq!(rate("30/m"), Ok(0.5));
        for wrong in ["", "/s", "0", "-1/s", "inf", "NaN/s", "4/h", "x/s"] {
            assert!(rate(wrong).unwrap_err().contains(&format!("`{wrong}`")), "{wrong}");
        }
    }
}
