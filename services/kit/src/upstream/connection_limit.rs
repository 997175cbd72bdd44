//! Limit on the connections to all upstreams together.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::limits::{Action, Limit};

/// A maximum number of connections. Clones share the connections that they allow.
#[derive(Debug, Clone)]
pub(super) struct ConnectionLimit {
    max: usize,
    permits: Arc<Semaphore>,
}

impl ConnectionLimit {
    /// Allows `max` connections.
    pub(super) fn new(max: usize) -> Self {
        Self { max, permits: Arc::new(Semaphore::new(max)) }
    }

    /// Permit for one connection, or `None` at the limit. The connection counts until the permit is dropped.
    pub(super) fn try_acquire(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    /// Waits for a permit.
    pub(super) async fn acquire(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.permits).acquire_owned().await
    }

    /// Counts a call that has to wait.
    pub(super) fn record_delay(&self) {
        Limit::UPSTREAM_CONNECTIONS.record(Action::Delayed, self.detail());
    }

    /// Counts a call that failed because no connection was free in time.
    pub(super) fn record_rejection(&self) {
        Limit::UPSTREAM_CONNECTIONS.record(Action::Rejected, self.detail());
    }

    /// Describes the limit for the log and for errors.
    pub(super) fn detail(&self) -> String {
        format!("all {} connections that the limit of open files allows are in use", self.max)
    }
}

/// True while a call waits for a connection because of the limit.
#[derive(Debug, Default)]
pub(super) struct LimitWait(AtomicBool);

impl LimitWait {
    pub(super) fn set(&self, is_waiting: bool) {
        self.0.store(is_waiting, Ordering::Relaxed);
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
