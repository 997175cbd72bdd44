//! `adds-up`: what the client saw, what the mesh counted and what the applications injected are equal.

use std::fmt;

use meshwalk_yaml::Node;

use super::{
    CheckSpec, Entry, Evidence, Finding, MetricQuery, Namespace, Needs, Reader, Reference, Scope, amount::Amount,
    fault_modes,
};
use crate::reader::{below, one_or_many};

/// Expects two sums to be equal.
#[derive(Debug, Clone, PartialEq)]
pub struct AddsUp {
    /// Left side.
    pub left: Vec<Term>,
    /// Right side.
    pub right: Vec<Term>,
}

/// Term of a sum.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// Requests that the client observed, of one traffic or of all.
    Client(Amount, Option<String>),
    /// Requests that proxies counted.
    Metric(MetricQuery),
    /// Faults that applications injected.
    Faults(String),
}

impl AddsUp {
    fn terms(&self) -> impl Iterator<Item = &Term> {
        self.left.iter().chain(&self.right)
    }
}

impl CheckSpec for AddsUp {
    const WORDS: &'static [&'static str] = &["adds-up"];
    const SCOPE: Scope = Scope::Mesh;

    fn read(reader: &mut Reader, entry: &Entry, field: &str) -> Option<Self> {
        let node = &entry.value;
        reader.map(node, field, &["left", "right"]);
        let mut side = |key: &str| -> Option<Vec<Term>> {
            let terms = reader.required(node, field, key, &format!("{key}: [{{client: requests}}]"))?;
            let terms = one_or_many(terms, &below(field, key));
            Some(terms.into_iter().filter_map(|(field, node)| Term::read(reader, node, &field)).collect())
        };
        let (left, right) = (side("left"), side("right"));
        Some(Self { left: left?, right: right? })
    }

    fn expected(&self) -> String {
        format!("{} = {}", side(&self.left), side(&self.right))
    }

    fn needs(&self, needs: &mut Needs) {
        for term in self.terms() {
            match term {
                Term::Metric(query) => needs.queries.push(query.clone()),
                Term::Faults(_) => needs.faults = true,
                Term::Client(amount, _) => needs.faults |= amount.is_of_faults(),
            }
        }
    }

    fn references(&self) -> Vec<Reference<'_>> {
        let traffic = self.terms().filter_map(|term| match term {
            Term::Client(_, Some(of)) => Some(Reference::Traffic(of)),
            _ => None,
        });
        traffic.collect()
    }

    fn replace_namespace(&mut self, namespace: &Namespace) {
        for term in self.left.iter_mut().chain(&mut self.right) {
            if let Term::Metric(query) = term {
                query.replace_namespace(namespace);
            }
        }
    }

    fn decide(&self, evidence: &Evidence, of: Option<&str>) -> Finding {
        let sum =
            |terms: &[Term]| terms.iter().map(|term| term.value(evidence, of)).fold(0.0, |sum, value| sum + value);
        let (left, right) = (sum(&self.left), sum(&self.right));
        let parts = |terms: &[Term]| {
            let parts: Vec<_> = terms.iter().map(|term| format!("{} ({term})", term.value(evidence, of))).collect();
            parts.join(" + ")
        };
        let both = format!("{} against {}", parts(&self.left), parts(&self.right));
        if let Some(missing) = evidence.growth.missing() {
            return Finding::fails(format!("{left} and {right}"), format!("the count is not whole: {missing}"));
        }
        // Counts are whole numbers; a smaller difference is a rounding error.
        if (left - right).abs() < 0.5 {
            return Finding::holds(format!("{left} = {right}"), both);
        }
        let words = if left > right { "on the right are missing" } else { "on the right are too many" };
        let why = format!("{} {words}: {both}", (left - right).abs());
        let grown: Vec<_> = self
            .terms()
            .filter_map(|term| if let Term::Metric(query) = term { Some(evidence.growth.series(query)) } else { None })
            .flatten()
            .collect();
        let grown = if grown.is_empty() { String::new() } else { format!("; what grew: {}", grown.join(", ")) };
        Finding::fails(format!("{left} ≠ {right}"), format!("{why}{grown}"))
    }
}

impl Term {
    /// Reads a term of a sum.
    fn read(reader: &mut Reader, node: &Node, field: &str) -> Option<Self> {
        let entries = reader.map(node, field, &["client", "metric", "faults", "of"]);
        let of = node.get("of").and_then(|node| reader.text(node, &below(field, "of")));
        let mut terms = entries.iter().filter(|entry| entry.key != "of");
        let (Some(entry), None) = (terms.next(), terms.next()) else {
            let help = Some("write one of `client`, `metric` and `faults`".to_owned());
            reader.wrong(&node.location, field, "this is not one term of a sum", help);
            return None;
        };
        let at = below(field, &entry.key);
        match entry.key.as_str() {
            "client" => Some(Self::Client(reader.parsed(&entry.value, &at, Amount::parse)?, of)),
            "metric" => {
                Some(Self::Metric(MetricQuery::read(reader, &entry.value, &at, &["name", "labels", "workload"])?))
            }
            "faults" => Some(Self::Faults(reader.parsed(&entry.value, &at, fault_modes::mode)?)),
            _ => None,
        }
    }

    #[allow(clippy::cast_precision_loss)]
    fn value(&self, evidence: &Evidence, of: Option<&str>) -> f64 {
        let value = match self {
            Self::Client(what, own) => what.value(evidence, own.as_deref().or(of)),
            Self::Metric(query) => evidence.growth.metric(query),
            Self::Faults(mode) => evidence.growth.faults(mode) as f64,
        };
        // An empty sum is -0, which would be printed with its sign.
        value + 0.0
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(amount, None) => write!(f, "client {amount}"),
            Self::Client(amount, Some(of)) => write!(f, "client {amount} of {of}"),
            Self::Metric(query) => query.fmt(f),
            Self::Faults(mode) => write!(f, "injected faults of mode {mode}"),
        }
    }
}

/// Describes a side of the equation.
fn side(terms: &[Term]) -> String {
    terms.iter().map(Term::to_string).collect::<Vec<_>>().join(" + ")
}
