//! Modes that do something to whatever is answered.

use std::fmt;

use super::{About, EVERYWHERE, Mode, ModeSpec};
use crate::bytes::{WrittenBytes, parse_bytes, parse_rate};

/// What goes out to a client is about requests alone: what an upstream sends is the upstream's.
const ABOUT: About = About::Requests { calls: false };

pub(super) const SIZE: ModeSpec = ModeSpec {
    name: "size",
    arguments: &["BYTES"],
    summary: "makes the answer's body so large by spaces at its end, which JSON allows; a larger one stays as it is",
    example: "size=1MiB@10%",
    about: ABOUT,
    levels: EVERYWHERE,
    read: |argument| parse_bytes(argument).map(Shaping::Size).map(Mode::Shape),
};

pub(super) const CORRUPT: ModeSpec = ModeSpec {
    name: "corrupt",
    arguments: &[],
    summary: "turns bytes of the answer's body over, the first and about one in sixteen; its length stays right",
    example: "corrupt@5%;seed=7",
    about: ABOUT,
    levels: EVERYWHERE,
    read: |_| Ok(Mode::Shape(Shaping::Corrupt)),
};

pub(super) const TRUNCATE: ModeSpec = ModeSpec {
    name: "truncate",
    arguments: &[],
    summary: "declares the whole body's length, sends half of it, and closes the connection; resets an HTTP/2 stream",
    example: "truncate@5%",
    about: ABOUT,
    levels: EVERYWHERE,
    read: |_| Ok(Mode::Shape(Shaping::Truncate)),
};

pub(super) const DRIP: ModeSpec = ModeSpec {
    name: "drip",
    arguments: &["BYTES/s"],
    summary: "sends the answer's head at once and its body at this rate; after --fault-max-hang, the rest at once",
    example: "drip=100B/s;path=/api/*",
    about: ABOUT,
    levels: EVERYWHERE,
    read: |argument| parse_rate(argument).map(Shaping::Drip).map(Mode::Shape),
};

pub(super) const CLOSE: ModeSpec = ModeSpec {
    name: "close",
    arguments: &[],
    summary: "closes the connection after the answer: connection: close, or GOAWAY on HTTP/2, whose other streams end \
              as ever",
    example: "close@10%",
    about: ABOUT,
    levels: EVERYWHERE,
    read: |_| Ok(Mode::Shape(Shaping::Close)),
};

/// What is done to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shaping {
    /// It is at least so long, in bytes.
    Size(u64),
    /// Some of its bytes are wrong.
    Corrupt,
    /// Its second half is missing.
    Truncate,
    /// It comes at so many bytes per second.
    Drip(u64),
    /// It is the last one on its connection.
    Close,
}

impl Shaping {
    pub(super) fn spec(self) -> &'static ModeSpec {
        match self {
            Self::Size(_) => &SIZE,
            Self::Corrupt => &CORRUPT,
            Self::Truncate => &TRUNCATE,
            Self::Drip(_) => &DRIP,
            Self::Close => &CLOSE,
        }
    }
}

/// The argument, as it is written.
impl fmt::Display for Shaping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(bytes) => WrittenBytes(*bytes).fmt(f),
            Self::Drip(rate) => write!(f, "{}/s", WrittenBytes(*rate)),
            Self::Corrupt | Self::Truncate | Self::Close => Ok(()),
        }
    }
}
