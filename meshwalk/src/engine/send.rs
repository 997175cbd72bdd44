//! Sends the traffic of a step, all of it at the same time, and applies changes halfway through.

use std::time::{Duration, Instant};

use futures_util::future::{join, try_join_all};

use super::{Engine, StopReason, observer::Event};
use crate::{
    checks::Run,
    lab::{Lab, Step, Traffic},
    platform::Entry,
    report::{StepReport, TrafficReport, When},
    traffic::{End, Plan},
};

/// Maximum number of intervals in a plot.
const INTERVALS: u64 = 40;
/// Minimum number of requests in an interval, so that its quantiles are meaningful.
const PER_INTERVAL: u64 = 8;

impl Engine<'_> {
    /// Sends a step's traffic and applies its changes halfway through. The traffic is extended by the duration of the
    /// changes, so that they and the time after them are under load.
    pub(super) async fn send(&self, lab: &Lab, step: &Step, report: &mut StepReport) -> Result<Vec<Run>, StopReason> {
        let mut entries = Vec::new();
        for traffic in &step.traffic {
            entries.push(self.platform.entry(traffic.from).await?);
        }
        let longest = step.traffic.iter().map(|traffic| traffic.duration).max().unwrap_or_default();
        let at = longest / 2;
        let (ender, open) = End::open();
        let runs = try_join_all(step.traffic.iter().zip(&entries).map(|(traffic, entry)| {
            let met = step.during.is_some() && traffic.duration > at;
            self.one(lab, traffic, entry, if met { open.clone() } else { End::planned() })
        }));
        let (changes, waits) = (&mut report.changes, &mut report.waits);
        let during = async {
            // Dropping `ender`, also after a failure, ends the traffic at its own time.
            let ender = ender;
            let Some(during) = &step.during else { return Ok(None) };
            tokio::select! {
                () = tokio::time::sleep(at) => {}
                () = self.interrupt.wait() => return Err(StopReason::Interrupted),
            }
            let started = Instant::now();
            self.change(during, When::During, changes).await?;
            self.settle(lab, during, When::During, waits).await?;
            let took = started.elapsed();
            ender.after(took);
            Ok(Some((at, at + took)))
        };
        let (runs, changed) = join(runs, during).await;
        let (runs, changed) = (runs?, changed?);
        for ((traffic, entry), run) in step.traffic.iter().zip(entries).zip(&runs) {
            report.traffic.push(summarise(traffic, entry, run, changed));
        }
        if self.interrupt.is_requested() {
            return Err(StopReason::Interrupted);
        }
        Ok(runs)
    }

    async fn one(&self, lab: &Lab, traffic: &Traffic, entry: &Entry, end: End) -> Result<Run, StopReason> {
        let plan = plan(lab, traffic, entry);
        let tell = |progress| self.observer.tell(&Event::Sending(&traffic.name, progress));
        let result = crate::traffic::run_until(&plan, end, tell, self.interrupt.wait()).await?;
        Ok(Run { name: traffic.name.clone(), traffic: result })
    }
}

fn plan(lab: &Lab, traffic: &Traffic, entry: &Entry) -> Plan {
    Plan {
        headers: traffic.headers.clone(),
        fresh_connections: traffic.fresh,
        timeout: traffic.timeout,
        service: Some(lab.service.clone()),
        ..Plan::get(entry.address.clone(), &entry.authority, &traffic.path, traffic.rate, traffic.duration)
    }
}

fn summarise(traffic: &Traffic, entry: Entry, run: &Run, changed: Option<(Duration, Duration)>) -> TrafficReport {
    TrafficReport {
        name: traffic.name.clone(),
        from: traffic.from,
        path: traffic.path.clone(),
        headers: traffic.headers.iter().cloned().collect(),
        changed_at_s: changed.map(|(from, _)| from.as_secs_f64()),
        changed_until_s: changed.map(|(_, until)| until.as_secs_f64()),
        caveat: entry.caveat,
        summary: run.traffic.summary(),
        timeline: run.traffic.timeline(interval(traffic, run.traffic.planned)),
    }
}

/// Returns the interval of a plot. It contains a whole number of requests, the same in each interval if possible, so
/// that a constant rate looks constant.
fn interval(traffic: &Traffic, requests: u64) -> Duration {
    let least = requests.div_ceil(INTERVALS).max(PER_INTERVAL);
    let each = (least..=least * 2).find(|each| requests.is_multiple_of(*each)).unwrap_or(least);
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    // Rounded down: a request that is due at the end of an interval belongs to the next one.
    let nanoseconds = (each as f64 / traffic.rate * 1e9).floor() as u64;
    Duration::from_nanos(nanoseconds)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use meshwalk_yaml::Location;

    use super::*;
    use crate::{
        lab::Entrance,
        traffic::{Answer, Outcome, Sample},
    };

    #[test]
    fn a_constant_rate_has_equally_many_requests_in_each_interval() {
        for (rate, seconds) in [(400.0, 2), (100.0, 1), (300.0, 1), (600.0, 3), (50.0, 1), (7.0, 10)] {
            let traffic = Traffic {
                name: String::new(),
                from: Entrance::Gateway,
                path: String::new(),
                headers: Vec::new(),
                rate,
                duration: Duration::from_secs(seconds),
                fresh: false,
                timeout: Duration::from_secs(1),
                location: Location { file: PathBuf::new(), line: 1, column: 1 },
            };
            let sample = |index: u64| Sample {
                due: Duration::from_secs_f64(index as f64 / rate),
                latency: Duration::ZERO,
                outcome: Outcome::Answer(Answer::default()),
            };
            let run = crate::traffic::TrafficResult::of((0..traffic.requests()).map(sample).collect());
            let counts: Vec<_> =
                run.timeline(interval(&traffic, traffic.requests())).iter().map(|bucket| bucket.requests).collect();
            assert!(counts.windows(2).all(|pair| pair[0] == pair[1]), "{rate}/s: {counts:?}");
            assert!(counts.len() as u64 <= INTERVALS && counts.len() > 1, "{rate}/s: {counts:?}");
        }
    }
}
