//! Orders to a connection from its port or a request.

use std::{
    sync::atomic::{AtomicU8, Ordering},
    task::Waker,
};

use futures_util::task::AtomicWaker;

use super::activity::EvictionCause;

/// End if no request is in flight.
const EVICT: u8 = 1;

/// End as soon as the requests are answered.
const END: u8 = 2;

/// With [`EVICT`]: the process is out of descriptors.
const NO_DESCRIPTOR: u8 = 4;

/// Orders that a connection has not carried out yet.
#[derive(Debug, Default)]
pub(super) struct Orders {
    bits: AtomicU8,
    /// Wakes the task that serves the connection.
    waker: AtomicWaker,
}

impl Orders {
    /// Orders the connection to end as soon as its requests are answered.
    pub(super) fn end(&self) {
        self.give(END);
    }

    /// Orders the connection to end if no request is in flight.
    pub(super) fn evict(&self, cause: EvictionCause) {
        self.give(match cause {
            EvictionCause::NewConnection => EVICT,
            EvictionCause::NoDescriptor => EVICT | NO_DESCRIPTOR,
        });
    }

    fn give(&self, order: u8) {
        self.bits.fetch_or(order, Ordering::SeqCst);
        self.waker.wake();
    }

    /// Cause of the last [`Orders::evict`].
    pub(super) fn eviction_cause(&self) -> EvictionCause {
        match self.bits.load(Ordering::SeqCst) & NO_DESCRIPTOR {
            0 => EvictionCause::NewConnection,
            _ => EvictionCause::NoDescriptor,
        }
    }

    /// True once [`Orders::end`] was called.
    pub(super) fn must_end(&self) -> bool {
        self.bits.load(Ordering::SeqCst) & END != 0
    }

    /// True if [`Orders::evict`] was called and not declined.
    pub(super) fn must_leave(&self) -> bool {
        self.bits.load(Ordering::SeqCst) & EVICT != 0
    }

    /// Withdraws an eviction, because a request has arrived; true if there was one.
    pub(super) fn decline_eviction(&self) -> bool {
        self.bits.fetch_and(!(EVICT | NO_DESCRIPTOR), Ordering::SeqCst) & EVICT != 0
    }

    /// True if there is an order.
    pub(super) fn is_pending(&self) -> bool {
        self.bits.load(Ordering::SeqCst) != 0
    }

    /// Wakes `waker` at each order and each [`Orders::wake`].
    pub(super) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Wakes the task that serves the connection.
    pub(super) fn wake(&self) {
        self.waker.wake();
    }
}
