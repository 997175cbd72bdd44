//! Answers of the registry to probes, to signals and to the shutdown.

use std::{sync::Arc, time::Instant};

use meshwalk_faults::Probe;

use crate::faults::{Registry, active_rule::ActiveRule, clock, modes::ProcessFault};

impl Registry {
    /// Id of the first rule that makes a probe fail, or `None`. Counts one match of that rule, so call it once per
    /// response.
    pub(crate) fn fails(&self, probe: Probe) -> Option<String> {
        self.first(|rule| rule.rule.mode.spec().fails().contains(&probe))
    }

    /// Id of the first rule that ignores SIGTERM, or `None`. Counts one match of that rule.
    pub(crate) fn ignores_sigterm(&self) -> Option<String> {
        self.first(|rule| rule.process_fault() == Some(ProcessFault::IgnoreSigterm))
    }

    /// Waits until no rule delays the exit that was due at `since`.
    pub(crate) async fn drained(&self, since: Instant) {
        let mut changes = self.changes();
        let mut counted: Vec<Arc<ActiveRule>> = Vec::new();
        loop {
            let now = Instant::now();
            let holding: Vec<_> =
                self.about_the_process(now).into_iter().filter(|rule| slow_drain(rule, since) > Some(now)).collect();
            let Some(last) = holding.iter().filter_map(|rule| slow_drain(rule, since)).max() else { return };
            for rule in holding {
                if !counted.iter().any(|known| Arc::ptr_eq(known, &rule)) {
                    tracing::warn!(fault = rule.id, rule = rule.text, "the end is held up: an injected fault");
                    rule.stats.count_match();
                    rule.stats.count_fired();
                    counted.push(rule);
                }
            }
            let next = self.next_turn(now).map_or(last, |turn| turn.min(last));
            tokio::select! {
                // `self` holds the sender, so `changed` does not fail.
                _ = changes.changed() => {}
                () = tokio::time::sleep_until(next.into()) => {}
            }
        }
    }

    /// Active rules about the process.
    pub(super) fn about_the_process(&self, now: Instant) -> Vec<Arc<ActiveRule>> {
        let mut rules = self.in_force(now);
        rules.retain(|rule| rule.process_fault().is_some());
        rules
    }

    /// Time at which the next rule about the process begins or expires.
    pub(super) fn next_turn(&self, now: Instant) -> Option<Instant> {
        let rules = self.about_the_process(now);
        let ends = rules.iter().filter_map(|rule| now.checked_add(rule.remaining(now)?));
        ends.chain(self.next_beginning(now)).min()
    }

    fn first(&self, predicate: impl Fn(&ActiveRule) -> bool) -> Option<String> {
        let rules = self.about_the_process(clock::now());
        let rule = rules.iter().find(|rule| predicate(rule))?;
        rule.stats.count_match();
        rule.stats.count_fired();
        Some(rule.id.clone())
    }
}

/// Time until which a rule delays the exit.
fn slow_drain(rule: &ActiveRule, since: Instant) -> Option<Instant> {
    match rule.process_fault() {
        Some(ProcessFault::DelayExit(time)) => since.checked_add(time),
        _ => None,
    }
}
