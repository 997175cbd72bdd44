//! When requests cease to become due: as planned, or later, when something else has happened.

use std::time::Duration;

use tokio::sync::watch;

use super::{MAX_REQUESTS, Plan, schedule::Limits};

/// When requests of a run cease to become due.
#[derive(Debug, Clone)]
pub struct End {
    extra: watch::Receiver<Option<Duration>>,
}

/// Ends runs whose end was open.
#[derive(Debug)]
pub struct Ender {
    extra: watch::Sender<Option<Duration>>,
}

impl End {
    /// The end of the plan's own duration.
    #[must_use]
    pub fn planned() -> Self {
        Self { extra: watch::Sender::new(Some(Duration::ZERO)).subscribe() }
    }

    /// An end that is not known yet: requests become due until it is, at the plan's rate. All clones end by the same
    /// ender; if that is dropped without a word, the plan's own duration counts.
    #[must_use]
    pub fn open() -> (Ender, Self) {
        let extra = watch::Sender::new(None);
        let end = Self { extra: extra.subscribe() };
        (Ender { extra }, end)
    }

    /// When the run ends, as far as that is known.
    pub(super) fn limits(&self, plan: &Plan) -> Limits {
        let limits = plan.limits();
        let extra = *self.extra.borrow();
        let bound = |limits: Limits| Limits { requests: limits.requests.min(MAX_REQUESTS), ..limits };
        match extra {
            Some(Duration::ZERO) => limits,
            Some(extra) => bound(Limits { until: limits.until.saturating_add(extra), ..limits }),
            // The sender is gone, so the plan's own duration counts.
            None if self.extra.has_changed().is_err() => limits,
            None => bound(Limits { until: Duration::MAX, ..limits }),
        }
    }
}

impl Ender {
    /// Ends the runs so much later than planned.
    pub fn after(self, extra: Duration) {
        self.extra.send_replace(Some(extra));
    }
}
