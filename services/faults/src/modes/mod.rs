//! The table of modes. A new mode is an entry here and its argument in the file of its family; the parser, the levels, the
//! help and the errors follow from the table. What it does is the application's.

mod connection;
mod context;
mod exit;
mod help;
mod history;
mod latency;
mod life;
mod load;
mod probe;
mod process;
mod response;
mod shape;

use std::{fmt, time::Duration};

pub use connection::Connection;
pub use exit::Exit;
pub use help::{ModeRow, help, markdown, modes};
pub use history::{FailFirst, Flap, History, Latch, Period, RateLimit};
pub use latency::{Delay, LogNormal, Normal, Quantiles};
pub use load::Cores;
pub use probe::Probe;
pub use process::Process;
pub use response::Statuses;
pub use shape::Shaping;

use crate::{error::ValueError, quantity::Written};

/// What a mode is called, takes and does.
#[derive(Debug)]
pub struct ModeSpec {
    /// Its name, which another mode may share.
    pub name: &'static str,
    /// The forms of the argument; empty for a mode without one. An empty form stands for none.
    pub(crate) arguments: &'static [&'static str],
    pub(crate) summary: &'static str,
    /// Rules of it, separated by a comma and a space.
    pub example: &'static str,
    pub(crate) about: About,
    /// Where a rule of it may stand.
    pub(crate) levels: &'static [Level],
    /// Makes the mode of its argument.
    pub(crate) read: fn(&str) -> Result<Mode, ValueError>,
}

/// What a mode happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
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
pub(crate) enum OfProcess {
    /// Nothing.
    Untold,
    /// These probes fail.
    Fails(&'static [Probe]),
    /// There are no answers any more, because there is no process.
    Ends,
}

/// Where a rule may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
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
pub const MODES: &[&ModeSpec] = &[
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
    /// Whether it happens to requests, and not to the process as a whole.
    #[inline]
    pub fn is_about_requests(&self) -> bool {
        matches!(self.about, About::Requests { .. })
    }

    /// Which probes fail because of it.
    pub fn fails(&self) -> &'static [Probe] {
        match self.about {
            About::Process(OfProcess::Fails(probes)) => probes,
            _ => &[],
        }
    }

    pub(crate) fn causes_delays(&self) -> bool {
        self.name == latency::LATENCY.name
    }

    /// Whether a percentage may stand beside the argument.
    pub(crate) fn takes_percentage(&self) -> bool {
        // These two say themselves which of the requests they hit.
        self.is_about_requests() && ![history::FAIL_FIRST.name, history::RATE_LIMIT.name].contains(&self.name)
    }

    /// Whether a rule of it may stand there.
    pub fn may_stand(&self, level: Level) -> bool {
        self.levels.contains(&level)
    }
}

/// A mode with its argument, by family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
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
    /// Its entry in the table of modes.
    #[inline]
    pub fn spec(&self) -> &'static ModeSpec {
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
    pub(crate) fn is_weighted(&self) -> bool {
        matches!(self, Self::Error(Statuses::Weighted(_)))
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
