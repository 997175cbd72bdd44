//! What rules say when the process is asked: by a probe, by a signal, or by itself at its end.

use std::{sync::Arc, time::Instant};

use meshwalk_faults::{Probe, Process};

use crate::faults::{Registry, active::Active, clock};

impl Registry {
    /// Why the process must fail a probe: the id of the first rule that says so, if one does. Counts as one match of that
    /// rule, so ask it once per answer.
    pub(crate) fn fails(&self, probe: Probe) -> Option<String> {
        self.first(|rule| rule.rule.mode.spec().fails().contains(&probe))
    }

    /// Whether a SIGTERM is to be ignored: the id of the first rule that says so, if one does. Counts as one match.
    pub(crate) fn ignores_sigterm(&self) -> Option<String> {
        self.first(|rule| matches!(rule.process(), Some(Process::IgnoreSigterm)))
    }

    /// Returns when no rule holds the end up any more that was due at `since`.
    pub(crate) async fn drained(&self, since: Instant) {
        let mut changes = self.changes();
        let mut counted: Vec<Arc<Active>> = Vec::new();
        loop {
            let now = Instant::now();
            let holding: Vec<_> =
                self.about_the_process(now).into_iter().filter(|rule| slow_drain(rule, since) > Some(now)).collect();
            let Some(last) = holding.iter().filter_map(|rule| slow_drain(rule, since)).max() else { return };
            for rule in holding {
                if !counted.iter().any(|known| Arc::ptr_eq(known, &rule)) {
                    tracing::warn!(fault = rule.id, rule = rule.text, "the end is held up: an injected fault");
                    rule.tally.count_match();
                    rule.tally.count_fired();
                    counted.push(rule);
                }
            }
            let next = self.next_turn(now).map_or(last, |turn| turn.min(last));
            tokio::select! {
                // The registry lives as long as this, so changes never end.
                _ = changes.changed() => {}
                () = tokio::time::sleep_until(next.into()) => {}
            }
        }
    }

    /// The rules in force that are about the process.
    pub(super) fn about_the_process(&self, now: Instant) -> Vec<Arc<Active>> {
        let mut rules = self.in_force(now);
        rules.retain(|rule| rule.process().is_some());
        rules
    }

    /// When the next of them begins or goes by itself.
    pub(super) fn next_turn(&self, now: Instant) -> Option<Instant> {
        let rules = self.about_the_process(now);
        let ends = rules.iter().filter_map(|rule| now.checked_add(rule.remaining(now)?));
        ends.chain(self.next_beginning(now)).min()
    }

    fn first(&self, says_so: impl Fn(&Active) -> bool) -> Option<String> {
        let rules = self.about_the_process(clock::now());
        let rule = rules.iter().find(|rule| says_so(rule))?;
        rule.tally.count_match();
        rule.tally.count_fired();
        Some(rule.id.clone())
    }
}

/// Until when a rule holds the end up.
fn slow_drain(rule: &Active, since: Instant) -> Option<Instant> {
    match rule.process() {
        Some(Process::SlowDrain(duration)) => since.checked_add(*duration),
        _ => None,
    }
}
