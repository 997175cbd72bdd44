//! Processor time that requests use up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use meshwalk_faults::Cores;
use tokio::sync::Semaphore;

use super::burn;
use crate::faults::rule_lifetime::RuleLifetime;

/// The threads on which requests use up processor time: as many at once as there may be cores busy. Requests beyond wait
/// for their turn, as they do in a program that works on as many threads. Clones share them.
#[derive(Debug, Clone)]
pub(in crate::faults) struct Processors(Arc<Semaphore>);

impl Processors {
    pub(in crate::faults) fn new(cores: Cores) -> Self {
        Self(Arc::new(Semaphore::new(usize::try_from(cores.thousandths().div_ceil(1000)).unwrap_or(1).max(1))))
    }

    /// Uses up so much processor time, on a thread that no other request is answered on. Ends early when the rule is
    /// taken out of force or the request is given up. Returns how much it was.
    pub(in crate::faults) async fn use_up(&self, time: Duration, lifetime: RuleLifetime) -> Duration {
        let permit = tokio::select! {
            // `biased`: check removal first.
            biased;
            () = lifetime.wait_until_removed() => return Duration::ZERO,
            permit = Arc::clone(&self.0).acquire_owned() => permit,
        };
        let stop = Stop::default();
        let stopped = Arc::clone(&stop.0);
        let mut work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            burn::use_up(time, &stopped)
        });
        tokio::select! {
            used = &mut work => return used.unwrap_or(time),
            () = lifetime.wait_until_removed() => drop(stop),
        }
        work.await.unwrap_or(time)
    }
}

/// Ends the work when it is dropped, also with the request that waits for it.
#[derive(Debug, Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    #[tokio::test]
    async fn a_rule_that_goes_ends_the_work_and_the_waiting_for_it() {
        let processors = Processors::new(Cores::of_thousandths(500));
        let cancel = CancellationToken::new();
        let all = [0; 2].map(|_| {
            let (processors, lifetime) = (processors.clone(), RuleLifetime::new(cancel.clone(), None));
            tokio::spawn(async move { processors.use_up(Duration::from_secs(3600), lifetime).await })
        });
        while processors.0.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
        for one in all {
            assert!(one.await.unwrap() < Duration::from_secs(60));
        }
    }

    #[tokio::test]
    async fn a_request_that_is_given_up_ends_its_work() {
        let processors = Processors::new(Cores::of_thousandths(1000));
        let cancel = CancellationToken::new();
        let work = processors.use_up(Duration::from_secs(3600), RuleLifetime::new(cancel.clone(), None));
        assert!(tokio::time::timeout(Duration::from_millis(5), work).await.is_err());
        // The only thread is free again, or this would not end.
        let used = processors.use_up(Duration::from_millis(2), RuleLifetime::new(cancel.clone(), None)).await;
        assert!(used >= Duration::from_millis(2), "{used:?}");
    }
}
