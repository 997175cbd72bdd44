//! Waits for the effect of a change: sends single requests on new connections until the conditions have held several
//! times in a row.

use std::time::{Duration, Instant};

use super::{Engine, StopReason, observer::Event};
use crate::{
    checks::{self, Check},
    lab::{Actions, Lab, Wait},
    platform::Entry,
    quantity::readable,
    report::{WaitReport, When},
    traffic::{MAX_RATE, Outcome, Plan, Sample},
};

/// Pause after a probe that did not show the effect. A probe that did is followed at once by the next.
const PAUSE: Duration = Duration::from_millis(20);
/// Additional time for a probe after the deadline of the wait.
const PROBE: Duration = Duration::from_secs(15);

impl Engine<'_> {
    /// Waits for all conditions of these actions.
    pub(super) async fn settle(
        &self,
        lab: &Lab,
        actions: &Actions,
        when: When,
        waits: &mut Vec<WaitReport>,
    ) -> Result<(), StopReason> {
        if let Some(wait) = &actions.wait {
            self.wait(lab, wait, when, waits).await?;
        }
        if let Some(wait) = &actions.wait_metric {
            self.wait_metric(wait, when, waits).await?;
        }
        Ok(())
    }

    /// Waits for an effect, and records the result.
    async fn wait(&self, lab: &Lab, wait: &Wait, when: When, waits: &mut Vec<WaitReport>) -> Result<(), StopReason> {
        let conditions: Vec<_> = wait.until.iter().map(condition).collect();
        let what = format!("{} from {}, {}×", conditions.join(" and "), wait.from.word(), wait.times);
        self.observer.tell(&Event::Waiting(&what, None));
        let entry = self.platform.entry(wait.from).await?;
        let started = Instant::now();
        let (mut probes, mut in_a_row, mut last) = (0, 0, String::from("no probe"));
        while in_a_row < wait.times {
            if started.elapsed() > wait.within {
                break;
            }
            let sample = self.probe(lab, wait, &entry).await?;
            probes += 1;
            last = show(&sample);
            let mut shown = wait.until.iter().all(|check| check.kind.holds_for_one(&sample));
            if shown && in_a_row + 1 == wait.times {
                // The last probe of a row counts only if the effect also holds on kept connections.
                if let Some(other) = self.unsettled(lab, wait, &entry, &mut probes).await? {
                    (shown, last) = (false, show(&other));
                }
            }
            if shown {
                in_a_row += 1;
                continue;
            }
            in_a_row = 0;
            self.observer.tell(&Event::Waiting(&what, Some(&last)));
            tokio::time::sleep(PAUSE).await;
        }
        let came = in_a_row >= wait.times;
        let waited = WaitReport { when, what, probes, took_ms: super::milliseconds(started.elapsed()), last, came };
        self.observer.tell(&Event::WaitOver(&waited));
        over(waited, wait.within, waits)
    }

    /// Returns a request of a burst that does not show the effect, or `None` if all show it or the platform needs no
    /// bursts. A wait for one probe expects an effect on a share of the requests, so a burst does not apply.
    async fn unsettled(
        &self,
        lab: &Lab,
        wait: &Wait,
        entry: &Entry,
        probes: &mut u64,
    ) -> Result<Option<Sample>, StopReason> {
        let Some(settle) = self.platform.settle().filter(|_| wait.times > 1) else { return Ok(None) };
        // Requests start almost at once, so that each needs its own connection, in the proxies too.
        let (rate, burst) = (MAX_RATE, settle.burst);
        for _ in 0..settle.times {
            let plan = Plan {
                headers: wait.headers.clone(),
                timeout: PROBE.min(wait.within),
                service: Some(lab.service.clone()),
                ..Plan::get(
                    entry.address.clone(),
                    &entry.authority,
                    &wait.path,
                    rate,
                    Duration::from_secs_f64(f64::from(burst) / rate),
                )
            };
            let result = crate::traffic::run(&plan, |_| {}, self.interrupt.wait()).await?;
            if self.interrupt.is_requested() {
                return Err(StopReason::Interrupted);
            }
            *probes += u64::from(burst);
            let other = result
                .samples
                .into_iter()
                .find(|sample| !wait.until.iter().all(|check| check.kind.holds_for_one(sample)));
            if other.is_some() {
                return Ok(other);
            }
        }
        Ok(None)
    }

    /// Sends one request on its own connection, and classifies its outcome as for traffic.
    async fn probe(&self, lab: &Lab, wait: &Wait, entry: &Entry) -> Result<Sample, StopReason> {
        let plan = Plan {
            headers: wait.headers.clone(),
            fresh_connections: true,
            timeout: patience(&wait.until).min(wait.within),
            service: Some(lab.service.clone()),
            ..Plan::get(entry.address.clone(), &entry.authority, &wait.path, 1000.0, Duration::from_millis(1))
        };
        let mut result = crate::traffic::run(&plan, |_| {}, self.interrupt.wait()).await?;
        if self.interrupt.is_requested() {
            return Err(StopReason::Interrupted);
        }
        result.samples.pop().ok_or_else(|| StopReason::Broken("a probe ended without a result".to_owned()))
    }
}

/// Records the result of a wait.
pub(super) fn over(waited: WaitReport, within: Duration, waits: &mut Vec<WaitReport>) -> Result<(), StopReason> {
    let failed = format!(
        "the effect did not come within {}: waited for {}, the last of {} probes showed {}",
        readable(within),
        waited.what,
        waited.probes,
        waited.last
    );
    let came = waited.came;
    waits.push(waited);
    if came { Ok(()) } else { Err(StopReason::Failed(failed)) }
}

/// Returns the timeout of a probe, slightly longer than the time after which no check depends on its outcome.
fn patience(until: &[Check]) -> Duration {
    let limits = until.iter().map(|check| check.kind.probe_limit()).collect::<Option<Vec<_>>>();
    limits.into_iter().flatten().max().map_or(PROBE, |limit| limit + PAUSE)
}

/// Describes what a probe must show.
fn condition(check: &Check) -> String {
    let (name, expected) = (checks::name(check), checks::expected(check));
    if expected.starts_with(&name) { expected } else { format!("{name} {expected}") }
}

/// Describes a request briefly.
fn show(sample: &Sample) -> String {
    let took = readable(sample.latency);
    match &sample.outcome {
        Outcome::Failure { kind, detail } => format!("no answer: {kind} ({detail}) after {took}"),
        Outcome::Answer(answer) => {
            let mut words = vec![format!("status {}", answer.status)];
            words.extend(answer.version.iter().map(|version| format!("version {version}")));
            words.extend(answer.upstream_status.map(|status| format!("upstream-status {status}")));
            words.extend(answer.upstream_error.iter().map(|error| format!("upstream-error {error}")));
            words.extend(answer.attempt.map(|attempt| format!("attempt {attempt}")));
            words.extend(answer.peer.iter().map(|peer| format!("peer {peer}")));
            format!("{} in {took}", words.join(", "))
        }
    }
}
