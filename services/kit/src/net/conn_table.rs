//! The open connections of a port: how many there are, and which of them must leave for a new one.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::{ConnHandle, conn_handle::Activity};
use crate::limits::{Action, Limit};

/// How many of the longest idle connections one search remembers.
const REMEMBERED: usize = 64;

/// A search that found no idle connection is repeated after this many times its own duration.
const REST_FACTOR: u32 = 4;

/// A response that was sent this recently is about to be flushed.
const FLUSH_TIME: Duration = Duration::from_millis(20);

/// How many connections a port may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Capacity {
    /// Connections that are served.
    pub(crate) connections: usize,
    /// Connections beyond them that are being closed, and as many that are being rejected.
    pub(crate) passing: usize,
    /// Limit that is recorded when a connection is closed or rejected for want of a place.
    pub(crate) limit: Limit,
}

/// Open connections of a port.
#[derive(Debug)]
pub(crate) struct ConnTable {
    capacity: Capacity,
    connections: Mutex<HashMap<u64, ConnHandle>>,
    next_id: AtomicU64,
    /// Connections that were asked to leave. They do not count.
    leaving: AtomicUsize,
    /// Told whenever a connection ends or declines to leave.
    changed: Notify,
}

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

/// Number of connections by state.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectionCount {
    /// Connections with a request in flight, or of which a part has been received.
    pub(super) active: usize,
    /// All others.
    pub(super) idle: usize,
}

impl ConnTable {
    /// An empty table.
    pub(crate) fn new(capacity: Capacity) -> Arc<Self> {
        Arc::new(Self {
            capacity,
            connections: Mutex::default(),
            next_id: AtomicU64::new(0),
            leaving: AtomicUsize::new(0),
            changed: Notify::new(),
        })
    }

    pub(super) fn capacity(&self) -> Capacity {
        self.capacity
    }

    /// Adds a connection, for as long as the registration lives.
    pub(super) fn add(self: &Arc<Self>, handle: ConnHandle) -> Registration {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(id, handle.clone());
        Registration { table: Arc::clone(self), id, handle }
    }

    /// Returns when a connection has ended or declined to leave, if that happens after the call.
    pub(super) fn changed(&self) -> impl Future<Output = ()> {
        self.changed.notified()
    }

    /// Asks all connections to end after their requests.
    pub(super) fn end_all(&self) {
        self.lock().values().for_each(ConnHandle::close_after_answers);
    }

    /// Number of connections with a response that is not complete.
    pub(super) fn answering(&self) -> usize {
        self.lock().values().filter(|handle| handle.is_answering()).count()
    }

    /// Number of connections by state.
    pub(super) fn count(&self) -> ConnectionCount {
        let connections = self.lock();
        let idle = connections.values().filter(|handle| handle.activity() == Activity::Idle).count();
        ConnectionCount { active: connections.len() - idle, idle }
    }

    /// Asks a connection to leave. False if too many are leaving already.
    fn evict(&self, handle: &ConnHandle) -> bool {
        if self.leaving.load(Ordering::SeqCst) >= self.capacity.passing {
            return false;
        }
        self.leaving.fetch_add(1, Ordering::SeqCst);
        handle.evict();
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, ConnHandle>> {
        // Each change is one statement, so a panic elsewhere cannot leave the map half changed.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds places on a full port. One per port, because only the task that accepts asks for places.
#[derive(Debug)]
pub(super) struct Evictor {
    table: Arc<ConnTable>,
    /// Idle connections with the time since when they are, the longest idle one last.
    candidates: Vec<(u64, ConnHandle)>,
    /// When to search again after a search in vain.
    search_after: Option<Instant>,
}

impl Evictor {
    pub(super) fn new(table: Arc<ConnTable>) -> Self {
        Self { table, candidates: Vec::new(), search_after: None }
    }

    /// Makes room for one more connection, by closing the longest idle one if necessary.
    pub(super) fn make_room(&mut self) -> Place {
        loop {
            let open = self.table.lock().len();
            let leaving = self.table.leaving.load(Ordering::SeqCst);
            if open.saturating_sub(leaving) < self.table.capacity.connections {
                return Place::Free;
            }
            match self.evict_longest_idle() {
                Place::Free => {}
                other => return other,
            }
        }
    }

    /// Closes the longest idle connection. `Free` if there was one.
    pub(super) fn evict_longest_idle(&mut self) -> Place {
        loop {
            match self.candidates.pop() {
                Some((since, handle)) if is_idle_since(&handle, since) => {
                    if self.table.evict(&handle) {
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
        if self.search_after.is_some_and(|after| began < after) {
            return Place::None;
        }
        let mut soon = false;
        for handle in self.table.lock().values() {
            match handle.activity() {
                Activity::Idle if !handle.must_leave() => {
                    self.candidates.push((handle.idle_since_us(), handle.clone()));
                }
                Activity::Flushing => soon |= handle.idle_for() < FLUSH_TIME,
                _ => {}
            }
        }
        // Newest first; only the oldest are kept.
        self.candidates.sort_unstable_by_key(|(since, _)| std::cmp::Reverse(*since));
        let surplus = self.candidates.len().saturating_sub(REMEMBERED);
        self.candidates.drain(..surplus);
        if !self.candidates.is_empty() {
            return Place::Free;
        }
        if soon {
            return Place::Soon;
        }
        self.search_after = Some(Instant::now() + began.elapsed() * REST_FACTOR);
        Place::None
    }
}

fn is_idle_since(handle: &ConnHandle, since: u64) -> bool {
    handle.activity() == Activity::Idle
        && handle.idle_since_us() == since
        && !handle.must_leave()
        && !handle.is_closed()
}

/// A connection's entry in the table of its port.
pub(super) struct Registration {
    table: Arc<ConnTable>,
    id: u64,
    handle: ConnHandle,
}

impl Registration {
    pub(super) fn handle(&self) -> &ConnHandle {
        &self.handle
    }

    /// Counts that the connection is closed for a new one.
    pub(super) fn record_eviction(&self) {
        let Capacity { connections, limit, .. } = self.table.capacity;
        let idle = self.handle.idle_for();
        limit.record(
            Action::Evicted,
            format_args!("all {connections} places are taken; the connection was idle for {idle:.1?}, the longest"),
        );
    }

    /// Keeps the connection, although it was asked to leave, because it has a request.
    pub(super) fn decline_eviction(&self) {
        if self.handle.decline_eviction() {
            self.table.leaving.fetch_sub(1, Ordering::SeqCst);
            self.table.changed.notify_one();
        }
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.handle.mark_closed();
        self.table.lock().remove(&self.id);
        self.decline_eviction();
        self.table.changed.notify_one();
    }
}
