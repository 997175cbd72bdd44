//! What all rules together do to one request, or to one call to an upstream.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    effect::{Shape, Verdict},
    injection_log::{Injected, InjectionLog},
    process::Processors,
    rule_lifetime::RuleLifetime,
    rule_stats::RuleStats,
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
    pub(super) lifetime: RuleLifetime,
    pub(super) stats: Arc<RuleStats>,
}

/// A shape and the rule that wants it.
#[derive(Debug)]
pub(super) struct Shaping {
    pub(super) shape: Shape,
    pub(super) lifetime: RuleLifetime,
    pub(super) stats: Arc<RuleStats>,
}

impl Decided {
    /// Lets a request hang. Whether it goes on, because the rule has gone; otherwise it has hung for as long as a fault
    /// may let it, which the rule and the log then say. The plan's faults stand there from `first` on.
    pub(super) async fn hang(self, longest: Duration, log: &InjectionLog, first: usize) -> bool {
        let goes_on = tokio::time::timeout(longest, self.lifetime.wait_until_over()).await.is_ok();
        if !goes_on {
            log.cap(first + self.position);
            self.stats.count_capped("--fault-max-hang");
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
    pub(super) lifetime: RuleLifetime,
}

impl Waits {
    /// Waits. Each delay ends early when its rule is taken out of force, and the log then says how long it was; the
    /// plan's faults stand there from `first` on.
    pub(super) async fn pass(self, log: &InjectionLog, first: usize) {
        let began = Instant::now();
        let mut due = began;
        for Wait { delay, position, lifetime } in self.0 {
            let from = due;
            due += delay;
            tokio::select! {
                // Whoever is gone already is not waited for, not even until the next tick of the timer.
                biased;
                () = lifetime.wait_until_removed() => {
                    due = Instant::now().clamp(from, due);
                    log.shorten(first + position, due - from);
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
    /// Uses it up. The log then says how much it was; the plan's faults stand there from `first` on.
    pub(super) async fn pass(self, processors: &Processors, log: &InjectionLog, first: usize) {
        for Wait { delay, position, lifetime } in self.0 {
            let used = processors.use_up(delay, lifetime).await;
            log.worked(first + position, used);
        }
    }
}
