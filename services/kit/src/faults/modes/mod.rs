//! The table of modes. A new mode is an entry here, a variant of [`Mode`] and its meaning in the file of its family;
//! the parser, the help and the errors follow from the table.

mod latency;
mod process;
mod response;

use std::{fmt, time::Duration};

use http::StatusCode;

pub(super) use latency::Delay;
pub(super) use response::Statuses;

use super::{draw::Draws, problem::Complaint};

/// What a mode is called, takes and does.
pub(super) struct ModeSpec {
    pub(super) name: &'static str,
    /// The forms of the argument; empty for a mode without one.
    pub(super) arguments: &'static [&'static str],
    pub(super) summary: &'static str,
    pub(super) example: &'static str,
    /// Whether it happens to requests, and so takes a percentage, a scope and a seed, and may come with a request.
    pub(super) per_request: bool,
    /// Makes the mode of its argument.
    pub(super) read: fn(&str) -> Result<Mode, Complaint>,
}

/// Every mode there is.
pub(super) const MODES: &[ModeSpec] = &[response::ERROR, latency::LATENCY, process::UNREADY];

/// A mode with its argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mode {
    /// Answers an error status.
    Error(Statuses),
    /// Waits before the request is looked at.
    Latency(Delay),
    /// Holds the process unready.
    Unready,
}

/// What a mode does to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Wait so long.
    Delay(Duration),
    /// Answer so.
    Status(StatusCode),
}

impl Mode {
    pub(super) fn spec(&self) -> &'static ModeSpec {
        match self {
            Self::Error(_) => &response::ERROR,
            Self::Latency(_) => &latency::LATENCY,
            Self::Unready => &process::UNREADY,
        }
    }

    /// Whether the argument itself says how often, so that a percentage beside it would say it twice.
    pub(super) fn is_weighted(&self) -> bool {
        matches!(self, Self::Error(Statuses::Weighted(_)))
    }

    /// The longest delay that it can ask for.
    pub(super) fn longest_delay(&self) -> Duration {
        match self {
            Self::Latency(delay) => delay.longest(),
            Self::Error(_) | Self::Unready => Duration::ZERO,
        }
    }

    /// What happens to a request on which the rule has been drawn; a weighted list may still leave it alone.
    pub(super) fn effect(&self, draws: &mut Draws) -> Option<Effect> {
        match self {
            Self::Error(statuses) => statuses.draw(draws).map(Effect::Status),
            Self::Latency(delay) => Some(Effect::Delay(delay.draw(draws))),
            Self::Unready => None,
        }
    }
}

/// The argument, as it is written.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(statuses) => statuses.fmt(f),
            Self::Latency(delay) => delay.fmt(f),
            Self::Unready => Ok(()),
        }
    }
}

/// The modes, keys and levels, for a terminal. Made from the table, so it cannot lag behind the code.
pub fn help() -> String {
    let mut text = String::from("MODE[=ARGUMENT][@PERCENT%][;KEY=VALUE]..., several joined by | or a new line\n\n");
    for spec in MODES {
        let forms = match spec.arguments {
            [] => spec.name.to_owned(),
            forms => forms.iter().map(|form| format!("{}={form}", spec.name)).collect::<Vec<_>>().join("\n"),
        };
        let levels = if spec.per_request { "at start, at run time, per request" } else { "at start, at run time" };
        let keys: Vec<&str> =
            super::keys::KEYS.iter().filter(|key| spec.per_request || !key.per_request).map(|key| key.name).collect();
        let keys = keys.join(", ");
        text.push_str(&format!(
            "{forms}\n    {}\n    where: {levels}; keys: {keys}\n    as in: {}\n\n",
            spec.summary, spec.example
        ));
    }
    for key in super::keys::KEYS {
        text.push_str(&format!("{:<8}{}\n", key.name, key.summary));
    }
    text
}
