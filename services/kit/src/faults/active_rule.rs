//! An active rule: its random sequence, its counts and its lifetime.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use meshwalk_faults::{Percent, Rule};
use tokio_util::sync::CancellationToken;

use super::{
    draw::DrawSequence,
    modes::{Effect, ProcessFault, RequestContext, RuleBehavior},
    registry::{Origin, RuleState},
    request_view::RequestView,
    rule_lifetime::RuleLifetime,
    rule_stats::{RuleStats, milliseconds},
    scope,
    series::Series,
};

/// An active rule.
#[derive(Debug)]
pub(super) struct ActiveRule {
    pub(super) id: String,
    pub(super) rule: Rule,
    /// The rule in its normal form, without the generated id.
    pub(super) text: String,
    /// Source of the rule, or `None` for an inline rule.
    pub(super) origin: Option<Origin>,
    /// True if the rule's `instance` glob matches this process.
    applies_to_this_instance: bool,
    /// `None` for a rule without `after`. A request may have read its clock before the rule was added, and must still see
    /// the rule as begun.
    begins: Option<Instant>,
    expires: Option<Instant>,
    removed: CancellationToken,
    stream: DrawSequence,
    behavior: RuleBehavior,
    pub(super) stats: Arc<RuleStats>,
    /// Number of times that the rule has fired or is about to.
    claimed: AtomicU64,
}

impl ActiveRule {
    /// Activates a rule until `removed` is cancelled or the rule expires. `from` is its source and its metric series, or
    /// `None` for an inline rule. `ordinal` tells rules of one text apart.
    pub(super) fn new(
        rule: Rule,
        id: String,
        from: Option<(Origin, &Arc<Series>)>,
        ordinal: u64,
        now: Instant,
        removed: CancellationToken,
    ) -> Self {
        let text = rule.to_string();
        let series = from.map(|(_, series)| Arc::clone(series));
        let stats = RuleStats::new(&id, &text, rule.mode.spec().name, rule.id.is_some(), series);
        let stream = match rule.seed {
            Some(seed) => DrawSequence::seeded(seed, &text, ordinal),
            None => DrawSequence::random(),
        };
        let expires = rule.lasts().and_then(|duration| now.checked_add(duration));
        let begins = rule.after.and_then(|after| now.checked_add(after));
        let behavior = RuleBehavior::new(&rule, begins.unwrap_or(now));
        Self {
            id,
            rule,
            text,
            origin: from.map(|(origin, _)| origin),
            applies_to_this_instance: true,
            begins,
            expires,
            removed,
            stream,
            behavior,
            stats,
            claimed: AtomicU64::new(0),
        }
    }

    /// Names the instance that holds the rule. A rule for other instances has no effect.
    pub(super) fn with_instance(mut self, instance: &str) -> Self {
        self.applies_to_this_instance =
            self.rule.instance.as_ref().is_none_or(|glob| glob.matches(instance.as_bytes()));
        self
    }

    /// True if the rule can affect requests of this process.
    pub(super) fn is_about_requests(&self) -> bool {
        self.applies_to_this_instance && self.rule.mode.spec().is_about_requests()
    }

    /// True if the rule can affect this request or its calls, or has to be dropped because it has expired.
    pub(super) fn concerns(&self, view: RequestView<'_>, now: Instant) -> bool {
        self.is_about_requests()
            && (self.has_expired(now) || self.is_active(now) && scope::covers_request(&self.rule.scope, view))
    }

    pub(super) fn is_about_calls(&self) -> bool {
        self.rule.scope.upstream.is_some()
    }

    /// Effect of the rule on the process, or `None` for a rule about requests.
    pub(super) fn process_fault(&self) -> Option<ProcessFault> {
        self.behavior.process_fault()
    }

    /// Wakes the requests that wait because of this rule, which has been removed.
    pub(super) fn cancel(&self) {
        self.removed.cancel();
    }

    /// Lifetime of this rule, for an effect that waits.
    pub(super) fn lifetime(&self) -> RuleLifetime {
        RuleLifetime::new(self.removed.clone(), self.expires)
    }

    /// Time until the rule expires, or `None` if it does not.
    pub(super) fn remaining(&self, now: Instant) -> Option<Duration> {
        self.expires.map(|expires| expires.saturating_duration_since(now))
    }

    pub(super) fn mode_name(&self) -> &'static str {
        self.rule.mode.spec().name
    }

    /// True if the rule applies to this instance, has begun and has not expired.
    pub(super) fn is_active(&self, now: Instant) -> bool {
        self.applies_to_this_instance && self.begins.is_none_or(|begins| begins <= now) && !self.has_expired(now)
    }

    /// Time at which the rule begins on this instance, or `None` if it has begun.
    pub(super) fn begins_after(&self, now: Instant) -> Option<Instant> {
        self.begins.filter(|begins| self.applies_to_this_instance && *begins > now)
    }

    pub(super) fn has_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Effect of the rule on a request, or `None`. Each request in scope takes the next draws, whatever other rules do. A
    /// rule's sequence therefore depends only on its own requests.
    pub(super) fn consider(&self, view: RequestView<'_>, now: Instant) -> Option<Effect> {
        if !self.is_about_requests() || !self.is_active(now) || !scope::covers(&self.rule.scope, view) {
            return None;
        }
        self.stats.count_match();
        let mut draws = self.stream.next();
        let drawn = self.rule.rate.map(|rate| draws.below(Percent::ALL.parts()) < rate.parts());
        self.behavior.effect(RequestContext { view, now, drawn }, &mut draws)
    }

    /// Takes one of the times that the rule may fire. Returns false if none is left.
    pub(super) fn claim(&self) -> bool {
        let most = self.rule.times.unwrap_or(u64::MAX);
        let next = |claimed: u64| Some(claimed + 1).filter(|claimed| *claimed <= most);
        self.claimed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }

    /// Returns a claimed time, because the effect cannot happen.
    pub(super) fn give_back(&self) {
        self.claimed.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn state(&self, origin: Origin, now: Instant) -> RuleState {
        let mut state = RuleState {
            id: self.id.clone(),
            rule: self.text.clone(),
            mode: self.mode_name(),
            matched: 0,
            fired: 0,
            capped: 0,
            last_fired_unix_ms: None,
            failed: None,
            begins_in_ms: self.begins.filter(|begins| *begins > now).map(|begins| milliseconds(begins - now)),
            expires_in_ms: self.remaining(now).map(milliseconds),
            times_left: self.rule.times.map(|times| times.saturating_sub(self.claimed.load(Ordering::Relaxed))),
            here: self.rule.instance.is_some().then_some(self.applies_to_this_instance),
            origin,
        };
        self.stats.fill(&mut state);
        state
    }
}
