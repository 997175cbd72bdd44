//! How a process crashes.

use std::fmt;

/// How a process crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// With this exit code.
    Code(u8),
    /// By SIGABRT.
    Abort,
}

impl Exit {
    /// The exit code of a crash without one: an internal error (`EX_SOFTWARE` of sysexits.h), which no other end of the
    /// programs has.
    pub const UNNAMED: u8 = 70;
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
