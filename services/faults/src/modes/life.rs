//! Modes of the process's life: its probes and its crash.

use std::{fmt, time::Duration};

use super::{AdminEffect, Level, ModeSpec, Probe, spec::About, spec::family};
use crate::{
    error::ValueError,
    quantity::{Written, parse_duration},
};

/// Longest time that a process may take to start or to exit.
const LONGEST: Duration = Duration::from_secs(3600);

family! {
    /// Faults of the process's life.
    Life {
        /// The process is not ready.
        Unready = ModeSpec {
            name: "unready",
            summary: "answers /readyz with 503; requests that still arrive are answered as usual",
            example: "unready;ttl=30s",
            about: About::Process(AdminEffect::FailsProbes(&[Probe::Ready])),
            ..ModeSpec::PROCESS
        };
        /// The process is not alive.
        NotLive = ModeSpec {
            name: "not-live",
            summary: "answers /livez with 503, so that the platform restarts the process; everything else works as \
                      usual",
            example: "not-live",
            about: About::Process(AdminEffect::FailsProbes(&[Probe::Alive])),
            ..ModeSpec::PROCESS
        };
        /// The process has not started for this time.
        SlowStart(duration: Written = parse_up_to_an_hour) = ModeSpec {
            name: "slow-start",
            arguments: &["DURATION"],
            summary: "answers /startupz and /readyz with 503 for DURATION after the start (at most 1 h); then the rule \
                      removes itself",
            example: "slow-start=20s",
            about: About::Process(AdminEffect::FailsProbes(&[Probe::Started, Probe::Ready])),
            levels: &[Level::Start],
            ..ModeSpec::PROCESS
        };
        /// The process crashes.
        Crash(exit: Exit = Exit::parse) = ModeSpec {
            name: "crash",
            arguments: &["", "EXITCODE", "abort"],
            summary: "ends the process at once, with this exit code (0 to 255, 70 without one) or by SIGABRT; at run \
                      time, the answer of the control port is sent first",
            example: "crash, crash=137, crash=abort",
            about: About::Process(AdminEffect::Exits),
            ..ModeSpec::PROCESS
        };
    }
}

/// How a process crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// With this exit code.
    Code(u8),
    /// By SIGABRT.
    Abort,
}

impl Exit {
    /// Exit code of a crash without one: `EX_SOFTWARE` of sysexits.h, which the programs use nowhere else.
    pub const UNNAMED: u8 = 70;

    fn parse(text: &str) -> Result<Self, ValueError> {
        match text {
            "" => Ok(Self::Code(Self::UNNAMED)),
            "abort" => Ok(Self::Abort),
            code => code.parse().map(Self::Code).map_err(|_| {
                let help = "write crash, crash=CODE with a number from 0 to 255, or crash=abort";
                ValueError::new(0..code.len(), format!("`{code}` is not a valid exit code"), help)
            }),
        }
    }
}

/// Formats the argument as the language writes it.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::Abort => f.write_str("abort"),
        }
    }
}

/// Parses a duration of at most [`LONGEST`].
pub(super) fn parse_up_to_an_hour(text: &str) -> Result<Written, ValueError> {
    let duration = parse_duration(text)?;
    if duration > LONGEST {
        let message = format!("{} is too long", Written(duration));
        return Err(ValueError::new(0..text.len(), message, format!("at most {} are allowed", Written(LONGEST))));
    }
    Ok(Written(duration))
}
