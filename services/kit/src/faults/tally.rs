//! What a rule has done so far, and who is told of it.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use metrics::Counter;

use super::{
    registry::RuleState,
    series::{INJECTED, Series},
};
use crate::telemetry::FAULTS_INJECTED;

/// What a rule has done so far.
#[derive(Debug)]
pub(super) struct Tally {
    id: String,
    /// The rule as it is written.
    rule: String,
    mode: &'static str,
    /// Whether the id was given with the rule.
    is_named: bool,
    /// Where its series is one of; nothing for a rule that a request brought along.
    series: Option<Arc<Series>>,
    /// Its series, from the first time on that it fired.
    counter: OnceLock<Counter>,
    matched: AtomicU64,
    fired: AtomicU64,
    capped: AtomicU64,
    /// Milliseconds since 1970; 0 for never.
    last_fired: AtomicU64,
    /// Why the host did not let it have its effect.
    failed: OnceLock<String>,
}

impl Tally {
    /// For a rule of this id, text and mode that has done nothing yet.
    pub(super) fn new(
        id: &str,
        rule: &str,
        mode: &'static str,
        is_named: bool,
        series: Option<Arc<Series>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            id: id.to_owned(),
            rule: rule.to_owned(),
            mode,
            is_named,
            series,
            counter: OnceLock::new(),
            matched: AtomicU64::new(0),
            fired: AtomicU64::new(0),
            capped: AtomicU64::new(0),
            last_fired: AtomicU64::new(0),
            failed: OnceLock::new(),
        })
    }

    /// Counts a request or a probe that the rule was about, or that its effect was to begin.
    pub(super) fn count_match(&self) {
        self.matched.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts that the rule had its effect.
    pub(super) fn count_fired(&self) {
        self.fired.fetch_add(1, Ordering::Relaxed);
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.last_fired.store(milliseconds(since_1970), Ordering::Relaxed);
        let counter = self.counter.get_or_init(|| {
            let name = match &self.series {
                Some(series) => series.name(&self.id, self.is_named, self.mode),
                None => INJECTED.to_owned(),
            };
            metrics::counter!(FAULTS_INJECTED, "rule" => name, "mode" => self.mode)
        });
        counter.increment(1);
    }

    /// Counts that a cap kept the rule from its full effect; `by` is the flag that sets it.
    pub(super) fn count_capped(&self, by: &'static str) {
        // The log has it once: under load it would have a line for each request, and how often it was is counted. Who
        // brings a rule along is told by the answer.
        if self.capped.fetch_add(1, Ordering::Relaxed) == 0 && self.series.is_some() {
            tracing::warn!(
                fault = self.id,
                rule = self.rule,
                by,
                "capped: an injected fault does less than its rule says; /faults counts how often"
            );
        }
    }

    /// Keeps why the host did not let the rule have its effect.
    pub(super) fn fail(&self, why: String) {
        tracing::error!(fault = self.id, rule = self.rule, error = why, "cannot be injected into the process");
        // A rule begins only once.
        let _ = self.failed.set(why);
    }

    /// Puts the counts into what is shown of the rule.
    pub(super) fn fill(&self, state: &mut RuleState) {
        state.matched = self.matched.load(Ordering::Relaxed);
        state.fired = self.fired.load(Ordering::Relaxed);
        state.capped = self.capped.load(Ordering::Relaxed);
        state.last_fired_unix_ms = Some(self.last_fired.load(Ordering::Relaxed)).filter(|&at| at > 0);
        state.failed = self.failed.get().cloned();
    }
}

/// Whole milliseconds, as they are shown.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
