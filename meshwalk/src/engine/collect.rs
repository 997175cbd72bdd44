//! The evidence beside the answers: counters before and after, a trace, the instances. What is counted arrives a moment
//! after what is answered, so it is looked at until it has settled and holds, or a deadline passes.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use super::{Engine, StopReason, observer::Event};
use crate::{
    checks::{self, Counters, Evidence, Growth, Status, Verdict},
    lab::{Amount, Check, Kind, MetricQuery, Term},
};

/// How long counters may take to settle: a proxy counts a request when its stream has ended.
const COUNTERS: Duration = Duration::from_secs(5);
/// How long spans may take to arrive: a batch of spans is sent every five seconds by default.
const SPANS: Duration = Duration::from_secs(12);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// What has to be looked at to decide some checks.
#[derive(Debug, Default)]
pub(super) struct Needs {
    queries: Vec<MetricQuery>,
    faults: bool,
    trace: bool,
    instances: bool,
    replacement: bool,
}

impl Needs {
    /// What these checks need.
    pub(super) fn of<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Self {
        let mut needs = Self::default();
        for check in checks {
            match &check.kind {
                Kind::Metric(wanted) => {
                    needs.queries.push(wanted.query.clone());
                    needs.faults |= counts_faults(&wanted.amount);
                }
                Kind::AddsUp(sums) => sums.left.iter().chain(&sums.right).for_each(|term| match term {
                    Term::Metric(query) => needs.queries.push(query.clone()),
                    Term::Faults(_) => needs.faults = true,
                    Term::Client(amount, _) => needs.faults |= counts_faults(amount),
                }),
                Kind::Trace(_) => needs.trace = true,
                Kind::Probes => needs.instances = true,
                Kind::Instances(_) => (needs.instances, needs.replacement) = (true, true),
                _ => {}
            }
        }
        needs
    }

    /// Whether the instances are needed as they were before the step's changes.
    pub(super) fn replacement(&self) -> bool {
        self.replacement
    }

    fn counters(&self) -> bool {
        self.faults || !self.queries.is_empty()
    }

    /// The figures that the checks will look at. A page has others that never rest, such as a process's age.
    fn figures(&self, growth: &Growth) -> Vec<f64> {
        self.queries.iter().map(|query| growth.metric(query)).collect()
    }

    /// How long what is needed may take.
    fn patience(&self) -> Duration {
        if self.trace {
            SPANS
        } else if self.counters() || self.instances {
            COUNTERS
        } else {
            Duration::ZERO
        }
    }
}

fn counts_faults(amount: &Amount) -> bool {
    match amount {
        Amount::Faults(_) => true,
        Amount::Times(_, of) => counts_faults(of),
        _ => false,
    }
}

impl Engine<'_> {
    /// Counters as they stand now.
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

    /// Decides checks once the evidence for them is there.
    pub(super) async fn decide(
        &self,
        checks: &[Check],
        needs: &Needs,
        before: &Counters,
        evidence: &mut Evidence,
    ) -> Result<Vec<Verdict>, StopReason> {
        let started = Instant::now();
        let mut figures: Option<Vec<f64>> = None;
        if needs.patience() > Duration::ZERO {
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
            // Requests that are counted late must not be missed by a check that holds already.
            let found = needs.figures(&evidence.growth);
            let settled = !needs.counters() || figures.as_ref() == Some(&found);
            let waiting = checks.iter().zip(&verdicts).any(|(check, verdict)| {
                verdict.status == Status::Failed
                    && matches!(
                        check.kind,
                        Kind::Metric(_) | Kind::AddsUp(_) | Kind::Trace(_) | Kind::Probes | Kind::Instances(_)
                    )
            });
            if (settled && !waiting) || started.elapsed() >= needs.patience() {
                return Ok(verdicts);
            }
            figures = Some(found);
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = self.interrupt.wished() => return Err(StopReason::Interrupted),
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
