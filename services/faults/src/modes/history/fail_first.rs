//! `fail-first`: the first attempts of each request fail, so that a retry succeeds.

use std::fmt;

use http::StatusCode;

use super::{super::ModeSpec, Status, count, with_status};
use crate::error::ValueError;

pub(super) const SPEC: ModeSpec = ModeSpec {
    name: "fail-first",
    arguments: &["N", "N:STATUS"],
    summary: "the first N attempts of each request fail (503 without a status): those whose x-envoy-attempt-count is \
              at most N, on every replica; without that header, the first N with the same x-request-id, route and \
              caller on this replica",
    example: "fail-first=2, fail-first=1:500;path=/api/*",
    takes_percentage: false,
    ..ModeSpec::REQUESTS
};

/// Argument of `fail-first`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailFirst {
    /// Number of attempts that fail.
    pub tries: u32,
    /// Status of a failed attempt.
    pub status: StatusCode,
}

impl FailFirst {
    pub(super) fn parse(text: &str) -> Result<Self, ValueError> {
        let (tries, status) = with_status(text)?;
        let tries = count(tries, 1..=1000, "write how many tries fail, as in fail-first=2 or fail-first=2:500")?;
        Ok(Self { tries, status })
    }
}

impl fmt::Display for FailFirst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.tries, Status(self.status))
    }
}
