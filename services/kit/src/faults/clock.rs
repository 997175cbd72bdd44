//! What time it is for rules, which a test can hold still and move.

#[cfg(not(test))]
pub(super) fn now() -> std::time::Instant {
    std::time::Instant::now()
}

#[cfg(test)]
pub(super) use held::{advance, hold, now};

#[cfg(test)]
mod held {
    use std::{
        cell::Cell,
        time::{Duration, Instant},
    };

    thread_local! {
        static HELD: Cell<Option<Instant>> = const { Cell::new(None) };
    }

    pub(in crate::faults) fn now() -> Instant {
        HELD.get().unwrap_or_else(Instant::now)
    }

    /// Stops the time on this thread.
    pub(in crate::faults) fn hold() {
        HELD.set(Some(now()));
    }

    /// Moves the stopped time.
    pub(in crate::faults) fn advance(by: Duration) {
        HELD.set(Some(now() + by));
    }
}
