//! The checks that a lab can make. A check is one module here and one row of `checks!`.
//!
//! The module of a check implements [`CheckSpec`]: its keys in a lab, how it is read, decided and described, the
//! evidence it needs, and what it refers to.

mod adds_up;
mod amount;
mod answered_by;
mod attempts_max;
mod category;
mod counters;
mod evidence;
mod expected_share;
mod expression;
mod fault_modes;
mod gate;
mod instances;
mod latency;
mod metric;
mod peer;
mod power;
mod probes;
mod query;
mod read;
mod shares;
#[cfg(test)]
mod tests;
mod trace;
mod verdict;

use std::time::Duration;

use meshwalk_yaml::{Entry, Location};

pub use counters::{Counters, Growth};
pub(crate) use evidence::Needs;
pub use evidence::{Evidence, Run};
pub use expression::check_of_expression;
pub use gate::GateOutcome;
pub use query::MetricQuery;
pub(crate) use read::checks;
pub use verdict::{Status, Verdict};

use crate::{namespace::Namespace, reader::Reader, traffic::Sample};
use verdict::Finding;

/// The specification of a kind of check.
trait CheckSpec: Sized {
    /// The keys of the check in a lab.
    const WORDS: &'static [&'static str];
    /// What the check looks at.
    const SCOPE: Scope;

    /// Reads the check from its key and value, which is the field `at` of the lab.
    fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self>;

    /// Returns the name in reports.
    fn name(&self) -> String {
        Self::WORDS.concat()
    }

    /// Describes what the check expects.
    fn expected(&self) -> String;

    /// Compares the evidence with what the check expects. Only the traffic named `of` counts, or all if it is `None`.
    fn decide(&self, evidence: &Evidence, of: Option<&str>) -> Finding;

    /// Adds the evidence that must be collected to decide the check. The responses to the traffic are always available.
    fn needs(&self, _needs: &mut Needs) {}

    /// Returns the traffic and the workloads that the check refers to.
    fn references(&self) -> Vec<Reference<'_>> {
        Vec::new()
    }

    /// Returns why the check cannot be decided in a step, with a hint.
    fn check_step(&self, _step: &StepFacts) -> Result<(), (String, &'static str)> {
        Ok(())
    }

    /// Replaces the usual namespace in what the check expects.
    fn replace_namespace(&mut self, _namespace: &Namespace) {}

    /// Returns a hint if a wait cannot use the check, because one request does not decide it.
    fn check_probe(&self) -> Result<(), &'static str> {
        Err("a wait can look at shares, latencies and peers")
    }

    /// True if a single request is as expected.
    fn holds_for_one(&self, _sample: &Sample) -> bool {
        false
    }

    /// The time after which the outcome of a request no longer matters, or `None`.
    fn probe_limit(&self) -> Option<Duration> {
        None
    }
}

/// Subject of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// Responses to traffic.
    Traffic,
    /// The effect of traffic on proxies and applications.
    Mesh,
    /// The step itself, with or without traffic.
    Step,
}

/// Reference of a check to a part of its lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reference<'a> {
    /// The traffic of the step with this name.
    Traffic(&'a str),
    /// A Deployment.
    Deployment(&'a str),
}

/// Properties of a step that determine whether a check can be decided in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StepFacts {
    /// Number of requests in the check's scope.
    pub(crate) requests: u64,
    /// True if the step has a gate.
    pub(crate) has_gate: bool,
    /// True if the check belongs to the gate.
    pub(crate) in_gate: bool,
}

macro_rules! checks {
    ($($kind:ident($spec:ty)),* $(,)?) => {
        /// Expectation of a check.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)] // Each is the specification of its name.
        pub enum CheckKind {
            $($kind($spec)),*
        }

        impl CheckKind {
            /// All keys of checks with their subjects, in the order of messages.
            fn words() -> impl Iterator<Item = (&'static str, Scope)> {
                let words = [$((<$spec>::WORDS, <$spec>::SCOPE)),*];
                words.into_iter().flat_map(|(words, scope)| words.iter().map(move |word| (*word, scope)))
            }

            fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self> {
                let key = entry.key.as_str();
                $(if <$spec>::WORDS.contains(&key) {
                    return <$spec>::read(reader, entry, at).map(Self::$kind);
                })*
                None
            }

            pub(crate) fn scope(&self) -> Scope {
                match self { $(Self::$kind(_) => <$spec>::SCOPE),* }
            }

            pub(crate) fn name(&self) -> String {
                match self { $(Self::$kind(check) => check.name()),* }
            }

            fn expected(&self) -> String {
                match self { $(Self::$kind(check) => check.expected()),* }
            }

            fn decide(&self, evidence: &Evidence, of: Option<&str>) -> Finding {
                match self { $(Self::$kind(check) => check.decide(evidence, of)),* }
            }

            fn needs(&self, needs: &mut Needs) {
                match self { $(Self::$kind(check) => check.needs(needs)),* }
            }

            pub(crate) fn references(&self) -> Vec<Reference<'_>> {
                match self { $(Self::$kind(check) => check.references()),* }
            }

            pub(crate) fn check_step(&self, step: &StepFacts) -> Result<(), (String, &'static str)> {
                match self { $(Self::$kind(check) => check.check_step(step)),* }
            }

            pub(crate) fn replace_namespace(&mut self, namespace: &Namespace) {
                match self { $(Self::$kind(check) => check.replace_namespace(namespace)),* }
            }

            fn check_probe(&self) -> Result<(), &'static str> {
                match self { $(Self::$kind(check) => check.check_probe()),* }
            }

            pub(crate) fn holds_for_one(&self, sample: &Sample) -> bool {
                match self { $(Self::$kind(check) => check.holds_for_one(sample)),* }
            }

            pub(crate) fn probe_limit(&self) -> Option<Duration> {
                match self { $(Self::$kind(check) => check.probe_limit()),* }
            }
        }
    };
}

checks! {
    Shares(shares::Shares),
    Latency(latency::Latency),
    Peer(peer::Peer),
    AttemptsMax(attempts_max::AttemptsMax),
    AnsweredBy(answered_by::AnsweredBy),
    Metric(metric::Metric),
    AddsUp(adds_up::AddsUp),
    Trace(trace::Trace),
    Probes(probes::Probes),
    Instances(instances::Instances),
    Gate(gate::GateOutcome),
}

/// Check of a lab.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Name in reports, or `None` to derive it from the expectation.
    pub name: Option<String>,
    /// Name of the traffic to check, or `None` for all traffic of the step.
    pub of: Option<String>,
    /// Expectation of the check.
    pub kind: CheckKind,
    /// Location of the check in the lab.
    pub location: Location,
}

/// Decides a check.
#[must_use]
pub fn decide(check: &Check, evidence: &Evidence) -> Verdict {
    check.kind.decide(evidence, check.of.as_deref()).verdict(check)
}

/// Returns the name of a check in reports.
#[must_use]
pub fn name(check: &Check) -> String {
    let name = check.name.clone().unwrap_or_else(|| check.kind.name());
    check.of.as_ref().map_or_else(|| name.clone(), |of| format!("{name} ({of})"))
}

/// Describes what a check expects.
#[must_use]
pub fn expected(check: &Check) -> String {
    check.kind.expected()
}
