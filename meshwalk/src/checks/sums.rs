//! What the client saw, what the mesh counted and what the applications injected add up.

use super::{Evidence, Finding, metric::amount};
use crate::lab::{AddsUp, Amount, Term};

/// A side of the equation, in words.
pub(super) fn side(terms: &[Term]) -> String {
    terms.iter().map(Term::to_string).collect::<Vec<_>>().join(" + ")
}

/// Compares two sums.
pub(super) fn decide(sums: &AddsUp, evidence: &Evidence, of: Option<&str>) -> Finding {
    let sum = |terms: &[Term]| terms.iter().map(|term| value(term, evidence, of)).fold(0.0, |sum, value| sum + value);
    let (left, right) = (sum(&sums.left), sum(&sums.right));
    let parts = |terms: &[Term]| {
        let parts: Vec<_> = terms.iter().map(|term| format!("{} ({term})", value(term, evidence, of))).collect();
        parts.join(" + ")
    };
    let both = format!("{} against {}", parts(&sums.left), parts(&sums.right));
    if let Some(missing) = evidence.growth.missing() {
        return Finding::fails(format!("{left} and {right}"), format!("the count is not whole: {missing}"));
    }
    // Counts are whole; what is between them is only how numbers are written.
    if (left - right).abs() < 0.5 {
        return Finding::holds(format!("{left} = {right}"), both);
    }
    let words = if left > right { "on the right are missing" } else { "on the right are too many" };
    let why = format!("{} {words}: {both}", (left - right).abs());
    let grown: Vec<_> = sums
        .left
        .iter()
        .chain(&sums.right)
        .filter_map(|term| if let Term::Metric(query) = term { Some(evidence.growth.series(query)) } else { None })
        .flatten()
        .collect();
    let grown = if grown.is_empty() { String::new() } else { format!("; what grew: {}", grown.join(", ")) };
    Finding::fails(format!("{left} ≠ {right}"), format!("{why}{grown}"))
}

#[allow(clippy::cast_precision_loss)]
fn value(term: &Term, evidence: &Evidence, of: Option<&str>) -> f64 {
    let value = match term {
        Term::Client(what, own) => amount(what, evidence, own.as_deref().or(of)),
        Term::Metric(query) => evidence.growth.metric(query),
        Term::Faults(mode) => amount(&Amount::Faults(mode.clone()), evidence, of),
    };
    // The sum of no numbers is -0, which reads like a fault.
    value + 0.0
}
