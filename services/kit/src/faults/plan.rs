//! What all rules together do to one request, or to one call to an upstream.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    effect::{Shape, Verdict},
    process::Processors,
    tally::Tally,
    tether::Tether,
    truth::{Injected, Ledger},
};

/// What happens to one request or call, step by step. The rules that fired are counted when it is made.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// First these delays,
    pub(super) before: Waits,
    /// then so much processor time,
    pub(super) work: Work,
    /// then this instead of the work,
    pub(super) verdict: Option<Decided>,
    /// then these delays, where there is an answer.
    pub(super) after: Waits,
    /// then this to the answer, in this order.
    pub(super) shapes: Vec<Shaping>,
    /// Calls are made without the headers of the trace.
    pub(super) drop_headers: bool,
    /// The ground truth of all that. Its first faults are the delays before.
    pub(super) injected: Injected,
}

/// A verdict and the rule that gave it.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) verdict: Verdict,
    /// At which position of the plan's faults it stands.
    pub(super) position: usize,
    pub(super) tether: Tether,
    pub(super) tally: Arc<Tally>,
}

/// A shape and the rule that wants it.
#[derive(Debug)]
pub(super) struct Shaping {
    pub(super) shape: Shape,
    pub(super) tether: Tether,
    pub(super) tally: Arc<Tally>,
}

impl Decided {
    /// Lets a request hang. Whether it goes on, because the rule has gone; otherwise it has hung for as long as a fault
    /// may let it, which the rule and the ledger then say. The plan's faults stand there from `first` on.
    pub(super) async fn hang(mut self, longest: Duration, ledger: &Ledger, first: usize) -> bool {
        let goes_on = tokio::time::timeout(longest, self.tether.over()).await.is_ok();
        if !goes_on {
            ledger.cap(first + self.position);
            self.tally.count_capped("--fault-max-hang");
        }
        goes_on
    }
}

impl Plan {
    /// Whether nothing at all happens.
    pub(super) fn is_empty(&self) -> bool {
        self.injected.faults.is_empty()
    }
}

/// Delays of several rules, which are waited for one after the other.
#[derive(Debug, Default)]
pub(super) struct Waits(pub(super) Vec<Wait>);

/// The time of one rule.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) delay: Duration,
    /// At which position of the plan's faults it stands.
    pub(super) position: usize,
    pub(super) tether: Tether,
}

impl Waits {
    /// Waits. Each delay ends early when its rule is taken out of force, and the ledger then says how long it was; the
    /// plan's faults stand there from `first` on.
    pub(super) async fn pass(self, ledger: &Ledger, first: usize) {
        let began = Instant::now();
        let mut due = began;
        for Wait { delay, position, mut tether } in self.0 {
            let from = due;
            due += delay;
            tokio::select! {
                // Whoever is gone already is not waited for, not even until the next tick of the timer.
                biased;
                () = tether.removed() => {
                    due = Instant::now().clamp(from, due);
                    ledger.shorten(first + position, due - from);
                }
                () = tokio::time::sleep_until(due.into()) => {}
            }
        }
    }
}

/// Processor time that several rules ask for.
#[derive(Debug, Default)]
pub(super) struct Work(pub(super) Vec<Wait>);

impl Work {
    /// Uses it up. The ledger then says how much it was; the plan's faults stand there from `first` on.
    pub(super) async fn pass(self, processors: &Processors, ledger: &Ledger, first: usize) {
        for Wait { delay, position, tether } in self.0 {
            let used = processors.use_up(delay, tether).await;
            ledger.worked(first + position, used);
        }
    }
}
