//! Warnings about calls that fail. A failure has one line at once, rather than one for each call, and another line with
//! the number of calls at intervals while it lasts. The log lines of the requests name the failed calls.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::hello::FailureKind;

/// Interval between warnings about a failure that lasts.
const INTERVAL: Duration = Duration::from_secs(30);

/// Which failures are one trouble. Upstreams are those of the flags, and kinds and statuses are few: so are troubles.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Trouble {
    /// The upstream's name.
    pub(super) upstream: String,
    /// How the call failed.
    pub(super) kind: FailureKind,
    /// The call's status.
    pub(super) status: u16,
    /// Whether a fault was injected into the call: what is wished for must not hide what is not.
    pub(super) injected: bool,
}

impl Trouble {
    /// As in the line of the request: `stock=refused`, `stock=503`.
    pub(super) fn in_short(&self) -> String {
        match self.kind {
            FailureKind::Http => format!("{}={}", self.upstream, self.status),
            kind => format!("{}={}", self.upstream, kind.as_str()),
        }
    }
}

/// The troubles that go on.
#[derive(Debug, Clone)]
pub(super) struct Troubles {
    /// How often each has come since it was last told.
    untold: Arc<Mutex<HashMap<Trouble, u64>>>,
    interval: Duration,
}

impl Default for Troubles {
    fn default() -> Self {
        Self { untold: Arc::default(), interval: INTERVAL }
    }
}

impl Troubles {
    /// Whether a failure is to be told now, because it does not go on from before. Otherwise it is counted, and told with
    /// the others of its kind. To be called on the runtime.
    pub(super) fn begins(&self, trouble: Trouble) -> bool {
        match self.untold().entry(trouble) {
            Entry::Occupied(mut untold) => {
                *untold.get_mut() += 1;
                return false;
            }
            Entry::Vacant(place) => {
                tokio::spawn(self.clone().follow(place.key().clone()));
                place.insert(0);
            }
        }
        true
    }

    /// Warns about a failure while it lasts.
    async fn follow(self, trouble: Trouble) {
        loop {
            tokio::time::sleep(self.interval).await;
            let Some(times) = self.since_told(&trouble) else { return };
            tracing::warn!(
                upstream = trouble.upstream,
                status = trouble.status,
                error = trouble.kind.as_str(),
                injected = trouble.injected.then_some(true),
                times,
                "upstream goes on failing; it is told every {:?}, and for each request in its own line",
                self.interval
            );
        }
    }

    /// How often a trouble has come since it was last told. One that has not is over.
    fn since_told(&self, trouble: &Trouble) -> Option<u64> {
        let mut untold = self.untold();
        let times = untold.get_mut(trouble).map_or(0, std::mem::take);
        if times == 0 {
            untold.remove(trouble);
            return None;
        }
        Some(times)
    }

    fn untold(&self) -> MutexGuard<'_, HashMap<Trouble, u64>> {
        // Counts are whole between any two statements, so a panic elsewhere cannot have broken them.
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn trouble(status: u16, injected: bool) -> Trouble {
        Trouble { upstream: "stock".to_owned(), kind: FailureKind::Http, status, injected }
    }

    #[tokio::test]
    async fn a_trouble_is_told_at_once_then_counted_and_told_again_after_it_was_over() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let _lasting = tracing::subscriber::set_default(subscriber);
        let troubles = Troubles { untold: Arc::default(), interval: Duration::from_millis(20) };
        let told = [503, 503, 503, 503].map(|status| troubles.begins(trouble(status, false)));
        assert_eq!(told, [true, false, false, false]);

        let began = Instant::now();
        while !troubles.untold().is_empty() {
            assert!(began.elapsed() < Duration::from_secs(30), "a trouble that is over is forgotten");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let [line] = log.lines().collect::<Vec<_>>()[..] else { panic!("one line: {log}") };
        assert!(line.contains("WARN") && line.contains("goes on failing") && line.contains("times=3"), "{line}");
        assert!(troubles.begins(trouble(503, false)));
    }

    #[tokio::test]
    async fn another_status_and_what_is_injected_are_troubles_of_their_own() {
        let troubles = Troubles::default();
        for (status, injected) in [(503, true), (503, false), (500, false)] {
            assert!(troubles.begins(trouble(status, injected)));
        }
        assert!(!troubles.begins(trouble(503, false)));
    }
}
