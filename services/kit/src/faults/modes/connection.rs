//! Modes that give no answer.

use super::{About, EVERYWHERE, Mode, ModeSpec};
use crate::faults::effect::{Effect, Verdict};

pub(super) const RESET: ModeSpec = ModeSpec {
    name: "reset",
    arguments: &[],
    summary: "resets the connection before a byte of an answer; of an HTTP/2 connection, the stream alone",
    example: "reset@10%",
    about: About::Requests { calls: true },
    levels: EVERYWHERE,
    read: |_| Ok(Mode::Connection(Connection::Reset)),
};

pub(super) const HANG: ModeSpec = ModeSpec {
    name: "hang",
    arguments: &[],
    summary: "never answers, until the client leaves or five minutes are over; when the rule goes, the request goes on",
    example: "hang@1%;method=POST",
    about: About::Requests { calls: true },
    levels: EVERYWHERE,
    read: |_| Ok(Mode::Connection(Connection::Hang)),
};

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::faults) enum Connection {
    /// It is reset.
    Reset,
    /// It stays, and nothing comes.
    Hang,
}

impl Connection {
    pub(super) fn spec(self) -> &'static ModeSpec {
        match self {
            Self::Reset => &RESET,
            Self::Hang => &HANG,
        }
    }

    pub(super) fn effect(self) -> Option<Effect> {
        Some(Effect::Decide(match self {
            Self::Reset => Verdict::Reset,
            Self::Hang => Verdict::Hang,
        }))
    }
}
