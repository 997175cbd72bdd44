//! Durations as logs and answers show them.

use std::time::Duration;

/// Milliseconds with three decimals, for a person to read.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
