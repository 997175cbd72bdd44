//! Timestamps of log lines.

use std::{io::Write, time::SystemTime};

use time::OffsetDateTime;

/// Writes RFC 3339 timestamps in UTC with microseconds: `2026-01-31T08:15:30.123456Z`.
///
/// Keeps the text of the current second, because the calendar is most of the cost.
#[derive(Debug, Default)]
pub(super) struct LogClock {
    /// Seconds since 1970 for which `date` is valid.
    second: u64,
    /// Date and time without the fraction; empty at first.
    date: Vec<u8>,
}

impl LogClock {
    /// Appends the timestamp of `now`. A time before 1970 is written as 1970.
    pub(super) fn write(&mut self, now: SystemTime, line: &mut Vec<u8>) {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        if self.date.is_empty() || self.second != since.as_secs() {
            self.second = since.as_secs();
            self.date.clear();
            let date =
                i64::try_from(self.second).ok().and_then(|second| OffsetDateTime::from_unix_timestamp(second).ok());
            let date = date.unwrap_or(OffsetDateTime::UNIX_EPOCH);
            let (year, month, day) = date.to_calendar_date();
            let (hour, minute, second) = date.to_hms();
            let month = u8::from(month);
            // Writing to a vector cannot fail.
            let _ = write!(self.date, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.");
        }
        line.extend_from_slice(&self.date);
        let mut micros = since.subsec_micros();
        let mut digits = *b"000000Z";
        for digit in digits[..6].iter_mut().rev() {
            *digit += (micros % 10) as u8;
            micros /= 10;
        }
        line.extend_from_slice(&digits);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn text(clock: &mut LogClock, seconds: u64, micros: u32) -> String {
        let mut line = Vec::new();
        clock.write(SystemTime::UNIX_EPOCH + Duration::new(seconds, micros * 1000 + 999), &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn writes_utc_with_microseconds_across_seconds_and_days() {
        let mut clock = LogClock::default();
        assert_eq!(text(&mut clock, 0, 0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(&mut clock, 951_782_399, 7), "2000-02-28T23:59:59.000007Z");
        assert_eq!(text(&mut clock, 951_782_400, 999_999), "2000-02-29T00:00:00.999999Z");
        assert_eq!(text(&mut clock, 951_782_400, 120_000), "2000-02-29T00:00:00.120000Z");
        assert_eq!(text(&mut clock, 4_102_444_799, 1), "2099-12-31T23:59:59.000001Z");
    }
}
