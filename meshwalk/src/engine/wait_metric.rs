//! Waits for a metric, to detect states that no request shows, such as a proxy's gauge of healthy instances.

use std::time::{Duration, Instant};

use super::{Engine, StopReason, observer::Event, wait::over};
use crate::{
    lab::MetricWait,
    report::{WaitReport, When},
};

/// Pause between two scrapes.
const PAUSE: Duration = Duration::from_millis(200);

impl Engine<'_> {
    /// Waits until a metric has a value, and records the result.
    pub(super) async fn wait_metric(
        &self,
        wait: &MetricWait,
        when: When,
        waits: &mut Vec<WaitReport>,
    ) -> Result<(), StopReason> {
        let what = format!("{} {} {}", wait.query, wait.op, wait.value);
        self.observer.tell(&Event::Waiting(&what, None));
        let (started, mut probes) = (Instant::now(), 0);
        let selector = wait.query.selector();
        let workloads = [wait.query.workload.clone()];
        loop {
            let scrape = self.platform.scrape(&workloads).await?;
            probes += 1;
            // Without any series there is no value: a missing series does not count as 0.
            let there = scrape.has(&selector) && scrape.missing.is_empty();
            let value = scrape.sum(&selector);
            let came = there && wait.op.holds(value, wait.value, 0.0);
            let last = match scrape.missing.first() {
                Some(missing) => missing.to_string(),
                None if there => value.to_string(),
                None => "no such series".to_owned(),
            };
            if came || started.elapsed() > wait.within {
                let took_ms = super::milliseconds(started.elapsed());
                let waited = WaitReport { when, what, probes, took_ms, last, came };
                self.observer.tell(&Event::WaitOver(&waited));
                return over(waited, wait.within, waits);
            }
            self.observer.tell(&Event::Waiting(&what, Some(&last)));
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = self.interrupt.wait() => return Err(StopReason::Interrupted),
            }
        }
    }
}
