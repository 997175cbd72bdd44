//! Limits warnings about failing calls: one line when a failure begins, and one with a count at intervals while it
//! lasts. The request's log line names each failed call.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::call_failure::FailureKind;

/// Interval between warnings about a failure that lasts.
const INTERVAL: Duration = Duration::from_secs(30);

/// Failed calls that count as one failure. Upstreams are those of the flags, and kinds and statuses are few.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct UpstreamError {
    /// Name of the upstream.
    pub(super) upstream: String,
    pub(super) kind: FailureKind,
    /// Status of the call.
    pub(super) status: u16,
    /// True if a fault was injected into the call. An injected failure must not hide a real one.
    pub(super) injected: bool,
}

impl UpstreamError {
    /// Form in the log line of the request: `inventory=refused`, `inventory=503`.
    pub(super) fn summary(&self) -> String {
        match self.kind {
            FailureKind::Http => format!("{}={}", self.upstream, self.status),
            kind => format!("{}={}", self.upstream, kind.as_str()),
        }
    }
}

/// Failures that last. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct ErrorThrottle {
    /// Number of failed calls since the last warning about each failure.
    counts: Arc<Mutex<HashMap<UpstreamError, u64>>>,
    interval: Duration,
}

impl Default for ErrorThrottle {
    fn default() -> Self {
        Self { counts: Arc::default(), interval: INTERVAL }
    }
}

impl ErrorThrottle {
    /// Counts a failed call; true if the failure is new and the caller must warn about it. Needs the runtime.
    pub(super) fn is_new(&self, error: UpstreamError) -> bool {
        match self.counts().entry(error) {
            Entry::Occupied(mut count) => {
                *count.get_mut() += 1;
                return false;
            }
            Entry::Vacant(entry) => {
                tokio::spawn(self.clone().warn_while_it_lasts(entry.key().clone()));
                entry.insert(0);
            }
        }
        true
    }

    async fn warn_while_it_lasts(self, error: UpstreamError) {
        loop {
            tokio::time::sleep(self.interval).await;
            let Some(times) = self.take_count(&error) else { return };
            tracing::warn!(
                upstream = error.upstream,
                status = error.status,
                error = error.kind.as_str(),
                injected = error.injected.then_some(true),
                times,
                "upstream keeps failing; this line comes every {:?}, and each request logs its own failure",
                self.interval
            );
        }
    }

    /// Number of failed calls since the last warning, or `None` if the failure is over.
    fn take_count(&self, error: &UpstreamError) -> Option<u64> {
        let mut counts = self.counts();
        let times = counts.get_mut(error).map_or(0, std::mem::take);
        if times == 0 {
            counts.remove(error);
            return None;
        }
        Some(times)
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<UpstreamError, u64>> {
        // Counts are whole between any two statements, so a panic elsewhere cannot have broken them.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{io, time::Instant};

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn error(status: u16, injected: bool) -> UpstreamError {
        UpstreamError { upstream: "inventory".to_owned(), kind: FailureKind::Http, status, injected }
    }

    #[tokio::test]
    async fn failure_is_new_once_then_counted_and_new_again_after_it_was_over() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let throttle = ErrorThrottle { counts: Arc::default(), interval: Duration::from_millis(20) };
        let new = [503, 503, 503, 503].map(|status| throttle.is_new(error(status, false)));
        assert_eq!(new, [true, false, false, false]);

        let began = Instant::now();
        while !throttle.counts().is_empty() {
            assert!(began.elapsed() < Duration::from_secs(30), "the throttle does not forget a failure that is over");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let [line] = log.lines().collect::<Vec<_>>()[..] else { panic!("one line: {log}") };
        assert!(line.contains("WARN") && line.contains("keeps failing") && line.contains("times=3"), "{line}");
        assert!(throttle.is_new(error(503, false)));
    }

    #[tokio::test]
    async fn another_status_and_an_injected_failure_are_failures_of_their_own() {
        let throttle = ErrorThrottle::default();
        for (status, injected) in [(503, true), (503, false), (500, false)] {
            assert!(throttle.is_new(error(status, injected)));
        }
        assert!(!throttle.is_new(error(503, false)));
    }
}
