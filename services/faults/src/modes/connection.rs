//! Modes that give no answer, or not even a connection.

use super::{About, EVERYWHERE, Mode, ModeSpec, NOT_IN_REQUESTS, OfProcess};

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
    summary: "never answers, until the client leaves or --fault-max-hang is over; when the rule goes, the request goes on",
    example: "hang@1%;method=POST",
    about: About::Requests { calls: true },
    levels: EVERYWHERE,
    read: |_| Ok(Mode::Connection(Connection::Hang)),
};

pub(super) const REFUSE: ModeSpec = ModeSpec {
    name: "refuse",
    arguments: &[],
    summary: "closes the application's port for as long as the rule is in force: connecting is refused, and open \
              connections end after the requests that they have",
    example: "refuse;ttl=10s",
    about: About::Process(OfProcess::Untold),
    levels: NOT_IN_REQUESTS,
    read: |_| Ok(Mode::Connection(Connection::Refuse)),
};

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// It is reset.
    Reset,
    /// It stays, and nothing comes.
    Hang,
    /// It does not come about.
    Refuse,
}

impl Connection {
    pub(super) fn spec(self) -> &'static ModeSpec {
        match self {
            Self::Reset => &RESET,
            Self::Hang => &HANG,
            Self::Refuse => &REFUSE,
        }
    }
}
