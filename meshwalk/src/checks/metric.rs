//! `metric`: growth of a proxy metric during the traffic.

use super::{CheckSpec, Entry, Evidence, Finding, MetricQuery, Namespace, Needs, Reader, Scope, amount::Amount};
use crate::{
    quantity::{Op, comparison, percent, percentage},
    reader::below,
};

/// Expects a growth of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The metric.
    pub query: MetricQuery,
    /// How the growth must compare with the amount.
    pub op: Op,
    /// The amount with which the growth is compared.
    pub amount: Amount,
    /// The deviation that is allowed, as a share of the amount.
    pub tolerance: f64,
}

impl CheckSpec for Metric {
    const WORDS: &'static [&'static str] = &["metric"];
    const SCOPE: Scope = Scope::Mesh;

    fn read(reader: &mut Reader, entry: &Entry, at: &str) -> Option<Self> {
        let query = MetricQuery::read(reader, &entry.value, at, &["name", "labels", "workload", "delta"]);
        let delta = reader.required(&entry.value, at, "delta", "delta: \"= requests\"")?;
        let (op, amount, tolerance) = reader.parsed(delta, &below(at, "delta"), growth)?;
        Some(Self { query: query?, op, amount, tolerance })
    }

    fn name(&self) -> String {
        format!("metric {}", self.query.name)
    }

    fn expected(&self) -> String {
        let tolerance = if self.tolerance > 0.0 { format!(" ± {}", percent(self.tolerance)) } else { String::new() };
        format!("grows by {} {}{tolerance}", self.op, self.amount)
    }

    fn needs(&self, needs: &mut Needs) {
        needs.queries.push(self.query.clone());
        needs.faults |= self.amount.is_of_faults();
    }

    fn replace_namespace(&mut self, namespace: &Namespace) {
        self.query.replace_namespace(namespace);
    }

    fn decide(&self, evidence: &Evidence, of: Option<&str>) -> Finding {
        // An empty sum is -0, which would be printed with its sign.
        let seen = evidence.growth.metric(&self.query) + 0.0;
        let stated = self.amount.value(evidence, of);
        let observed = format!("grew by {seen}");
        if let Some(missing) = evidence.growth.missing() {
            return Finding::fails(observed, format!("the count is not whole: {missing}"));
        }
        let what = match self.amount {
            Amount::Number(_) => String::new(),
            _ => format!("{} were {stated}; ", self.amount),
        };
        if self.op.holds(seen, stated, stated * self.tolerance) {
            return Finding::holds(observed, format!("{what}{}", self.query));
        }
        let relation = match self.op {
            Op::Equal => "exactly",
            Op::AtLeast => "at least",
            Op::AtMost => "at most",
        };
        let series = evidence.growth.series(&self.query);
        let series = if series.is_empty() {
            format!("; no series of {} grew at all", self.query.name)
        } else {
            format!("; what grew: {}", series.join(", "))
        };
        let why = format!("{what}{} grew by {seen}; {relation} {stated} was expected{series}", self.query);
        Finding::fails(observed, why)
    }
}

/// Reads `= requests ± 1%`.
fn growth(text: &str) -> Result<(Op, Amount, f64), String> {
    let (op, rest) = comparison(text);
    let (what, tolerance) = match rest.split_once('±').or_else(|| rest.split_once("+-")) {
        Some((what, tolerance)) => (what.trim(), percentage(tolerance.trim())?),
        None => (rest, 0.0),
    };
    Ok((op.unwrap_or(Op::Equal), Amount::parse(what)?, tolerance))
}
