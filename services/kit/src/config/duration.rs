//! Durations as people write them: `15s`, `200ms`, `1.5s`, `2m`.

use std::time::Duration;

/// The shortest time after which something can be given up.
const SHORTEST: Duration = Duration::from_millis(1);

/// The longest duration. Who writes a longer one has mistaken the unit, and the clock cannot count to any.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads a duration for which none at all, `0s`, means something.
///
/// # Errors
/// What would be right.
pub(super) fn perhaps_none(text: &str) -> Result<Duration, String> {
    let duration = parse(text)?;
    if duration > LONGEST { Err("the duration is too long; the longest is 24h".into()) } else { Ok(duration) }
}

/// Reads a duration after which something is given up. After no time at all, everything would be.
///
/// # Errors
/// What would be right.
pub(super) fn at_least_1ms(text: &str) -> Result<Duration, String> {
    let duration = perhaps_none(text)?;
    if duration < SHORTEST { Err("the duration is too short; the shortest is 1ms".into()) } else { Ok(duration) }
}

/// Reads a duration with its unit (`ms`, `s`, `m`, `h`).
fn parse(text: &str) -> Result<Duration, String> {
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
    // What cannot be counted is too long in any case.
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_means_what_it_says() {
        assert_eq!(perhaps_none("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(perhaps_none("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(perhaps_none("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(perhaps_none("24h"), Ok(Duration::from_secs(86_400)));
    }

    #[test]
    fn a_number_without_unit_is_refused() {
        for text in ["15", "", "s", "-1s", "1,5s", "1.2.3s", "3 days", "1e3s"] {
            assert!(perhaps_none(text).unwrap_err().contains("such as 500ms"), "{text}");
        }
    }

    #[test]
    fn none_at_all_is_a_duration_only_where_it_means_something() {
        assert_eq!(perhaps_none("0s"), Ok(Duration::ZERO));
        assert_eq!(at_least_1ms("1ms"), Ok(SHORTEST));
        for text in ["0s", "0h", "0.5ms", "0.0000000001ms"] {
            assert!(at_least_1ms(text).unwrap_err().contains("the shortest is 1ms"), "{text}");
        }
    }

    #[test]
    fn more_than_a_day_is_a_mistake() {
        for text in ["86401s", "999999h", "99999999999999999999999h"] {
            assert!(perhaps_none(text).unwrap_err().contains("the longest is 24h"), "{text}");
            assert!(at_least_1ms(text).unwrap_err().contains("the longest is 24h"), "{text}");
        }
    }
}
