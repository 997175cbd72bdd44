//! Finds places on a full port: which connection must leave for a new one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    ConnHandle, ConnTable,
    activity::{Activity, EvictionCause},
};

/// How many of the longest idle connections one search remembers.
const REMEMBERED: usize = 64;

/// A search that found no idle connection is repeated after this many times its own duration.
const REST_FACTOR: u32 = 4;

/// A response that was sent this recently is about to be flushed.
const FLUSH_TIME: Duration = Duration::from_millis(20);

/// Answer to the question for a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// There is one.
    Free,
    /// There may be one soon; ask again then.
    Soon,
    /// All connections have requests in flight.
    None,
}

/// Finds places on a full port. One per port, because only the task that accepts asks for places.
#[derive(Debug)]
pub(super) struct Evictor {
    table: Arc<ConnTable>,
    /// Idle connections with the time since when they are, the longest idle one last.
    candidates: Vec<(u64, ConnHandle)>,
    /// When to search again after a search that found no candidate, and what that search found.
    search_after: Option<(Instant, Place)>,
}

impl Evictor {
    pub(super) fn new(table: Arc<ConnTable>) -> Self {
        Self { table, candidates: Vec::new(), search_after: None }
    }

    /// Makes room for one more connection, by closing the longest idle one if necessary.
    pub(super) fn make_room(&mut self) -> Place {
        loop {
            if self.table.has_room() {
                return Place::Free;
            }
            match self.evict_longest_idle(EvictionCause::NewConnection) {
                Place::Free => {}
                other => return other,
            }
        }
    }

    /// Closes the longest idle connection. `Free` if there was one.
    pub(super) fn evict_longest_idle(&mut self, cause: EvictionCause) -> Place {
        loop {
            match self.candidates.pop() {
                Some((since, handle)) if is_idle_since(&handle, since) => {
                    if self.table.evict(&handle, cause) {
                        return Place::Free;
                    }
                    self.candidates.push((since, handle));
                    return Place::Soon;
                }
                Some(_) => {}
                None => match self.search() {
                    Place::Free => {}
                    other => return other,
                },
            }
        }
    }

    /// Looks for the longest idle connections. Those that become idle later have been idle for less time.
    fn search(&mut self) -> Place {
        let began = Instant::now();
        if let Some((after, found)) = self.search_after
            && began < after
        {
            return found;
        }
        let mut soon = false;
        let candidates = &mut self.candidates;
        self.table.for_each(|handle| match handle.activity() {
            Activity::Idle if handle.awaits_first_request() => soon = true,
            Activity::Idle if !handle.orders().must_leave() => {
                candidates.push((handle.idle_since_us(), handle.clone()));
            }
            Activity::Flushing => soon |= handle.idle_for() < FLUSH_TIME,
            _ => {}
        });
        // Newest first; only the oldest are kept.
        self.candidates.sort_unstable_by_key(|(since, _)| std::cmp::Reverse(*since));
        let surplus = self.candidates.len().saturating_sub(REMEMBERED);
        self.candidates.drain(..surplus);
        if !self.candidates.is_empty() {
            return Place::Free;
        }
        let found = if soon { Place::Soon } else { Place::None };
        self.search_after = Some((Instant::now() + began.elapsed() * REST_FACTOR, found));
        found
    }
}

fn is_idle_since(handle: &ConnHandle, since: u64) -> bool {
    handle.activity() == Activity::Idle
        && handle.idle_since_us() == since
        && !handle.orders().must_leave()
        && !handle.is_closed()
}
