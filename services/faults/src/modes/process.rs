//! Modes of the whole process.

use std::{fmt, time::Duration};

use super::{Exit, ModeSpec, life, load, load::Cores};
use crate::quantity::Written;

/// What becomes of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Process {
    /// It is unready.
    Unready,
    /// It is not alive.
    NotLive,
    /// It has not started for so long.
    SlowStart(Duration),
    /// It ends.
    Crash(Exit),
    /// It holds more and more bytes, so many a second.
    Leak(u64),
    /// It keeps processors busy.
    Cpu(Cores),
    /// It stays when it is asked to end.
    IgnoreSigterm,
    /// It ends late.
    SlowDrain(Duration),
}

impl Process {
    pub(super) fn spec(&self) -> &'static ModeSpec {
        match self {
            Self::Unready => &life::UNREADY,
            Self::NotLive => &life::NOT_LIVE,
            Self::SlowStart(_) => &life::SLOW_START,
            Self::Crash(_) => &life::CRASH,
            Self::Leak(_) => &load::LEAK,
            Self::Cpu(_) => &load::CPU,
            Self::IgnoreSigterm => &life::IGNORE_SIGTERM,
            Self::SlowDrain(_) => &life::SLOW_DRAIN,
        }
    }

    /// After what time a rule of it goes by itself, whatever its time to live.
    pub(crate) fn lasts(&self) -> Option<Duration> {
        match self {
            Self::SlowStart(duration) => Some(*duration),
            _ => None,
        }
    }
}

/// The argument, as it is written.
impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unready | Self::NotLive | Self::IgnoreSigterm => Ok(()),
            Self::SlowStart(duration) | Self::SlowDrain(duration) => Written(*duration).fmt(f),
            Self::Crash(exit) => exit.fmt(f),
            Self::Leak(rate) => load::WrittenRate(*rate).fmt(f),
            Self::Cpu(cores) => cores.fmt(f),
        }
    }
}
