//! How a process crashes.

use std::fmt;

/// How a process crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::faults) enum Exit {
    /// With this exit code.
    Code(u8),
    /// By SIGABRT.
    Abort,
}

impl Exit {
    /// The exit code of a crash without one: an internal error (`EX_SOFTWARE` of sysexits.h), which no other end of the
    /// programs has.
    pub(in crate::faults) const UNNAMED: u8 = 70;

    /// Ends the process, now.
    pub(super) fn carry_out(self) -> ! {
        match self {
            Self::Code(code) => std::process::exit(code.into()),
            Self::Abort => std::process::abort(),
        }
    }
}

/// As an argument of the mode.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::Abort => f.write_str("abort"),
        }
    }
}
