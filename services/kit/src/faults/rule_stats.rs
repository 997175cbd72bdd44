//! Counts of a rule: matched, fired, capped.

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
use crate::metric_names::FAULTS_INJECTED;

/// Counts of a rule, for `/faults` and the metrics.
#[derive(Debug)]
pub(super) struct RuleStats {
    id: String,
    /// Text of the rule in normal form.
    rule: String,
    mode: &'static str,
    /// True if the rule names its id, false if the id was generated.
    is_named: bool,
    /// Series of all rules, or `None` for an inline rule.
    series: Option<Arc<Series>>,
    /// Counter of the rule, made when the rule first fires.
    counter: OnceLock<Counter>,
    matched: AtomicU64,
    fired: AtomicU64,
    capped: AtomicU64,
    /// Milliseconds since 1970; 0 for never.
    last_fired: AtomicU64,
    /// Error that kept the rule from its effect on the process.
    failed: OnceLock<String>,
}

impl RuleStats {
    /// Counts of a new rule.
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

    /// Counts a request or a probe in the rule's scope, or the start of an effect on the process.
    pub(super) fn count_match(&self) {
        self.matched.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an injection by the rule.
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

    /// Counts an effect that a cap cut short. `by` is the flag that sets the cap.
    pub(super) fn count_capped(&self, by: &'static str) {
        // Log once per rule: under load, each request would write a line. The response reports it for an inline rule.
        if self.capped.fetch_add(1, Ordering::Relaxed) == 0 && self.series.is_some() {
            tracing::warn!(
                fault = self.id,
                rule = self.rule,
                by,
                "capped: an injected fault does less than its rule says; /faults counts how often"
            );
        }
    }

    /// Stores the error that kept the rule from its effect on the process.
    pub(super) fn fail(&self, why: String) {
        tracing::error!(fault = self.id, rule = self.rule, error = why, "cannot be injected into the process");
        // A rule begins only once.
        let _ = self.failed.set(why);
    }

    /// Copies the counts into the state that `GET /faults` shows.
    pub(super) fn fill(&self, state: &mut RuleState) {
        state.matched = self.matched.load(Ordering::Relaxed);
        state.fired = self.fired.load(Ordering::Relaxed);
        state.capped = self.capped.load(Ordering::Relaxed);
        state.last_fired_unix_ms = Some(self.last_fired.load(Ordering::Relaxed)).filter(|&at| at > 0);
        state.failed = self.failed.get().cloned();
    }
}

/// Converts a duration to whole milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
