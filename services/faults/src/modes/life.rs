//! Modes of the process's life: what its probes say, how it begins and how it ends.

use std::time::Duration;

use super::{AT_START, About, Exit, Mode, ModeSpec, NOT_IN_REQUESTS, OfProcess, Probe, Process};
use crate::{
    error::ValueError,
    quantity::{Written, parse_duration},
};

/// The longest that a process may take to start or to end. What shall last longer is told so by hand.
const LONGEST: Duration = Duration::from_secs(3600);

pub(super) const UNREADY: ModeSpec = ModeSpec {
    name: "unready",
    arguments: &[],
    summary: "holds /readyz at 503; requests that arrive all the same are answered as ever",
    example: "unready;ttl=30s",
    about: About::Process(OfProcess::Fails(&[Probe::Ready])),
    levels: NOT_IN_REQUESTS,
    read: |_| Ok(Mode::Process(Process::Unready)),
};

pub(super) const NOT_LIVE: ModeSpec = ModeSpec {
    name: "not-live",
    arguments: &[],
    summary: "holds /livez at 503, so that the platform restarts the process; everything else is as ever",
    example: "not-live",
    about: About::Process(OfProcess::Fails(&[Probe::Alive])),
    levels: NOT_IN_REQUESTS,
    read: |_| Ok(Mode::Process(Process::NotLive)),
};

pub(super) const SLOW_START: ModeSpec = ModeSpec {
    name: "slow-start",
    arguments: &["DURATION"],
    summary: "holds /startupz and /readyz at 503 for so long from the start on (at most 1 h); then the rule goes by \
              itself",
    example: "slow-start=20s",
    about: About::Process(OfProcess::Fails(&[Probe::Started, Probe::Ready])),
    levels: AT_START,
    read: |argument| bounded(argument).map(|duration| Mode::Process(Process::SlowStart(duration))),
};

pub(super) const CRASH: ModeSpec = ModeSpec {
    name: "crash",
    arguments: &["", "EXITCODE", "abort"],
    summary: "ends the process at once, with this exit code (0 to 255, 70 without one) or by SIGABRT; at run time, the \
              answer of the control port is sent first",
    example: "crash, crash=137, crash=abort",
    about: About::Process(OfProcess::Ends),
    levels: NOT_IN_REQUESTS,
    read: |argument| exit(argument).map(|exit| Mode::Process(Process::Crash(exit))),
};

pub(super) const IGNORE_SIGTERM: ModeSpec = ModeSpec {
    name: "ignore-sigterm",
    arguments: &[],
    summary: "logs each SIGTERM and does nothing about it; SIGINT ends the process in order, and SIGKILL at once",
    example: "ignore-sigterm",
    about: About::Process(OfProcess::Untold),
    levels: NOT_IN_REQUESTS,
    read: |_| Ok(Mode::Process(Process::IgnoreSigterm)),
};

pub(super) const SLOW_DRAIN: ModeSpec = ModeSpec {
    name: "slow-drain",
    arguments: &["DURATION"],
    summary: "the end takes so much longer (at most 1 h) after the last request and the last span; of several rules, \
              the longest counts",
    example: "slow-drain=2m",
    about: About::Process(OfProcess::Untold),
    levels: NOT_IN_REQUESTS,
    read: |argument| bounded(argument).map(|duration| Mode::Process(Process::SlowDrain(duration))),
};

fn bounded(text: &str) -> Result<Duration, ValueError> {
    let duration = parse_duration(text)?;
    if duration > LONGEST {
        let message = format!("{} is too long", Written(duration));
        return Err(ValueError::new(0..text.len(), message, format!("at most {} are allowed", Written(LONGEST))));
    }
    Ok(duration)
}

fn exit(text: &str) -> Result<Exit, ValueError> {
    match text {
        "" => Ok(Exit::Code(Exit::UNNAMED)),
        "abort" => Ok(Exit::Abort),
        code => code.parse().map(Exit::Code).map_err(|_| {
            let help = "write crash, crash=CODE with a number from 0 to 255, or crash=abort";
            ValueError::new(0..code.len(), format!("`{code}` is no exit code"), help)
        }),
    }
}
