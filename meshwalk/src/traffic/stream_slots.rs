//! Streams that a shared HTTP/2 connection may have open at once (RFC 9113 section 5.1.2).
//!
//! The HTTP library queues requests beyond the server's limit without a word. They are counted here, so that the result
//! can tell a server with few streams from a slow one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio::sync::Notify;

/// Streams of one connection.
#[derive(Debug)]
pub(super) struct StreamSlots {
    limit: AtomicUsize,
    used: AtomicUsize,
    changed: Notify,
}

impl StreamSlots {
    /// Slots of a connection on which the server allows `limit` streams.
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit: AtomicUsize::new(limit), used: AtomicUsize::new(0), changed: Notify::new() })
    }

    /// Applies a limit of the server's SETTINGS.
    pub(super) fn set_limit(&self, limit: usize) {
        if self.limit.swap(limit, Ordering::Relaxed) < limit {
            self.changed.notify_waiters();
        }
    }

    /// Waits for a free slot, and notes in `wait` if there was none at once.
    pub(super) async fn take(self: &Arc<Self>, wait: &mut SlotWait) -> StreamSlot {
        loop {
            let changed = self.changed.notified();
            if self.used.load(Ordering::Relaxed) < self.limit.load(Ordering::Relaxed) {
                self.used.fetch_add(1, Ordering::Relaxed);
                wait.end();
                return StreamSlot(Arc::clone(self));
            }
            wait.begin();
            changed.await;
        }
    }
}

/// A stream in use, until it is dropped.
#[derive(Debug)]
pub(super) struct StreamSlot(Arc<StreamSlots>);

impl Drop for StreamSlot {
    fn drop(&mut self) {
        self.0.used.fetch_sub(1, Ordering::Relaxed);
        self.0.changed.notify_one();
    }
}

/// Whether one request had to wait for a slot.
#[derive(Debug, Default)]
pub(super) struct SlotWait {
    waited: bool,
    ended: Option<Instant>,
}

impl SlotWait {
    fn begin(&mut self) {
        (self.waited, self.ended) = (true, None);
    }

    fn end(&mut self) {
        self.ended = Some(Instant::now());
    }

    /// Time at which the wait ended, which is now if the request never got a slot; `None` without a wait.
    pub(super) fn ended(&self) -> Option<Instant> {
        self.waited.then(|| self.ended.unwrap_or_else(Instant::now))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn request_beyond_the_limit_waits_for_the_end_of_another() {
        let slots = StreamSlots::new(1);
        let (mut first, mut second) = (SlotWait::default(), SlotWait::default());
        let slot = slots.take(&mut first).await;
        assert!(first.ended().is_none());
        {
            let mut waiting = Box::pin(slots.take(&mut second));
            assert!(waiting.as_mut().now_or_never().is_none());
            drop(slot);
            drop(waiting.await);
        }
        assert!(second.ended().is_some());
    }

    #[tokio::test]
    async fn higher_limit_lets_waiting_requests_go() {
        let slots = StreamSlots::new(1);
        let _first = slots.take(&mut SlotWait::default()).await;
        let mut wait = SlotWait::default();
        let mut waiting = Box::pin(slots.take(&mut wait));
        assert!(waiting.as_mut().now_or_never().is_none());
        slots.set_limit(2);
        let _second = waiting.await;
    }
}
