//! Collects the evidence besides the answers: counters before and after, a trace, the instances. Counters and spans
//! arrive after the answers, so they are polled until they are stable and the checks pass, or until a deadline.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use super::{Engine, StopReason, observer::Event};
use crate::checks::{self, Check, Counters, Evidence, Needs, Status, Verdict};

/// Time limit for counters to become stable. A proxy counts a request when its stream has ended.
const COUNTERS: Duration = Duration::from_secs(5);
/// Time limit for spans to arrive. A batch of spans is sent every five seconds by default.
const SPANS: Duration = Duration::from_secs(12);
/// Pause between two polls.
const PAUSE: Duration = Duration::from_millis(200);

/// Returns the time limit for the evidence to arrive.
fn patience(needs: &Needs) -> Duration {
    match needs {
        Needs { trace: true, .. } => SPANS,
        _ if needs.is_late() => COUNTERS,
        _ => Duration::ZERO,
    }
}

impl Engine<'_> {
    /// Reads the current counters.
    pub(super) async fn count(&self, needs: &Needs) -> Result<Counters, StopReason> {
        let mut counters = Counters::default();
        if !needs.queries.is_empty() {
            let workloads: BTreeSet<_> = needs.queries.iter().map(|query| query.workload.clone()).collect();
            counters.scrape = self.platform.scrape(&workloads.into_iter().collect::<Vec<_>>()).await?;
        }
        if needs.faults {
            for instance in self.platform.instances().await? {
                counters.add_faults(&instance.name, self.platform.faults(&instance.name).await?);
            }
        }
        Ok(counters)
    }

    /// Decides checks once the evidence for them is complete.
    pub(super) async fn decide(
        &self,
        checks: &[Check],
        needs: &Needs,
        before: &Counters,
        evidence: &mut Evidence,
    ) -> Result<Vec<Verdict>, StopReason> {
        let started = Instant::now();
        let mut figures: Option<Vec<f64>> = None;
        if patience(needs) > Duration::ZERO {
            self.observer.tell(&Event::Collecting);
        }
        loop {
            if needs.counters() {
                evidence.growth = self.count(needs).await?.since(before);
            }
            if needs.trace {
                self.collect_traces(evidence).await?;
            }
            if needs.instances {
                evidence.instances = self.platform.instances().await?;
            }
            let verdicts: Vec<_> = checks.iter().map(|check| checks::decide(check, evidence)).collect();
            // A check that passes already must not miss requests that are counted late.
            let found = needs.values(&evidence.growth);
            let settled = !needs.counters() || figures.as_ref() == Some(&found);
            let waiting = checks
                .iter()
                .zip(&verdicts)
                .any(|(check, verdict)| verdict.status == Status::Failed && Needs::of([check]).is_late());
            if (settled && !waiting) || started.elapsed() >= patience(needs) {
                return Ok(verdicts);
            }
            figures = Some(found);
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = self.interrupt.wait() => return Err(StopReason::Interrupted),
            }
        }
    }

    async fn collect_traces(&self, evidence: &mut Evidence) -> Result<(), StopReason> {
        for run in &evidence.runs {
            if let Some(id) = run.traffic.last_trace() {
                let spans = self.platform.trace(id).await?;
                evidence.traces.insert(run.name.clone(), (id.to_owned(), spans));
            }
        }
        Ok(())
    }
}
