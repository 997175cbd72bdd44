//! The plan of the faults of one request or call, and its interpreter.

use std::{
    iter::{Enumerate, Peekable},
    sync::Arc,
    time::{Duration, Instant},
    vec,
};

use http::StatusCode;

use super::{
    InjectionLog, Registry,
    injection_log::Injected,
    modes::{Effect, Phase},
    rule_lifetime::RuleLifetime,
    rule_stats::RuleStats,
};

/// Faults of one request or call. The rules are counted as fired when the plan is made.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Faults in the order of their steps.
    pub(super) faults: Vec<PlannedFault>,
    /// Ground truth: one entry for each fault, in the same order.
    pub(super) injected: Injected,
}

/// An effect and the rule that causes it.
#[derive(Debug)]
pub(super) struct PlannedFault {
    pub(super) effect: Effect,
    pub(super) lifetime: RuleLifetime,
    pub(super) stats: Arc<RuleStats>,
}

impl Plan {
    /// True if there are no faults.
    pub(super) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Effects on the calls to upstreams.
    pub(super) fn call_effects(&self) -> impl Iterator<Item = Effect> {
        self.faults.iter().map(|fault| fault.effect).filter(|effect| effect.is_about_calls())
    }

    /// Records the faults and starts the interpreter.
    pub(super) fn start(self, registry: Registry, log: InjectionLog) -> Injection {
        let first = log.note(self.injected);
        Injection { faults: self.faults.into_iter().enumerate().peekable(), first, log, registry }
    }
}

/// Interpreter of a plan: runs its faults around the work of a request or call.
#[derive(Debug)]
pub(super) struct Injection {
    faults: Peekable<Enumerate<vec::IntoIter<PlannedFault>>>,
    /// Index of the first fault in the log.
    first: usize,
    log: InjectionLog,
    registry: Registry,
}

/// What takes the place of the work.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Nothing: the work is done.
    Proceed,
    /// This response.
    Answer { status: StatusCode, retry_after: Option<Duration> },
    /// A reset of the connection.
    Reset,
    /// The end of the connection, without a response.
    Close,
}

impl Injection {
    /// Runs the faults before the work, and decides about the work.
    pub(super) async fn begin(&mut self) -> Verdict {
        let mut due = None;
        while let Some((index, fault)) = self.faults.next_if(|(_, fault)| fault.effect.phase() <= Phase::Verdict) {
            match fault.effect {
                Effect::Delay(_, delay) => due = Some(self.wait(due, delay, index, &fault.lifetime).await),
                Effect::Work(time) => {
                    let used = self.registry.processors().use_up(time, fault.lifetime).await;
                    self.log.worked(self.first + index, used);
                }
                Effect::Answer { status, retry_after } => return Verdict::Answer { status, retry_after },
                Effect::Reset => return Verdict::Reset,
                Effect::Hang => return self.hang(index, fault).await,
                // The calls and the response apply the others.
                _ => {}
            }
        }
        Verdict::Proceed
    }

    /// Runs the delays after the work. Returns the faults of the response.
    pub(super) async fn finish(mut self) -> Vec<PlannedFault> {
        let mut due = None;
        while let Some((index, fault)) = self.faults.next_if(|(_, fault)| fault.effect.phase() == Phase::After) {
            if let Effect::Delay(_, delay) = fault.effect {
                due = Some(self.wait(due, delay, index, &fault.lifetime).await);
            }
        }
        self.faults.map(|(_, fault)| fault).collect()
    }

    /// Waits after the delay that was due at `from`, if there was one. Returns the time at which this delay was due. The
    /// delay ends early, and the log reports its length, when the rule is removed.
    async fn wait(&self, from: Option<Instant>, delay: Duration, index: usize, lifetime: &RuleLifetime) -> Instant {
        let from = from.unwrap_or_else(Instant::now);
        let due = from + delay;
        tokio::select! {
            // `biased`: check removal first; do not wait for a timer tick.
            biased;
            () = lifetime.wait_until_removed() => {
                let removed = Instant::now().clamp(from, due);
                self.log.shorten(self.first + index, removed - from);
                removed
            }
            () = tokio::time::sleep_until(due.into()) => due,
        }
    }

    /// Hangs. The work is done if the rule is removed; the connection is closed if the cap on hanging ends it.
    async fn hang(&self, index: usize, fault: PlannedFault) -> Verdict {
        let longest = self.registry.limits().hang;
        if tokio::time::timeout(longest, fault.lifetime.wait_until_over()).await.is_ok() {
            return Verdict::Proceed;
        }
        self.log.cap(self.first + index);
        fault.stats.count_capped("--fault-max-hang");
        Verdict::Close
    }
}
