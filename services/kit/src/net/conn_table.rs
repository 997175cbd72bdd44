//! The open connections of a port: how many there are, and which of them must leave for a new one.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::sync::Notify;

use super::{
    ConnHandle,
    activity::{Activity, EvictionCause},
};
use crate::limits::{Action, Limit};

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

    /// True if there is a place for one more connection.
    pub(super) fn has_room(&self) -> bool {
        let open = self.lock().len();
        open.saturating_sub(self.leaving.load(Ordering::SeqCst)) < self.capacity.connections
    }

    /// Calls `look` for each connection.
    pub(super) fn for_each(&self, look: impl FnMut(&ConnHandle)) {
        self.lock().values().for_each(look);
    }

    /// Asks a connection to leave. False if too many are leaving already.
    pub(super) fn evict(&self, handle: &ConnHandle, cause: EvictionCause) -> bool {
        if self.leaving.load(Ordering::SeqCst) >= self.capacity.passing {
            return false;
        }
        self.leaving.fetch_add(1, Ordering::SeqCst);
        handle.orders().evict(cause);
        // If the connection ended before the order, its registration has not withdrawn the order.
        if handle.is_closed() && handle.orders().decline_eviction() {
            self.leaving.fetch_sub(1, Ordering::SeqCst);
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, ConnHandle>> {
        // Each change is one statement, so a panic elsewhere cannot leave the map half changed.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        let state = if self.handle.has_late_head() { "with half a request head" } else { "idle" };
        match self.handle.orders().eviction_cause() {
            EvictionCause::NewConnection => limit.record(
                Action::Evicted,
                format_args!("all {connections} places are taken; the connection was {state} for {idle:.1?}"),
            ),
            EvictionCause::NoDescriptor => Limit::OPEN_FILES.record(
                Action::Evicted,
                format_args!("no descriptor is left; the connection was {state} for {idle:.1?}"),
            ),
        }
    }

    /// Keeps the connection, although it was asked to leave, because it has a request.
    pub(super) fn decline_eviction(&self) {
        if self.handle.orders().decline_eviction() {
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

#[cfg(test)]
mod tests;
