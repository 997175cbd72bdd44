//! The verdict on a check: what was expected, what was observed, and why they differ.

use serde::{Deserialize, Serialize};

use super::{Check, expected, name};

/// The status of a check, a step or a lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The expectation was met.
    Passed,
    /// The expectation was not met.
    Failed,
    /// The expectation could not be compared, for a reason.
    Skipped,
}

impl Status {
    /// Returns the name of the status.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// A check with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The check's name.
    pub name: String,
    /// What was expected.
    pub expected: String,
    /// What was observed.
    pub observed: String,
    /// The status.
    pub status: Status,
    /// Why the check has this status.
    pub reason: String,
}

impl Verdict {
    /// Returns the verdict on a check that was not made.
    #[must_use]
    pub fn skipped(check: &Check, reason: &str) -> Self {
        Finding::skipped(reason).verdict(check)
    }
}

/// Observation, compared with what a check expects.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(super) observed: String,
    pub(super) status: Status,
    reason: String,
}

impl Finding {
    pub(super) fn holds(observed: impl Into<String>, why: impl Into<String>) -> Self {
        Self { observed: observed.into(), status: Status::Passed, reason: why.into() }
    }

    pub(super) fn fails(observed: impl Into<String>, why: impl Into<String>) -> Self {
        Self { observed: observed.into(), status: Status::Failed, reason: why.into() }
    }

    pub(super) fn skipped(why: &str) -> Self {
        Self { observed: "nothing".to_owned(), status: Status::Skipped, reason: why.to_owned() }
    }

    pub(super) fn verdict(self, check: &Check) -> Verdict {
        let Self { observed, status, reason } = self;
        Verdict { name: name(check), expected: expected(check), observed, status, reason }
    }
}
