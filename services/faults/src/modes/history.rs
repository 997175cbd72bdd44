//! Modes that depend on earlier requests, or on the time.

mod fail_first;
mod flap;
mod latch;
mod rate_limit;

use std::{fmt, ops::RangeInclusive, time::Duration};

use http::StatusCode;

pub use fail_first::FailFirst;
pub use flap::Flap;
pub use latch::Latch;
pub use rate_limit::{Period, RateLimit};

use super::{response, spec::family};
use crate::{
    error::ValueError,
    quantity::{Written, parse_duration},
};

/// Longest time of an argument.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

family! {
    /// Faults that depend on earlier requests, or on the time.
    History {
        /// The first attempts of each request fail.
        FailFirst(rule: FailFirst = FailFirst::parse) = fail_first::SPEC;
        /// Requests fail until none has come for a time.
        Latch(latch: Latch = Latch::parse) = latch::SPEC;
        /// Requests fail from time to time.
        Flap(flap: Flap = Flap::parse) = flap::SPEC;
        /// Requests beyond a rate fail.
        RateLimit(limit: RateLimit = RateLimit::parse) = rate_limit::SPEC;
    }
}

/// Status of a rule that names none.
const USUAL: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

/// Splits `ARGUMENT[:STATUS]`.
fn with_status(text: &str) -> Result<(&str, StatusCode), ValueError> {
    match text.split_once(':') {
        None => Ok((text, USUAL)),
        Some((argument, code)) => {
            let status = response::status(code).map_err(|error| error.shifted(argument.len() + 1))?;
            Ok((argument.trim_end(), status))
        }
    }
}

/// Optional status at the end of an argument.
struct Status(StatusCode);

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == USUAL { Ok(()) } else { write!(f, ":{}", self.0.as_u16()) }
    }
}

/// Parses a whole number in a range.
fn count(text: &str, range: RangeInclusive<u32>, help: &str) -> Result<u32, ValueError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let wrong = |message: String| ValueError::new(0..text.len(), message, help);
    match text.parse().ok().filter(|_| digits) {
        Some(number) if range.contains(&number) => Ok(number),
        _ if digits => Err(wrong(format!("{text} is not from {} to {}", range.start(), range.end()))),
        _ => Err(wrong(format!("`{text}` is not a whole number"))),
    }
}

/// Parses a time above zero and up to [`LONGEST`].
fn span(text: &str) -> Result<Duration, ValueError> {
    let time = parse_duration(text)?;
    if time.is_zero() || time > LONGEST {
        let message = format!("a time of {} is out of range", Written(time));
        let help = format!("it is more than nothing and at most {}", Written(LONGEST));
        return Err(ValueError::new(0..text.len(), message, help));
    }
    Ok(time)
}
