//! The active rules.

mod admission;
mod inject;
mod settings;
mod state;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use http::{HeaderMap, request};
use tokio::sync::watch;

use super::{
    active_rule::ActiveRule, clock, plan::Plan, planner::Planner, process::Processors, request_view::RequestView,
    series::Series, trust::Trust,
};
pub use admission::AddError;
use inject::InjectCache;
pub(super) use inject::InjectError;
pub use settings::{FaultLimits, FaultSettings};
pub use state::{Origin, RuleState};

/// The active rules. Clones share them.
#[derive(Debug, Clone)]
pub struct Registry {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: FaultSettings,
    /// Number of rules about requests. While it is 0, requests read nothing else.
    about_requests: AtomicUsize,
    /// Number of rules about calls.
    about_calls: AtomicUsize,
    rules: RwLock<Arc<Vec<Arc<ActiveRule>>>>,
    /// Number of generated ids.
    numbered: AtomicU64,
    /// Names of the metric series.
    series: Arc<Series>,
    injected: InjectCache,
    changed: watch::Sender<()>,
    processors: Processors,
}

impl Registry {
    /// An empty registry: nothing is injected until a rule is added.
    pub fn new(settings: FaultSettings) -> Self {
        let injected = InjectCache::new(&settings);
        let rules = RwLock::new(Arc::new(Vec::new()));
        let (about_requests, about_calls, numbered) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicU64::new(0));
        let (changed, processors) = (watch::Sender::new(()), Processors::new(settings.limits.cores));
        let series = Arc::default();
        let shared =
            Shared { settings, about_requests, about_calls, rules, numbered, series, injected, changed, processors };
        Self { shared: Arc::new(shared) }
    }

    /// Active rules, in the order in which they were added.
    pub fn list(&self) -> Vec<RuleState> {
        let now = clock::now();
        let rules = self.rules();
        let live = rules.iter().filter(|active| !active.has_expired(now));
        live.filter_map(|active| active.origin.map(|origin| active.state(origin, now))).collect()
    }

    /// Removes every rule, those of the flags too, and returns the ids. Requests that wait because of a rule continue at
    /// once, inline rules included.
    pub fn clear(&self) -> Vec<String> {
        let removed = self.change(clock::now(), std::mem::take);
        self.shared.injected.cancel();
        removed.iter().map(|active| active.id.clone()).collect()
    }

    /// Removes a rule. Requests that wait because of it continue at once.
    ///
    /// # Errors
    /// No rule has the id: the existing ids.
    pub fn remove(&self, id: &str) -> Result<(), Vec<String>> {
        self.change(clock::now(), |live| match live.iter().position(|active| active.id == id) {
            Some(position) => {
                live.remove(position);
                Ok(())
            }
            None => Err(live.iter().map(|active| active.id.clone()).collect()),
        })
    }

    /// True if no rule is about requests. A request without rules of its own may then pass by the layer.
    pub(crate) fn is_quiet(&self) -> bool {
        self.shared.about_requests.load(Ordering::Relaxed) == 0
    }

    /// True if a rule could affect this request or its calls.
    pub(crate) fn concerns(&self, head: &request::Parts) -> bool {
        if self.is_quiet() {
            return false;
        }
        let (view, now) = (RequestView::of_head(head), clock::now());
        self.rules().iter().any(|active| active.concerns(view, now))
    }

    /// Callers whose requests may carry inline rules.
    pub(super) fn trust(&self) -> &Trust {
        &self.shared.settings.trust
    }

    /// Inline rules of a request.
    pub(super) fn inline_rules(&self, headers: &HeaderMap) -> Result<Arc<[ActiveRule]>, InjectError> {
        self.shared.injected.rules(headers)
    }

    /// Caps that protect the host.
    pub(super) fn limits(&self) -> FaultLimits {
        self.shared.settings.limits
    }

    /// Threads on which requests use processor time.
    pub(super) fn processors(&self) -> &Processors {
        &self.shared.processors
    }

    /// Receiver that is notified when rules are added or removed, and once at the start. Expiry does not notify:
    /// [`ActiveRule::lifetime`] covers that.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        let mut changes = self.shared.changed.subscribe();
        changes.mark_changed();
        changes
    }

    /// Rules that have effect on this instance at this time, in their order.
    pub(super) fn in_force(&self, now: Instant) -> Vec<Arc<ActiveRule>> {
        self.rules().iter().filter(|active| active.is_active(now)).cloned().collect()
    }

    /// Time at which the next rule begins, or `None`. A begin does not notify `changes` either.
    pub(super) fn next_beginning(&self, now: Instant) -> Option<Instant> {
        self.rules().iter().filter_map(|active| active.begins_after(now)).min()
    }

    /// Makes the plan for a request, or for one of its calls, and counts its faults as injected.
    pub(super) fn plan(&self, view: RequestView<'_>, inline_rules: &[ActiveRule]) -> Plan {
        let now = clock::now();
        let rules = self.rules();
        let mut planner = Planner::new(view.upstream, self.shared.settings.limits.delay, now);
        let mut expired = false;
        for active in inline_rules {
            planner.take(active, view);
        }
        for active in rules.iter() {
            if active.has_expired(now) {
                expired = true;
            } else {
                planner.take(active, view);
            }
        }
        if expired {
            self.change(now, |_| ());
        }
        planner.close()
    }

    /// True if an active or inline rule is about calls to upstreams.
    pub(super) fn is_about_calls(&self, inline_rules: &[ActiveRule]) -> bool {
        self.shared.about_calls.load(Ordering::Relaxed) > 0 || inline_rules.iter().any(ActiveRule::is_about_calls)
    }

    fn rules(&self) -> Arc<Vec<Arc<ActiveRule>>> {
        Arc::clone(&self.shared.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces all rules at once and drops the expired ones: a request sees either all of a change or none. Requests that
    /// wait because of a removed rule continue.
    fn change<T>(&self, now: Instant, change: impl FnOnce(&mut Vec<Arc<ActiveRule>>) -> T) -> T {
        let mut rules = self.shared.rules.write().unwrap_or_else(PoisonError::into_inner);
        let mut live: Vec<_> = rules.iter().filter(|active| !active.has_expired(now)).cloned().collect();
        let before = live.clone();
        let outcome = change(&mut live);
        let count = |is: fn(&ActiveRule) -> bool| live.iter().filter(|active| is(active)).count();
        self.shared.about_requests.store(count(ActiveRule::is_about_requests), Ordering::Relaxed);
        self.shared.about_calls.store(count(ActiveRule::is_about_calls), Ordering::Relaxed);
        let gone = |active: &&Arc<ActiveRule>| !live.iter().any(|kept| Arc::ptr_eq(kept, active));
        before.iter().filter(gone).for_each(|active| active.cancel());
        *rules = Arc::new(live);
        drop(rules);
        self.shared.changed.send_replace(());
        outcome
    }
}
