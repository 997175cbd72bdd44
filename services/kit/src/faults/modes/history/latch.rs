//! `latch`: one replica that is sick until nobody asks it any more.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::StatusCode;

use super::{
    super::{About, Mode, ModeSpec, NOT_IN_REQUESTS},
    History, Status, answer, span, with_status,
};
use crate::faults::{
    draw::Draws,
    effect::{Effect, Memory, Turn},
    problem::Complaint,
    quantity::Written,
};

pub(in super::super) const LATCH: ModeSpec = ModeSpec {
    name: "latch",
    arguments: &["DURATION", "DURATION:STATUS"],
    summary: "fails from the first matching request on until none has come for so long, and then is well for good; with \
              a percentage, each matching request makes it begin with that probability, again and again; 503 without a \
              status",
    example: "latch=30s, latch=30s:599@1%",
    about: About::Requests { calls: false },
    levels: NOT_IN_REQUESTS,
    read: |argument| Latch::parse(argument).map(|latch| Mode::History(History::Latch(latch))),
};

/// Fails once it has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::faults) struct Latch {
    /// After how long without a request it is well again.
    idle: Duration,
    status: StatusCode,
}

impl Latch {
    fn parse(text: &str) -> Result<Self, Complaint> {
        let (idle, status) = with_status(text)?;
        Ok(Self { idle: span(idle)?, status })
    }

    pub(super) fn memory(self) -> Box<dyn Memory> {
        Box::new(Latched { latch: self, state: Mutex::new(State::Well) })
    }
}

impl fmt::Display for Latch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Written(self.idle), Status(self.status))
    }
}

#[derive(Debug)]
struct Latched {
    latch: Latch,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// No request has made it begin yet.
    Well,
    /// The last request failed then.
    Sick { last: Instant },
    /// It has been sick, and nobody asked for long enough.
    Healed,
}

impl Memory for Latched {
    fn effect(&self, turn: Turn<'_>, _: &mut Draws) -> Option<Effect> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Sick { last } = *state
            && turn.now.saturating_duration_since(last) >= self.latch.idle
        {
            *state = State::Healed;
        }
        let fails = match (*state, turn.drawn) {
            (State::Sick { .. }, _) => true,
            (State::Well, None) => true,
            (State::Healed, None) => false,
            (State::Well | State::Healed, Some(drawn)) => drawn,
        };
        if fails {
            // Another thread may have been here with a later time.
            let last = if let State::Sick { last } = *state { last.max(turn.now) } else { turn.now };
            *state = State::Sick { last };
        }
        fails.then(|| answer(self.latch.status, self.latch.idle))
    }
}
