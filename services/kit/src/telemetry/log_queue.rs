//! A bounded queue of finished log lines, between the threads that log and the one thread that writes.
//!
//! `tracing-appender` offers the same shape, but with an allocation and a wake-up for each line, a bound in lines alone,
//! and a count of lost lines that nothing can observe.

use std::{
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use metrics::{Counter, counter};

use crate::metric_names::LOG_LINES_DROPPED;

/// Bytes that wait for the writer at most: about 7,000 lines of requests. It bounds the lines, too.
const MAX_BYTES: usize = 2 << 20;

/// Bytes at which the writer stops to wait for further lines.
const FULL_BATCH: usize = 256 << 10;

/// Time for which the writer waits for further lines after the first one. Each time that it wakes up, it interrupts a worker.
const BATCH_DELAY: Duration = Duration::from_millis(3);

/// Lines that wait to be written.
#[derive(Debug, Default)]
pub(super) struct LogQueue {
    state: Mutex<State>,
    /// Wakes the writer.
    filled: Condvar,
    /// Wakes threads in [`LogQueue::flush`].
    written: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Whole lines, each with its newline.
    bytes: Vec<u8>,
    /// Lines that did not fit since the last batch was taken.
    dropped: u64,
    /// True from the first dropped line until the log says how many there were.
    unreported: bool,
    /// True while the writer waits for a first line; the next line must wake it.
    idle: bool,
    /// True after the last write failed. A flush does not wait for a writer that fails.
    failing: bool,
    /// Threads in [`LogQueue::flush`].
    flushing: usize,
    /// Bytes queued since the start.
    queued_total: u64,
    /// Bytes written since the start.
    written_total: u64,
}

impl LogQueue {
    /// Queues a line that ends with a newline, or drops and counts it if the queue is full. Never waits for the writer.
    pub(super) fn push(&self, line: &[u8]) {
        let mut state = self.lock();
        if state.bytes.len() + line.len() > MAX_BYTES {
            state.dropped += 1;
            state.unreported = true;
            drop(state);
            // Looking the counter up for each line would lock the registry on the path of a request.
            static DROPPED: OnceLock<Counter> = OnceLock::new();
            DROPPED.get_or_init(|| counter!(LOG_LINES_DROPPED)).increment(1);
            return;
        }
        let before = state.bytes.len();
        state.bytes.extend_from_slice(line);
        state.queued_total += line.len() as u64;
        let batch_is_full = before < FULL_BATCH && state.bytes.len() >= FULL_BATCH;
        let wake = std::mem::take(&mut state.idle) || batch_is_full;
        drop(state);
        if wake {
            self.filled.notify_one();
        }
    }

    /// Waits for lines, and swaps them with `batch`, which must be empty. Returns how many lines were dropped after them.
    ///
    /// With `wait` false, takes what is there, which may be nothing.
    pub(super) fn take(&self, batch: &mut Vec<u8>, wait: bool) -> u64 {
        let mut state = self.lock();
        while wait && state.bytes.is_empty() {
            state.idle = true;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.idle = false;
        let more_may_come = |state: &mut State| state.flushing == 0 && state.bytes.len() < FULL_BATCH;
        let waited = self.filled.wait_timeout_while(state, BATCH_DELAY, more_may_come);
        (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut state.bytes, batch);
        std::mem::take(&mut state.dropped)
    }

    /// Notes that the writer has written this many bytes.
    pub(super) fn note_written(&self, bytes: usize) {
        let mut state = self.lock();
        state.written_total += bytes as u64;
        state.failing = false;
        if state.flushing > 0 {
            self.written.notify_all();
        }
    }

    /// Notes that the log has a line about the lines that were dropped.
    pub(super) fn note_reported(&self) {
        let mut state = self.lock();
        // The line itself may have been dropped.
        state.unreported = state.dropped > 0;
        if state.flushing > 0 {
            self.written.notify_all();
        }
    }

    /// Notes that a write failed, and will be tried again.
    pub(super) fn note_failure(&self) {
        self.lock().failing = true;
        self.written.notify_all();
    }

    /// Waits until the lines queued so far are written, and lines dropped so far are reported, for `limit` at most. True if
    /// they are.
    pub(super) fn flush(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        let (mut target, mut unreported) = (state.queued_total, state.unreported);
        state.flushing += 1;
        self.filled.notify_one();
        let flushed = loop {
            if unreported && !state.unreported {
                unreported = false;
                target = state.queued_total;
            }
            if state.written_total >= target && !unreported {
                break true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.failing || left.is_zero() {
                break false;
            }
            (state, _) = self.written.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        };
        state.flushing -= 1;
        flushed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere cannot leave half a line: each line is one statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
