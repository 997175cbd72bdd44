//! How many requests there were, and how many attempts at them: what tells a retry storm from load.
//!
//! `x-envoy-attempt-count` counts the tries of the proxy in front only. Where several hops retry, the last one sees first
//! tries of the same request again and again; only the request's id tells that they are one.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::telemetry::{self, ATTEMPT_LABELS};

/// How far back the counts go.
const WINDOW: Duration = Duration::from_secs(60);

/// Part of the window that is dropped at a time.
const SLOT: Duration = Duration::from_secs(1);

/// How many ids are remembered: some 3 MB. More requests in one window are counted, but not told apart.
const MAX_IDS: usize = 100_000;

/// The requests of the last minute. Clones share them.
#[derive(Debug, Clone)]
pub struct Attempts {
    hasher: RandomState,
    window: Arc<Mutex<Window>>,
}

/// The counts of the window, as `GET /faults` shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// How much time they are about, in milliseconds.
    pub window_ms: u64,
    /// How many requests came in.
    pub attempts: u64,
    /// How many requests they were attempts at: different ids, and first tries that had none.
    pub unique: u64,
    /// The attempts by their `x-envoy-attempt-count`: 1 to 9 and `10+`.
    pub by_attempt: BTreeMap<&'static str, u64>,
    /// The attempts without an id.
    pub without_id: u64,
    /// The attempts whose ids were too many to remember; `unique` lacks what is new among them.
    pub capped: u64,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    /// The number of the newest slot, from the beginning on.
    newest: u64,
    /// The newest last.
    slots: VecDeque<Slot>,
    /// The slot in which an id came last.
    last_seen: HashMap<u64, u64>,
    /// Number of ids in the slots; an id that came again is in several.
    listed: usize,
}

#[derive(Debug, Default)]
struct Slot {
    ids: Vec<u64>,
    by_attempt: [u64; ATTEMPT_LABELS.len()],
    first_without_id: u64,
    without_id: u64,
    capped: u64,
}

impl Attempts {
    /// No requests yet.
    pub fn new() -> Self {
        Self { hasher: RandomState::new(), window: Arc::new(Mutex::new(Window::new(Instant::now()))) }
    }

    /// Counts a request that came in, also for Prometheus.
    pub(crate) fn count(&self, attempt: u32, id: Option<&str>) {
        telemetry::request_attempt(attempt);
        // Only a hash is kept, under a key of this process: it is small, and a client cannot make up ids that collide.
        let id = id.map(|id| self.hasher.hash_one(id));
        let is_new = self.lock().count(Instant::now(), attempt, id);
        if is_new {
            telemetry::unique_request();
        }
    }

    /// The counts of the last minute, or since a start less than a minute ago.
    pub fn counts(&self) -> Counts {
        self.lock().counts(Instant::now())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Window> {
        // A panic elsewhere cannot have broken counts that are whole after each statement.
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Attempts {
    fn default() -> Self {
        Self::new()
    }
}

impl Window {
    fn new(began: Instant) -> Self {
        Self { began, newest: 0, slots: VecDeque::from([Slot::default()]), last_seen: HashMap::new(), listed: 0 }
    }

    /// Whether the request was not seen before within the window.
    fn count(&mut self, now: Instant, attempt: u32, id: Option<u64>) -> bool {
        self.advance(now);
        let newest = self.newest;
        let full = self.listed >= MAX_IDS;
        let Some(slot) = self.slots.back_mut() else { return false };
        slot.by_attempt[telemetry::attempt_index(attempt)] += 1;
        let Some(id) = id else {
            slot.without_id += 1;
            slot.first_without_id += u64::from(attempt == 1);
            return attempt == 1;
        };
        match self.last_seen.get_mut(&id) {
            Some(seen) if *seen == newest => false,
            _ if full => {
                slot.capped += 1;
                false
            }
            Some(seen) => {
                *seen = newest;
                slot.ids.push(id);
                self.listed += 1;
                false
            }
            None => {
                self.last_seen.insert(id, newest);
                slot.ids.push(id);
                self.listed += 1;
                true
            }
        }
    }

    fn counts(&mut self, now: Instant) -> Counts {
        self.advance(now);
        let mut by_attempt = BTreeMap::new();
        for slot in &self.slots {
            for (label, count) in ATTEMPT_LABELS.into_iter().zip(slot.by_attempt).filter(|(_, count)| *count > 0) {
                *by_attempt.entry(label).or_default() += count;
            }
        }
        let sum = |part: fn(&Slot) -> u64| self.slots.iter().map(part).sum::<u64>();
        let window = now.saturating_duration_since(self.began).min(WINDOW);
        Counts {
            window_ms: u64::try_from(window.as_millis()).unwrap_or(u64::MAX),
            attempts: by_attempt.values().sum(),
            unique: self.last_seen.len() as u64 + sum(|slot| slot.first_without_id),
            by_attempt,
            without_id: sum(|slot| slot.without_id),
            capped: sum(|slot| slot.capped),
        }
    }

    /// Opens the slots up to now, and forgets what has left the window.
    fn advance(&mut self, now: Instant) {
        let slot = now.saturating_duration_since(self.began).as_secs() / SLOT.as_secs();
        let kept = WINDOW.as_secs() / SLOT.as_secs();
        // After a long silence nothing is left, however many slots have passed.
        let mut missing = slot.saturating_sub(self.newest).min(kept);
        self.newest = self.newest.max(slot);
        while missing > 0 {
            missing -= 1;
            self.slots.push_back(Slot::default());
        }
        while self.slots.len() as u64 > kept {
            let Some(old) = self.slots.pop_front() else { break };
            let oldest = self.newest + 1 - self.slots.len() as u64;
            self.listed -= old.ids.len();
            for id in old.ids {
                if self.last_seen.get(&id).is_some_and(|seen| *seen < oldest) {
                    self.last_seen.remove(&id);
                }
            }
        }
        if self.last_seen.is_empty() {
            // Release the memory that a minute of heavy load has taken.
            self.last_seen.shrink_to_fit();
        }
    }
}
