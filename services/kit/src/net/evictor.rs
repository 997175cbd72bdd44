//! Finds places on a full port: which connection must leave for a new one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    ConnHandle, ConnTable,
    activity::{Activity, EvictionCause},
};

/// How many candidates one search remembers.
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
    /// All connections have requests in flight, or are about to.
    None,
}

/// A connection that may be evicted.
#[derive(Debug)]
struct Candidate {
    /// False if the connection is idle, which comes first.
    has_late_head: bool,
    /// Time of its last request's end, or of its accept.
    since_us: u64,
    handle: ConnHandle,
}

impl Candidate {
    /// The connection as a candidate, or `None` if it must stay for now.
    fn new(handle: &ConnHandle) -> Option<Self> {
        let has_late_head = match handle.activity() {
            Activity::Idle => false,
            Activity::PartialInput if handle.has_late_head() => true,
            _ => return None,
        };
        let may_leave = !handle.awaits_first_request() && !handle.orders().must_leave() && !handle.is_closed();
        may_leave.then(|| Self { has_late_head, since_us: handle.idle_since_us(), handle: handle.clone() })
    }

    /// True if the connection has done nothing since it became a candidate.
    fn is_unchanged(&self) -> bool {
        Self::new(&self.handle).is_some_and(|now| now.order() == self.order())
    }

    fn order(&self) -> (bool, u64) {
        (self.has_late_head, self.since_us)
    }
}

/// Finds places on a full port. One per port, because only the task that accepts asks for places.
#[derive(Debug)]
pub(super) struct Evictor {
    table: Arc<ConnTable>,
    /// Connections that may be evicted, the next one last.
    candidates: Vec<Candidate>,
    /// When to search again after a search that found no candidate, and what that search found.
    search_after: Option<(Instant, Place)>,
}

impl Evictor {
    pub(super) fn new(table: Arc<ConnTable>) -> Self {
        Self { table, candidates: Vec::new(), search_after: None }
    }

    /// Makes room for one more connection, by closing one without a request in flight if necessary.
    pub(super) fn make_room(&mut self) -> Place {
        loop {
            if self.table.has_room() {
                return Place::Free;
            }
            match self.evict_one(EvictionCause::NewConnection) {
                Place::Free => {}
                other => return other,
            }
        }
    }

    /// Closes the longest idle connection, or else one whose request head is late. `Free` if there was one.
    pub(super) fn evict_one(&mut self, cause: EvictionCause) -> Place {
        loop {
            match self.candidates.pop() {
                Some(candidate) if candidate.is_unchanged() => {
                    if self.table.evict(&candidate.handle, cause) {
                        return Place::Free;
                    }
                    self.candidates.push(candidate);
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

    /// Looks for candidates. Connections that become idle later have been idle for less time.
    fn search(&mut self) -> Place {
        let began = Instant::now();
        if let Some((after, found)) = self.search_after
            && began < after
        {
            return found;
        }
        let mut soon = false;
        let candidates = &mut self.candidates;
        self.table.for_each(|handle| match (Candidate::new(handle), handle.activity()) {
            (Some(candidate), _) => candidates.push(candidate),
            (None, Activity::Idle) => soon |= handle.awaits_first_request(),
            (None, Activity::PartialInput) => soon |= !handle.orders().must_leave(),
            (None, Activity::Flushing) => soon |= handle.idle_for() < FLUSH_TIME,
            (None, Activity::Request) => {}
        });
        // Only those that leave first are kept.
        self.candidates.sort_unstable_by_key(|candidate| std::cmp::Reverse(candidate.order()));
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
