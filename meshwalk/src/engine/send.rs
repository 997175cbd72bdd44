//! The traffic of a step: all of it at once, with changes in its midst.

use std::time::Duration;

use futures_util::future::{join, try_join_all};

use super::{Engine, Halt, observer::Event};
use crate::{
    checks::Run,
    lab::{Lab, Step, Traffic},
    report::{StepReport, TrafficReport, When},
    target::Entry,
    traffic::Plan,
};

/// About so many intervals of time does a plot have; fewer where an interval would be of a few requests only.
const INTERVALS: f64 = 40.0;
/// An interval has at least so many requests, so that a quantile of it says something.
const PER_INTERVAL: f64 = 8.0;

impl Engine<'_> {
    /// Sends a step's traffic and makes its changes halfway through.
    pub(super) async fn send(&self, lab: &Lab, step: &Step, report: &mut StepReport) -> Result<Vec<Run>, Halt> {
        let mut entries = Vec::new();
        for traffic in &step.traffic {
            entries.push(self.target.entry(traffic.from).await?);
        }
        let longest = step.traffic.iter().map(|traffic| traffic.duration).max().unwrap_or_default();
        let runs =
            try_join_all(step.traffic.iter().zip(&entries).map(|(traffic, entry)| self.one(lab, traffic, entry)));
        let (changes, waits) = (&mut report.changes, &mut report.waits);
        let during = async {
            let Some(during) = &step.during else { return Ok(None) };
            tokio::select! {
                () = tokio::time::sleep(longest / 2) => {}
                () = self.interrupt.wished() => return Err(Halt::Interrupted),
            }
            let at = longest / 2;
            self.change(during, When::During, changes).await?;
            if let Some(wait) = &during.wait {
                self.wait(lab, wait, When::During, waits).await?;
            }
            Ok(Some(at))
        };
        let (runs, changed) = join(runs, during).await;
        let (runs, changed) = (runs?, changed?);
        for ((traffic, entry), run) in step.traffic.iter().zip(entries).zip(&runs) {
            report.traffic.push(summarise(traffic, entry, run, changed));
        }
        if self.interrupt.is_wished() {
            return Err(Halt::Interrupted);
        }
        Ok(runs)
    }

    async fn one(&self, lab: &Lab, traffic: &Traffic, entry: &Entry) -> Result<Run, Halt> {
        let plan = plan(lab, traffic, entry);
        let tell = |progress| self.observer.tell(&Event::Sending(&traffic.name, progress));
        let result = crate::traffic::run(&plan, tell, self.interrupt.wished()).await?;
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

fn summarise(traffic: &Traffic, entry: Entry, run: &Run, changed: Option<Duration>) -> TrafficReport {
    let width = (traffic.duration.as_secs_f64() / INTERVALS).max(PER_INTERVAL / traffic.rate);
    TrafficReport {
        name: traffic.name.clone(),
        from: traffic.from,
        path: traffic.path.clone(),
        headers: traffic.headers.iter().cloned().collect(),
        changed_at_s: changed.map(|at| at.as_secs_f64()),
        caveat: entry.caveat,
        summary: run.traffic.summary(),
        timeline: run.traffic.timeline(Duration::from_secs_f64(width)),
    }
}
