//! Combines the effects of several rules into one plan.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::StatusCode;

use super::{
    active_rule::ActiveRule,
    injection_log::InjectedFault,
    modes::{Effect, Phase},
    plan::{Plan, PlannedFault},
    request_view::RequestView,
};

/// `Retry-After` of a response whose rule does not expire.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Combines the effects of rules, which it takes in their order, into a plan.
#[derive(Debug)]
pub(super) struct Planner<'a> {
    /// Upstream of the call, or `None` for a request.
    upstream: Option<&'a str>,
    now: Instant,
    /// Rest of the cap on the sum of delays.
    delay_left: Duration,
    /// Rest of the cap on the sum of processor time.
    work_left: Duration,
    chosen: Vec<Chosen<'a>>,
}

/// A rule that fires.
#[derive(Debug)]
struct Chosen<'a> {
    rule: &'a ActiveRule,
    effect: Effect,
    /// True if a cap cut the effect short.
    capped: bool,
}

impl<'a> Planner<'a> {
    /// A planner that caps the sum of delays, and that of processor time, at `longest`.
    pub(super) fn new(upstream: Option<&'a str>, longest: Duration, now: Instant) -> Self {
        Self { upstream, now, delay_left: longest, work_left: longest, chosen: Vec::new() }
    }

    /// Lets a rule decide about the request. It draws whatever other rules do.
    pub(super) fn take(&mut self, rule: &'a ActiveRule, view: RequestView<'_>) {
        let Some(mut effect) = rule.consider(view, self.now) else { return };
        let is_taken = |chosen: &Chosen<'_>| chosen.effect.phase() == effect.phase();
        // A second effect of such a step does not happen, and takes none of the times that its rule may fire.
        if (!effect.adds_up() && self.chosen.iter().any(is_taken)) || !rule.claim() {
            return;
        }
        let mut capped = false;
        let mut grant = |time: &mut Duration, left: &mut Duration| {
            capped = *time > *left;
            *time = (*time).min(*left);
            *left -= *time;
        };
        match &mut effect {
            Effect::Delay(_, delay) => grant(delay, &mut self.delay_left),
            Effect::Work(time) => grant(time, &mut self.work_left),
            // RFC 9110 section 10.2.3 for 503, RFC 6585 section 4 for 429.
            Effect::Answer {
                status: StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS,
                retry_after: retry_after @ None,
            } => *retry_after = Some(rule.remaining(self.now).unwrap_or(RETRY_AFTER)),
            _ => {}
        }
        self.chosen.push(Chosen { rule, effect, capped });
    }

    /// Makes the plan. An effect that the verdict makes impossible is left out, and not counted as fired.
    pub(super) fn close(mut self) -> Plan {
        let verdict = self.chosen.iter().map(|chosen| chosen.effect).find(|effect| effect.phase() == Phase::Verdict);
        self.chosen.sort_by_key(|chosen| chosen.effect.phase());
        let mut plan = Plan::default();
        for Chosen { rule, effect, capped } in self.chosen {
            if verdict.is_some_and(|verdict| effect.is_moot_after(verdict)) {
                rule.give_back();
                continue;
            }
            rule.stats.count_fired();
            if capped {
                rule.stats.count_capped("--fault-max-delay");
            }
            let new = InjectedFault::new(&rule.id, rule.mode_name(), self.upstream);
            let mut fault = InjectedFault { rule: rule.text.clone(), capped, ..new };
            effect.describe(&mut fault);
            if let (Effect::Answer { status, .. }, None) = (effect, self.upstream) {
                plan.injected.status = Some(status);
            }
            plan.injected.faults.push(fault);
            plan.faults.push(PlannedFault { effect, lifetime: rule.lifetime(), stats: Arc::clone(&rule.stats) });
        }
        plan
    }
}
