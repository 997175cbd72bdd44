//! The table of modes. A new mode is an entry here and its meaning in the file of its family; the parser, the levels, the
//! help and the errors follow from the table.

mod connection;
mod context;
mod help;
mod history;
mod latency;
mod life;
mod load;
mod process;
mod response;
mod shape;

use std::{
    fmt,
    time::{Duration, Instant},
};

pub(super) use connection::Connection;
pub use help::{ModeRow, help, markdown, modes};
pub(super) use history::History;
pub(super) use latency::Delay;
#[cfg(test)]
pub(super) use latency::{LogNormal, Normal, Quantiles};
pub use load::Cores;
pub(super) use process::Process;
pub(super) use response::Statuses;
pub(super) use shape::Shaping;

use super::{
    draw::Draws,
    effect::{Effect, Memory, When},
    problem::Complaint,
    process::Probe,
    quantity::Written,
};

/// What a mode is called, takes and does.
pub(super) struct ModeSpec {
    pub(super) name: &'static str,
    /// The forms of the argument; empty for a mode without one. An empty form stands for none.
    pub(super) arguments: &'static [&'static str],
    pub(super) summary: &'static str,
    pub(super) example: &'static str,
    pub(super) about: About,
    /// Where a rule of it may stand.
    pub(super) levels: &'static [Level],
    /// Makes the mode of its argument.
    pub(super) read: fn(&str) -> Result<Mode, Complaint>,
}

/// What a mode happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Requests, so that it takes a percentage, a scope and a seed.
    Requests {
        /// Also calls to an upstream, with the key `upstream`.
        calls: bool,
    },
    /// The process as a whole.
    Process(OfProcess),
}

/// What of a process's answers on the ports that tell about it a mode is there to change. It changes nothing else there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfProcess {
    /// Nothing.
    Untold,
    /// These probes fail.
    Fails(&'static [Probe]),
    /// There are no answers any more, because there is no process.
    Ends,
}

/// Where a rule may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// A flag or a variable.
    Start,
    /// The control port.
    RunTime,
    /// The header of a request.
    Request,
}

/// Everywhere.
const EVERYWHERE: &[Level] = &[Level::Start, Level::RunTime, Level::Request];

/// Where a rule about the start of the process may stand: later, it has started.
const AT_START: &[Level] = &[Level::Start];

/// Where a rule about the process may stand: no client may harm others than itself.
const NOT_IN_REQUESTS: &[Level] = &[Level::Start, Level::RunTime];

/// Every mode there is.
pub(super) const MODES: &[&ModeSpec] = &[
    &response::ERROR,
    &latency::LATENCY,
    &connection::RESET,
    &connection::HANG,
    &connection::REFUSE,
    &context::DROP_HEADERS,
    &shape::SIZE,
    &shape::CORRUPT,
    &shape::TRUNCATE,
    &shape::DRIP,
    &shape::CLOSE,
    &history::FAIL_FIRST,
    &history::LATCH,
    &history::FLAP,
    &history::RATE_LIMIT,
    &life::UNREADY,
    &life::NOT_LIVE,
    &life::SLOW_START,
    &life::CRASH,
    &load::LEAK,
    &load::CPU,
    &load::WORK,
    &life::IGNORE_SIGTERM,
    &life::SLOW_DRAIN,
];

impl ModeSpec {
    pub(super) fn is_about_requests(&self) -> bool {
        matches!(self.about, About::Requests { .. })
    }

    /// Which probes fail because of it.
    pub(super) fn fails(&self) -> &'static [Probe] {
        match self.about {
            About::Process(OfProcess::Fails(probes)) => probes,
            _ => &[],
        }
    }

    pub(super) fn causes_delays(&self) -> bool {
        self.name == latency::LATENCY.name
    }

    /// Whether a percentage may stand beside the argument.
    pub(super) fn takes_percentage(&self) -> bool {
        // These two say themselves which of the requests they hit.
        self.is_about_requests() && ![history::FAIL_FIRST.name, history::RATE_LIMIT.name].contains(&self.name)
    }

    pub(super) fn may_stand(&self, level: Level) -> bool {
        self.levels.contains(&level)
    }
}

/// A mode with its argument, by family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mode {
    /// Answers an error status.
    Error(Statuses),
    /// Costs time.
    Latency(Delay),
    /// Gives no answer.
    Connection(Connection),
    /// Uses up so much processor time.
    Work(Duration),
    /// Depends on what was before.
    History(History),
    /// Does not pass the trace on.
    DropHeaders,
    /// Does something to whatever is answered.
    Shape(Shaping),
    /// Happens to the process.
    Process(Process),
}

impl Mode {
    pub(super) fn spec(&self) -> &'static ModeSpec {
        match self {
            Self::Error(_) => &response::ERROR,
            Self::Latency(_) => &latency::LATENCY,
            Self::Connection(connection) => connection.spec(),
            Self::Work(_) => &load::WORK,
            Self::History(history) => history.spec(),
            Self::DropHeaders => &context::DROP_HEADERS,
            Self::Shape(shaping) => shaping.spec(),
            Self::Process(process) => process.spec(),
        }
    }

    /// Whether the argument itself says how often, so that a percentage beside it would say it twice.
    pub(super) fn is_weighted(&self) -> bool {
        matches!(self, Self::Error(Statuses::Weighted(_)))
    }

    /// Whether no delay is the longest that it can ask for.
    pub(super) fn is_endless(&self) -> bool {
        matches!(self, Self::Latency(Delay::Normal(_) | Delay::LogNormal(_)))
    }

    /// The longest delay that it can ask for, or what is usual for an endless one.
    pub(super) fn longest_delay(&self) -> Duration {
        match self {
            Self::Latency(delay) => delay.longest(),
            Self::Work(time) => *time,
            _ => Duration::ZERO,
        }
    }

    /// What a rule of this mode remembers of its requests from its beginning on; nothing for a mode that
    /// treats each request by itself. With a memory, it is the memory that says what happens.
    pub(super) fn memory(&self, begins: Instant) -> Option<Box<dyn Memory>> {
        match self {
            Self::History(history) => Some(history.memory(begins)),
            _ => None,
        }
    }

    /// What happens to a request on which the rule has been drawn; a weighted list may still leave it alone.
    pub(super) fn effect(&self, at: When, draws: &mut Draws) -> Option<Effect> {
        match self {
            Self::Error(statuses) => statuses.effect(draws),
            Self::Latency(delay) => Some(Effect::Delay(at, delay.draw(draws))),
            Self::Connection(connection) => connection.effect(),
            Self::Work(time) => Some(Effect::Work(*time)),
            Self::DropHeaders => Some(Effect::DropHeaders),
            Self::Shape(shaping) => Some(shaping.effect(draws)),
            Self::History(_) | Self::Process(_) => None,
        }
    }
}

/// The argument, as it is written.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(statuses) => statuses.fmt(f),
            Self::Latency(delay) => delay.fmt(f),
            Self::Connection(_) | Self::DropHeaders => Ok(()),
            Self::Work(time) => Written(*time).fmt(f),
            Self::History(history) => history.fmt(f),
            Self::Shape(shaping) => shaping.fmt(f),
            Self::Process(process) => process.fmt(f),
        }
    }
}
