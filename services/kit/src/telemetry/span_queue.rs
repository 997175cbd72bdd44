//! Ended spans on their way to the thread that sends them.
//!
//! The SDK's batch processor drops spans silently when its queue is full, and ignores `OTEL_BSP_EXPORT_TIMEOUT`. This one
//! keeps to the same variables and counts each span that it does not deliver.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry::Context;
use opentelemetry_sdk::{
    error::{OTelSdkError, OTelSdkResult},
    trace::{Span, SpanData, SpanProcessor},
};
use tokio::sync::Notify;

use super::{
    batch::BatchSettings,
    span_losses::{LossReason, SpanLosses},
};

/// Spans that wait to be sent. Each span that enters is taken by the collector, or counted as lost once.
#[derive(Debug)]
pub(super) struct SpanQueue {
    pub(super) settings: BatchSettings,
    pub(super) losses: SpanLosses,
    state: Mutex<State>,
    /// Wakes the sender.
    wake: Notify,
    /// Wakes [`SpanQueue::close`].
    finished: Condvar,
}

#[derive(Debug, Default)]
struct State {
    spans: Vec<SpanData>,
    /// Spans that the sender has taken and not settled.
    in_flight: usize,
    /// True when no further span is let in.
    closed: bool,
    /// True when the sender sends no further batch.
    finished: bool,
}

impl SpanQueue {
    /// An empty queue in front of the collector at `endpoint`.
    pub(super) fn new(settings: BatchSettings, endpoint: String) -> Self {
        Self {
            settings,
            losses: SpanLosses::new(endpoint),
            state: Mutex::default(),
            wake: Notify::new(),
            finished: Condvar::new(),
        }
    }

    fn push(&self, span: SpanData) {
        let mut state = self.lock();
        let reason = if state.closed {
            LossReason::Shutdown
        } else if state.spans.len() >= self.settings.max_queue_size {
            LossReason::QueueFull
        } else {
            state.spans.push(span);
            let full_batch = state.spans.len() == self.settings.max_export_batch_size;
            drop(state);
            if full_batch {
                self.wake.notify_one();
            }
            return;
        };
        drop(state);
        self.losses.add(reason, 1, None);
    }

    /// Waits until a batch is full, the time has come, or the queue is closed. Returns how many spans there are, or `None`
    /// if it is closed and empty.
    pub(super) async fn wait_until_due(&self, due: tokio::time::Instant) -> Option<usize> {
        loop {
            let (spans, closed) = {
                let state = self.lock();
                (state.spans.len(), state.closed)
            };
            if closed {
                return (spans > 0).then_some(spans);
            }
            if spans >= self.settings.max_export_batch_size {
                return Some(spans);
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep_until(due) => return Some(self.lock().spans.len()),
            }
        }
    }

    /// Takes a batch, oldest spans first.
    pub(super) fn take_batch(&self) -> Vec<SpanData> {
        let mut state = self.lock();
        let size = state.spans.len().min(self.settings.max_export_batch_size);
        state.in_flight = size;
        state.spans.drain(..size).collect()
    }

    /// Ends the batch that was taken. False if [`SpanQueue::close`] has counted its spans as lost already.
    pub(super) fn settle_batch(&self) -> bool {
        std::mem::take(&mut self.lock().in_flight) > 0
    }

    /// Notes that the sender has ended.
    pub(super) fn note_finished(&self) {
        self.lock().finished = true;
        self.finished.notify_all();
    }

    /// Lets no further span in, and waits until those inside are sent, for `limit` at most. Returns how many are lost.
    ///
    /// Blocks the thread.
    pub(super) fn close(&self, limit: Duration) -> usize {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        if std::mem::replace(&mut state.closed, true) {
            // The SDK closes it once more when it drops its processors.
            return 0;
        }
        self.wake.notify_one();
        while !state.finished {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            (state, _) = self.finished.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
        let lost = std::mem::take(&mut state.spans).len() + std::mem::take(&mut state.in_flight);
        drop(state);
        self.losses.add(LossReason::Shutdown, lost, None);
        self.losses.close();
        lost
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one statement, so a panic elsewhere cannot leave it half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The queue as the SDK sees it.
#[derive(Debug)]
pub(super) struct QueueProcessor(pub(super) Arc<SpanQueue>);

impl SpanProcessor for QueueProcessor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.0.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        // Not used: the process flushes by closing the queue.
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        if self.0.close(timeout) > 0 { Err(OTelSdkError::Timeout(timeout)) } else { Ok(()) }
    }
}
