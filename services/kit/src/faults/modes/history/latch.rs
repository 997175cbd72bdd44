//! `latch`: a replica that fails until no requests come for a time.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use meshwalk_faults::Latch;

use super::answer;
use crate::faults::{
    draw::Draws,
    modes::{
        Effect,
        behavior::{Memory, RequestContext},
    },
};

/// A rule, and the state of this replica.
#[derive(Debug)]
pub(super) struct Latched {
    latch: Latch,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// No request has failed yet.
    Well,
    /// The last request failed at this time.
    Sick { last: Instant },
    /// The replica has failed and recovered.
    Healed,
}

impl Latched {
    pub(super) fn new(latch: Latch) -> Self {
        Self { latch, state: Mutex::new(State::Well) }
    }
}

impl Memory for Latched {
    fn effect(&self, context: RequestContext<'_>, _: &mut Draws) -> Option<Effect> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Sick { last } = *state
            && context.now.saturating_duration_since(last) >= self.latch.idle
        {
            *state = State::Healed;
        }
        let fails = match (*state, context.drawn) {
            (State::Sick { .. }, _) => true,
            (State::Well, None) => true,
            (State::Healed, None) => false,
            (State::Well | State::Healed, Some(drawn)) => drawn,
        };
        if fails {
            // Another thread may have stored a later time.
            let last = if let State::Sick { last } = *state { last.max(context.now) } else { context.now };
            *state = State::Sick { last };
        }
        fails.then(|| answer(self.latch.status, self.latch.idle))
    }
}
