//! A rule in force: its random sequence, its counts and its end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use meshwalk_faults::{Mode, Percent, Process, Rule};

use super::{
    draw::Stream,
    effect::{Effect, Turn},
    modes::Course,
    registry::{Origin, RuleState},
    scope,
    series::Series,
    subject::Subject,
    tally::{Tally, milliseconds},
    tether::{Cancel, Tether},
};

/// A rule in force.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) id: String,
    pub(super) rule: Rule,
    /// The rule in its normal form, without the generated id.
    pub(super) text: String,
    /// Where it came from; nothing for a rule that a request brought along.
    pub(super) origin: Option<Origin>,
    /// Whether it is about this process at all.
    here: bool,
    /// Nothing for a rule that begins when it comes into force: the clock of a request may have been read before that, and
    /// a rule that the request sees must not look as if it had still to come.
    begins: Option<Instant>,
    expires: Option<Instant>,
    cancel: Cancel,
    stream: Stream,
    course: Course,
    /// What it has done so far.
    pub(super) tally: Arc<Tally>,
    /// How often it has fired or is about to.
    claimed: AtomicU64,
}

impl Active {
    /// Puts a rule into force, until `cancel` or the end of its time to live. `from` says where it came from and where it
    /// is counted, which a request that brings a rule along does not. `ordinal` tells rules of one text apart.
    pub(super) fn new(
        rule: Rule,
        id: String,
        from: Option<(Origin, &Arc<Series>)>,
        ordinal: u64,
        now: Instant,
        cancel: Cancel,
    ) -> Self {
        let text = rule.to_string();
        let series = from.map(|(_, series)| Arc::clone(series));
        let tally = Tally::new(&id, &text, rule.mode.spec().name, rule.id.is_some(), series);
        let stream = match rule.seed {
            Some(seed) => Stream::seeded(seed, &text, ordinal),
            None => Stream::random(),
        };
        let expires = rule.lasts().and_then(|duration| now.checked_add(duration));
        let begins = rule.after.and_then(|after| now.checked_add(after));
        let course = Course::of(&rule, begins.unwrap_or(now));
        Self {
            id,
            rule,
            text,
            origin: from.map(|(origin, _)| origin),
            here: true,
            begins,
            expires,
            cancel,
            stream,
            course,
            tally,
            claimed: AtomicU64::new(0),
        }
    }

    /// Puts it into force in the process of this name: a rule for other instances does nothing here.
    pub(super) fn on(mut self, instance: &str) -> Self {
        self.here = self.rule.instance.as_ref().is_none_or(|glob| glob.matches(instance.as_bytes()));
        self
    }

    /// Whether requests have to be held against it.
    pub(super) fn is_about_requests(&self) -> bool {
        self.here && self.rule.mode.spec().is_about_requests()
    }

    pub(super) fn is_about_calls(&self) -> bool {
        self.rule.scope.upstream.is_some()
    }

    /// What the rule does to the process, if it is about that.
    pub(super) fn process(&self) -> Option<&Process> {
        match &self.rule.mode {
            Mode::Process(process) => Some(process),
            _ => None,
        }
    }

    /// Takes the rule out of force for those who already wait because of it.
    pub(super) fn cancel(&self) {
        self.cancel.cancel();
    }

    /// What binds a wait to this rule.
    pub(super) fn tether(&self) -> Tether {
        self.cancel.tether(self.expires)
    }

    /// How long the rule stays in force, if its end is known.
    pub(super) fn remaining(&self, now: Instant) -> Option<Duration> {
        self.expires.map(|expires| expires.saturating_duration_since(now))
    }

    pub(super) fn mode_name(&self) -> &'static str {
        self.rule.mode.spec().name
    }

    /// Whether it has effect: here, after its beginning and before its end.
    pub(super) fn is_at_work(&self, now: Instant) -> bool {
        self.here && self.begins.is_none_or(|begins| begins <= now) && !self.has_expired(now)
    }

    /// When it begins to have effect here, if that is still to come.
    pub(super) fn begins_after(&self, now: Instant) -> Option<Instant> {
        self.begins.filter(|begins| self.here && *begins > now)
    }

    pub(super) fn has_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// What the rule would do to a request. Each request that it is about takes the next draws, whatever other rules
    /// do, so that a rule's sequence depends on nothing but its own requests.
    pub(super) fn consider(&self, subject: Subject<'_>, now: Instant) -> Option<Effect> {
        if !self.is_about_requests() || !self.is_at_work(now) || !scope::covers(&self.rule.scope, subject) {
            return None;
        }
        self.tally.count_match();
        let mut draws = self.stream.next();
        let drawn = self.rule.rate.map(|rate| draws.below(Percent::ALL.parts()) < rate.parts());
        self.course.effect(Turn { subject, now, drawn }, &mut draws)
    }

    /// Takes one of the times that the rule may fire, if there is one left. Threads cannot take the same one.
    pub(super) fn claim(&self) -> bool {
        let most = self.rule.times.unwrap_or(u64::MAX);
        let next = |claimed: u64| Some(claimed + 1).filter(|claimed| *claimed <= most);
        self.claimed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }

    /// Gives a time back, because the effect could not come.
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
            here: self.rule.instance.is_some().then_some(self.here),
            origin,
        };
        self.tally.fill(&mut state);
        state
    }
}
