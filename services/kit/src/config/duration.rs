//! Durations as people write them: `15s`, `200ms`, `1.5s`, `2m`.

use std::time::Duration;

/// Reads a duration with its unit (`ms`, `s`, `m`, `h`).
///
/// # Errors
/// What would be right.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    const FORM: &str = "expected a number with a unit (ms, s, m, h), such as 500ms or 15s";
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(FORM)?;
    let (number, unit) = text.split_at(unit_at);
    let number: f64 = number.parse().map_err(|_| FORM)?;
    let seconds = match unit {
        "ms" => number / 1e3,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(FORM.into()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| "the duration is too long".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_means_what_it_says() {
        assert_eq!(parse("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(parse("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn a_number_without_unit_is_refused() {
        for text in ["15", "", "s", "-1s", "1,5s", "1.2.3s", "3 days", "99999999999999999999999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
