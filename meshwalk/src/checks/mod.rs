//! Every check of a lab, decided over the evidence of a step; a failure says what was expected, what was seen and why
//! the one cannot be the other.

mod answered_by;
pub mod classes;
mod counters;
mod instances;
mod latency;
mod metric;
mod peers;
pub mod power;
mod shares;
mod sums;
#[cfg(test)]
mod tests;
mod trace;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use counters::selector;
pub use counters::{Counters, Growth};
pub use shares::holds_for_one;

use crate::{
    lab::{Check, GateOutcome, Kind},
    platform::{Instance, Span},
    traffic::{Observation, Traffic},
};

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// What was expected was seen.
    Passed,
    /// It was not.
    Failed,
    /// It could not be looked at, for a reason.
    Skipped,
}

impl Status {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// A check with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The check's name.
    pub name: String,
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub observed: String,
    /// What became of it.
    pub status: Status,
    /// Why.
    pub reason: String,
}

impl Verdict {
    /// A check that nobody looked at.
    #[must_use]
    pub fn skipped(check: &Check, reason: &str) -> Self {
        Self {
            name: name(check),
            expected: expected(check),
            observed: "nothing".to_owned(),
            status: Status::Skipped,
            reason: reason.to_owned(),
        }
    }
}

/// What was seen against what was expected, before it has a name.
struct Finding {
    observed: String,
    /// Why it holds, or why it does not.
    result: Result<String, String>,
}

impl Finding {
    fn holds(observed: impl Into<String>, why: impl Into<String>) -> Self {
        Self { observed: observed.into(), result: Ok(why.into()) }
    }

    fn fails(observed: impl Into<String>, why: impl Into<String>) -> Self {
        Self { observed: observed.into(), result: Err(why.into()) }
    }
}

/// The requests of one traffic, by its name.
#[derive(Debug, Clone)]
pub struct Run {
    /// The traffic's name.
    pub name: String,
    /// What became of its requests.
    pub traffic: Traffic,
}

/// Everything that a step left behind.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The step's traffic.
    pub runs: Vec<Run>,
    /// How counters grew over it.
    pub growth: Growth,
    /// The spans of the last request's trace with its id, by traffic.
    pub traces: BTreeMap<String, (String, Vec<Span>)>,
    /// Why traces cannot be looked at, if so.
    pub untraced: Option<String>,
    /// Every instance, after it.
    pub instances: Vec<Instance>,
    /// Every instance that was there before its changes.
    pub instances_before: Vec<Instance>,
    /// What the gate decided.
    pub gate: Option<GateOutcome>,
}

impl Evidence {
    /// The requests of one traffic, or of all.
    fn requests(&self, of: Option<&str>) -> impl Iterator<Item = Observation<'_>> {
        self.runs(of).flat_map(|run| run.traffic.observations())
    }

    /// One traffic, or all.
    fn runs(&self, of: Option<&str>) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| of.is_none_or(|of| run.name == of))
    }
}

/// Decides a check.
#[must_use]
pub fn decide(check: &Check, evidence: &Evidence) -> Verdict {
    let of = check.of.as_deref();
    if let (Kind::Trace(_), Some(why)) = (&check.kind, &evidence.untraced) {
        return Verdict::skipped(check, why);
    }
    let finding = match &check.kind {
        Kind::Shares { category, wanted, .. } => shares::decide(*category, wanted, evidence.requests(of)),
        Kind::Latency(quantile, op, limit) => latency::decide(*quantile, *op, *limit, evidence, of),
        Kind::Peer(peer) => peers::decide(peer.as_deref(), evidence.requests(of)),
        Kind::AttemptsMax(limit) => peers::decide_attempts(*limit, evidence.requests(of)),
        Kind::AnsweredBy(count, each) => answered_by::decide(*count, *each, evidence.requests(of)),
        Kind::Metric(wanted) => metric::decide(wanted, evidence, of),
        Kind::AddsUp(sums) => sums::decide(sums, evidence, of),
        Kind::Trace(services) => trace::decide(services, evidence, of),
        Kind::Probes => peers::decide_probes(&evidence.instances),
        Kind::Instances(fates) => instances::decide(fates, &evidence.instances_before, &evidence.instances),
        Kind::Gate(wanted) => gate(*wanted, evidence.gate),
    };
    let (status, reason) = match finding.result {
        Ok(why) => (Status::Passed, why),
        Err(why) => (Status::Failed, why),
    };
    Verdict { name: name(check), expected: expected(check), observed: finding.observed, status, reason }
}

fn gate(wanted: GateOutcome, seen: Option<GateOutcome>) -> Finding {
    match (wanted, seen) {
        (GateOutcome::Held, Some(GateOutcome::Held)) => Finding::holds("held", "every check of the gate held"),
        (GateOutcome::Breached, Some(GateOutcome::Breached)) => {
            Finding::holds("breached, rolled back", "a check of the gate failed, and the rollback was done at once")
        }
        (GateOutcome::Held, Some(GateOutcome::Breached)) => Finding::fails(
            "breached, rolled back",
            "a check of the gate failed (see the gate's checks), so the rollback was done",
        ),
        (GateOutcome::Breached, Some(GateOutcome::Held)) => Finding::fails(
            "held",
            "the gate let through what it was expected to stop: every one of its checks held (see the gate's checks)",
        ),
        (_, None) => Finding::fails("nothing", "the gate was not reached"),
    }
}

/// What the report calls a check.
#[must_use]
pub fn name(check: &Check) -> String {
    let name = check.name.clone().unwrap_or_else(|| match &check.kind {
        Kind::Shares { category, .. } => category.word().to_owned(),
        Kind::Latency(quantile, ..) => quantile.word().to_owned(),
        Kind::Peer(_) => "peer".to_owned(),
        Kind::AttemptsMax(_) => "attempts-max".to_owned(),
        Kind::AnsweredBy(..) => "answered-by".to_owned(),
        Kind::Metric(wanted) => format!("metric {}", wanted.query.name),
        Kind::AddsUp(_) => "adds-up".to_owned(),
        Kind::Trace(_) => "trace".to_owned(),
        Kind::Probes => "probes".to_owned(),
        Kind::Instances(_) => "instances".to_owned(),
        Kind::Gate(_) => "gate".to_owned(),
    });
    check.of.as_ref().map_or_else(|| name.clone(), |of| format!("{name} ({of})"))
}

/// What a check expects, in words.
#[must_use]
pub fn expected(check: &Check) -> String {
    match &check.kind {
        Kind::Shares { category, wanted, .. } => shares::expected(*category, wanted),
        Kind::Latency(_, op, limit) => format!("{op} {}", crate::quantity::readable(*limit)),
        Kind::Peer(peer) => peer.clone().unwrap_or_else(|| "no identity".to_owned()),
        Kind::AttemptsMax(limit) => format!("at most {limit}"),
        Kind::AnsweredBy(count, each) => answered_by::expected(*count, *each),
        Kind::Metric(wanted) => metric::expected(wanted),
        Kind::AddsUp(sums) => format!("{} = {}", sums::side(&sums.left), sums::side(&sums.right)),
        Kind::Trace(services) => services.join(" → "),
        Kind::Probes => "every instance is ready".to_owned(),
        Kind::Instances(fates) => instances::expected(fates),
        Kind::Gate(GateOutcome::Held) => "held".to_owned(),
        Kind::Gate(GateOutcome::Breached) => "breached, rolled back".to_owned(),
    }
}
