//! `latch`: a replica that fails until no requests come for a time.

use std::{fmt, time::Duration};

use http::StatusCode;

use super::{super::ModeSpec, Status, span, with_status};
use crate::{error::ValueError, quantity::Written};

pub(super) const SPEC: ModeSpec = ModeSpec {
    name: "latch",
    arguments: &["DURATION", "DURATION:STATUS"],
    summary: "fails from the first matching request until no request has matched for DURATION, and then never again; \
              with a percentage, each matching request starts a failure with that probability, repeatedly; 503 without \
              a status",
    example: "latch=30s, latch=30s:599@1%",
    ..ModeSpec::SHARED
};

/// Argument of `latch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latch {
    /// Time without a request after which the replica recovers.
    pub idle: Duration,
    /// Status of a failed request.
    pub status: StatusCode,
}

impl Latch {
    pub(super) fn parse(text: &str) -> Result<Self, ValueError> {
        let (idle, status) = with_status(text)?;
        Ok(Self { idle: span(idle)?, status })
    }
}

impl fmt::Display for Latch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Written(self.idle), Status(self.status))
    }
}
