//! Counts each limit that acts, and logs it once for as long as it keeps acting.
//!
//! A limit that protects the process and says nothing looks like a fault of the network. Each action is therefore a
//! counter; the log has one line when a limit starts to act, and one when it has stopped.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use metrics::counter;

use crate::metric_names::LIMIT_ACTIONS;

/// A limit that has not acted for this long has stopped acting: its next action is logged again.
const QUIET_PERIOD: Duration = Duration::from_secs(60);

/// A limit on what clients may use, named after the flag that sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Limit(&'static str);

impl Limit {
    /// The limits of W3C Baggage, which no flag sets.
    pub(crate) const BAGGAGE: Self = Self("baggage");
    /// `--header-read-timeout`
    pub(crate) const HEADER_READ_TIMEOUT: Self = Self("header-read-timeout");
    /// `--idle-timeout`
    pub(crate) const IDLE_TIMEOUT: Self = Self("idle-timeout");
    /// `--send-timeout`
    pub(crate) const SEND_TIMEOUT: Self = Self("send-timeout");
    /// `--max-connections`
    pub(crate) const MAX_CONNECTIONS: Self = Self("max-connections");
    /// Connections of the admin port, which no flag sets.
    pub(crate) const ADMIN_CONNECTIONS: Self = Self("admin-connections");
    /// Connections of the control port, which no flag sets.
    pub(crate) const CONTROL_CONNECTIONS: Self = Self("control-connections");
    /// Connections to upstreams, which no flag sets.
    pub(crate) const UPSTREAM_CONNECTIONS: Self = Self("upstream-connections");
    /// Open files of the process (`ulimit -n`) or the host.
    pub(crate) const OPEN_FILES: Self = Self("open-files");
    /// `--body-read-timeout`
    pub(crate) const BODY_READ_TIMEOUT: Self = Self("body-read-timeout");
    /// The memory for bodies that a route reads; no flag sets it.
    pub(crate) const BODY_MEMORY: Self = Self("body-memory");
    /// The memory for request heads; no flag sets it.
    pub(crate) const HEADER_MEMORY: Self = Self("header-memory");
    /// `--max-body-bytes`
    pub(crate) const MAX_BODY_BYTES: Self = Self("max-body-bytes");
}

/// What a limit did to a connection or a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Closed a connection.
    Closed,
    /// Removed a part of what a request carries on to the upstreams.
    Reduced,
    /// Closed an idle connection in favor of a new one.
    Evicted,
    /// Let a connection wait.
    Delayed,
    /// Answered a request, or all requests of a connection, with an error.
    Rejected,
}

impl Action {
    /// Label value of the counter, and field of the log.
    fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Reduced => "reduced",
            Self::Evicted => "evicted",
            Self::Delayed => "delayed",
            Self::Rejected => "rejected",
        }
    }
}

impl Limit {
    /// Counts one action of this limit, and logs it if the limit has not acted for a minute.
    ///
    /// `detail` describes the case that is logged, such as the value of the limit. Must run on a tokio runtime.
    pub(crate) fn record(self, action: Action, detail: impl fmt::Display) {
        counter!(LIMIT_ACTIONS, "limit" => self.0, "action" => action.as_str()).increment(1);
        if EPISODES.note((self, action), Instant::now()) {
            drop(tokio::spawn(log_end(self, action)));
            tracing::warn!(
                limit = self.0,
                action = action.as_str(),
                %detail,
                "a limit acts; further actions are counted in meshwalk_limit_actions_total and not logged one by one"
            );
        }
    }
}

static EPISODES: Episodes = Episodes(Mutex::new(None));

/// One unbroken run of actions of one limit.
#[derive(Debug)]
struct Episode {
    last: Instant,
    actions: u64,
}

/// The limits that act at the moment. The number of keys is bounded by the limits and actions that exist.
struct Episodes(Mutex<Option<HashMap<(Limit, Action), Episode>>>);

impl Episodes {
    /// Notes an action; true if it is the first one of its episode.
    fn note(&self, key: (Limit, Action), now: Instant) -> bool {
        let mut episodes = self.lock();
        let episodes = episodes.get_or_insert_default();
        if let Some(episode) = episodes.get_mut(&key) {
            episode.last = now;
            episode.actions += 1;
            return false;
        }
        episodes.insert(key, Episode { last: now, actions: 1 });
        true
    }

    /// Ends the episode if its limit has been quiet for long enough: the number of actions, or else when to look again.
    fn end(&self, key: (Limit, Action), now: Instant) -> Result<u64, Instant> {
        let mut episodes = self.lock();
        let episodes = episodes.get_or_insert_default();
        let Some(episode) = episodes.get(&key) else { return Ok(0) };
        let (end, actions) = (episode.last + QUIET_PERIOD, episode.actions);
        if now < end {
            return Err(end);
        }
        episodes.remove(&key);
        Ok(actions)
    }

    fn lock(&self) -> MutexGuard<'_, Option<HashMap<(Limit, Action), Episode>>> {
        // Each change is one statement, so a panic elsewhere cannot leave the map half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until the limit has been quiet for a while, and logs how often it acted.
async fn log_end(limit: Limit, action: Action) {
    loop {
        match EPISODES.end((limit, action), Instant::now()) {
            Err(later) => tokio::time::sleep_until(later.into()).await,
            Ok(actions) => {
                tracing::info!(limit = limit.0, action = action.as_str(), actions, "the limit no longer acts");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_logged_once_until_it_was_quiet_for_a_minute() {
        let episodes = Episodes(Mutex::new(None));
        let (head, body) = ((Limit::HEADER_READ_TIMEOUT, Action::Closed), (Limit::MAX_BODY_BYTES, Action::Rejected));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(episodes.note(head, at(0)));
        assert!(!episodes.note(head, at(30)), "still the same episode");
        assert!(episodes.note(body, at(30)), "another limit has an episode of its own");
        assert_eq!(episodes.end(head, at(89)), Err(at(90)));
        assert!(!episodes.note(head, at(89)), "the last action was less than a minute ago");
        assert_eq!(episodes.end(head, at(149)), Ok(3));
        assert!(episodes.note(head, at(150)), "after a quiet minute the next action is logged again");
    }
}
