//! Modes of the whole process.

use std::fmt;

use super::{About, Mode, ModeSpec, NOT_IN_REQUESTS};

pub(super) const UNREADY: ModeSpec = ModeSpec {
    name: "unready",
    arguments: &[],
    summary: "holds /readyz at 503; requests that arrive all the same are answered as ever",
    example: "unready;ttl=30s",
    about: About::Process,
    levels: NOT_IN_REQUESTS,
    read: |_| Ok(Mode::Process(Process::Unready)),
};

/// What becomes of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::faults) enum Process {
    /// It is unready.
    Unready,
}

impl Process {
    pub(super) fn spec(&self) -> &'static ModeSpec {
        match self {
            Self::Unready => &UNREADY,
        }
    }
}

/// The argument, as it is written.
impl fmt::Display for Process {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unready => Ok(()),
        }
    }
}
